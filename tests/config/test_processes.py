"""The commands of docker-compose.yml, started for real as a production installation on servers of its own."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection

from config import commands
from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.processes import child_setup
from tests.conftest import free_port

HOST = "fund.example.org"


@pytest.fixture
def environment(transactional_db: None, broker: object, settings: Any, tmp_path: Path) -> dict[str, str]:
    """Both servers named by their addresses, and everything that production demands."""
    database = connection.settings_dict["NAME"]
    return {
        "PATH": os.environ["PATH"],
        "ALLIANCE_VAR": str(tmp_path),
        "DATABASE_URL": layout.database_url(database, data=Postgres().data),
        "REDIS_URL": layout.redis_url(40 + settings.WORKER),
        "SECRET_KEY": "k3J9xQ7m2W" * 5,
        "ALLOWED_HOSTS": HOST,
        "SITE_URL": f"https://{HOST}",
        "BEHIND_TLS_PROXY": "true",
    }


class Started:
    """A process, and what it wrote so far."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                cwd=layout.ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=child_setup(dies_with_parent=True),  # noqa: PLW1509
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[str, list[str]], Started]]:
    started: list[Started] = []

    def run(name: str, command: list[str]) -> Started:
        started.append(Started(name, command, environment, tmp_path))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def wait_until(true: Callable[[], bool], started: Started, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, started.said()
        assert started.process.poll() is None, started.said()
        time.sleep(0.1)


def ask(port: int, path: str, *, host: str = HOST, tls: bool = False) -> tuple[int, str]:
    headers = {"Host": host, **({"X-Forwarded-Proto": "https"} if tls else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", "")
    except OSError:
        return 0, ""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def test_web_answers_only_to_its_name_and_sends_people_to_tls(start):
    port = free_port()
    web = start("web", commands.web(f"127.0.0.1:{port}", workers=1))
    wait_until(lambda: ask(port, "/readyz")[0] == 200, web)
    assert json.loads(ask(port, "/readyz")[1]) == {"ready": True, "database": True, "broker": True}
    assert ask(port, "/healthz") == (200, "ok")
    assert ask(port, "/accounts/login/") == (301, f"https://{HOST}/accounts/login/")
    assert ask(port, "/readyz", host="elsewhere.example")[0] >= 400
    assert "Invalid HTTP_HOST header: 'elsewhere.example'" in web.said()
    assert web.end() == 0


def test_worker_and_beat_are_well_by_their_health_checks_and_the_one_does_what_the_other_plans(
    start, environment, tmp_path
):
    (tmp_path / "beat").mkdir()
    worker, beat = start("worker", commands.worker()), start("beat", commands.beat(tmp_path / "beat" / "schedule"))

    def well(process: str) -> bool:
        check = commands.health(process)
        return subprocess.run(check, cwd=layout.ROOT, env=environment, capture_output=True, check=False).returncode == 0

    wait_until(lambda: well("worker"), worker)
    wait_until(lambda: well("beat"), beat)
    wait_until(lambda: "Sending due task deliver-notices" in beat.said(), beat)
    wait_until(lambda: "Task notifications.deliver_due" in worker.said() and "succeeded" in worker.said(), worker)
    assert "Traceback" not in worker.said() + beat.said()
    assert (worker.end(), beat.end()) == (0, 0)
    assert not well("worker")


def test_one_worker_with_the_scheduler_in_a_thread_does_what_it_plans_itself(start, tmp_path):
    schedule = tmp_path / "schedule"
    worker = start("worker", commands.worker(with_beat=True, schedule=schedule))
    wait_until(lambda: "Sending due task deliver-notices" in worker.said(), worker)
    wait_until(lambda: "Task notifications.deliver_due" in worker.said() and "succeeded" in worker.said(), worker)
    assert psutil.Process(worker.process.pid).children() == []
    assert worker.end() == 0
    assert list(tmp_path.glob("schedule*")) != []
