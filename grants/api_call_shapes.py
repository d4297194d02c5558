"""What calls look like to programs, and what programs send. No rule is here: services refuse."""

from typing import Any

from rest_framework import serializers

from grants.api_shapes import CostField
from grants.models import Call, Programme, Stage


class ProgrammeSerializer(serializers.ModelSerializer[Programme]):
    fund = serializers.CharField(source="fund.code")

    class Meta:
        model = Programme
        fields = ["id", "code", "name", "summary", "fund"]


class NewProgrammeSerializer(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=24)
    name = serializers.CharField(max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True, default="")
    fund = serializers.SlugField(help_text="The fund's code.")


class StageSerializer(serializers.ModelSerializer[Stage]):
    """Instants in UTC, and the zone that they are meant in. `sign_off_until`: until when offices may sign."""

    sign_off_until = serializers.DateTimeField(source="last_sign_off")

    class Meta:
        model = Stage
        fields = ["number", "kind", "opens_at", "closes_at", "zone", "sign_off_until"]


class CallSerializer(serializers.ModelSerializer[Call]):
    programme = serializers.CharField(source="programme.code")
    currency = serializers.CharField()
    stages = StageSerializer(many=True)

    class Meta:
        model = Call
        fields = [
            *("id", "code", "title", "summary", "description", "who_may_apply", "contact_email", "status", "programme"),
            *("shape", "paused_at"),
            *("currency", "award_floor", "award_ceiling", "envelope", "shortest_months", "longest_months", "blinding"),
            *("reviews_per_proposal", "published_at", "version", "stages"),
        ]


class NewCallSerializer(serializers.Serializer[Any]):
    programme = serializers.SlugField(help_text="The programme's code.")
    code = serializers.SlugField(max_length=24)
    title = serializers.CharField(max_length=200)
    copy_from = serializers.SlugField(
        required=False, help_text="The code of a call to copy texts, rules and form from."
    )


class ChangedCallSerializer(serializers.Serializer[Any]):
    """`version` is the one that was read. Money and blinding change only while the call is a draft."""

    version = serializers.IntegerField(min_value=1)
    title = serializers.CharField(required=False, max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True, max_length=400)
    description = serializers.CharField(required=False, allow_blank=True)
    who_may_apply = serializers.CharField(required=False, allow_blank=True)
    contact_email = serializers.EmailField(required=False, allow_blank=True)
    blinding = serializers.ChoiceField(required=False, choices=Call.Blinding.choices)
    award_floor = CostField(required=False)
    award_ceiling = CostField(required=False)
    envelope = CostField(required=False)
    shortest_months = serializers.IntegerField(required=False)
    longest_months = serializers.IntegerField(required=False)
    reviews_per_proposal = serializers.IntegerField(required=False)


class DatesSerializer(serializers.Serializer[Any]):
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    zone = serializers.CharField(max_length=64)
    sign_off_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ExtensionSerializer(serializers.Serializer[Any]):
    """`stage` is the number of the deadline; without it, the one that comes next."""

    stage = serializers.IntegerField(required=False, min_value=1)
    closes_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=4000)


class CallReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=4000)


class CallProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    path = serializers.CharField()


class EligibilityFindingSerializer(serializers.Serializer[Any]):
    """`met` is null where nothing can be said yet."""

    code = serializers.CharField()
    rule = serializers.CharField()
    met = serializers.BooleanField(allow_null=True)
    detail = serializers.CharField()
