"""Figures and proofs by name. A module in `bench/figures` or `bench/proofs` registers its own by decorating a function."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar


class CannotRun(Exception):
    """It should run here and does not: the run fails."""


class NotHere(Exception):
    """It needs something that this machine does not have: said, and no failure."""


@dataclass(frozen=True)
class Measured:
    """What a figure came to, and under which conditions that counts."""

    value: float
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a proof came to. `failures` are sentences: each a case in which the law did not hold."""

    cases: int
    failures: list[str]


Found = TypeVar("Found")
Measure = Callable[[], Measured]
Prove = Callable[[int, int], Outcome]


@dataclass(frozen=True)
class Figure:
    """`aim` is the largest value that is good enough; a figure above it is shown, and fails nothing."""

    name: str
    unit: str
    aim: float
    run: Measure


@dataclass(frozen=True)
class Proof:
    """`run(cases, seed)` attacks on an empty, migrated database; `cases` is the full size, a test may run fewer."""

    name: str
    cases: int
    run: Prove


FIGURES: dict[str, Figure] = {}
PROOFS: dict[str, Proof] = {}


def figure(name: str, *, unit: str, aim: float) -> Callable[[Measure], Measure]:
    """Register a figure. The function stays as it is, so that a test can call it."""

    def register(run: Measure) -> Measure:
        _add(FIGURES, Figure(name, unit, aim, run))
        return run

    return register


def proof(name: str, *, cases: int) -> Callable[[Prove], Prove]:
    """Register a proof. The function stays as it is, so that a test can call it with fewer cases."""

    def register(run: Prove) -> Prove:
        _add(PROOFS, Proof(name, cases, run))
        return run

    return register


def _add(registered: dict[str, Any], entry: Figure | Proof) -> None:
    if entry.name in registered:
        raise ValueError(f"{entry.name} is registered twice.")
    registered[entry.name] = entry


def once(measure: Callable[[], Found]) -> Callable[[], Found]:
    """`measure`, which several figures share, is run once: the others get what it found, or why it could not run."""
    kept: list[Found | CannotRun | NotHere] = []

    @functools.wraps(measure)
    def measured() -> Found:
        if not kept:
            try:
                kept.append(measure())
            except (CannotRun, NotHere) as error:
                kept.append(error)
        if isinstance(kept[0], CannotRun | NotHere):
            raise kept[0]
        return kept[0]

    return measured


def load(kind: str) -> None:
    """Import every module of `bench.<kind>`, so that each registers what it has. Django must be set up."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent / kind)]):
        importlib.import_module(f"bench.{kind}.{module.name}")


def chosen(registered: Mapping[str, Any], only: str) -> Iterator[Any]:
    return (registered[name] for name in sorted(registered) if name.startswith(only))
