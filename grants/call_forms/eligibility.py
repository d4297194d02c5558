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

Kind = EligibilityRule.Kind


class EligibilityForm(forms.Form):
    """One field for each kind of rule; an empty one is no rule."""

    countries = forms.CharField(
        label=gettext_lazy("Countries of universities"),
        required=False,
        widget=long_text(2),
        help_text=gettext_lazy("Names or two-letter codes, with commas between. Empty: any country."),
    )
    most_per_university = forms.IntegerField(
        label=gettext_lazy("Most proposals from one university"), required=False, min_value=1, max_value=1000
    )
    most_per_pi = forms.IntegerField(
        label=gettext_lazy("Most proposals led by one person"), required=False, min_value=1, max_value=1000
    )
    co_investigator = forms.IntegerField(
        label=gettext_lazy("At least so many co-investigators"), required=False, min_value=1, max_value=100
    )

    def __init__(self, data: Any = None, *, call: Call) -> None:
        rules = {rule.kind: rule.params for rule in call.eligibility_rules.all()}
        codes = rules.get(Kind.COUNTRY, {}).get("countries", [])
        initial: dict[str, Any] = {"countries": ", ".join(str(countries.name(code)) for code in codes)}
        for kind, params in rules.items():
            if kind != Kind.COUNTRY:
                initial[kind] = next(iter(params.values()))
        super().__init__(data, initial=initial)

    def clean_countries(self) -> list[str]:
        codes = []
        for word in filter(None, (part.strip() for part in re.split(r"[,;\n]", self.cleaned_data["countries"]))):
            code = word.upper() if word.upper() in countries.countries else countries.by_name(word, insensitive=True)
            if not code:
                raise ValidationError(_("“%(word)s” is no country that we know.") % {"word": word})
            codes.append(code)
        return codes

    def rules(self) -> Mapping[str, Mapping[str, Any] | None]:
        given = self.cleaned_data
        wanted: dict[str, Mapping[str, Any] | None] = {
            Kind.COUNTRY: {"countries": given["countries"]} if given["countries"] else None
        }
        for kind in (Kind.MOST_PER_UNIVERSITY, Kind.MOST_PER_PI, Kind.CO_INVESTIGATOR):
            name = "least" if kind == Kind.CO_INVESTIGATOR else "most"
            wanted[kind] = {name: given[kind]} if given.get(kind) else None
        return wanted
