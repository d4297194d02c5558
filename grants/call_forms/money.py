"""The money of a call, by year, and the rules of its budgets."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import MoneyFormField
from core.money import ZERO, format_money
from funds.models import FundYear
from grants.call_forms.common import Versioned
from grants.call_money import Money, YearMoney
from grants.models import BudgetRules, Call, Category
from grants.services.call_rules import Caps

OF_CALL = ("envelope", "award_floor", "award_ceiling", "shortest_months", "longest_months")


class MoneyForm(Versioned):
    """`year_<key>`: how much of the envelope falls in a fund year; `cap_<category>` and `year_cap_<category>`: the most of
    a category in all, and in any one year."""

    envelope = MoneyFormField(
        label=gettext_lazy("Envelope"), positive=True, help_text=gettext_lazy("How much this call may award in all.")
    )
    award_floor = MoneyFormField(label=gettext_lazy("Smallest award"))
    award_ceiling = MoneyFormField(label=gettext_lazy("Largest award"), positive=True)
    shortest_months = forms.IntegerField(
        label=gettext_lazy("Shortest project"), min_value=1, max_value=120, help_text=gettext_lazy("In months.")
    )
    longest_months = forms.IntegerField(
        label=gettext_lazy("Longest project"), min_value=1, max_value=120, help_text=gettext_lazy("In months.")
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of costs that are paid for"),
        choices=Category.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    period_cap = MoneyFormField(
        label=gettext_lazy("Most of everything in one year of a project"),
        required=False,
        positive=True,
        help_text=gettext_lazy("Indirect costs included. Empty: no limit by year."),
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
    cost_share = forms.ChoiceField(
        label=gettext_lazy("What the university bears itself"),
        choices=BudgetRules.CostShare.choices,
        initial=BudgetRules.CostShare.NONE,
        required=False,
        widget=forms.RadioSelect,
    )
    cost_share_least = forms.DecimalField(
        label=gettext_lazy("At least, of what is asked for"),
        required=False,
        min_value=0,
        max_value=500,
        decimal_places=2,
        help_text=gettext_lazy("Where it is required."),
    )

    def __init__(self, data: Any = None, *, call: Call, rules: BudgetRules, money: Money) -> None:
        self.call, self.money = call, money
        super().__init__(data, initial=_initial(call, rules, money))
        for one in money.years:
            self.fields[f"year_{one.year.pk}"] = _year_field(one, money)
        for name, label in Category.choices:
            self.fields[f"cap_{name}"] = MoneyFormField(label=label, required=False, positive=True)
            words = _("%(category)s in one year") % {"category": label}
            self.fields[f"year_cap_{name}"] = MoneyFormField(label=words, required=False, positive=True)
        for field in self.fields.values():
            if isinstance(field, MoneyFormField):
                field.currency = call.currency

    # --- as the page shows them --------------------------------------------------------------------------------------
    @property
    def caps_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"cap_{name}"], self[f"year_cap_{name}"]) for name in Category.values]

    @property
    def has_caps(self) -> bool:
        return any(field.value() for pair in self.caps_fields for field in pair)

    @property
    def year_fields(self) -> list[forms.BoundField]:
        return [self[f"year_{one.year.pk}"] for one in self.money.years]

    # --- as the services take them -----------------------------------------------------------------------------------
    def clean_cost_share(self) -> str:
        return str(self.cleaned_data["cost_share"] or BudgetRules.CostShare.NONE)

    def of_call(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OF_CALL}

    def years(self) -> dict[FundYear, Decimal]:
        given = ((one.year, self.cleaned_data.get(f"year_{one.year.pk}")) for one in self.money.years)
        return {year: amount for year, amount in given if amount}

    def budget_rules(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            **{name: given[name] for name in ("categories", "base", "excluded", "subaward_threshold", "cost_share")},
            "rate_cap": given["rate_cap"] / 100,
            "cost_share_least": (given["cost_share_least"] or ZERO) / 100,
            "caps": Caps(self._amounts("cap"), self._amounts("year_cap"), given["period_cap"]),
        }

    def _amounts(self, stem: str) -> dict[str, Decimal]:
        given = ((name, self.cleaned_data.get(f"{stem}_{name}")) for name in Category.values)
        return {name: amount for name, amount in given if amount}


def _initial(call: Call, rules: BudgetRules, money: Money) -> dict[str, Any]:
    same = ("categories", "base", "excluded", "subaward_threshold", "period_cap", "cost_share")
    return {
        "version": call.version,
        **{name: getattr(call, name) for name in OF_CALL},
        **{name: getattr(rules, name) for name in same},
        "rate_cap": f"{(rules.rate_cap * 100).normalize():f}",
        "cost_share_least": f"{(rules.cost_share_least * 100).normalize():f}" if rules.cost_share_least else None,
        **_as_decimals("cap", rules.caps),
        **_as_decimals("year_cap", rules.period_caps),
        **({f"year_{one.year.pk}": one.asked for one in money.years if one.asked} if money.by_hand else {}),
    }


def _as_decimals(stem: str, caps: Mapping[str, Any]) -> dict[str, Decimal]:
    return {f"{stem}_{name}": Decimal(str(value)) for name, value in caps.items()}


def _year_field(one: YearMoney, money: Money) -> MoneyFormField:
    """Beside it what the year can give; where nobody has said anything, in it what publishing would take."""
    words = _("Can give %(most)s.") % {"most": format_money(one.can_give, money.currency)}
    field = MoneyFormField(label=one.year.label, required=False, help_text=words)
    if not money.by_hand:
        field.widget.attrs["placeholder"] = format_money(one.asked)
    return field


class YearsForm(forms.Form):
    """`year_<key>` for each year of a programme's fund; all of them empty: the fund alone is the limit."""

    def __init__(self, data: Any = None, *, years: Sequence[Any], currency: str) -> None:
        super().__init__(data)
        self.rows = years
        for one in years:
            words = _("Ceiling %(ceiling)s; other programmes have %(others)s.") % {
                "ceiling": format_money(one.ceiling, currency),
                "others": format_money(one.others, currency),
            }
            self.fields[f"year_{one.year.pk}"] = MoneyFormField(
                label=one.year.label, required=False, currency=currency, initial=one.amount, help_text=words
            )

    def years(self) -> dict[FundYear, Decimal]:
        given = ((one.year, self.cleaned_data.get(f"year_{one.year.pk}")) for one in self.rows)
        return {year: amount for year, amount in given if amount is not None}
