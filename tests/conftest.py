"""What every test may ask for: database and broker, a worker, a mail catcher, the site served, and a browser.

`page` (pytest-playwright's) is a page of a real Chromium, `site` the address of the served site, `worker` a Celery worker
on the real broker, `mail` a real SMTP server that keeps what it gets.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config import commands
from config.celery import app as celery_app
from config.chromium import NoChromium, find_chromium
from config.embedded import layout
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from tests import servers, template, world

# How fast a case is made says something of the machine, nothing of what is tested.
hypothesis_settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("steady")

NO_BROWSER = "NO BROWSER"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


# --- database and broker --------------------------------------------------------------------------------------------
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's controller, or the only process
        using = servers.in_use()
        using.__enter__()
        config.add_cleanup(lambda: using.__exit__(None, None, None))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The servers, started before the first database is made. Each run and each xdist worker has names of its own."""
    servers.start()
    suffix = os.environ.get("PYTEST_DB_SUFFIX", "")
    test = connection.settings_dict["TEST"]
    if suffix and suffix not in test["NAME"]:
        test["NAME"] += suffix
    test["TEMPLATE"] = template.ensure(Postgres(durable=False).url(), layout.VAR / "template.lock")


_flush = TransactionTestCase._fixture_teardown


def _flush_past_triggers(self: TransactionTestCase) -> None:
    """Emptying the tables after a committing test is the one time that append-only tables give way."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
    try:
        _flush(self)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = origin")


TransactionTestCase._fixture_teardown = _flush_past_triggers


@pytest.fixture
def broker(settings: Any) -> Iterator[Valkey]:
    """The tests' Valkey with this worker's queues empty, before and after."""
    servers.start()
    valkey = Valkey()
    number = int(settings.CELERY_BROKER_URL.rsplit("=", 1)[1])
    for _ in ("before", "after"):
        with valkey.client() as client:
            client.execute_command("SELECT", number)
            client.flushdb()
        if _ == "before":
            yield valkey


@pytest.fixture
def worker(broker: Valkey, transactional_db: None) -> Iterator[None]:
    """A Celery worker on the real broker, in a thread of this process, so that it sees the test's database."""
    with start_worker(celery_app, pool="threads", concurrency=2, perform_ping_check=False, loglevel="WARNING"):
        yield


# --- mail -----------------------------------------------------------------------------------------------------------
class Mail:
    """The running mail catcher, as a test asks it."""

    def __init__(self, smtp: int, http: int) -> None:
        self.smtp_port, self.page = smtp, f"http://localhost:{http}"

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.page}/messages.json", timeout=5) as answer:
            return [message for message in json.load(answer) if to is None or to in message["to"]]

    def wait_for(self, to: str, containing: str, seconds: float = 15) -> dict[str, Any]:
        """The newest message to `to` with `containing` in its subject or text."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for message in reversed(self.messages(to)):
                if containing in message["subject"] or containing in message["text"]:
                    return message
            time.sleep(0.1)
        subjects = [message["subject"] for message in self.messages(to)]
        raise AssertionError(f"No message to {to} with {containing!r} within {seconds} s; there are {subjects}.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mail(settings: Any, tmp_path: Path) -> Iterator[Mail]:
    """A mail catcher of this test's own, and the settings pointed at it (Django's test backend put aside)."""
    catcher = Mail(free_port(), free_port())
    http = int(catcher.page.rsplit(":", 1)[1])
    command = commands.mail_catcher(smtp=catcher.smtp_port, http=http, keep=tmp_path / "mail")
    process = subprocess.Popen(command, cwd=layout.ROOT)
    try:
        _wait_for_port(http)
        _wait_for_port(catcher.smtp_port)
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", catcher.smtp_port
        yield catcher
    finally:
        process.terminate()
        process.wait(10)


def _wait_for_port(port: int, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Nothing listens on {port} after {seconds} s.")


# --- the site in a browser ------------------------------------------------------------------------------------------
@pytest.fixture
def site(live_server: Any, settings: Any, transactional_db: None, broker: Valkey) -> str:
    """The address of the site, served by threads of this process; links in its mail lead there."""
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return str(live_server.url)


@pytest.fixture(scope="session")
def demo_world() -> Iterator[world.World]:
    """The demo world on a site of its own, for tests that only look."""
    with world.served() as served:
        yield served


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """pytest-playwright launches what `find_chromium` finds. Without one: not run and said so; a failure in CI."""
    try:
        chromium = find_chromium()
    except NoChromium as error:
        (pytest.fail if IN_CI else pytest.skip)(f"{NO_BROWSER}: {error}")
    # Playwright runs its loop in this thread, and Django would refuse the ORM beside it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield {**browser_type_launch_args, **chromium.launch_options()}
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    missed = [report for report in reports if NO_BROWSER in str(report.longrepr)]
    if missed:
        terminalreporter.section("BROWSER TESTS NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"{len(missed)} tests need a Chromium, and none was found.")
        terminalreporter.write_line(str(missed[0].longrepr[-1]))
