"""What rules and money of calls look like to programs, and what programs send. No rule is here: services refuse."""

from typing import Any

from rest_framework import serializers

from grants import eligibility
from grants.api_shapes import CostField
from grants.models import BudgetRules, Call, Category, EligibilityRule
from grants.services.call_rules import Caps


# --- who may apply ------------------------------------------------------------------------------------------------------
class RuleSerializer(serializers.ModelSerializer[EligibilityRule]):
    """`words`: as the public reads it. `blocks`: not met, it stops handing in; otherwise it is only pointed out."""

    params = serializers.JSONField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = EligibilityRule
        fields = ["kind", "params", "blocks", "words"]

    def get_words(self, rule: EligibilityRule) -> str:
        return eligibility.in_words(rule.kind, rule.params)


class WrittenRuleSerializer(serializers.Serializer[Any]):
    """`params` by kind: country {countries}; membership {}; pi_rank {ranks}; most_per_university and most_per_pi
    {most, each_cut_off}; most_concurrent {most}; co_investigator {least, elsewhere}; earlier_award {mode: none or
    required, years}."""

    kind = serializers.ChoiceField(choices=EligibilityRule.Kind.choices)
    params = serializers.DictField(allow_null=True)
    blocks = serializers.BooleanField(default=True)


class RuleFindingSerializer(serializers.Serializer[Any]):
    """`met` is null where nothing can be said yet."""

    code = serializers.CharField()
    rule = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)
    detail = serializers.CharField()
    blocks = serializers.BooleanField()


# --- budgets ------------------------------------------------------------------------------------------------------------
class BudgetRulesSerializer(serializers.Serializer[Any]):
    """`caps` and `period_caps`: the most of a category in all, and in any one year of a project. `period_cap`: of
    everything in one year. Rates and `cost_share_least` are fractions: 0.25 is 25 %."""

    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))
    base = serializers.ChoiceField(choices=BudgetRules.Base.choices)
    excluded = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices), required=False)
    subaward_threshold = CostField(required=False, allow_null=True)
    rate_cap = serializers.DecimalField(max_digits=5, decimal_places=4, required=False)
    caps = serializers.DictField(child=CostField(), required=False)
    period_caps = serializers.DictField(child=CostField(), required=False)
    period_cap = CostField(required=False, allow_null=True)
    cost_share = serializers.ChoiceField(choices=BudgetRules.CostShare.choices, required=False)
    cost_share_least = serializers.DecimalField(max_digits=5, decimal_places=4, required=False)


def rules_as_sent(sent: dict[str, Any]) -> dict[str, Any]:
    """As `services.call_rules.set_budget_rules` takes them."""
    caps = Caps(sent.pop("caps", {}), sent.pop("period_caps", {}), sent.pop("period_cap", None))
    return {**sent, "caps": caps}


# --- money --------------------------------------------------------------------------------------------------------------
class YearAmountSerializer(serializers.Serializer[Any]):
    year = serializers.IntegerField(min_value=1, help_text="The number of the fund's year.")
    amount = CostField()


class WrittenYearsSerializer(serializers.Serializer[Any]):
    years = YearAmountSerializer(many=True)


class CallYearMoneySerializer(serializers.Serializer[Any]):
    """`can_give`: what the fund has left of the year, and the programme where it has money of its own."""

    year = serializers.IntegerField(source="year.number")
    label = serializers.CharField(source="year.label")  # type: ignore[assignment]
    ceiling = CostField(source="position.ceiling")
    appropriated = CostField(source="position.appropriated")
    free = CostField(source="position.free")
    announced = CostField()
    programme = CostField(allow_null=True)
    programme_left = CostField(allow_null=True)
    can_give = CostField()
    asked = CostField()


class CallMoneySerializer(serializers.Serializer[Any]):
    """`by_hand` false: nobody has said which years; `asked` is what publishing would take."""

    currency = serializers.CharField()
    by_hand = serializers.BooleanField()
    can_give = CostField()
    asked = CostField()
    years = CallYearMoneySerializer(many=True)


class ProgrammeMoneySerializer(serializers.Serializer[Any]):
    """`amount` null: the programme has no money of its own, and the fund alone is the limit."""

    year = serializers.IntegerField(source="year.number")
    label = serializers.CharField(source="year.label")  # type: ignore[assignment]
    ceiling = CostField()
    amount = CostField(allow_null=True)
    drawn = CostField()
    others = CostField()
    left = CostField(allow_null=True)


class ChangedProgrammeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200, required=False)
    summary = serializers.CharField(required=False, allow_blank=True)


# --- patterns and templates ---------------------------------------------------------------------------------------------
class PatternSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    shape = serializers.ChoiceField(choices=Call.Shape.choices)


class NewFromPatternSerializer(serializers.Serializer[Any]):
    programme = serializers.SlugField(help_text="The programme's code.")
    code = serializers.SlugField(max_length=24)
    title = serializers.CharField(max_length=200)
    zone = serializers.CharField(max_length=64, required=False, help_text="Left out: your own.")
    contact_email = serializers.EmailField(required=False)


class CallTemplateSerializer(serializers.ModelSerializer[Call]):
    name = serializers.CharField(source="title")
    programme = serializers.CharField(source="programme.code")
    currency = serializers.CharField()

    class Meta:
        model = Call
        fields = ["id", "code", "name", "shape", "programme", "currency", "envelope", "created_at"]


class CallTemplateNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
