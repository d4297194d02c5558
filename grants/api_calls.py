"""Calls, programmes and triage for programs: the same rows, rules and services as the pages."""

from collections.abc import Callable
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
from core.clock import server_now
from core.errors import InvalidInput, NotAllowed, require
from funds.models import Fund
from grants import calling, checks
from grants.api_call_page import CallDetailSerializer, detail_of
from grants.api_call_shapes import (
    CallProblemSerializer,
    CallReasonSerializer,
    CallSerializer,
    ChangedCallSerializer,
    DatesSerializer,
    ExtensionSerializer,
    NewCallSerializer,
    NewProgrammeSerializer,
    ProgrammeSerializer,
)
from grants.api_proposals import read
from grants.models import Call, Programme
from grants.rules import calls as rules
from grants.services import calls, programmes

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)
NUMBER = OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH)


def _by_code(model: Any, code: str, field: str) -> Any:
    found = model.objects.filter(code=code).first()
    if found is None:
        raise InvalidInput(_("There is nothing with the code “%(code)s”.") % {"code": code}, field=field)
    return found


@extend_schema_view(list=extend_schema(summary="Programmes"))
class ProgrammeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Programme]):
    queryset = Programme.objects.none()
    serializer_class = ProgrammeSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        if not rules.is_staff(signed_in(self.request)):
            raise NotAllowed(_("Programmes are set up by staff of the fund."))
        return Programme.objects.select_related("fund")

    @extend_schema(summary="Set up a programme", request=NewProgrammeSerializer, responses={201: ProgrammeSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_run_calls(user))
        sent = read(NewProgrammeSerializer, request)
        sent["fund"] = _by_code(Fund, sent["fund"], "fund")
        made = programmes.create_programme(**sent, actor=user, at=server_now())
        return Response(ProgrammeSerializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(
    list=extend_schema(summary="Calls"),
    retrieve=extend_schema(summary="A call", parameters=[CODE], responses=CallDetailSerializer),
)
class CallViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Call]):
    """Published calls are open to everybody, without signing in; drafts to staff."""

    queryset = Call.objects.none()
    serializer_class = CallSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    lookup_field = "code"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> Any:
        rows = Call.objects.visible_to(self.request.user)
        rows = rows.filter(is_template=False) if self.action == "list" else rows
        return calling.with_stages(rows).select_related("programme__fund")

    def retrieve(self, request: Request, **_names: str) -> Response:
        """With its documents and published answers."""
        return Response(detail_of(get_object_or_404(self.get_queryset(), code=self.kwargs["code"])))

    def _answer(self, changed: Call, code: int = status.HTTP_200_OK) -> Response:
        return Response(CallSerializer(self.get_queryset().get(pk=changed.pk)).data, status=code)

    def _one(self) -> Call:
        found: Call = get_object_or_404(self.get_queryset(), code=self.kwargs["code"])
        require(rules.can_run_calls(self.request.user))
        return found

    @extend_schema(summary="Begin a draft", request=NewCallSerializer, responses={201: CallSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_run_calls(user))
        sent = read(NewCallSerializer, request)
        source = sent.pop("copy_from", None)
        how: dict[str, Any] = {"code": sent["code"], "title": sent["title"], "actor": user, "at": server_now()}
        if source:
            made = calls.copy_call(_by_code(Call, source, "copy_from"), **how)
        else:
            made = calls.create_call(programme=_by_code(Programme, sent["programme"], "programme"), **how)
        return self._answer(made, status.HTTP_201_CREATED)

    @extend_schema(summary="Change a call", parameters=[CODE], request=ChangedCallSerializer, responses=CallSerializer)
    def partial_update(self, request: Request, **_names: str) -> Response:
        call, sent = self._one(), read(ChangedCallSerializer, request)
        version = sent.pop("version")
        return self._answer(
            calls.update_call(call, version=version, fields=sent, actor=signed_in(request), at=server_now())
        )

    @extend_schema(summary="Set a draft's dates", parameters=[CODE], request=DatesSerializer, responses=CallSerializer)
    @action(detail=True, methods=["put"])
    def dates(self, request: Request, **_names: str) -> Response:
        call = self._one()
        calls.set_stage(call, **read(DatesSerializer, request), actor=signed_in(request), at=server_now())
        return self._answer(call)

    @extend_schema(
        summary="What stops publishing",
        parameters=[CODE],
        responses=CallProblemSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def problems(self, request: Request, **_names: str) -> Response:
        return Response(CallProblemSerializer(checks.call_problems(self._one(), server_now()), many=True).data)

    @extend_schema(
        summary="Extend the deadline", parameters=[CODE], request=ExtensionSerializer, responses=CallSerializer
    )
    @action(detail=True, methods=["post"])
    def extend(self, request: Request, **_names: str) -> Response:
        call, sent, at = self._one(), read(ExtensionSerializer, request), server_now()
        number = sent.get("stage") or calling.current_stage(call, at).number
        stage = next((one for one in call.stages.all() if one.number == number), None)
        if stage is None:
            raise InvalidInput(_("There is no such deadline."), field="stage")
        calls.extend_deadline(stage, sent["closes_at"], reason=sent["reason"], actor=signed_in(request), at=at)
        return self._answer(call)

    @extend_schema(summary="Cancel a call", parameters=[CODE], request=CallReasonSerializer, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_names: str) -> Response:
        call, sent = self._one(), read(CallReasonSerializer, request)
        return self._answer(calls.cancel_call(call, reason=sent["reason"], actor=signed_in(request), at=server_now()))

    def _simple(self, act: Callable[..., Call]) -> Response:
        call = self._one()
        return self._answer(act(call, actor=signed_in(self.request), at=server_now()))

    @extend_schema(summary="Publish a call", parameters=[CODE], request=None, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, **_names: str) -> Response:
        """Refused with every reason at once."""
        return self._simple(calls.publish_call)

    @extend_schema(summary="Start the review", parameters=[CODE], request=None, responses=CallSerializer)
    @action(detail=True, methods=["post"], url_path="start-review")
    def start_review(self, request: Request, **_names: str) -> Response:
        return self._simple(calls.start_review)

    @extend_schema(summary="Mark as decided", parameters=[CODE], request=None, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def decided(self, request: Request, **_names: str) -> Response:
        return self._simple(calls.mark_decided)

    @extend_schema(summary="Archive a call", parameters=[CODE], request=None, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, **_names: str) -> Response:
        return self._simple(calls.archive_call)
