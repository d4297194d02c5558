"""Forms of the alliance."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import User
from alliance.appropriation import KIND
from alliance.models import Member, Pledge
from core.forms import MoneyFormField
from core.models import uuid7
from core.money import format_money
from funds.models import Fund, FundYear
from universities.models import University


def day_field(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def instant_field(**more: Any) -> forms.DateTimeField:
    """A day and a time in the reader's time zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **more)


class PersonForm(forms.Form):
    """A person who has an account, by the email that they sign in with."""

    email = forms.EmailField(label=_("Email"), help_text=_("The address that the person signs in with."))
    user: User

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        found = User.objects.filter(email=email, is_active=True).first()
        if found is None:
            raise ValidationError(_("Nobody has signed up with this address yet."), code="unknown")
        self.user = found
        return email


class SeatForm(PersonForm):
    fund = forms.ModelChoiceField(queryset=Fund.objects.order_by("name"), label=_("Board of"), empty_label=None)
    voting = forms.BooleanField(label=_("Has a vote"), required=False, initial=True)
    chair = forms.BooleanField(label=_("Chairs the board"), required=False)


class MemberForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    code = forms.SlugField(
        label=_("Code"), max_length=24, help_text=_("Short, for lists and addresses, such as nimbus-labs. It stays.")
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Member.Kind.choices)
    country = forms.ChoiceField(label=_("Country"), choices=[("", "–"), *countries])
    website = forms.URLField(label=_("Website"), max_length=300, required=False, assume_scheme="https")
    university = forms.ModelChoiceField(
        label=_("Listed university"),
        queryset=University.objects.active().order_by("name"),
        required=False,
        empty_label=_("None"),
        help_text=_("For a member that is a university: its entry among the universities that ask for money."),
    )
    joined_on = day_field(label=_("Joined on"))
    left_on = day_field(label=_("Left on"), required=False)

    def __init__(self, *args: Any, member: Member | None = None, **more: Any) -> None:
        if member is not None:
            names = ("name", "kind", "website", "university", "joined_on", "left_on")
            stored: dict[str, Any] = {name: getattr(member, name) for name in names}
            more["initial"] = {**stored, "country": member.country.code}
        super().__init__(*args, **more)
        if member is None:
            self.fields["joined_on"].initial = timezone.localdate
            del self.fields["left_on"]
        else:
            del self.fields["code"]


class PledgeForm(forms.Form):
    """One amount for each year of a fund that the member has not pledged for."""

    def __init__(self, *args: Any, years: list[FundYear], **more: Any) -> None:
        super().__init__(*args, **more)
        self.years = {f"year_{year.number}": year for year in years}
        for name, year in self.years.items():
            self.fields[name] = MoneyFormField(
                label=year.label, currency=year.fund.currency, required=False, positive=True
            )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not any(given.get(name) for name in self.years):
            raise ValidationError(_("Give at least one year an amount."), code="empty")
        return given

    def by_year(self) -> dict[FundYear, Decimal]:
        return {year: amount for name, year in self.years.items() if (amount := self.cleaned_data.get(name))}


class PledgeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        left = format_money(obj.outstanding, obj.fund_year.fund.currency)
        return str(_("%(year)s: %(left)s outstanding") % {"year": obj.fund_year.label, "left": left})


class ContributionForm(forms.Form):
    """`pledges` are those of one member with something outstanding. The key makes a form sent twice one contribution."""

    pledge = PledgeChoice(queryset=Pledge.objects.none(), label=_("For the pledge of"), empty_label=None)
    amount = MoneyFormField(label=_("Amount"), positive=True)
    received_on = day_field(label=_("Arrived on"))
    reference = forms.CharField(label=_("Bank reference"), max_length=80, help_text=_("As the statement has it."))
    key = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(
        self, *args: Any, pledges: Any, chosen: Pledge | None = None, currency: str = "USD", **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.fields["pledge"].queryset = pledges  # type: ignore[attr-defined]
        amount = self.fields["amount"]
        assert isinstance(amount, MoneyFormField)
        amount.currency = currency
        self.initial.update(key=str(uuid7()), received_on=timezone.localdate(), pledge=chosen)
        if chosen is not None:
            self.initial["amount"] = getattr(chosen, "outstanding", None)

    def clean_received_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["received_on"]
        if day > timezone.localdate():
            raise ValidationError(_("Money can't have arrived on a day to come."))
        return day


class ClosingForm(forms.Form):
    """Until when the board votes."""

    closes_at = instant_field(
        label=_("Voting closes"), help_text=_("In your time zone. Everybody with a vote is told.")
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.initial.setdefault("closes_at", in_a_week())


class AppropriationForm(forms.Form):
    fund_year = forms.ModelChoiceField(queryset=FundYear.objects.none(), label=_("Fund year"), empty_label=None)
    amount = MoneyFormField(label=_("Amount"), positive=True)
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("What the board decides, in one line."))
    text = forms.CharField(label=_("Reasons"), widget=forms.Textarea(attrs={"rows": 6}), max_length=20_000)
    opens = forms.BooleanField(label=_("Open voting at once"), required=False, initial=True)
    closes_at = instant_field(label=_("Voting closes"), required=False, help_text=_("In your time zone."))

    def __init__(self, *args: Any, fund: Fund, years: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fund = fund
        self.fields["fund_year"] = YearOfFund(queryset=years, label=_("Fund year"), empty_label=None)
        amount = self.fields["amount"]
        assert isinstance(amount, MoneyFormField)
        amount.currency = fund.currency
        self.initial.setdefault("closes_at", in_a_week())

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("opens") and not given.get("closes_at") and "closes_at" not in self.errors:
            self.add_error("closes_at", _("Say until when the board votes."))
        return given

    def facts(self) -> dict[str, Any]:
        """What `propose_resolution` is given."""
        data = self.cleaned_data
        payload = {"fund_year": str(data["fund_year"].pk), "amount": str(data["amount"])}
        return {"fund": self.fund, "kind": KIND, "title": data["title"], "text": data["text"], "payload": payload}


class YearOfFund(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1000)


def in_a_week() -> dt.datetime:
    """The end of the working day a week on, in the reader's time zone."""
    return (timezone.localtime() + dt.timedelta(days=7)).replace(hour=17, minute=0, second=0, microsecond=0)
