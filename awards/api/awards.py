"""Awards for programs, and the university's answer."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from awards import rules
from awards.api.base import AwardReasonSerializer, Base
from awards.models import Award, Instalment
from awards.services import awards
from core.clock import server_now
from core.errors import require


class InstalmentSerializer(serializers.ModelSerializer[Instalment]):
    fund_year = serializers.IntegerField(source="fund_year.number", read_only=True)

    class Meta:
        model = Instalment
        fields = ["id", "number", "fund_year", "amount", "due_on", "after_report"]
        read_only_fields = fields


class AwardSerializer(serializers.ModelSerializer[Award]):
    proposal = serializers.CharField(source="proposal.number", read_only=True)
    university = serializers.CharField(source="university.name", read_only=True)
    currency = serializers.CharField(read_only=True)
    instalments = InstalmentSerializer(many=True, read_only=True)

    class Meta:
        model = Award
        fields = [
            "number", "title", "proposal", "university", "status", "amount", "currency", "starts_on", "ends_on",
            "offered_at", "accept_by", "accepted_at", "terms", "terms_sha256", "instalments",
        ]  # fmt: skip
        read_only_fields = fields


class AcceptSerializer(serializers.Serializer[Any]):
    typed_name = serializers.CharField(max_length=150)
    terms_sha256 = serializers.CharField(max_length=64)


class AwardViewSet(Base):
    """Awards, and the university's answer."""

    serializer_class = AwardSerializer
    source = Award
    queryset = Award.objects.none()
    related = ("fund", "university", "proposal", "pi")

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().prefetch_related("instalments__fund_year")

    @extend_schema(request=AcceptSerializer, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **_where: Any) -> Response:
        """Sign: the checksum is that of the agreement that was read."""
        user, award, data = signed_in(request), self.get_object(), self.read_body(AcceptSerializer)
        require(rules.can_answer_award(user, award))
        awards.accept_award(award, **data, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=AwardReasonSerializer, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, **_where: Any) -> Response:
        user, award = signed_in(request), self.get_object()
        require(rules.can_answer_award(user, award))
        awards.decline_award(award, reason=self.read_body(AwardReasonSerializer)["reason"], actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=AwardReasonSerializer, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def withdraw_offer(self, request: Request, **_where: Any) -> Response:
        """Take back an offer that was not accepted in time."""
        user, award, now = signed_in(request), self.get_object(), server_now()
        require(rules.can_withdraw_offer(user, award, now))
        awards.withdraw_offer(award, reason=self.read_body(AwardReasonSerializer)["reason"], actor=user, at=now)
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **_where: Any) -> Response:
        user, award = signed_in(request), self.get_object()
        require(rules.can_close(user, award))
        awards.close_award(award, actor=user, at=server_now())
        return self.answer(self.get_object())
