"""One clock for all hosts (row D4): views and tasks ask the database's, services are told, nobody looks at a machine's own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_A_MACHINE = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localdate"},
    "time": {"time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"},
}
IMPORTED = {"time": OF_A_MACHINE["time"], "django.utils.timezone": OF_A_MACHINE["timezone"]}
# `timezone.localtime(value)` and the like only turn an instant that they are given into a zone.


def modules() -> list[Path]:
    return sorted(one for one in (ROOT / "grants").rglob("*.py") if "migrations" not in one.parts)


def looks_at_a_machine(tree: ast.AST) -> Iterator[str]:
    """`datetime.now()`, `dt.datetime.now()`, `timezone.now()`, `date.today()`, `time.time()` …, called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
            if node.attr in OF_A_MACHINE.get(name, ()):
                yield f"{name}.{node.attr}"
        if isinstance(node, ast.ImportFrom):
            names = IMPORTED.get(node.module or "", ())
            yield from (f"from {node.module} import {one.name}" for one in node.names if one.name in names)


@pytest.mark.parametrize(
    "text",
    [
        "import datetime as dt\nat = dt.datetime.now(dt.UTC)",
        "from django.utils import timezone\nat = timezone.now()",
        "import datetime as dt\nfield = dict(default=dt.date.today)",
        "import time\nbegun = time.time()",
        "from django.utils.timezone import now",
    ],
)
def test_a_look_at_a_machines_clock_is_found(text: str):
    assert list(looks_at_a_machine(ast.parse(text))) != []


def test_no_module_of_grants_looks_at_the_clock_of_its_machine():
    found = {str(one.relative_to(ROOT)): list(looks_at_a_machine(ast.parse(one.read_text()))) for one in modules()}
    assert {name: places for name, places in found.items() if places} == {}


def names_in(module: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Name)}


def test_services_and_deadlines_are_told_the_time_and_never_ask_for_it():
    """What was received when is read once, at the edge; a service that asked again would decide by another instant."""
    asking = [
        str(one.relative_to(ROOT))
        for one in [*(ROOT / "grants/services").rglob("*.py"), ROOT / "grants/windows.py", ROOT / "grants/zones.py"]
        if "server_now" in names_in(one)
    ]
    assert asking == []


def test_tasks_of_grants_ask_the_database():
    assert "server_now" in names_in(ROOT / "grants/tasks.py")
