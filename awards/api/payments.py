"""Payments and their batches for programs."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import User
from awards import rules
from awards.api.base import AwardReasonSerializer, Base
from awards.models import Award, Disbursement, Instalment, PaymentBatch
from awards.services import batches, payments
from core.clock import server_now
from core.errors import InvalidInput, require


class DisbursementSerializer(serializers.ModelSerializer[Disbursement]):
    award = serializers.CharField(source="award.number", read_only=True)

    class Meta:
        model = Disbursement
        fields = [
            "number", "award", "instalment", "amount", "status", "note", "requested_by", "requested_at",
            "approved_by", "approved_at", "released_by", "released_at", "settled_on", "bank_reference",
        ]  # fmt: skip
        read_only_fields = fields


class RequestSerializer(serializers.Serializer[Any]):
    """`key` is of your making: sent again it answers the first request and does nothing more."""

    instalment = serializers.UUIDField()
    key = serializers.CharField(max_length=80)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class SettleSerializer(serializers.Serializer[Any]):
    on = serializers.DateField()
    bank_reference = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class DisbursementViewSet(Base):
    """Payments: asked for, approved, released, followed; each step by another person than the one before."""

    serializer_class = DisbursementSerializer
    source = Disbursement
    queryset = Disbursement.objects.none()
    related = ("award__university", "award__fund")

    @extend_schema(request=RequestSerializer, responses={201: DisbursementSerializer})
    def create(self, request: Request) -> Response:
        user, data = signed_in(request), self.read_body(RequestSerializer)
        rows = Instalment.objects.filter(award__in=Award.objects.visible_to(user))
        part = get_object_or_404(rows.select_related("award__university"), pk=data["instalment"])
        require(rules.can_request(user, part))
        made = payments.request(part, key=data["key"], note=data["note"], actor=user, at=server_now())
        return self.answer(made, status.HTTP_201_CREATED)

    def _step(
        self, service: Callable[..., Disbursement], rule: Callable[[User, Disbursement], str | None], **more: Any
    ) -> Response:
        user, payment = signed_in(self.request), self.get_object()
        require(rule(user, payment))
        return self.answer(service(payment, **more, actor=user, at=server_now()))

    def _reason(self) -> str:
        return str(self.read_body(AwardReasonSerializer)["reason"])

    @extend_schema(request=None, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.approve, rules.can_approve)

    @extend_schema(request=AwardReasonSerializer, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.reject, rules.can_approve, reason=self._reason())

    @extend_schema(request=None, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.release, rules.can_release)

    @extend_schema(request=None, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def sent(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.mark_sent, rules.can_follow)

    @extend_schema(request=SettleSerializer, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.settle, rules.can_follow, **self.read_body(SettleSerializer))

    @extend_schema(request=AwardReasonSerializer, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def fail(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.fail, rules.can_follow, reason=self._reason())

    @extend_schema(request=AwardReasonSerializer, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def give_back(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.return_, rules.can_follow, reason=self._reason())

    @extend_schema(request=AwardReasonSerializer, responses=DisbursementSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_where: Any) -> Response:
        return self._step(payments.cancel, rules.can_cancel, reason=self._reason())


class BatchSerializer(serializers.ModelSerializer[PaymentBatch]):
    fund = serializers.CharField(source="fund.code", read_only=True)
    payments: Any = serializers.SlugRelatedField(source="disbursements", slug_field="number", many=True, read_only=True)

    class Meta:
        model = PaymentBatch
        fields = ["number", "fund", "status", "made_by", "released_by", "created_at", "payments"]
        read_only_fields = fields


class NewBatchSerializer(serializers.Serializer[Any]):
    payments = serializers.ListField(child=serializers.CharField(max_length=24), min_length=1, max_length=500)


class BatchViewSet(Base):
    """Payments that go to the bank together."""

    serializer_class = BatchSerializer
    source = PaymentBatch
    queryset = PaymentBatch.objects.none()
    related = ("fund",)

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().prefetch_related("disbursements")

    @extend_schema(request=NewBatchSerializer, responses={201: BatchSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_batch(user))
        numbers = self.read_body(NewBatchSerializer)["payments"]
        chosen = list(Disbursement.objects.visible_to(user).filter(number__in=numbers).select_related("award__fund"))
        if len(chosen) != len(set(numbers)):
            raise InvalidInput("One of these payments is not there.", field="payments")
        made = batches.make_batch(chosen[0].award.fund, chosen, actor=user, at=server_now())
        return self.answer(made, status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=BatchSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, **_where: Any) -> Response:
        user, batch = signed_in(request), self.get_object()
        require(rules.can_release_batch(user, batch))
        batches.release_batch(batch, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=BatchSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, **_where: Any) -> Response:
        user, batch = signed_in(request), self.get_object()
        require(rules.can_batch(user))
        batches.send_batch(batch, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=SettleSerializer, responses=BatchSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, **_where: Any) -> Response:
        user, batch = signed_in(request), self.get_object()
        require(rules.can_batch(user))
        batches.settle_batch(batch, **self.read_body(SettleSerializer), actor=user, at=server_now())
        return self.answer(self.get_object())
