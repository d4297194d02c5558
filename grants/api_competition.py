"""Internal competitions for programs: the same rows, rules and services as the pages."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import Role
from core.clock import server_now
from core.errors import InvalidInput, require
from grants.api_proposals import read
from grants.lists.competition import numbers
from grants.models import Call, InternalEntry
from grants.rules import calls as call_rules
from grants.rules import competition as rules
from grants.services import competition as services
from grants.services.proposals import university_of

PK = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
OF_CALL = OpenApiParameter("call", OpenApiTypes.STR, OpenApiParameter.QUERY, description="The call's code.")


class InternalEntrySerializer(serializers.ModelSerializer[InternalEntry]):
    call = serializers.CharField(source="call.code")
    university_name = serializers.CharField(source="university.name")
    person_name = serializers.CharField(source="person.name")
    note = serializers.SerializerMethodField(help_text="What the office wrote to the researcher; empty to the fund.")

    def get_note(self, entry: InternalEntry) -> str:
        user = self.context["user"]
        return "" if user.has_role(*Role.values) and entry.person_id != user.pk else entry.note

    class Meta:
        model = InternalEntry
        fields = [
            *(
                "id",
                "call",
                "university",
                "university_name",
                "person_name",
                "title",
                "summary",
                "status",
                "slot",
                "note",
            ),
            *("entered_at", "decided_at", "version"),
        ]


class NewEntrySerializer(serializers.Serializer[Any]):
    call = serializers.SlugField(help_text="The call's code.")
    university = serializers.UUIDField()
    title = serializers.CharField(max_length=services.LONGEST_TITLE)
    summary = serializers.CharField(max_length=services.LONGEST_SUMMARY)


class ChangedEntrySerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=services.LONGEST_TITLE)
    summary = serializers.CharField(max_length=services.LONGEST_SUMMARY)
    version = serializers.IntegerField(min_value=0, help_text="As it was read.")


class EntryNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=services.LONGEST_NOTE, help_text="The researcher reads it.")


class OptionalEntryNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=services.LONGEST_NOTE, default="", allow_blank=True)


class InternalNumbersSerializer(serializers.Serializer[Any]):
    call = serializers.CharField(source="call__code")
    university = serializers.UUIDField()
    university_name = serializers.CharField(source="university__name")
    entered = serializers.IntegerField()
    picked = serializers.IntegerField()
    places = serializers.IntegerField(source="call__internal_limit")


class InternalCompetitionSerializer(serializers.Serializer[Any]):
    limit = serializers.IntegerField(
        min_value=1,
        max_value=services.MOST_PLACES,
        allow_null=True,
        help_text="How many proposals of one university the call takes; null: any number.",
    )
    until = serializers.DateTimeField(allow_null=True, required=False, help_text="By when the offices pick.")


@extend_schema_view(
    list=extend_schema(summary="Ideas of internal competitions", parameters=[OF_CALL]),
    retrieve=extend_schema(summary="An idea", parameters=[PK]),
)
class InternalEntryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[InternalEntry]):
    """One's own, those of one's research office; for staff of the fund, those that were picked."""

    queryset = InternalEntry.objects.none()
    serializer_class = InternalEntrySerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        rows = InternalEntry.objects.visible_to(signed_in(self.request)).select_related("call", "university", "person")
        if call := self.request.query_params.get("call"):
            rows = rows.filter(call__code=call)
        return rows.order_by("entered_at", "id")

    def _one(self) -> InternalEntry:
        found: InternalEntry = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        return found

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "user": signed_in(self.request)}

    def _answer(self, entry: InternalEntry, code: int = status.HTTP_200_OK) -> Response:
        fresh = InternalEntry.objects.select_related("call", "university", "person").get(pk=entry.pk)
        return Response(self.get_serializer(fresh).data, status=code)

    # --- researchers ------------------------------------------------------------------------------------------------
    @extend_schema(summary="Put an idea forward", request=NewEntrySerializer, responses={201: InternalEntrySerializer})
    def create(self, request: Request) -> Response:
        user, sent, at = signed_in(request), read(NewEntrySerializer, request), server_now()
        call = Call.objects.visible_to(user).filter(code=sent["call"]).first()
        if call is None:
            raise InvalidInput("There is no such call.", field="call")
        university = university_of(sent["university"])
        require(rules.can_enter(user, call, university, at))
        made = services.enter(
            call, person=user, university=university, title=sent["title"], summary=sent["summary"], actor=user, at=at
        )
        return self._answer(made, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change an idea", parameters=[PK], request=ChangedEntrySerializer, responses=InternalEntrySerializer
    )
    def update(self, request: Request, **_names: str) -> Response:
        user, entry = signed_in(request), self._one()
        require(rules.can_change(user, entry))
        return self._answer(
            services.change(entry, **read(ChangedEntrySerializer, request), actor=user, at=server_now())
        )

    @extend_schema(summary="Withdraw an idea", parameters=[PK], request=None, responses=InternalEntrySerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_names: str) -> Response:
        user, entry = signed_in(request), self._one()
        require(rules.can_change(user, entry))
        return self._answer(services.withdraw(entry, actor=user, at=server_now()))

    # --- the office -------------------------------------------------------------------------------------------------
    @extend_schema(
        summary="Pick an idea",
        parameters=[PK],
        request=OptionalEntryNoteSerializer,
        responses=InternalEntrySerializer,
    )
    @action(detail=True, methods=["post"])
    def pick(self, request: Request, **_names: str) -> Response:
        """Refused when all places of the university are taken (`places_taken`)."""
        user, entry = signed_in(request), self._one()
        require(rules.can_decide(user, entry))
        sent = read(OptionalEntryNoteSerializer, request)
        return self._answer(services.pick(entry, note=sent["note"], actor=user, at=server_now()))

    @extend_schema(
        summary="Take a place back", parameters=[PK], request=EntryNoteSerializer, responses=InternalEntrySerializer
    )
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, **_names: str) -> Response:
        user, entry = signed_in(request), self._one()
        require(rules.can_decide(user, entry))
        sent = read(EntryNoteSerializer, request)
        return self._answer(services.un_pick(entry, reason=sent["note"], actor=user, at=server_now()))

    @extend_schema(
        summary="Say no to an idea", parameters=[PK], request=EntryNoteSerializer, responses=InternalEntrySerializer
    )
    @action(detail=True, methods=["post"], url_path="not-pick")
    def not_pick(self, request: Request, **_names: str) -> Response:
        user, entry = signed_in(request), self._one()
        require(rules.can_decide(user, entry))
        sent = read(EntryNoteSerializer, request)
        return self._answer(services.not_pick(entry, note=sent["note"], actor=user, at=server_now()))

    # --- the fund ---------------------------------------------------------------------------------------------------
    @extend_schema(
        summary="How many ideas each university has",
        parameters=[OF_CALL],
        responses=InternalNumbersSerializer(many=True),
        filters=False,
    )
    @action(detail=False, pagination_class=None)
    def numbers(self, request: Request, **_names: str) -> Response:
        user = signed_in(request)
        require(rules.can_see_numbers(user))
        rows: Any = numbers(user, None)
        if call := request.query_params.get("call"):
            rows = rows.filter(call__code=call)
        names = ("call__code", "university", "university__name", "entered", "picked", "call__internal_limit")
        rows = rows.order_by("call__code", "university__name", "id").values(*names)
        return Response(InternalNumbersSerializer(rows, many=True).data)

    @extend_schema(
        summary="Set a call's limit for each university",
        parameters=[OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=InternalCompetitionSerializer,
        responses=InternalCompetitionSerializer,
    )
    @action(detail=False, methods=["put"], url_path="of/(?P<code>[-a-zA-Z0-9_]+)", pagination_class=None)
    def of(self, request: Request, code: str, **_names: str) -> Response:
        """Once the call is published, only a larger number and a later instant."""
        user = signed_in(request)
        call = get_object_or_404(Call.objects.visible_to(user), code=code)
        require(call_rules.can_edit(user, call))
        sent = read(InternalCompetitionSerializer, request)
        call = services.set_internal_competition(call, sent["limit"], sent.get("until"), actor=user, at=server_now())
        given = {"limit": call.internal_limit, "until": call.internal_until}
        return Response(InternalCompetitionSerializer(given).data)
