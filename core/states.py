"""Allowed moves as data: each app's `transitions.py` holds its tables, and one check reads them."""

from collections.abc import Mapping
from typing import Protocol

from core.errors import WrongState

Moves = Mapping[str, frozenset[str]]


class HasStatus(Protocol):
    status: str

    def get_status_display(self) -> str: ...


def check_move(thing: HasStatus, to: str, moves: Moves) -> None:
    """Refuse a move that the table does not have. Call it on the locked row."""
    if to not in moves.get(thing.status, frozenset()):
        name = type(thing).__name__.lower()
        raise WrongState(
            f"This {name} is {thing.get_status_display().lower()}; it can't become {to.replace('_', ' ')} now.",
            state=thing.status,
            wanted=to,
        )
