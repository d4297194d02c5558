"""Forms of calls and programmes. Times are typed by the clock of the call's own zone, never of the reader's."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from accounts.names import zone_choices
from core.clock import LATEST_YEAR
from core.forms import MoneyFormField
from funds.models import Fund
from grants.models import BudgetRules, Call, Category, EligibilityRule, Programme, Stage

ANYWHERE = "Etc/GMT+12"
Kind = EligibilityRule.Kind


def long_text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ProgrammeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=24, help_text=gettext_lazy("Short; it stays."))
    summary = forms.CharField(label=gettext_lazy("What it is for"), required=False, widget=long_text(3))
    fund = forms.ModelChoiceField(label=gettext_lazy("Paid by the fund"), queryset=Fund.objects.none())

    def __init__(self, *args: Any, funds: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["fund"]
        field.queryset = funds
        only = list(funds[:2])
        if len(only) == 1:
            field.initial, field.empty_label = only[0].pk, None


class NewCallForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=24,
        help_text=gettext_lazy("For addresses and the numbers of proposals, like EARTH-27. It stays."),
    )
    programme = forms.ModelChoiceField(label=gettext_lazy("Programme"), queryset=Programme.objects.all())
    source = forms.ModelChoiceField(
        label=gettext_lazy("Copy from an earlier call"),
        queryset=Call.objects.none(),
        required=False,
        empty_label=gettext_lazy("Start from the usual form and rules"),
        help_text=gettext_lazy("Takes its texts, money, budget rules, eligibility and form; not its dates."),
    )

    def __init__(self, *args: Any, sources: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["source"]
        field.queryset = sources


class Versioned(forms.Form):
    """`version` is what the writer had read: a save over another's is refused, not done."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class BasicsForm(Versioned):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        max_length=400,
        required=False,
        widget=long_text(2),
        help_text=gettext_lazy("One or two sentences: they stand on the list of calls."),
    )
    description = forms.CharField(
        label=gettext_lazy("What is asked for"),
        required=False,
        widget=long_text(12),
        help_text=gettext_lazy("Markdown: blank lines between paragraphs, - for lists, **bold**."),
    )
    who_may_apply = forms.CharField(
        label=gettext_lazy("Who may apply"),
        required=False,
        widget=long_text(4),
        help_text=gettext_lazy("In words. What can be checked by rule is set under “Eligibility”."),
    )
    contact_email = forms.EmailField(label=gettext_lazy("Address for questions"), required=False)
    blinding = forms.ChoiceField(
        label=gettext_lazy("Who sees whose name"), choices=Call.Blinding.choices, widget=forms.RadioSelect
    )
    reviews_per_proposal = forms.IntegerField(label=gettext_lazy("Reviews of each proposal"), min_value=1, max_value=12)


