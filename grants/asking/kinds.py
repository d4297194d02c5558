"""All kinds of questions under one set of functions. `currency` is the call's: amounts are read and shown in it.

Values as they are kept: text for short, long and rich (Markdown) texts, a number and an amount as the text of a decimal, a
day as ISO text, a choice as text, several choices as a list of text, yes or no and consent as a truth value, a table and
people as lists of rows by column. A file question has no value of its own: `values_of` puts the list of its files there.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.text import clean_text
from grants.asking.base import NOTHING, WRONG, Manner, Problem
from grants.asking.choices import Choice, Consent, Multi, YesNo
from grants.asking.files import Files
from grants.asking.grids import Grid, People, Table
from grants.asking.numbers import Day, Money, Number
from grants.asking.specs import MOST_OPTIONS, Asked, Kind, QuestionSpec
from grants.asking.texts import Rich, Text

MANNERS: Mapping[str, Manner] = {
    Kind.SHORT: Text(),
    Kind.LONG: Text(),
    Kind.RICH: Rich(),
    Kind.NUMBER: Number(),
    Kind.MONEY: Money(),
    Kind.DATE: Day(),
    Kind.CHOICE: Choice(),
    Kind.MULTI: Multi(),
    Kind.YES_NO: YesNo(),
    Kind.FILE: Files(),
    Kind.TABLE: Table(),
    Kind.PEOPLE: People(),
    Kind.CONSENT: Consent(),
}
OFFERING = frozenset({Kind.CHOICE, Kind.MULTI})
# Their answers name people: not for whoever may not see names.
NAMING = frozenset({Kind.FILE, Kind.PEOPLE})


def manner_of(asked: Asked) -> Manner:
    return MANNERS[asked.kind]


def clean(asked: Asked, value: Any, *, currency: str = "") -> Any:
    """`value` as it is kept; cleaning it again changes nothing. Refuses (`field` is the key) what is no such answer."""
    return manner_of(asked).clean(asked, value, currency)


def nothing(asked: Asked) -> Any:
    """How "no answer" is kept."""
    return manner_of(asked).nothing


def is_empty(asked: Asked, value: Any) -> bool:
    return manner_of(asked).is_empty(value)


def answered(asked: Asked, value: Any) -> bool:
    return not is_empty(asked, value)


def problems(asked: Asked, value: Any, *, currency: str = "") -> list[Problem]:
    """What of an answer that is there stops handing in: beyond a limit, or no answer of this kind (any more)."""
    if is_empty(asked, value):
        return []
    if asked.kind != Kind.FILE:
        try:
            value = clean(asked, value, currency=currency)
        except InvalidInput as error:
            words = _("“%(question)s”: %(reason)s") % {"question": asked.label, "reason": error.message}
            return [Problem(WRONG, words, over=True)]
    return manner_of(asked).limits(asked, value, currency)


def text(asked: Asked, value: Any, *, currency: str = "") -> str:
    """Any stored value in words; nothing where there is no answer. Never fails."""
    return "" if is_empty(asked, value) else manner_of(asked).text(asked, value, currency)


def html(asked: Asked, value: Any, *, currency: str = "") -> SafeString:
    """Any stored value as HTML that does no harm; nothing where there is no answer. Never fails."""
    return NOTHING if is_empty(asked, value) else manner_of(asked).html(asked, value, currency)


def grid_of(asked: Asked) -> Grid | None:
    """The manner of a question that is answered in rows."""
    manner = manner_of(asked)
    return manner if isinstance(manner, Grid) else None


# --- checking a question that is to be ------------------------------------------------------------------------------
def check(spec: QuestionSpec, place: str) -> dict[str, Any]:
    """Its settings as they are kept. Refuses, naming the field `place`-setting, what can't be."""
    if spec.kind not in MANNERS:
        raise InvalidInput(
            _("“%(label)s”: choose what kind of answer is wanted.") % {"label": spec.label}, field=f"{place}-kind"
        )
    return MANNERS[spec.kind].settings(spec, place)


def check_options(spec: QuestionSpec, place: str) -> tuple[str, ...]:
    """What a choice chooses from, each once; other kinds have none."""
    if spec.kind not in OFFERING:
        return ()
    field = f"{place}-options"
    lines = (" ".join(clean_text(one, field=field, longest=200).split()) for one in spec.options)
    options = tuple(dict.fromkeys(filter(None, lines)))
    if not 2 <= len(options) <= MOST_OPTIONS:
        words = _("“%(label)s”: give between 2 and %(most)d answers to choose from.")
        raise InvalidInput(words % {"label": spec.label, "most": MOST_OPTIONS}, field=field)
    return options
