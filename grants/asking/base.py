"""What every kind of question can do; the kinds themselves are in the modules beside."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from grants.asking.specs import Asked, QuestionSpec

MISSING, OVER, WRONG = "answer_missing", "answer_over", "answer_wrong"
NOTHING = mark_safe("")


class Problem(NamedTuple):
    """What stops an answer from being handed in. `over`: too much, where otherwise something is missing."""

    code: str
    message: str
    over: bool = False


def over(message: str) -> Problem:
    return Problem(OVER, message, over=True)


def short_of(message: str) -> Problem:
    return Problem(MISSING, message)


class Manner:
    """How answers of one kind are read, judged and shown. `currency` is the call's.

    `clean` refuses what can't be an answer of this kind; limits are no refusals but `problems`, so that nothing typed is
    lost. `text` and `html` take whatever was stored, even before the question changed, and never fail.
    """

    nothing: Any = ""

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:  # noqa: ARG002  (most kinds have none)
        """The kind's settings as they are kept; refuses, naming `place`-the setting, what can't be."""
        return {}

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:
        raise NotImplementedError

    def is_empty(self, value: Any) -> bool:
        return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:  # noqa: ARG002
        """What of a stored answer is beyond what the question allows."""
        return []

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        return plain(value)

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:
        return format_html("<p>{}</p>", self.text(asked, value, currency))


def plain(value: Any) -> str:
    """Any stored value as words: of an answer given to another kind of question, or before somebody changed it by hand."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return "\n".join(filter(None, map(plain, value)))
    if isinstance(value, Mapping):
        return " · ".join(filter(None, map(plain, value.values())))
    return str(value)


# --- settings -------------------------------------------------------------------------------------------------------
def whole_setting(spec: QuestionSpec, name: str, place: str, *, least: int = 1, most: int) -> dict[str, int]:
    """`{name: value}`, or nothing where it is not set."""
    value = spec.settings.get(name)
    if value in (None, ""):
        return {}
    try:
        number = None if isinstance(value, bool | float) else int(str(value).strip())
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        words = _("“%(label)s”: write a whole number between %(least)s and %(most)s.")
        raise InvalidInput(
            words % {"label": spec.label, "least": f"{least:,}", "most": f"{most:,}"}, field=f"{place}-{name}"
        )
    return {name: number}


def in_order(spec: QuestionSpec, found: Mapping[str, Any], names: tuple[str, str], place: str) -> None:
    """Refuses a least that is above the most."""
    low, high = (found.get(name) for name in names)
    if low is not None and high is not None and low > high:
        raise InvalidInput(
            _("“%(label)s”: the smallest is larger than the largest.") % {"label": spec.label},
            field=f"{place}-{names[1]}",
        )
