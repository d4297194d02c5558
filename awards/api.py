"""Slates, awards, payments and reports for programs: the same reads, rules and services as the pages."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from awards import rules
from awards.models import Award, AwardReport, Disbursement, Instalment, PaymentBatch, Slate, SlateLine
from awards.services import awards, batches, payments, reports, slates
from core.clock import server_now
from core.errors import InvalidInput, require
from funds.models import FundYear
from grants.models import Call, Proposal


def caller(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


class Base(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Reads from `visible_to`; `read_body` checks what was sent against a serializer."""

    source: Any
    related: tuple[str, ...] = ()
    lookup_field = "number"
    lookup_value_regex = r"[\w-]+"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            rows: QuerySet[Any] = self.source.objects.none()
            return rows
        rows = self.source.objects.visible_to(caller(self.request))
        return rows.select_related(*self.related) if self.related else rows

    def read_body(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        form = serializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        data: dict[str, Any] = form.validated_data
        return data

    def answer(self, thing: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(thing).data, status=code)


class AwardReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="")


# --- slates --------------------------------------------------------------------------------------------------------------
class SlateLineSerializer(serializers.ModelSerializer[SlateLine]):
    proposal = serializers.CharField(source="proposal.number", read_only=True)
    years = serializers.SerializerMethodField()

    class Meta:
        model = SlateLine
        fields = ["proposal", "decision", "rank", "score", "amount", "note", "years"]
        read_only_fields = fields

    def get_years(self, line: SlateLine) -> dict[int, str]:
        return {part.fund_year.number: str(part.amount) for part in line.years.all()}


class SlateSerializer(serializers.ModelSerializer[Slate]):
    call = serializers.CharField(source="call.code", read_only=True)
    resolution = serializers.CharField(source="resolution.number", read_only=True, default=None)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Slate
        fields = ["number", "title", "rationale", "call", "status", "resolution", "version", "created_at", "lines"]
        read_only_fields = fields

    def get_lines(self, slate: Slate) -> list[dict[str, Any]]:
        user = self.context["request"].user
        rows = SlateLine.objects.visible_to(user).filter(slate=slate).select_related("proposal")
        return list(SlateLineSerializer(rows.prefetch_related("years__fund_year"), many=True).data)


class NewSlateSerializer(serializers.Serializer[Any]):
    call = serializers.CharField()
    title = serializers.CharField(max_length=200)
    rationale = serializers.CharField(required=False, allow_blank=True, default="")


class SetLineSerializer(serializers.Serializer[Any]):
    proposal = serializers.CharField()
    decision = serializers.ChoiceField(choices=SlateLine.Decision.choices)
    years = serializers.DictField(
        child=serializers.DecimalField(max_digits=20, decimal_places=4), required=False, default=dict
    )
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    version = serializers.IntegerField()


class SlateViewSet(Base):
    """Sets of decisions put to the board."""

    serializer_class = SlateSerializer
    source = Slate
    queryset = Slate.objects.none()
    related = ("call", "resolution", "fund")

    @extend_schema(request=NewSlateSerializer, responses={201: SlateSerializer})
    def create(self, request: Request) -> Response:
        user, data = caller(request), self.read_body(NewSlateSerializer)
        rows = Call.objects.visible_to(user).select_related("programme__fund")
        call = get_object_or_404(rows, code=data["call"])
        require(rules.can_make_slate(user, call))
        made = slates.create_slate(call, title=data["title"], rationale=data["rationale"], actor=user, at=server_now())
        return self.answer(made, status.HTTP_201_CREATED)

    @extend_schema(request=SetLineSerializer, responses=SlateSerializer)
    @action(detail=True, methods=["post"])
    def line(self, request: Request, **_where: Any) -> Response:
        """Decide about one proposal; `years` maps the number of a fund year to an amount."""
        user, slate, data = caller(request), self.get_object(), self.read_body(SetLineSerializer)
        rows = Proposal.objects.visible_to(user).reviewable_by(user)
        proposal = get_object_or_404(rows, number=data["proposal"], call=slate.call)
        require(rules.can_decide_line(user, slate, proposal))
        years = {str(year.number): year for year in FundYear.objects.filter(fund=slate.fund)}
        if unknown := data["years"].keys() - years.keys():
            raise InvalidInput(f"The fund has no year {sorted(unknown)[0]}.", field="years")
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
        user, slate = caller(request), self.get_object()
        require(rules.can_change_slate(user, slate))
        slates.propose(slate, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=AwardReasonSerializer, responses=SlateSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_where: Any) -> Response:
        user, slate = caller(request), self.get_object()
        require(rules.can_withdraw_slate(user, slate))
        slates.withdraw(slate, reason=self.read_body(AwardReasonSerializer)["reason"], actor=user, at=server_now())
        return self.answer(self.get_object())


