"""When a call opens and closes. Times are typed by the clock of the call's own zone, never of the reader's."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.names import zone_choices
from grants.call_forms.common import ReasonForm, WallClockField
from grants.models import Call, Stage
from grants.services.cutoffs import MOST_CUT_OFFS
from grants.services.schedule import StageDates
from grants.zones import ANYWHERE, instant_of, is_shown_twice, place, wall_of

Shape = Call.Shape
TIMES = ("opens_at", "closes_at", "sign_off_until")
SHAPES = (
    (
        Shape.ONE_DEADLINE,
        gettext_lazy("One deadline"),
        gettext_lazy("Everybody hands in the full proposal by one date."),
    ),
    (
        Shape.TWO_STAGE,
        gettext_lazy("Two stages"),
        gettext_lazy("A short expression of interest first; who is invited then writes the full proposal."),
    ),
    (
        Shape.CUT_OFFS,
        gettext_lazy("Always open"),
        gettext_lazy("Proposals come at any time. What is in by a cut-off is looked at together; the rest goes on to the next."),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """The fields of one stage, and what it is called."""

    number: int
    title: str
    opens_at: forms.BoundField | None
    closes_at: forms.BoundField
    sign_off_until: forms.BoundField


@dataclass(frozen=True)
class Seen:
    """One instant that the form means, for the eyes of whoever types it."""

    words: str
    at: dt.datetime
    zone: str
    twice: bool


def mark(number: int) -> str:
    return "" if number == 1 else f"_{number}"


class DatesForm(forms.Form):
    """All dates of a draft call: as many rows of fields as its shape has stages, or as there are cut-offs."""

    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the dates"),
        help_text=gettext_lazy(
            "Everybody sees it, beside their own. “Anywhere on Earth”: until the day has ended everywhere."
        ),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, call: Call, typed: Mapping[str, Any] | None = None, n: int = 0
    ) -> None:
        """`typed`: what stood in the fields, shown again without judging it; `n`: so many rows."""
        stages = list(call.stages.all())
        super().__init__(data, initial=dict(typed) if typed is not None else _initial(stages))
        self.shape, self.n = Shape(call.shape), n or max(len(stages), _rows_in(data))
        zone = stages[0].zone if stages else "UTC"
        field: Any = self.fields["zone"]
        field.choices = zone_options(zone)
        for number in range(1, self.n + 1):
            if number == 1 or self.shape != Shape.CUT_OFFS:
                self._add("opens_at", number, _("Opens"))
            self._add("closes_at", number, _("Cut-off") if self.shape == Shape.CUT_OFFS else _("Closes"))
            self._add("sign_off_until", number, _("Offices may sign until"), required=False)

    def _add(self, name: str, number: int, label: str, *, required: bool = True) -> None:
        wanted = required and not (self.shape == Shape.CUT_OFFS and number > 1)
        self.fields[f"{name}{mark(number)}"] = WallClockField(label=label, required=wanted)

    @property
    def rows(self) -> list[Row]:
        return [
            Row(
                number,
                self._title(number),
                self[f"opens_at{mark(number)}"] if f"opens_at{mark(number)}" in self.fields else None,
                self[f"closes_at{mark(number)}"],
                self[f"sign_off_until{mark(number)}"],
            )
            for number in range(1, self.n + 1)
        ]

    def _title(self, number: int) -> str:
        if self.shape == Shape.TWO_STAGE:
            return _("Expressions of interest") if number == 1 else _("Full proposals, by invitation")
        return _("Cut-off %(number)d") % {"number": number} if self.shape == Shape.CUT_OFFS else ""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        zone: str = given.get("zone") or ""
        for name in [one for one in given if zone and given[one] and one != "zone"]:
            try:
                given[name] = instant_of(given[name], zone, opening=name.startswith("opens"))
            except ValidationError as error:
                self.add_error(name, error)
        return given

    def dates(self) -> list[StageDates]:
        """In the order of the stages; a cut-off that was left empty is none."""
        given = self.cleaned_data
        rows = [tuple(given.get(f"{name}{mark(number)}") for name in TIMES) for number in range(1, self.n + 1)]
        return [StageDates(closes, opens, signs) for opens, closes, signs in rows if closes is not None]

    def seen(self) -> list[Seen]:
        """What is meant by what is typed so far, as far as it can be understood."""
        given, zone = self.cleaned_data, self.cleaned_data.get("zone", "")
        return [
            Seen(self._words(name), given[name], zone, is_shown_twice(wall_of(given[name], zone), zone))
            for name in self._names()
            if isinstance(given.get(name), dt.datetime) and zone and given[name].tzinfo is not None
        ]

    def _words(self, name: str) -> str:
        number = int(name.rpartition("_")[2]) if name.rpartition("_")[2].isdecimal() else 1
        title, label = self._title(number), str(self.fields[name].label)
        if self.shape == Shape.CUT_OFFS:
            return title if name.startswith("closes") else label
        return f"{title}: {label.lower()}" if title else label

    def _names(self) -> Iterator[str]:
        for number in range(1, self.n + 1):
            yield from (f"{name}{mark(number)}" for name in TIMES if f"{name}{mark(number)}" in self.fields)


def zone_options(zone: str) -> list[Any]:
    return [(ANYWHERE, _("Anywhere on Earth (UTC−12)")), *zone_choices(zone if zone != ANYWHERE else "")]


def _initial(stages: list[Stage]) -> dict[str, Any]:
    values: dict[str, Any] = {"zone": stages[0].zone if stages else "UTC"}
    for stage in stages:
        for name in TIMES:
            instant = getattr(stage, name)
            values[f"{name}{mark(stage.number)}"] = wall_of(instant, stage.zone) if instant else None
    return values


def _rows_in(data: Mapping[str, Any] | None) -> int:
    """How many cut-offs a sent form has: their names end in their numbers."""
    numbers = [name.removeprefix("closes_at_") for name in data or {} if name.startswith("closes_at_")]
    return min(max([1, *(int(one) for one in numbers if one.isdecimal() and len(one) < 4)]), MOST_CUT_OFFS + 1)


# --- while it runs ----------------------------------------------------------------------------------------------------
class ExtendForm(ReasonForm):
    """A later deadline of one stage."""

    closes_at = WallClockField(label=gettext_lazy("New deadline"))
    field_order = ("closes_at", "reason")

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        super().__init__(
            data, initial={"closes_at": wall_of(stage.closes_at, stage.zone)}, auto_id=f"extend_{stage.number}_%s"
        )
        self.stage, self.zone, self.zone_words = stage, stage.zone, place(stage.zone)

    def clean_closes_at(self) -> dt.datetime:
        return instant_of(self.cleaned_data["closes_at"], self.zone)


class CutOffForm(forms.Form):
    """One more cut-off of a running call."""

    closes_at = WallClockField(label=gettext_lazy("Cut-off"))
    sign_off_until = WallClockField(label=gettext_lazy("Offices may sign until"), required=False)

    def __init__(self, data: Any = None, *, last: Stage) -> None:
        super().__init__(data, auto_id="cutoff_%s")
        self.zone, self.zone_words = last.zone, place(last.zone)

    def clean_closes_at(self) -> dt.datetime:
        return instant_of(self.cleaned_data["closes_at"], self.zone)

    def clean_sign_off_until(self) -> dt.datetime | None:
        wall = self.cleaned_data["sign_off_until"]
        return instant_of(wall, self.zone) if wall else None
