"""Text that no row of the database can hold, and programs' bodies that no reader should be asked to unfold.

Forms and serializers refuse a NUL beside its field, and the editor leaves it out. What none of them looked at (a part of an
address, a field read as it came) is refused here, once for all pages and endpoints: a 400 and a sentence, never a 500.
"""

from collections.abc import Iterator
from typing import Any

from django.db import DataError
from django.utils.translation import gettext as _

from core.errors import DomainError

DEEPEST = 50


class Unstorable(DomainError):
    """A NUL, or half of a character: nobody types them; they come along from damaged files and programs."""

    code = "unstorable_text"
    status = 400


def refusal() -> Unstorable:
    return Unstorable(
        _("A text holds a character that can't be kept (a NUL, or half of one). Take it out and send it again.")
    )


def refusal_of(error: BaseException) -> Unstorable | None:
    """The refusal that an exception stands for, or None where it is a fault of another kind."""
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return refusal()
    if isinstance(error, DataError):
        words = str(error)
        if "NUL (0x00)" in words or "\\u0000 cannot be converted" in words or "surrogate must" in words:
            return refusal()
    return None


def check_texts(body: Any) -> None:
    """Refuse a parsed body that holds such a text, in a key or a value, or that is nested beyond any shape of ours."""
    for text, depth in _texts(body):
        if depth > DEEPEST:
            raise Unstorable(_("This body is nested too deeply."), code="too_deep")
        if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
            raise refusal()


def _texts(body: Any) -> Iterator[tuple[str, int]]:
    waiting = [(body, 0)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            yield one, depth
        elif isinstance(one, dict | list):
            yield "", depth
            parts = [*one, *one.values()] if isinstance(one, dict) else one
            waiting += [(part, depth + 1) for part in parts]