# --- dates ----------------------------------------------------------------------------------------------------------
class WallClockField(forms.Field):
    """What a clock on the wall shows, without a zone: the form says in which zone it is meant."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        try:
            return dt.datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError:
            raise ValidationError(_("Write the time like 2027-03-31 17:00.")) from None


def instant_of(wall: dt.datetime, zone: str) -> dt.datetime:
    """The instant at which that clock shows that time. Shown twice (the clocks go back): the first of the two.

    A time that the clock skips when it goes forward is refused.
    """
    there = zoneinfo.ZoneInfo(zone)
    if not 1900 <= wall.year <= LATEST_YEAR:
        raise ValidationError(_("This date can't be meant."))
    instant = wall.replace(tzinfo=there).astimezone(dt.UTC)
    if instant.astimezone(there).replace(tzinfo=None) != wall.replace(fold=0):
        raise ValidationError(
            _("In %(zone)s the clocks go forward over this time: it does not exist.") % {"zone": zone}
        )
    return instant


class DatesForm(forms.Form):
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the dates"),
        help_text=gettext_lazy(
            "Everybody sees it, beside their own. “Anywhere on Earth”: until the day has ended everywhere."
        ),
    )
    opens_at = WallClockField(label=gettext_lazy("Opens"))
    closes_at = WallClockField(label=gettext_lazy("Closes"))
    sign_off_until = WallClockField(
        label=gettext_lazy("Offices may sign until"),
        required=False,
        help_text=gettext_lazy("For what was handed in before the deadline. Empty: until the deadline itself."),
    )
    TIMES = ("opens_at", "closes_at", "sign_off_until")

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        initial: dict[str, Any] = {"zone": stage.zone}
        for name in self.TIMES:
            instant = getattr(stage, name)
            initial[name] = instant.astimezone(stage.tz).replace(tzinfo=None) if instant else None
        super().__init__(data, initial=initial)
        field: Any = self.fields["zone"]
        field.choices = [
            (ANYWHERE, _("Anywhere on Earth (UTC−12)")),
            *zone_choices(stage.zone if stage.zone != ANYWHERE else ""),
        ]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if zone := given.get("zone"):
            for name in self.TIMES:
                try:
                    given[name] = instant_of(given[name], zone) if given.get(name) else None
                except ValidationError as error:
                    self.add_error(name, error)
        return given


class ExtendForm(forms.Form):
    closes_at = WallClockField(label=gettext_lazy("New deadline"))
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )

    def __init__(self, data: Any = None, *, stage: Stage) -> None:
        here = stage.closes_at.astimezone(stage.tz).replace(tzinfo=None)
        super().__init__(data, initial={"closes_at": here}, auto_id="extend_%s")
        self.zone = stage.zone
        self.zone_words = (
            _("the last place on Earth (UTC−12)") if stage.zone == ANYWHERE else stage.zone.replace("_", " ")
        )

    def clean_closes_at(self) -> dt.datetime:
        return instant_of(self.cleaned_data["closes_at"], self.zone)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=4000,
        widget=long_text(3),
        help_text=gettext_lazy("Everybody concerned reads it."),
    )


# --- money ----------------------------------------------------------------------------------------------------------
class MoneyForm(Versioned):
    envelope = MoneyFormField(
        label=gettext_lazy("Envelope"), positive=True, help_text=gettext_lazy("How much this call may award in all.")
    )
    award_floor = MoneyFormField(label=gettext_lazy("Smallest award"))
    award_ceiling = MoneyFormField(label=gettext_lazy("Largest award"), positive=True)
    longest_months = forms.IntegerField(
        label=gettext_lazy("Longest project"), min_value=1, max_value=120, help_text=gettext_lazy("In months.")
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of costs that are paid for"),
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    base = forms.ChoiceField(
        label=gettext_lazy("Indirect costs are counted on"), choices=BudgetRules.Base.choices, widget=forms.RadioSelect
    )
    excluded = forms.MultipleChoiceField(
        label=gettext_lazy("Not in the base"),
        required=False,
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("For modified total direct costs."),
    )
    subaward_threshold = MoneyFormField(
        label=gettext_lazy("Of each subaward, in the base"),
        required=False,
        help_text=gettext_lazy("Only so much counts. Empty: all of it."),
    )
    rate_cap = forms.DecimalField(
        label=gettext_lazy("Highest rate of indirect costs"), min_value=0, max_value=200, decimal_places=2
    )

    def __init__(self, data: Any = None, *, call: Call, rules: BudgetRules) -> None:
        initial = {
            **{
                name: getattr(call, name)
                for name in ("version", "envelope", "award_floor", "award_ceiling", "longest_months")
            },
            **{name: getattr(rules, name) for name in ("categories", "base", "excluded", "subaward_threshold")},
            "rate_cap": (rules.rate_cap * 100).normalize(),
            **{f"cap_{name}": Decimal(value) for name, value in rules.caps.items()},
        }
        super().__init__(data, initial=initial)
        for name, label in Category.choices:
            self.fields[f"cap_{name}"] = MoneyFormField(label=label, required=False, positive=True)
        for field in self.fields.values():
            if isinstance(field, MoneyFormField):
                field.currency = call.currency

    @property
    def caps_fields(self) -> list[forms.BoundField]:
        return [self[f"cap_{name}"] for name in Category.values]

    def caps(self) -> dict[str, Decimal]:
        given = self.cleaned_data
        return {name: given[f"cap_{name}"] for name in Category.values if given.get(f"cap_{name}")}


# --- eligibility ----------------------------------------------------------------------------------------------------
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


# --- triage ---------------------------------------------------------------------------------------------------------
class VerdictForm(forms.Form):
    """`verdict` comes from the button that was pressed."""

    verdict = forms.ChoiceField(choices=[("eligible", ""), ("ineligible", "")], widget=forms.HiddenInput, required=True)
    reason = forms.CharField(
        label=gettext_lazy("Reason or note"),
        required=False,
        max_length=4000,
        widget=long_text(4),
        help_text=gettext_lazy("Not eligible: the applicants get these words. Eligible: a note for colleagues."),
    )
