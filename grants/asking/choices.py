"""Questions answered by choosing: one of several, several of several, yes or no, and a consent."""

from typing import Any

from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.text import clean_text
from grants.asking.base import NOTHING, Manner, Problem, in_order, over, plain, short_of, whole_setting
from grants.asking.specs import MOST_OPTIONS, Asked, QuestionSpec, option_pairs, option_values

YES, NO = ("yes", "true", "on"), ("no", "false", "off")


class Choice(Manner):
    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        return "" if value in (None, "") else _offered(asked, value)

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        return _words_of(asked, value)


class Multi(Manner):
    def __init__(self) -> None:
        self.nothing: Any = []

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        found = {
            **whole_setting(spec, "least", place, most=MOST_OPTIONS),
            **whole_setting(spec, "most", place, most=MOST_OPTIONS),
        }
        in_order(spec, found, ("least", "most"), place)
        return found

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        """The chosen ones in the order that they are offered in, each once."""
        if value in (None, ""):
            return []
        given = value if isinstance(value, list | tuple) else [value]
        if len(given) > 10 * MOST_OPTIONS:
            raise InvalidInput(_("Choose among the answers offered."), field=asked.key)
        chosen = {_offered(asked, one) for one in given if one != ""}
        return [one for one in option_values(asked) if one in chosen]

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:  # noqa: ARG002
        count = len(value) if isinstance(value, list) else 1
        least, most = asked.settings.get("least", 0), asked.settings.get("most", count)
        if count < least:
            words = _("“%(question)s”: choose at least %(least)s.")
            return [short_of(words % {"question": asked.label, "least": least})]
        if count > most:
            return [over(_("“%(question)s”: choose at most %(most)s.") % {"question": asked.label, "most": most})]
        return []

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        given = value if isinstance(value, list) else [value]
        return "\n".join(_words_of(asked, one) for one in given)

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:  # noqa: ARG002
        given = value if isinstance(value, list) else [value]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((_words_of(asked, o),) for o in given)))


class YesNo(Manner):
    nothing = None

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        return None if value in (None, "") else _truth(value, _("Answer yes or no."), asked.key)


class Consent(Manner):
    """A statement that somebody agrees to. Who and when is with the answer; no consent is no answer."""

    nothing = False

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        statement = clean_text(spec.settings.get("statement") or "", field=f"{place}-statement", longest=4_000).strip()
        return {"statement": statement} if statement else {}

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        return False if value in (None, "") else _truth(value, _("Tick the box, or leave it empty."), asked.key)

    def is_empty(self, value: Any) -> bool:
        return value is not True

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        return _("Agreed") if value is True else plain(value)

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:
        """With the words that were agreed to."""
        statement = linebreaks(asked.settings.get("statement", ""), autoescape=True)
        words = mark_safe(statement) if asked.settings.get("statement") else NOTHING  # noqa: S308  (escaped)
        return format_html("{}<p>{}</p>", words, self.text(asked, value, currency))


def _truth(value: Any, ask: str, field: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in YES + NO:
        return value in YES
    raise InvalidInput(ask, field=field)


def _offered(asked: Asked, value: Any) -> str:
    chosen = clean_text(value, field=asked.key)
    if chosen not in option_values(asked):
        raise InvalidInput(_("Choose one of the answers offered."), field=asked.key)
    return chosen


def _words_of(asked: Asked, value: Any) -> str:
    text = plain(value)
    return dict(option_pairs(asked)).get(text, text)
