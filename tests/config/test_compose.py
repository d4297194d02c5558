"""docker-compose.yml and the Dockerfile hold what the code holds: commands, settings, pinned images, nobody as root."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import commands, healthcheck
from config.embedded.layout import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("migrate", "web", "worker", "beat", "mail")
SRV = Path("/srv/alliance/var")


def in_container(command: list[str]) -> list[str]:
    return ["python", *command[1:]]


def read_by_settings() -> set[str]:
    """Every variable that the settings read."""
    text = (ROOT / "config" / "settings.py").read_text()
    named = re.findall(r"""env(?:\.[a-z]+)?\(\s*"([A-Z0-9_]+)\"""", text)
    return {*named, *re.findall(r'"([A-Z0-9_]+)" in env\.ENVIRON', text)}


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("web", commands.web("0.0.0.0:8000")),
        ("worker", commands.worker()),
        ("beat", commands.beat(SRV / "beat" / "schedule")),
        ("mail", commands.mail_catcher(smtp=1025, http=8025, keep=SRV / "mail", bind="0.0.0.0")),
        ("migrate", commands.manage("migrate", "--noinput")),
    ],
)
def test_each_process_is_started_as_everywhere_else(service, command):
    assert SERVICES[service]["command"] == in_container(command)


def test_the_images_own_command_is_the_web_server():
    (command,) = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command) == in_container(commands.web("0.0.0.0:8000"))


def test_the_services_are_these_and_each_but_the_one_that_ends_has_a_health_check():
    assert set(SERVICES) == {"db", "redis", *OURS}
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}
    for name in ("web", "worker", "beat", "mail"):
        assert SERVICES[name]["healthcheck"]["test"] == ["CMD", *in_container(commands.health(name))]
        assert name in healthcheck.CHECKS


def test_every_variable_that_a_process_is_given_is_one_that_the_settings_read():
    known = read_by_settings()
    assert len(known) > 20
    for name in ("migrate", "web", "worker", "beat"):
        assert set(SERVICES[name]["environment"]) - known == set()
        assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS"} <= set(SERVICES[name]["environment"])


def test_the_example_names_every_variable_that_must_be_given_and_holds_no_secret():
    text = (ROOT / "docker-compose.yml").read_text()
    demanded = set(re.findall(r"\$\{([A-Z0-9_]+):\?", text))
    offered = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    example = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert demanded == {"SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS", "SITE_URL"}
    assert demanded <= set(example) <= offered
    assert (example["SECRET_KEY"], example["POSTGRES_PASSWORD"], example["EMAIL_HOST_PASSWORD"]) == ("", "", "")


def test_the_operating_manual_explains_every_variable_that_the_settings_read():
    manual = (ROOT / "docs" / "operating.md").read_text()
    assert {name for name in read_by_settings() if f"`{name}`" not in manual} == set()


def test_images_are_pinned_and_ours_is_built_here():
    for name, service in SERVICES.items():
        assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z-]+)?$", service["image"]), name
        assert ("build" in service) == (name in OURS)
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [base for base in bases if not re.search(r":\d+\.\d+\.\d+-", base)] == []
    assert SERVICES["db"]["image"].startswith("postgres:18.")


def test_nothing_of_ours_runs_as_root_or_can_become_it():
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]
    for name in OURS:
        service = SERVICES[name]
        assert (service["user"], service["cap_drop"], service["read_only"]) == ("10001:10001", ["ALL"], True)
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_no_port_is_open_to_the_network_and_what_must_last_lies_in_volumes():
    for service in SERVICES.values():
        assert [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")] == []
    kept = {name: [mount.split(":") for mount in service.get("volumes", [])] for name, service in SERVICES.items()}
    assert kept["web"] == kept["worker"] == [["files", str(SRV / "files")]]
    assert kept["db"] == [["database", "/var/lib/postgresql"]]
    assert {mount[0] for mounts in kept.values() for mount in mounts} == set(COMPOSE["volumes"])


def test_nothing_starts_before_the_database_is_up_to_date():
    for name in ("web", "worker", "beat"):
        needs = {other: needed["condition"] for other, needed in SERVICES[name]["depends_on"].items()}
        assert needs == {
            "db": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


def test_the_image_gets_every_app_and_every_file_that_it_is_built_from(settings):
    wanted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {app.split(".")[0] for app in settings.OUR_APPS} - wanted == set()
    copied = {name for line in re.findall(r"^COPY (?!--)(.*)$", DOCKERFILE, re.MULTILINE) for name in line.split()[:-1]}
    assert copied - {"."} - wanted == set()
    assert wanted & {".venv", "var", "tests", "node_modules", ".env"} == set()


def test_the_image_has_no_secret_of_its_own_and_refuses_to_run_without_settings():
    assert "SECRET_KEY=only-for-collecting python manage.py collectstatic" in DOCKERFILE
    assert DOCKERFILE.index("ENV ALLIANCE_ENV=production") > DOCKERFILE.index("collectstatic")
