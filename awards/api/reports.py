"""Reports of awards for programs."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from awards import rules
from awards.api.base import AwardReasonSerializer, Base
from awards.models import AwardReport
from awards.services import reports
from core.clock import server_now
from core.errors import require


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
        user, report, data = signed_in(self.request), self.get_object(), self.read_body(WriteReportSerializer)
        require(rules.can_write_report(user, report))
        return self.answer(service(report, **data, actor=user, at=server_now()))

    @extend_schema(request=None, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **_where: Any) -> Response:
        user, report = signed_in(request), self.get_object()
        require(rules.can_decide_report(user, report))
        return self.answer(reports.accept_report(report, actor=user, at=server_now()))

    @extend_schema(request=AwardReasonSerializer, responses=AwardReportSerializer)
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def send_back(self, request: Request, **_where: Any) -> Response:
        user, report = signed_in(request), self.get_object()
        require(rules.can_decide_report(user, report))
        reason = self.read_body(AwardReasonSerializer)["reason"]
        return self.answer(reports.return_report(report, reason=reason, actor=user, at=server_now()))
