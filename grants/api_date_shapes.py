"""What dates and their changes look like to programs. Instants are sent with their offset; no rule is here."""

import datetime as dt
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from grants.models import Call, LateAccess, Outage
from grants.services.life import BY_DAYS, EXACTLY, STAY
from grants.services.outages import LATE, Moved


class StageDatesSerializer(serializers.Serializer[Any]):
    """A cut-off after the first opens where the one before it closes: `opens_at` is not asked for."""

    opens_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    closes_at = serializers.DateTimeField()
    sign_off_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ScheduleSerializer(serializers.Serializer[Any]):
    """How a draft call runs, and all its dates in the order of its stages."""

    shape = serializers.ChoiceField(choices=Call.Shape.choices)
    zone = serializers.CharField(max_length=64)
    stages = StageDatesSerializer(many=True, allow_empty=False)


class NewCutOffSerializer(serializers.Serializer[Any]):
    closes_at = serializers.DateTimeField()
    sign_off_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ResumeSerializer(serializers.Serializer[Any]):
    """`days`: by whole days, so that each date keeps its hour; `exactly`: by the length of the pause; `stay`: not at all."""

    move = serializers.ChoiceField(choices=[(one, one) for one in (STAY, BY_DAYS, EXACTLY)], default=STAY)


class HappenedSerializer(serializers.Serializer[Any]):
    """Something that changed the dates of a call, as everybody reads it."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=[(one, one) for one in ("moved", "outage", "paused", "resumed")])
    words = serializers.CharField()
    reason = serializers.CharField()
    stage = serializers.IntegerField(source="stage.number", default=None, allow_null=True)
    before = serializers.DateTimeField(allow_null=True)
    after = serializers.DateTimeField(allow_null=True)


class OutageSerializer(serializers.ModelSerializer[Outage]):
    moved = serializers.IntegerField(help_text="How many deadlines of calls it moved.")

    class Meta:
        model = Outage
        fields = ["id", "starts_at", "ends_at", "reason", "recorded_at", "moved"]


class OutageSpanSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    grace_hours = serializers.IntegerField(
        min_value=0, max_value=336, default=24, help_text="Everybody has at least so long after the end."
    )


class NewOutageSerializer(OutageSpanSerializer):
    """`shown` is the mark of the effect that was looked at before: another by now is a 409, and nothing happens."""

    reason = serializers.CharField(max_length=4000)
    shown = serializers.CharField(required=False, max_length=64)


class MovedDeadlineSerializer(serializers.Serializer[Moved]):
    """`kind`: closes, signs (offices sign longer), picks (offices pick longer) or late (extra time of one party)."""

    kind = serializers.ChoiceField(choices=[(one, one) for one in ("closes", "signs", "picks", LATE)])
    call = serializers.CharField(source="stage.call.code")
    stage = serializers.IntegerField(source="stage.number")
    before = serializers.DateTimeField()
    after = serializers.DateTimeField()


class OutageEffectSerializer(serializers.Serializer[Any]):
    """`over`: deadlines that it touched, whose new instant has passed as well; they are not moved."""

    moves = MovedDeadlineSerializer(many=True)
    over = MovedDeadlineSerializer(many=True)
    mark = serializers.CharField()


class ExtraTimeSerializer(serializers.ModelSerializer[LateAccess]):
    call = serializers.CharField(source="stage.call.code")
    stage = serializers.IntegerField(source="stage.number")
    person = serializers.SerializerMethodField(help_text="Name, where it is for one person.")
    university = serializers.SerializerMethodField(help_text="Name, where it is for a university.")
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = LateAccess
        fields = [
            *("id", "call", "stage", "person", "university", "until", "reason", "granted_at", "ended_at", "in_force"),
        ]

    @extend_schema_field(OpenApiTypes.STR)
    def get_person(self, row: LateAccess) -> str | None:
        return str(row.person) if row.person else None

    @extend_schema_field(OpenApiTypes.STR)
    def get_university(self, row: LateAccess) -> str | None:
        return str(row.university) if row.university else None

    @extend_schema_field(OpenApiTypes.BOOL)
    def get_in_force(self, row: LateAccess) -> bool:
        at: dt.datetime = self.context["at"]
        return row.ended_at is None and row.until > at


class NewExtraTimeSerializer(serializers.Serializer[Any]):
    """For one person (their address) or one university (its key in the directory), not both."""

    call = serializers.SlugField()
    stage = serializers.IntegerField(min_value=1, default=1)
    person = serializers.EmailField(required=False)
    university = serializers.UUIDField(required=False)
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=4000)
