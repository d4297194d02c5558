"""Who may apply, as far as it can be checked by rule."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from grants.call_forms.common import long_text
from grants.models import Call, EligibilityRule
from universities.models import Affiliation

Kind = EligibilityRule.Kind
AWARD = (
    ("", gettext_lazy("Makes no difference")),
    ("none", gettext_lazy("Only people without an award from this fund")),
    ("required", gettext_lazy("Only people with an earlier award from this fund")),
)


class EligibilityForm(forms.Form):
    """Fields named by the kind of rule; an empty one is no rule. `<kind>_flag`: what does not meet it is only pointed out."""

    countries = forms.CharField(
        label=gettext_lazy("Countries of universities"),
        required=False,
        widget=long_text(2),
        help_text=gettext_lazy("Names or two-letter codes, with commas between. Empty: any country."),
    )
    membership = forms.BooleanField(
        label=gettext_lazy("Only universities that are members of the alliance"),
        required=False,
        help_text=gettext_lazy("On the day on which it is handed in and signed."),
    )
    pi_rank = forms.MultipleChoiceField(
        label=gettext_lazy("Who may lead a proposal"),
        required=False,
        choices=Affiliation.Rank.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: anybody. Where a university has not stated it, nobody is stopped."),
    )
    most_per_university = forms.IntegerField(
        label=gettext_lazy("Most proposals from one university"), required=False, min_value=1, max_value=1000
    )
    most_per_university_each = forms.BooleanField(label=gettext_lazy("Counted for each cut-off date"), required=False)
    most_per_pi = forms.IntegerField(
        label=gettext_lazy("Most proposals led by one person"), required=False, min_value=1, max_value=1000
    )
    most_per_pi_each = forms.BooleanField(label=gettext_lazy("Counted for each cut-off date"), required=False)
    most_concurrent = forms.IntegerField(
        label=gettext_lazy("Most proposals and awards of one person at a time"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=gettext_lazy("Over all calls of the fund: what is not decided yet, and awards that run."),
    )
    co_investigator = forms.IntegerField(
        label=gettext_lazy("At least so many co-investigators"), required=False, min_value=1, max_value=40
    )
    co_investigator_elsewhere = forms.BooleanField(
        label=gettext_lazy("Of another university than the lead's"), required=False
    )
    earlier_award = forms.ChoiceField(label=gettext_lazy("Earlier awards of the lead"), required=False, choices=AWARD)
    earlier_award_years = forms.IntegerField(
        label=gettext_lazy("Within so many years"),
        required=False,
        min_value=1,
        max_value=30,
        help_text=gettext_lazy("Empty: ever."),
    )

    def __init__(self, data: Any = None, *, call: Call) -> None:
        self.call = call
        super().__init__(data, initial=_initial(call))
        for kind in Kind.values:
            self.fields[f"{kind}_flag"] = forms.BooleanField(
                label=_("Only point it out; don't stop handing in"), required=False
            )

    @property
    def cut_offs(self) -> bool:
        """Whether counting by cut-off date means anything."""
        return self.call.shape == Call.Shape.CUT_OFFS

    def clean_countries(self) -> list[str]:
        codes = []
        for word in filter(None, (part.strip() for part in re.split(r"[,;\n]", self.cleaned_data["countries"]))):
            code = word.upper() if word.upper() in countries.countries else countries.by_name(word, insensitive=True)
            if not code:
                raise ValidationError(_("“%(word)s” is no country that we know.") % {"word": word})
            codes.append(code)
        return codes

    def rules(self) -> Mapping[str, Mapping[str, Any] | None]:
        """By kind what it asks for; None where it asks for nothing."""
        given = self.cleaned_data
        award = {"mode": given["earlier_award"], "years": given["earlier_award_years"]}
        return {
            Kind.COUNTRY: {"countries": given["countries"]} if given["countries"] else None,
            Kind.MEMBERSHIP: {} if given["membership"] else None,
            Kind.PI_RANK: {"ranks": given["pi_rank"]} if given["pi_rank"] else None,
            Kind.MOST_PER_UNIVERSITY: self._most(Kind.MOST_PER_UNIVERSITY),
            Kind.MOST_PER_PI: self._most(Kind.MOST_PER_PI),
            Kind.MOST_CONCURRENT: {"most": given["most_concurrent"]} if given["most_concurrent"] else None,
            Kind.CO_INVESTIGATOR: self._least(),
            Kind.EARLIER_AWARD: award if given["earlier_award"] else None,
        }

    def blocks(self, kind: str) -> bool:
        return not self.cleaned_data[f"{kind}_flag"]

    def _most(self, kind: str) -> Mapping[str, Any] | None:
        given = self.cleaned_data
        each = self.cut_offs and given[f"{kind}_each"]
        return {"most": given[kind], "each_cut_off": each} if given.get(kind) else None

    def _least(self) -> Mapping[str, Any] | None:
        given = self.cleaned_data
        elsewhere = given["co_investigator_elsewhere"]
        return {"least": given["co_investigator"], "elsewhere": elsewhere} if given.get("co_investigator") else None


def _initial(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for rule in call.eligibility_rules.all():
        found[f"{rule.kind}_flag"] = not rule.blocks
        found |= _shown(rule.kind, rule.params)
    return found


def _shown(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    if kind == Kind.COUNTRY:
        return {"countries": ", ".join(str(countries.name(code)) for code in params["countries"])}
    if kind == Kind.MEMBERSHIP:
        return {"membership": True}
    if kind == Kind.PI_RANK:
        return {"pi_rank": params["ranks"]}
    if kind == Kind.CO_INVESTIGATOR:
        return {kind: params["least"], f"{kind}_elsewhere": params.get("elsewhere", False)}
    if kind == Kind.EARLIER_AWARD:
        return {kind: params["mode"], f"{kind}_years": params.get("years")}
    return {kind: params["most"], f"{kind}_each": params.get("each_cut_off", False)}
