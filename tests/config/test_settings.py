"""A production installation that is not safe does not come up: each bad setting, in a process of its own."""

import os
import subprocess
import sys

import pytest

from config.celery import app
from config.embedded.layout import ROOT

GOOD = {
    "DATABASE_URL": "postgresql://alliance:word@db.example/alliance",
    "REDIS_URL": "redis://broker.example/0",
    "SECRET_KEY": "k3J9xQ7m2W" * 5,
    "ALLOWED_HOSTS": "fund.example.org",
    "SITE_URL": "https://fund.example.org",
}


def load_settings(tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings as a server would, with this environment alone."""
    return run_python(
        tmp_path, "from django.conf import settings; settings.DEBUG; print(settings.ENVIRONMENT)", **environment
    )


def run_python(tmp_path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": "config.settings", "ALLIANCE_VAR": str(tmp_path / "var"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_with_everything_set_comes_up(tmp_path):
    done = load_settings(tmp_path, **GOOD)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "production", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is missing, short or a default"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing, short or a default"),
        ({"SECRET_KEY": "k3J9xQ7m2W" * 4}, "SECRET_KEY is missing, short or a default"),
        ({"SECRET_KEY": "x7" * 30}, "SECRET_KEY is missing, short or a default"),
        ({"SECRET_KEY": "django-insecure-" + "k3J9xQ7m2W" * 5}, "SECRET_KEY is missing, short or a default"),
        ({"SECRET_KEY": "change-me-" + "k3J9xQ7m2W" * 5}, "SECRET_KEY is missing, short or a default"),
        ({"DEBUG": "true"}, "DEBUG is on"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS is empty or '*'"),
        ({"ALLOWED_HOSTS": "fund.example.org,*"}, "ALLOWED_HOSTS is empty or '*'"),
        ({"DATABASE_URL": None}, "Set both DATABASE_URL and REDIS_URL"),
        ({"REDIS_URL": None}, "Set both DATABASE_URL and REDIS_URL"),
        ({"ALLIANCE_ENV": "prod"}, "ALLIANCE_ENV is one of"),
    ],
)
def test_production_with_a_bad_setting_refuses_and_says_which(tmp_path, change, message):
    environment = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    done = load_settings(tmp_path, **environment)
    assert done.returncode != 0
    assert message in done.stderr.splitlines()[-1]


def test_embedded_makes_a_secret_of_its_own_that_only_its_owner_reads(tmp_path):
    for _ in range(2):
        done = load_settings(tmp_path)
        assert (done.returncode, done.stdout.strip()) == (0, "embedded"), done.stderr
    secret = tmp_path / "var" / "secret_key"
    assert len(secret.read_text()) > 50
    assert secret.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in secret.parent.iterdir()] == ["secret_key"]


def test_production_passes_djangos_own_check_for_deployment(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**kept, "ALLIANCE_VAR": str(tmp_path / "var"), **GOOD},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_files_in_a_bucket_are_reached_by_signed_addresses_only(tmp_path):
    done = run_python(
        tmp_path,
        "from django.core.files.storage import default_storage; print(default_storage.url('sha256/ab/abc'))",
        **GOOD,
        S3_BUCKET="papers",
        S3_ENDPOINT_URL="https://objects.example",
        AWS_ACCESS_KEY_ID="someone",
        AWS_SECRET_ACCESS_KEY="a-secret",
        AWS_DEFAULT_REGION="eu-central-1",
    )
    assert done.stderr == ""
    assert done.stdout.startswith("https://objects.example/papers/sha256/ab/abc?")
    assert "Signature=" in done.stdout


def test_everything_that_beat_plans_is_a_task_that_a_worker_knows(settings):
    app.loader.import_default_modules()
    planned = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert len(planned) > 5
    assert planned - set(app.tasks) == set()
