"""The runner: what it writes, what fails it, and that it never throws away a folder which is not its own."""

import json
import subprocess
import sys

import pytest

from bench import registry
from bench.registry import CannotRun, Figure, Measured, NotHere, figure, once
from bench.run import Run, main, table
from config.embedded.layout import ROOT


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path, seed=1, cases=None)


def test_figure_above_its_aim_is_shown_and_fails_nothing(run):
    run.each([Figure("a.b_ms", "ms", 200, lambda: Measured(201.234, {"rows": 3}))], run.figure, width=5)
    entry = run.results["a.b_ms"]
    conditions = entry.pop("conditions")
    assert entry == {"name": "a.b_ms", "value": 201.23, "unit": "ms", "aim": 200}
    assert conditions["rows"] == 3
    assert (run.rows, run.broken) == ([("a.b_ms", "201.23", "ms", "≤ 200", "MISSED")], False)


@pytest.mark.parametrize(
    ("error", "row", "broken"),
    [
        (CannotRun("no load_demo"), ("a", "", "", "", "COULD NOT RUN"), True),
        (NotHere("no data"), ("a", "", "", "", "not here"), False),
    ],
)
def test_figure_that_does_not_run_is_told_and_the_next_one_runs(run, capsys, error, row, broken):
    def measure():
        raise error

    run.each([Figure("a", "s", 1, measure), Figure("b", "s", 1, lambda: Measured(1))], run.figure, width=5)
    assert (run.rows, run.broken) == ([row, ("b", "1", "s", "≤ 1", "")], broken)
    assert list(run.results) == ["b"]
    assert f"{row[-1]}: {error}" in capsys.readouterr().out


def test_a_measurement_that_figures_share_is_tried_once():
    tried = []

    @once
    def measure():
        tried.append(1)
        raise CannotRun("no")

    for _ in range(3):
        with pytest.raises(CannotRun, match="no"):
            measure()
    assert tried == [1]


def test_kept_results_of_other_names_stay_and_of_unknown_names_go(run, tmp_path):
    (tmp_path / "bench.json").write_text(json.dumps([{"name": "a", "value": 1}, {"name": "gone"}, {"name": "b"}]))
    run.results["b"] = {"name": "b", "value": 2}
    run.keep("bench.json", ["b", "c"], ["a", "b", "c"])
    assert json.loads((tmp_path / "bench.json").read_text()) == [{"name": "a", "value": 1}, {"name": "b", "value": 2}]


def test_same_name_twice_is_refused(monkeypatch):
    monkeypatch.setattr(registry, "FIGURES", {})
    figure("a", unit="s", aim=1)(lambda: Measured(1))
    with pytest.raises(ValueError, match="registered twice"):
        figure("a", unit="s", aim=1)(lambda: Measured(1))


def test_table_lines_up():
    assert table(("name", "n", ""), [("a", "10", "ok"), ("bcdef", "2", "")]) == (
        "name    n\n─────  ──  ──\na      10  ok\nbcdef   2"
    )


def test_run_on_a_folder_that_is_not_the_benchs_is_refused(capsys):
    assert main(["figures"]) == 2
    assert "a data folder of its own" in capsys.readouterr().out


def test_an_unknown_prefix_is_an_error_that_lists_what_there_is(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bench", "proofs", "--only", "nothing.like.it"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ALLIANCE_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "There are: forms.versions, ledger.append_only, ledger.races" in done.stdout
