"""Forms of slates, awards, payments and reports."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from awards.models import AwardReport, SlateLine
from core.forms import MoneyFormField
from funds.models import FundYear


class SlateForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    rationale = forms.CharField(
        label=_("What the board should know"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class LineForm(forms.Form):
    """One proposal on a slate: the decision, and its money in each fund year."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(label=_("Decision"), choices=SlateLine.Decision.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), required=False, max_length=300)

    def __init__(self, years: list[FundYear], currency: str, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.years, self.currency = years, currency
        for year in years:
            self.fields[f"year_{year.number}"] = MoneyFormField(
                label=_("From %(year)s") % {"year": year.label},
                currency=currency,
                required=False,
            )

    def by_year(self) -> dict[FundYear, Decimal]:
        if self.cleaned_data["decision"] != SlateLine.Decision.FUND:
            return {}
        amounts = {year: self.cleaned_data.get(f"year_{year.number}") for year in self.years}
        return {year: amount for year, amount in amounts.items() if amount}

    @property
    def year_fields(self) -> list[forms.BoundField]:
        return [self[f"year_{year.number}"] for year in self.years]


class AcceptAwardForm(forms.Form):
    terms_sha256 = forms.CharField(widget=forms.HiddenInput)
    agree = forms.BooleanField(label=_("The university accepts the award under the agreement above."))
    typed_name = forms.CharField(label=_("Your name, as a signature"), max_length=150)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class RequestForm(forms.Form):
    """`key` makes a second click the same request."""

    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note for finance"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )


class SettleForm(forms.Form):
    on = forms.DateField(label=_("Paid on"), widget=forms.DateInput(attrs={"type": "date"}))
    bank_reference = forms.CharField(label=_("The bank's reference"), required=False, max_length=80)


class ReportForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What was done and found"),
        max_length=60_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("Against the plan: what was reached, what not and why; what came out, and where it is published."),
    )

    def __init__(self, report: AwardReport, data: Any = None) -> None:
        initial = {"version": report.version, "text": report.text, "spent": report.spent}
        super().__init__(data, initial=initial)
        self.fields["spent"] = MoneyFormField(
            label=_("Spent in this period"), currency=report.award.currency, required=False
        )


class PlanRowForm(forms.Form):
    """One instalment of a schedule to be; a row without an amount is left out."""

    def __init__(self, *args: Any, years: list[FundYear], currency: str, reports: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = {year.number: year for year in years}
        self.fields["year"] = forms.TypedChoiceField(
            label=_("Fund year"),
            coerce=int,
            choices=[(n, year.label) for n, year in self.years.items()],
            required=False,
        )
        self.fields["amount"] = MoneyFormField(label=_("Amount"), currency=currency, required=False, positive=True)
        self.fields["due_on"] = forms.DateField(
            label=_("Not before"), required=False, widget=forms.DateInput(attrs={"type": "date"})
        )
        numbers = [("", _("No report"))] + [(n, _("Progress report %d") % n) for n in range(1, reports + 1)]
        self.fields["after_report"] = forms.TypedChoiceField(
            label=_("Waits for"), coerce=int, empty_value=None, choices=numbers, required=False
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("amount") and not (data.get("year") and data.get("due_on")):
            raise forms.ValidationError(_("Give a fund year and a day for each amount."))
        return data


PlanRows = forms.formset_factory(PlanRowForm, extra=3, max_num=60, absolute_max=60)
