"""A call's checklist and letters, and the house's letters, for programs."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from core.errors import require
from grants.api_proposals import read
from grants.api_triage_shapes import (
    ChecklistSerializer,
    ItemSerializer,
    TemplateSerializer,
    WrittenTemplateSerializer,
)
from grants.models import Call, LetterTemplate
from grants.rules import calls as rules
from grants.services import checklists
from grants.services import letters_of_decisions as letters

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)
KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(LetterTemplate.Kind.values))


def _call(request: Request, code: str, *, to_change: bool) -> Call:
    user = signed_in(request)
    found = get_object_or_404(Call.objects.visible_to(user), code=code)
    require(rules.can_edit(user, found) if to_change else rules.can_see_intake(user))
    return found


class CallChecklistViewSet(viewsets.ViewSet):
    """What officers look at in each proposal of a call."""

    permission_classes = [IsAuthenticated]

    @extend_schema(summary="A call's checklist", parameters=[CODE], responses=ItemSerializer(many=True))
    def list(self, request: Request, code: str) -> Response:
        found = _call(request, code, to_change=False).checklist.filter(retired_at=None)
        return Response(ItemSerializer(found, many=True).data)

    @extend_schema(
        summary="Set a call's checklist",
        parameters=[CODE],
        request=ChecklistSerializer,
        responses=ItemSerializer(many=True),
    )
    def put(self, request: Request, code: str) -> Response:
        call = _call(request, code, to_change=True)
        specs = [checklists.ItemSpec(**one) for one in read(ChecklistSerializer, request)["items"]]
        kept = checklists.set_checklist(call, specs, actor=signed_in(request), at=server_now())
        return Response(ItemSerializer(kept, many=True).data)


class LetterViewSet(viewsets.ViewSet):
    """The words in which verdicts are told: of a call, or (without `code`) the house's own."""

    permission_classes = [IsAuthenticated]
    lookup_field = "kind"
    lookup_value_regex = "[a-z_]+"

    def _of(self, request: Request, code: str | None, *, to_change: bool) -> Call | None:
        if code is not None:
            return _call(request, code, to_change=to_change)
        user = signed_in(request)
        require(rules.can_run_calls(user) if to_change else rules.can_see_intake(user))
        return None

    def _answer(self, call: Call | None, kind: str) -> Response:
        return Response(self._plain(letters.templates_of(call)[kind], call))

    def _plain(self, template: LetterTemplate, call: Call | None) -> dict[str, Any]:
        if template.call_id != (call.pk if call else None):
            template.version = 0
        return dict(TemplateSerializer(template, context={"places": letters.PLACES_OF}).data)

    @extend_schema(summary="Letters of the house", responses=TemplateSerializer(many=True))
    def list(self, request: Request, code: str | None = None) -> Response:
        call = self._of(request, code, to_change=False)
        return Response([self._plain(one, call) for one in letters.templates_of(call).values()])

    @extend_schema(
        summary="Write a letter of the house",
        parameters=[KIND],
        request=WrittenTemplateSerializer,
        responses=TemplateSerializer,
    )
    def update(self, request: Request, kind: str, code: str | None = None) -> Response:
        call = self._of(request, code, to_change=True)
        _known(kind)
        letters.save_template(
            call, kind, **read(WrittenTemplateSerializer, request), actor=signed_in(request), at=server_now()
        )
        return self._answer(call, kind)

    @extend_schema(summary="Back to the words that were there before", parameters=[KIND], responses={204: None})
    def destroy(self, request: Request, kind: str, code: str | None = None) -> Response:
        call = self._of(request, code, to_change=True)
        _known(kind)
        letters.drop_template(call, kind, actor=signed_in(request), at=server_now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class CallLetterViewSet(LetterViewSet):
    """The words in which the verdicts of one call are told."""

    @extend_schema(summary="Letters of a call", parameters=[CODE], responses=TemplateSerializer(many=True))
    def list(self, request: Request, code: str | None = None) -> Response:
        return super().list(request, code)

    @extend_schema(
        summary="Write a letter of a call",
        parameters=[CODE, KIND],
        request=WrittenTemplateSerializer,
        responses=TemplateSerializer,
    )
    def update(self, request: Request, kind: str, code: str | None = None) -> Response:
        return super().update(request, kind, code)

    @extend_schema(summary="Back to the words of the house", parameters=[CODE, KIND], responses={204: None})
    def destroy(self, request: Request, kind: str, code: str | None = None) -> Response:
        return super().destroy(request, kind, code)


def _known(kind: str) -> None:
    if kind not in LetterTemplate.Kind.values:
        raise Http404
