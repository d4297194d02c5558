"""When a question is asked, and when it must be answered: conditions on earlier answers, as data.

A condition is `{"key": <an earlier question's key>, "op": …, "value": …}`. It names earlier questions of the same form
only, so that there is no circle. What is hidden counts as not answered for all that comes later. `is_not`, `at_least` and
`at_most` hold for no question that is not answered.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import InvalidInput
from grants.asking.numbers import decimal_or_none
from grants.asking.specs import Asked, Condition, Kind, option_values

_SAID = ("answered", "not_answered")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUTHS = {True: ("yes", "true"), False: ("no", "false")}
_SIZED = ("at_least", "at_most", "is", *_SAID)
# Which comparisons an answer of each kind can be asked for.
OPS: Mapping[str, Sequence[str]] = {
    Kind.YES_NO: ("is", *_SAID),
    Kind.CHOICE: ("is", "is_not", "any_of", *_SAID),
    Kind.MULTI: ("includes", *_SAID),
    Kind.NUMBER: _SIZED,
    Kind.MONEY: _SIZED,
    Kind.DATE: _SIZED,
}
OP_WORDS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is answered, but not with"),
    "any_of": gettext_lazy("is one of"),
    "includes": gettext_lazy("includes"),
    "answered": gettext_lazy("is answered"),
    "not_answered": gettext_lazy("is not answered"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
}


def ops_for(kind: str) -> Sequence[str]:
    """The comparisons that a question of this kind offers to later ones."""
    return OPS.get(kind, _SAID)


# --- does it hold ---------------------------------------------------------------------------------------------------
def holds(condition: Condition, answers: Mapping[str, Any]) -> bool:
    """Whether the earlier answer is as the condition wants it. What is missing in `answers`, or empty, is unanswered."""
    answer, op, wanted = answers.get(condition["key"]), condition["op"], condition.get("value")
    said = not _blank(answer)
    if op in _SAID:
        return said if op == "answered" else not said
    if not said:
        return False
    if op in {"is", "is_not"}:
        return _same(answer, wanted) is (op == "is")
    if op == "any_of":
        return any(_same(answer, one) for one in _list(wanted))
    if op == "includes":
        return any(_same(one, wanted) for one in _list(answer))
    order = _compared(answer, wanted)
    if order is None:
        return False
    return order >= 0 if op == "at_least" else order <= 0 if op == "at_most" else False


def _blank(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _same(answer: Any, wanted: Any) -> bool:
    if isinstance(answer, bool) or isinstance(wanted, bool):
        return answer is wanted
    return answer == wanted or _compared(answer, wanted) == 0


def _compared(answer: Any, wanted: Any) -> int | None:
    """Below, equal or above, for two numbers or two days; None where they can't be compared."""
    first, second = _size(answer), _size(wanted)
    if first is None or second is None or type(first) is not type(second):
        return None
    return int(first > second) - int(first < second)


def _size(value: Any) -> Any:
    """A number or a day that can be compared; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = value.strip() if isinstance(value, str) else repr(value) if -(10**15) < value < 10**15 else ""
    return text if _DAY.fullmatch(text) else decimal_or_none(text)


# --- which questions are asked now ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Asking:
    """Whether a question is asked now, and whether it must be answered."""

    shown: bool
    required: bool


def state(questions: Iterable[Asked], answered: Mapping[str, Any]) -> dict[str, Asking]:
    """Of each question, in the form's order. `answered` holds no empty answers (`kinds.answered` leaves them out)."""
    counted: dict[str, Any] = {}
    found = {}
    for one in questions:
        shown = one.shown_if is None or holds(one.shown_if, counted)
        needed = one.required or (one.required_if is not None and holds(one.required_if, counted))
        found[one.key] = Asking(shown, shown and needed)
        if shown and one.key in answered:
            counted[one.key] = answered[one.key]
    return found


# --- in words -------------------------------------------------------------------------------------------------------
def in_words(condition: Condition | None, questions: Iterable[Asked]) -> str:
    """`“Does it involve people?” is “Yes”`; without a condition nothing."""
    if condition is None:
        return ""
    label = next((one.label for one in questions if one.key == condition["key"]), condition["key"])
    words = f"“{label}” {OP_WORDS[condition['op']]}"
    if condition["op"] in _SAID:
        return words
    values = [_value_words(one) for one in _list(condition.get("value"))]
    return f"{words} {_(' or ').join(values)}"


def _value_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("“Yes”") if value else _("“No”")
    return f"“{value}”"


# --- checking -------------------------------------------------------------------------------------------------------
def checked(condition: Any, earlier: Sequence[Asked], place: str) -> dict[str, Any] | None:
    """The condition as it is kept; `earlier` are the questions before, `place` the field that a refusal names.

    Refused: a question that does not come before, a comparison that its kind has not, a value that it can't have.
    """
    if not condition:
        return None
    key = condition.get("key") if isinstance(condition, Mapping) else None
    asked = next((one for one in earlier if one.key == key), None)
    if asked is None:
        raise InvalidInput(_("A condition names a question that comes before this one."), field=place)
    op = condition.get("op")
    if op not in ops_for(asked.kind):
        raise InvalidInput(
            _("“%(label)s” can't be compared that way: choose how.") % {"label": asked.label}, field=place
        )
    if op in _SAID:
        return {"key": asked.key, "op": op}
    return {"key": asked.key, "op": op, "value": _checked_value(asked, str(op), condition.get("value"), place)}


def _checked_value(asked: Asked, op: str, value: Any, place: str) -> Any:
    if asked.kind == Kind.YES_NO:
        for truth, forms in _TRUTHS.items():
            if value is truth or value in forms:
                return truth
        raise InvalidInput(_("Choose yes or no."), field=place)
    if asked.kind in {Kind.CHOICE, Kind.MULTI}:
        offered = option_values(asked)
        wanted = [str(one) for one in _list(value)]
        if not wanted or any(one not in offered for one in wanted) or (op != "any_of" and len(wanted) != 1):
            raise InvalidInput(_("Choose among the answers of “%(label)s”.") % {"label": asked.label}, field=place)
        return wanted if op == "any_of" else wanted[0]
    size = _size(value)
    if size is None or isinstance(size, str) is not (asked.kind == Kind.DATE):
        words = _("Write a day like 2027-03-31.") if asked.kind == Kind.DATE else _("Write a number, like 1200 or 0.5.")
        raise InvalidInput(words, field=place)
    return size if isinstance(size, str) else f"{size:f}"
