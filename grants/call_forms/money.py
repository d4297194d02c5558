"""The money of a call, and the rules of its budgets."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from core.forms import MoneyFormField
from grants.call_forms.common import Versioned
from grants.models import BudgetRules, Call, Category


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
