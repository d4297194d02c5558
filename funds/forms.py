"""Forms of the money. A fund's years are typed as the day each starts; each ends where the next one starts."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from moneyed import CurrencyDoesNotExist, get_currency

from core.clock import LATEST_YEAR
from core.errors import InvalidInput
from core.forms import MoneyFormField
from core.money import ZERO, parse_money
from funds.services import LONGEST_REASON, MOST_YEARS, YearPlan

FIRST_YEARS = 5


def day_field(**more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, **more)


class AsOfForm(forms.Form):
    as_of = day_field(required=False, label=_("As of the end of"))

    def clean_as_of(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["as_of"]
        if day is not None and day > timezone.localdate():
            raise ValidationError(_("Choose today or a day before."))
        return day


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands in the ledger, beside your name."),
    )


class FundForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.SlugField(
        label=_("Code"), max_length=16, help_text=_("Short, for lists and addresses, such as af-2026. It stays.")
    )
    currency = forms.CharField(
        label=_("Currency"),
        min_length=3,
        max_length=3,
        initial="USD",
        help_text=_("Three letters by ISO 4217, such as USD. It stays."),
    )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class YearForm(forms.Form):
    """One row: a year where it has a ceiling."""

    starts_on = day_field(required=False, label=_("Starts on"))
    ceiling = MoneyFormField(required=False, positive=True, label=_("Ceiling"))

    def __init__(self, *args: Any, currency: str = "USD", **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["ceiling"]
        assert isinstance(field, MoneyFormField)
        field.currency = currency

    def clean_starts_on(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["starts_on"]
        if day is not None and not 1900 <= day.year <= LATEST_YEAR:
            raise ValidationError(_("This date can't be meant."))
        return day

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("ceiling") and not given.get("starts_on") and "starts_on" not in self.errors:
            self.add_error("starts_on", _("Say when this year starts."))
        return given


class YearFormSet(forms.BaseFormSet[YearForm]):
    def plans(self) -> list[YearPlan]:
        """The years as given: each ends where the next one starts, the last one after twelve months."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("ceiling")]
        starts: list[dt.date] = [row["starts_on"] for row in rows]
        ends = [*starts[1:], *[a_year_after(day) for day in starts[-1:]]]
        return [YearPlan(row["starts_on"], end, row["ceiling"]) for row, end in zip(rows, ends, strict=True)]

    def clean(self) -> None:
        """Rows left without a ceiling after the last year are not years; one between two years is a gap."""
        if any(self.errors):
            return
        filled = [n for n, form in enumerate(self.forms) if form.cleaned_data.get("ceiling")]
        if not filled:
            raise ValidationError(_("A fund has at least one year with a ceiling."))
        for form in self.forms[: filled[-1]]:
            if form.cleaned_data.get("starts_on") and not form.cleaned_data.get("ceiling"):
                form.add_error("ceiling", _("Give this year a ceiling, or clear its date."))


_Years = forms.formset_factory(
    YearForm, formset=YearFormSet, extra=0, max_num=MOST_YEARS, absolute_max=MOST_YEARS, validate_max=True
)


def year_rows(
    data: Mapping[str, Any] | None = None, *, initial: list[dict[str, Any]] | None = None, currency: str = "USD"
) -> YearFormSet:
    """The rows of years: as sent, or (not yet sent) as `initial` has them."""
    rows = _Years(data, prefix="years", initial=initial, form_kwargs={"currency": currency})
    assert isinstance(rows, YearFormSet)
    return rows


def a_year_after(day: dt.date) -> dt.date:
    """The same day a year on; 1 March where that is no day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return dt.date(day.year + 1, 3, 1)


def known_currency(text: str) -> str:
    """The currency typed where it is one, else dollars: amounts are read before the currency is put right."""
    try:
        get_currency(text.strip().upper())
    except CurrencyDoesNotExist:
        return "USD"
    return text.strip().upper()


def first_years(today: dt.date) -> list[dict[str, Any]]:
    """Five calendar years from the next one on, their ceilings left to type."""
    return [{"starts_on": dt.date(today.year + 1 + n, 1, 1)} for n in range(FIRST_YEARS)]


def sum_of_ceilings(data: Mapping[str, Any], currency: str) -> tuple[Decimal, int]:
    """(sum, how many) of the ceilings typed so far that can be read as amounts."""
    amounts = []
    for n in range(MOST_YEARS):
        try:
            amounts.append(parse_money(str(data.get(f"years-{n}-ceiling", "")), currency))
        except InvalidInput:
            continue
    return sum(amounts, ZERO), len(amounts)
