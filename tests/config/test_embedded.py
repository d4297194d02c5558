"""The embedded servers under what a machine does to them: kills, two starters, long paths, leftovers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from config.embedded import layout
from config.embedded.postgres import Postgres, ServerFailed, major_version
from config.embedded.processes import living_in
from config.embedded.valkey import Valkey

ODD = "a folder with spaces, a comma, an ümlaut and 'quotes'"
LONG = "/".join(["a-long-name-of-a-folder"] * 8)


@pytest.fixture(params=["plain", ODD, LONG], ids=["plain", "odd", "long"])
def data(request, tmp_path):
    return tmp_path / request.param / "data"


@pytest.fixture
def postgres(data):
    server = Postgres(data=data)
    yield server
    server.stop()


@pytest.fixture
def valkey(data):
    server = Valkey(data=data)
    yield server
    server.stop()


def wait_until(condition, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_postgres_when_killed_with_all_helpers_alive_then_keeps_what_was_committed(postgres):
    assert postgres.start("alliance") is True
    with psycopg.connect(postgres.url("alliance"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(postgres.pid(), signal.SIGKILL)

    assert postgres.start("alliance") is True
    with psycopg.connect(postgres.url("alliance")) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (1000, 500500)


def test_postgres_when_stopped_then_no_process_is_left(postgres):
    postgres.start()
    pid = postgres.pid()
    assert (postgres.running(), alive(pid), len(living_in(postgres.data)) > 3) == (True, True, True)
    assert postgres.stop() is True
    wait_until(lambda: not living_in(postgres.data))
    assert (postgres.running(), alive(pid), postgres.stop()) == (False, False, False)


def test_postgres_is_utf8_of_the_builtin_provider_and_listens_on_no_port(postgres):
    postgres.start("alliance")
    with psycopg.connect(postgres.url("alliance")) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), pg_encoding_to_char(encoding), datlocprovider, datlocale"
            " FROM pg_database WHERE datname = 'alliance'"
        ).fetchone()
        assert row == ("", "UTF8", "b", "C.UTF-8")


def test_postgres_when_a_foreign_process_has_the_old_id_then_starts_all_the_same(tmp_path):
    server = Postgres(data=tmp_path / "data")
    server.start()
    pid_file = server.data / "postmaster.pid"
    text = pid_file.read_text()
    os.kill(server.pid(), signal.SIGKILL)
    wait_until(lambda: not living_in(server.data))
    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))

    assert server.start() is True
    server.stop()


def test_postgres_when_a_first_start_was_cut_off_then_begins_it_again(tmp_path):
    unfinished = tmp_path / "data.new"
    unfinished.mkdir(mode=0o700)
    (unfinished / "PG_VERSION").write_text("18\n")
    server = Postgres(data=tmp_path / "data", durable=False)
    assert server.start() is True
    assert not unfinished.exists()
    server.stop()


def test_postgres_made_by_another_version_is_left_alone(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerFailed, match="was made by PostgreSQL 12"):
        Postgres(data=tmp_path / "data").start()


def test_another_postgres_that_is_too_old_is_refused(tmp_path):
    fake = tmp_path / "postgres"
    fake.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n")
    fake.chmod(0o755)
    with pytest.raises(ServerFailed, match="17 or newer is needed"):
        major_version(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_postgres_as_root_runs_as_no_root(tmp_path):
    server = Postgres(data=tmp_path / "data", durable=False)
    server.start()
    owner = Path(f"/proc/{server.pid()}/root").lstat()
    maps = Path(f"/proc/{server.pid()}/uid_map").read_text().split()
    assert owner.st_uid != 0 or maps[0] != "0"
    server.stop()


def test_valkey_when_killed_then_keeps_what_it_had_acknowledged_a_second_ago(valkey):
    assert valkey.start() is True
    client = valkey.client()
    client.rpush("queue", *range(1000))
    time.sleep(1.5)  # the file is flushed once a second
    pid = valkey.pid()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid))

    assert valkey.start() is True
    assert valkey.client().llen("queue") == 1000


def test_valkey_when_stopped_then_its_process_is_gone_and_nothing_is_lost(valkey):
    valkey.start()
    valkey.client().set("word", "kept")
    pid = valkey.pid()
    assert valkey.stop() is True
    assert (alive(pid), valkey.running(), valkey.stop()) == (False, False, False)
    assert valkey.start() is True
    assert valkey.client().get("word") == b"kept"


STARTER = "from config.embedded.__main__ import main; import sys; sys.exit(main(['start']))"


def test_two_starters_at_once_then_one_server_each(tmp_path):
    environment = {**os.environ, "ALLIANCE_VAR": str(tmp_path)}
    command = [sys.executable, "-c", STARTER]
    pipe = subprocess.PIPE
    starters = [subprocess.Popen(command, cwd=layout.ROOT, env=environment, stdout=pipe, text=True) for _ in range(4)]
    said = "".join(starter.communicate(timeout=120)[0] for starter in starters)
    try:
        assert [starter.returncode for starter in starters] == [0, 0, 0, 0]
        assert said.count("PostgreSQL started.") == said.count("Valkey started.") == 1
        assert said.count("was already running.") == 6
    finally:
        Valkey(data=tmp_path / "valkey").stop()
        Postgres(data=tmp_path / "postgres").stop()


DYING = """
import os, sys, time
from pathlib import Path
from config.embedded.valkey import Valkey
server = Valkey(data=Path(sys.argv[1]), dies_with_starter=True)
server.start()
print(server.pid(), flush=True)
time.sleep(60)
"""


def test_valkey_when_its_starter_is_killed_then_dies_with_it(tmp_path):
    command = [sys.executable, "-c", DYING, str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=layout.ROOT, stdout=subprocess.PIPE, text=True) as starter:
        pid = int(starter.stdout.readline())
        assert alive(pid)
        starter.kill()
    wait_until(lambda: not alive(pid))


def test_socket_folder_that_somebody_else_put_there_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError, match="is not ours"):
        layout.make_private(tmp_path / "link")
