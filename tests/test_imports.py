"""The map of apps holds: an import runs to a lower row, never up, never sideways, never hidden inside a function."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = [
    ["core"],
    ["accounts"],
    ["audit"],
    ["notifications"],
    ["universities", "funds"],
    ["alliance"],
    ["grants"],
    ["reviews"],
    ["awards"],
    ["reports"],
    ["demo"],
    ["config"],
    ["bench"],
]
ROW = {app: number for number, row in enumerate(ROWS) for app in row}
MOST_LINES = 400
FORBIDDEN = {"utils.py", "signals.py"}


def files_of(app: str) -> list[Path]:
    return sorted((ROOT / app).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and first name of every module that the file names, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "a relative import"


def wrong_ways(app: str, source: str, name: str) -> list[str]:
    """What `source`, a file of `app`, imports against the map."""
    wrong = []
    tree = ast.parse(source)
    for line, other in imported(tree):
        if other == "a relative import":
            wrong.append(f"{name}:{line} imports relatively")
        elif other in ROW and other != app and ROW[other] >= ROW[app]:
            wrong.append(f"{name}:{line} {app} imports {other}")
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
            wrong += [f"{name}:{node.lineno} imports inside {function.name}()" for node in inside]
    return wrong


@pytest.mark.parametrize("app", ROW)
def test_imports_of_an_app_run_downward_only(app):
    found = [
        line
        for path in files_of(app)
        for line in wrong_ways(app, path.read_text(), str(path.relative_to(ROOT)))
        if not (app == "config" and " config imports " in line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from awards.models import Award", ["f.py:1 funds imports awards"]),
        ("import universities.models", ["f.py:1 funds imports universities"]),
        ("import config", ["f.py:1 funds imports config"]),
        ("from .models import Fund", ["f.py:1 imports relatively"]),
        ("def f():\n    from core import money", ["f.py:2 imports inside f()"]),
        ("if True:\n    from grants import rules", ["f.py:2 funds imports grants"]),
        ("from core.money import ZERO\nfrom audit import services\nimport fundsy", []),
    ],
)
def test_the_check_itself_names_what_is_wrong(source, expected):
    assert wrong_ways("funds", source, "f.py") == expected


def test_every_app_of_the_settings_is_on_the_map(settings):
    apps = [app.split(".")[0] for app in settings.OUR_APPS]
    assert [app for app in apps if app not in ROW] == []
    assert apps == sorted(apps, key=ROW.__getitem__)


def test_files_keep_to_the_house_style():
    paths = [path for app in ROW for path in files_of(app) if "migrations" not in path.parts]
    assert [str(path.relative_to(ROOT)) for path in paths if path.name in FORBIDDEN] == []
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
