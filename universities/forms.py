"""Forms of this app. What is refused is said by the services; these say it before."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from moneyed import CURRENCIES

from accounts.models import User
from universities.models import Affiliation, BankAccount, IndirectRate, OfficeMember, University

COMMON = ("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD")


def currencies() -> list[tuple[str, str]]:
    names = {code: f"{code} – {currency.name}" for code, currency in CURRENCIES.items() if currency.numeric}
    rest = sorted(code for code in names if code not in COMMON and not code.startswith("X"))
    return [(code, names[code]) for code in (*COMMON, *rest)]


class UniversityForm(forms.ModelForm[University]):
    """The facts of an entry. The model's `full_clean` is left to the services, which lock the row."""

    website = forms.URLField(max_length=300, required=False, label=_("Website"), assume_scheme="https")

    class Meta:
        model = University
        fields = ["name", "short_name", "country", "region", "city", "website", "ror_id"]
        help_texts = {
            "name": _("As the university writes it itself, in its own script or in English."),
            "ror_id": _("From ror.org, for example https://ror.org/03vek6s52"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ror_id"].widget.attrs.pop("maxlength", None)
        self.fields["ror_id"].validators = []

    def _post_clean(self) -> None:
        """No instance is built: the service writes, and says what can't be."""


class ProposeForm(forms.Form):
    """A university that the directory lacks."""

    name = forms.CharField(max_length=255, label=_("Name of the university"))
    country = forms.ChoiceField(choices=[("", ""), *countries], label=_("Country"))
    city = forms.CharField(max_length=100, required=False, label=_("City"))
    website = forms.URLField(max_length=300, label=_("Website"), assume_scheme="https")
    department = forms.CharField(max_length=150, required=False, label=_("Your department"))
    position = forms.CharField(max_length=150, required=False, label=_("Your position"))
    rank = forms.ChoiceField(
        choices=[("", ""), *Affiliation.Rank.choices],
        label=_("Your rank"),
        help_text=_("Calls may ask for it. Your research office sees it when it confirms you."),
    )


class ClaimForm(forms.ModelForm[Affiliation]):
    """The rank is asked for: rows from before it was have none, and a call that asks for it can say nothing of them."""

    class Meta:
        model = Affiliation
        fields = ["department", "position", "rank"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rank"].required = True


class RankForm(forms.ModelForm[Affiliation]):
    class Meta:
        model = Affiliation
        fields = ["rank"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rank"].required = True


class NameForm(forms.Form):
    other_name = forms.CharField(
        max_length=255,
        label=_("Another name"),
        help_text=_("In another language or script, a former name, or an acronym."),
    )


class DomainForm(forms.Form):
    domain = forms.CharField(
        max_length=253,
        label=_("Email domain"),
        help_text=_("Whoever has a confirmed address under it is confirmed without the office."),
    )


class MergeForm(forms.Form):
    """`into` is chosen by search on the page and comes as a key."""

    into = forms.UUIDField(widget=forms.HiddenInput, error_messages={"required": _("Choose the entry that stays.")})
    reason = forms.CharField(required=False, label=_("Why they are one"), widget=forms.Textarea(attrs={"rows": 2}))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class OptionalReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class OfficeMemberForm(forms.Form):
    """Somebody who signed up already, by their address."""

    email = forms.EmailField(label=_("Email address"), help_text=_("Of a person who has an account here."))
    role = forms.ChoiceField(
        choices=OfficeMember.Kind.choices,
        label=_("Role"),
        help_text=_("An authorised representative signs for the university: proposals, awards, requests for payment."),
    )

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        self.person = User.objects.filter(email=email, is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(
                _("Nobody has signed up with this address yet. Ask them to, then add them here."), code="unknown"
            )
        return email


class RateForm(forms.ModelForm[IndirectRate]):
    """The rate is typed in per cent and kept as a fraction."""

    percent = forms.DecimalField(
        label=_("Rate"), min_value=Decimal(0), max_value=Decimal(150), max_digits=6, decimal_places=3
    )

    class Meta:
        model = IndirectRate
        fields = ["base", "starts_on", "ends_before", "reference"]
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_before": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "starts_on": _("An open rate on the same base ends the day before."),
            "ends_before": _("Leave empty for a rate that goes on."),
            "reference": _("Number or date of the agreement."),
        }

    field_order = ["base", "percent", "starts_on", "ends_before", "reference"]

    def _post_clean(self) -> None:
        """No instance is built: the service writes, and says what can't be."""

    @property
    def facts(self) -> dict[str, Any]:
        facts = dict(self.cleaned_data)
        return {"rate": facts.pop("percent") / 100, **facts}


class BankAccountForm(forms.ModelForm[BankAccount]):
    currency = forms.ChoiceField(choices=currencies, label=_("Currency"))

    class Meta:
        model = BankAccount
        fields = [
            "holder", "bank_name", "country", "currency", "iban", "account_number", "bank_identifier",
        ]  # fmt: skip
        help_texts = {
            "holder": _("As the bank has it: the university's legal name."),
            "iban": _("Where the country has IBANs. Its check number is tested."),
            "account_number": _("Only where there is no IBAN."),
            "bank_identifier": _("BIC (SWIFT), or the routing or sort code where there is no IBAN."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("iban", "account_number", "bank_identifier"):
            self.fields[name].widget.attrs.update(autocomplete="off", spellcheck="false")
            self.fields[name].widget.attrs.pop("maxlength", None)  # people type IBANs with spaces

    def clean_iban(self) -> str:
        return "".join(str(self.cleaned_data["iban"]).split()).upper()

    def _post_clean(self) -> None:
        """No instance is built: the service writes, and says what can't be."""
