"""One run: start the servers, run what was chosen, print a table, keep the results as JSON for whoever compares them."""

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import django

from bench import registry, servers
from bench.registry import FIGURES, PROOFS, CannotRun, Figure, NotHere, Proof
from config.embedded import layout
from config.embedded.processes import locked

Row = tuple[str, ...]
HEADS: dict[str, Row] = {
    "figures": ("figure", "value", "unit", "aim", ""),
    "proofs": ("proof", "cases", "failures", "took", ""),
}
FILES = {"figures": "bench.json", "proofs": "proof.json"}


def say(text: str) -> None:
    print(text, flush=True)


def table(heads: Row, rows: list[Row]) -> str:
    """Columns as wide as their widest cell; all but the first and the last flush right."""
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    last = len(heads) - 1
    return "\n".join(
        "  ".join(
            cell.ljust(width) if n in {0, last} else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [heads, tuple("─" * width for width in widths), *rows]
    )


def machine() -> dict[str, Any]:
    """What a figure depends on besides the code."""
    return {
        "processors": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }


class Run:
    """What was found so far: `results` for the file, `rows` for the table, `broken` where something must fail the run."""

    def __init__(self, into: Path, *, seed: int, cases: int | None) -> None:
        self.into, self.seed, self.cases = into, seed, cases
        self.results: dict[str, dict[str, Any]] = {}
        self.rows: list[Row] = []
        self.broken = False

    def figure(self, entry: Figure) -> None:
        measured = entry.run()
        value = round(measured.value, 2)
        self.results[entry.name] = {
            "name": entry.name,
            "value": value,
            "unit": entry.unit,
            "aim": entry.aim,
            "conditions": {**machine(), **measured.conditions},
        }
        verdict = "" if value <= entry.aim else "MISSED"
        self.rows.append((entry.name, f"{value:g}", entry.unit, f"≤ {entry.aim:g}", verdict))

    def proof(self, entry: Proof) -> None:
        began = time.monotonic()
        with servers.scratch():
            outcome = entry.run(self.cases or entry.cases, self.seed)
        seconds = round(time.monotonic() - began, 1)
        self.results[entry.name] = {
            "name": entry.name,
            "cases": outcome.cases,
            "failures": len(outcome.failures),
            "seed": self.seed,
            "seconds": seconds,
        }
        for failure in outcome.failures[:20]:
            say(f"  {entry.name}: {failure}")
        verdict = "FAILED" if outcome.failures or not outcome.cases else "holds"
        self.broken |= verdict == "FAILED"
        self.rows.append((entry.name, f"{outcome.cases:,}", str(len(outcome.failures)), f"{seconds:g} s", verdict))

    def each(self, entries: list[Any], act: Callable[[Any], None], *, width: int) -> None:
        """Run them one by one; what can't run leaves its row and the others their chance."""
        for entry in entries:
            say(f"{entry.name} …")
            try:
                act(entry)
            except NotHere as error:
                self._leave_out(entry.name, "not here", error, width)
            except CannotRun as error:
                self.broken = True
                self._leave_out(entry.name, "COULD NOT RUN", error, width)
            except Exception as error:  # noqa: BLE001 - a fault of the measurement: told whole, and the others run
                self.broken = True
                traceback.print_exc()
                self._leave_out(entry.name, "BROKE", error, width)

    def _leave_out(self, name: str, word: str, error: Exception, width: int) -> None:
        say(f"  {word}: {error}")
        self.rows.append((name, *[""] * (width - 2), word))

    def keep(self, name: str, chosen: list[str], known: list[str]) -> None:
        """Write the file. What was not chosen this time stays from the last run; what has no result now goes."""
        path = self.into / name
        before: list[dict[str, Any]] = []
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            before = json.loads(path.read_text())
        kept = {entry["name"]: entry for entry in before if entry["name"] in known and entry["name"] not in chosen}
        found = kept | self.results
        path.write_text(json.dumps([found[key] for key in sorted(found)], indent=2) + "\n")
        say(f"\nKept in {path}")


def perform(options: argparse.Namespace) -> int:
    run = Run(options.into, seed=options.seed, cases=options.cases)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    registry.load(options.kind)
    registered: Mapping[str, Any] = FIGURES if options.kind == "figures" else PROOFS
    entries = list(registry.chosen(registered, options.only))
    if not entries:
        say(f"No {options.kind} begin with {options.only!r}. There are: {', '.join(sorted(registered))}")
        return 1
    heads = HEADS[options.kind]
    act = run.figure if options.kind == "figures" else run.proof
    with servers.running():
        run.each(entries, act, width=len(heads))
    say(f"\n{table(heads, run.rows)}")
    if options.kind == "proofs":
        say(f"\nSeed {options.seed}")
    run.keep(FILES[options.kind], [entry.name for entry in entries], list(registered))
    return int(run.broken)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, or try to break the laws at length.")
    parser.add_argument("kind", choices=("figures", "proofs"))
    parser.add_argument("--only", default="", help="those whose name begins with this")
    parser.add_argument("--cases", type=int, help="of a proof, instead of its full size")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="of a proof, to run it again")
    parser.add_argument("--into", type=Path, default=layout.VAR, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if layout.VAR.name != "bench" or options.into == layout.VAR:  # its folder is thrown away: never the demo's
        say("Call `python -m bench`: it gives this a data folder of its own.")
        return 2
    with locked(options.into / "bench.lock"):
        return perform(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
