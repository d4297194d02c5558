"""The dates of calls for programs: how they run, pauses, cut-offs, outages, extra time. The same services as the pages."""

import datetime as dt
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, require
from grants import calling
from grants.api_call_shapes import CallReasonSerializer, CallSerializer
from grants.api_date_shapes import (
    ExtraTimeSerializer,
    HappenedSerializer,
    NewCutOffSerializer,
    NewExtraTimeSerializer,
    NewOutageSerializer,
    OutageEffectSerializer,
    OutageSerializer,
    OutageSpanSerializer,
    ResumeSerializer,
    ScheduleSerializer,
)
from grants.api_proposals import read
from grants.history import dates_history
from grants.lists.outages import recorded
from grants.models import Call, LateAccess, Outage
from grants.rules import calls as call_rules
from grants.rules import dates as rules
from grants.services import calls, late, outages, schedule
from grants.services.outages import Span
from universities.models import University

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)
PK = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class CallDatesViewSet(viewsets.GenericViewSet[Call]):
    """What changes the dates of one call. How they changed is open to everybody, as on its page."""

    queryset = Call.objects.none()
    serializer_class = CallSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> Any:
        return calling.with_stages(Call.objects.visible_to(self.request.user)).select_related("programme__fund")

    def _seen(self) -> Call:
        found: Call = get_object_or_404(self.get_queryset(), code=self.kwargs["code"])
        return found

    def _held(self) -> Call:
        call = self._seen()
        require(call_rules.can_run_calls(self.request.user))
        return call

    def _answer(self, call: Call, code: int = status.HTTP_200_OK) -> Response:
        return Response(CallSerializer(self.get_queryset().get(pk=call.pk)).data, status=code)

    @extend_schema(
        summary="How a draft runs, and when", parameters=[CODE], request=ScheduleSerializer, responses=CallSerializer
    )
    @action(detail=True, methods=["put"])
    def schedule(self, request: Request, **_names: str) -> Response:
        call, sent = self._held(), read(ScheduleSerializer, request)
        rows = [schedule.StageDates(**one) for one in sent["stages"]]
        how: dict[str, Any] = {"actor": signed_in(request), "at": server_now()}
        schedule.set_schedule(call, sent["shape"], rows, zone=sent["zone"], **how)
        return self._answer(call)

    @extend_schema(
        summary="Add a cut-off", parameters=[CODE], request=NewCutOffSerializer, responses={201: CallSerializer}
    )
    @action(detail=True, methods=["post"], url_path="cut-offs")
    def cut_offs(self, request: Request, **_names: str) -> Response:
        call, sent = self._held(), read(NewCutOffSerializer, request)
        calls.add_cut_off(call, **sent, actor=signed_in(request), at=server_now())
        return self._answer(call, status.HTTP_201_CREATED)

    @extend_schema(summary="Pause a call", parameters=[CODE], request=CallReasonSerializer, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **_names: str) -> Response:
        """Nothing is started, handed in or signed until it goes on; writing goes on."""
        call, sent = self._held(), read(CallReasonSerializer, request)
        return self._answer(calls.pause_call(call, reason=sent["reason"], actor=signed_in(request), at=server_now()))

    @extend_schema(summary="Let a call go on", parameters=[CODE], request=ResumeSerializer, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **_names: str) -> Response:
        call, sent = self._held(), read(ResumeSerializer, request)
        return self._answer(calls.resume_call(call, move=sent["move"], actor=signed_in(request), at=server_now()))

    @extend_schema(
        summary="How its dates changed", parameters=[CODE], responses=HappenedSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, **_names: str) -> Response:
        return Response(HappenedSerializer(dates_history(self._seen()), many=True).data)


@extend_schema_view(list=extend_schema(summary="Outages"))
class OutageViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Outage]):
    """Times in which this site could not be reached. Looking at the effect changes nothing."""

    queryset = Outage.objects.none()
    serializer_class = OutageSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        user = signed_in(self.request)
        require(rules.can_see_outages(user))
        return recorded(user, None)

    @extend_schema(
        summary="What an outage would move",
        request=OutageSpanSerializer,
        responses=OutageEffectSerializer,
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def effect(self, request: Request) -> Response:
        user, at = signed_in(request), server_now()
        require(rules.can_record_outages(user))
        span = _span(read(OutageSpanSerializer, request)).checked(at)
        return Response(OutageEffectSerializer(outages.effect_of(span, at)).data)

    @extend_schema(summary="Record an outage", request=NewOutageSerializer, responses={201: OutageSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_record_outages(user))
        sent = read(NewOutageSerializer, request)
        made = outages.record_outage(
            _span(sent), reason=sent["reason"], shown=sent.get("shown"), actor=user, at=server_now()
        )
        return Response(OutageSerializer(self.get_queryset().get(pk=made.pk)).data, status=status.HTTP_201_CREATED)


def _span(sent: dict[str, Any]) -> Span:
    return Span(sent["starts_at"], sent["ends_at"], dt.timedelta(hours=sent["grace_hours"]))


@extend_schema_view(list=extend_schema(summary="Extra time"))
class ExtraTimeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[LateAccess]):
    """One's own, or one's university's as its office; all of it for programme officers, administrators and auditors."""

    queryset = LateAccess.objects.none()
    serializer_class = ExtraTimeSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        rows = LateAccess.objects.visible_to(signed_in(self.request)).order_by("-granted_at", "-pk")
        return rows.select_related("stage__call", "person", "university")

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "at": server_now()}

    def _answer(self, row: LateAccess, code: int = status.HTTP_200_OK) -> Response:
        shown = ExtraTimeSerializer(self.get_queryset().get(pk=row.pk), context=self.get_serializer_context())
        return Response(shown.data, status=code)

    @extend_schema(summary="Give extra time", request=NewExtraTimeSerializer, responses={201: ExtraTimeSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(call_rules.can_run_calls(user))
        sent = read(NewExtraTimeSerializer, request)
        call = Call.objects.visible_to(user).filter(code=sent["call"]).first()
        stage = call.stages.filter(number=sent["stage"]).first() if call else None
        if stage is None:
            raise InvalidInput(_("There is no such deadline."), field="stage" if call else "call")
        row = late.give_extra_time(
            stage, until=sent["until"], reason=sent["reason"], **_whom(sent), actor=user, at=server_now()
        )
        return self._answer(row, status.HTTP_201_CREATED)

    @extend_schema(summary="End extra time", parameters=[PK], request=None, responses=ExtraTimeSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **_names: str) -> Response:
        user = signed_in(request)
        row = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        require(call_rules.can_run_calls(user))
        return self._answer(late.end_extra_time(row, actor=user, at=server_now()))


def _whom(sent: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if address := sent.get("person"):
        found["person"] = User.objects.filter(email=address.lower(), is_active=True).first()
        if found["person"] is None:
            raise InvalidInput(_("There is nobody with this address."), field="person")
    if key := sent.get("university"):
        found["university"] = University.objects.active().filter(pk=key).first()
        if found["university"] is None:
            raise InvalidInput(_("There is no such university."), field="university")
    return found