# --- awards --------------------------------------------------------------------------------------------------------------
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
        user, award, data = caller(request), self.get_object(), self.read_body(AcceptSerializer)
        require(rules.can_answer_award(user, award))
        awards.accept_award(award, **data, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=AwardReasonSerializer, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, **_where: Any) -> Response:
        user, award = caller(request), self.get_object()
        require(rules.can_answer_award(user, award))
        awards.decline_award(award, reason=self.read_body(AwardReasonSerializer)["reason"], actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=AwardSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **_where: Any) -> Response:
        user, award = caller(request), self.get_object()
        require(rules.can_close(user, award))
        awards.close_award(award, actor=user, at=server_now())
        return self.answer(self.get_object())


# --- payments ------------------------------------------------------------------------------------------------------------
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
        user, data = caller(request), self.read_body(RequestSerializer)
        rows = Instalment.objects.filter(award__in=Award.objects.visible_to(user))
        part = get_object_or_404(rows.select_related("award__university"), pk=data["instalment"])
        require(rules.can_request(user, part))
        made = payments.request(part, key=data["key"], note=data["note"], actor=user, at=server_now())
        return self.answer(made, status.HTTP_201_CREATED)

    def _step(
        self, service: Callable[..., Disbursement], rule: Callable[[User, Disbursement], str | None], **more: Any
    ) -> Response:
        user, payment = caller(self.request), self.get_object()
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
    payments = serializers.SlugRelatedField(source="disbursements", slug_field="number", many=True, read_only=True)

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
        user = caller(request)
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
        user, batch = caller(request), self.get_object()
        require(rules.can_release_batch(user, batch))
        batches.release_batch(batch, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=BatchSerializer)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, **_where: Any) -> Response:
        user, batch = caller(request), self.get_object()
        require(rules.can_batch(user))
        batches.send_batch(batch, actor=user, at=server_now())
        return self.answer(self.get_object())

    @extend_schema(request=SettleSerializer, responses=BatchSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, **_where: Any) -> Response:
        user, batch = caller(request), self.get_object()
        require(rules.can_batch(user))
        batches.settle_batch(batch, **self.read_body(SettleSerializer), actor=user, at=server_now())
        return self.answer(self.get_object())


# --- reports -------------------------------------------------------------------------------------------------------------
class AwardReportSerializer(serializers.ModelSerializer[AwardReport]):
    award = serializers.CharField(source="award.number", read_only=True)

    class Meta:
        model = AwardReport
        fields = [
            "id", "award", "kind", "number", "period_from", "period_to", "due_at", "zone", "status", "text", "spent",
            "submitted_at", "version",
        ]  # fmt: skip
        read_only_fields = fields


class WriteReportSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    text = serializers.CharField(max_length=60_000, allow_blank=True)
    spent = serializers.DecimalField(max_digits=20, decimal_places=4, allow_null=True, default=None)


class AwardReportViewSet(Base):
    """Reports that awards owe."""

    serializer_class = AwardReportSerializer
    source = AwardReport
    queryset = AwardReport.objects.none()
    related = ("award__fund", "award__university")
    lookup_field = "pk"

    @extend_schema(request=WriteReportSerializer, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"])
    def save(self, request: Request, **_where: Any) -> Response:
        return self._write(reports.save_report)

    @extend_schema(request=WriteReportSerializer, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, **_where: Any) -> Response:
        return self._write(reports.submit_report)

    def _write(self, service: Callable[..., AwardReport]) -> Response:
        user, report, data = caller(self.request), self.get_object(), self.read_body(WriteReportSerializer)
        require(rules.can_write_report(user, report))
        return self.answer(service(report, **data, actor=user, at=server_now()))

    @extend_schema(request=None, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **_where: Any) -> Response:
        user, report = caller(request), self.get_object()
        require(rules.can_decide_report(user, report))
        return self.answer(reports.accept_report(report, actor=user, at=server_now()))

    @extend_schema(request=AwardReasonSerializer, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def send_back(self, request: Request, **_where: Any) -> Response:
        user, report = caller(request), self.get_object()
        require(rules.can_decide_report(user, report))
        reason = self.read_body(AwardReasonSerializer)["reason"]
        return self.answer(reports.return_report(report, reason=reason, actor=user, at=server_now()))
