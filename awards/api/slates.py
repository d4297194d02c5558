"""Slates for programs."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from awards import rules
from awards.api.base import AwardReasonSerializer, Base
from awards.models import Slate, SlateLine
from awards.queries import lines_of
from awards.services import slates
from core.clock import server_now
from core.errors import InvalidInput, require
from funds.models import FundYear
from grants.models import Call, Proposal


class SlateLineSerializer(serializers.ModelSerializer[SlateLine]):
    proposal = serializers.CharField(source="proposal.number", read_only=True)
    years = serializers.SerializerMethodField()

    class Meta:
        model = SlateLine
        fields = ["proposal", "decision", "rank", "score", "amount", "note", "version", "years"]
        read_only_fields = fields

    def get_years(self, line: SlateLine) -> dict[int, str]:
        return {part.fund_year.number: str(part.amount) for part in line.years.all()}


class SlateSummarySerializer(serializers.ModelSerializer[Slate]):
    call = serializers.CharField(source="call.code", read_only=True)
    resolution = serializers.CharField(source="resolution.number", read_only=True, default=None)

    class Meta:
        model = Slate
        fields = ["number", "title", "rationale", "call", "status", "resolution", "created_at"]
        read_only_fields = fields


class SlateSerializer(SlateSummarySerializer):
    """With its lines, as far as the caller may see them."""

    lines = serializers.SerializerMethodField()

    class Meta(SlateSummarySerializer.Meta):
        fields = [*SlateSummarySerializer.Meta.fields, "lines"]
        read_only_fields = fields

    @extend_schema_field(SlateLineSerializer(many=True))
    def get_lines(self, slate: Slate) -> list[dict[str, Any]]:
        return list(SlateLineSerializer(lines_of(slate, signed_in(self.context["request"])), many=True).data)


class NewSlateSerializer(serializers.Serializer[Any]):
    call = serializers.CharField()
    title = serializers.CharField(max_length=200)
    rationale = serializers.CharField(required=False, allow_blank=True, default="")


class SetLineSerializer(serializers.Serializer[Any]):
    """`version` is that of the line as you read it, 0 for a proposal that is not on the slate yet."""

    proposal = serializers.CharField()
    decision = serializers.ChoiceField(choices=SlateLine.Decision.choices)
    years = serializers.DictField(
        child=serializers.DecimalField(max_digits=20, decimal_places=4), required=False, default=dict
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(min_value=0)


class SlateViewSet(Base):
    """Sets of decisions put to the board."""

    serializer_class = SlateSerializer
    source = Slate
    queryset = Slate.objects.none()
    related = ("call", "resolution", "fund")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return SlateSummarySerializer if self.action == "list" else SlateSerializer

    @extend_schema(request=NewSlateSerializer, responses={201: SlateSerializer})
    def create(self, request: Request) -> Response:
        user, data = signed_in(request), self.read_body(NewSlateSerializer)
        rows = Call.objects.visible_to(user).select_related("programme__fund")
        call = get_object_or_404(rows, code=data["call"])
        require(rules.can_make_slate(user, call))
        made = slates.create_slate(call, title=data["title"], rationale=data["rationale"], actor=user, at=server_now())
        return self.answer(made, status.HTTP_201_CREATED)

    @extend_schema(request=SetLineSerializer, responses=SlateSerializer)
    @action(detail=True, methods=["post"])
    def line(self, request: Request, **_where: Any) -> Response:
        """Decide about one proposal; `years` maps the number of a fund year to an amount."""
        user, slate, data = signed_in(request), self.get_object(), self.read_body(SetLineSerializer)
        rows = Proposal.objects.visible_to(user).reviewable_by(user)
        proposal = get_object_or_404(rows, number=data["proposal"], call=slate.call)
        require(rules.can_decide_line(user, slate, proposal))
        years = {str(year.number): year for year in FundYear.objects.filter(fund=slate.fund)}
        if unknown := data["years"].keys() - years.keys():
            raise InvalidInput(f"The fund has no year {min(unknown)}.", field="years")
        slates.set_line(
            slate,
            proposal,
            decision=data["decision"],
            by_year={years[number]: amount for number, amount in data["years"].items()},
            note=data["note"],
            version=data["version"],
            actor=user,
            at=server_now(),
        )
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=SlateSerializer)
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, **_where: Any) -> Response:
        user, slate = signed_in(request), self.get_object()
        require(rules.can_propose_slate(user, slate))
        slates.propose(slate, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=AwardReasonSerializer, responses=SlateSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_where: Any) -> Response:
        user, slate = signed_in(request), self.get_object()
        require(rules.can_withdraw_slate(user, slate))
        slates.withdraw(slate, reason=self.read_body(AwardReasonSerializer)["reason"], actor=user, at=server_now())
        return self.answer(self.get_object())
