"""Checking what came in, for programs: the same rows, rules and services as the pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, require
from grants import eligibility
from grants.api_call_shapes import EligibilityFindingSerializer
from grants.api_proposals import read
from grants.api_triage_shapes import (
    AnsweredSerializer,
    ChecklistLineSerializer,
    EnquirySerializer,
    HandlerSerializer,
    LetterAskedSerializer,
    LetterSerializer,
    LikenessActSerializer,
    LikenessSerializer,
    ManySerializer,
    NewEnquirySerializer,
    NewNoteSerializer,
    NoteSerializer,
    PlannedSerializer,
    TickedSerializer,
    TriageSerializer,
    VerdictSerializer,
)
from grants.lists.intake import IntakeFilter, intake
from grants.models import ChecklistItem, LetterTemplate, Note, Proposal, ProposalEnquiry
from grants.rules import calls as rules
from grants.rules.triage import can_see_triage
from grants.services import checklists, enquiries, invitations, likeness, notes, triage
from grants.services import letters_of_decisions as letters
from grants.services.triage_many import ACTS, Given, carry_out, for_planning, plan
from grants.views.common import RELATED

NUMBER = OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH)
PK = OpenApiParameter("pk", OpenApiTypes.UUID, OpenApiParameter.PATH)
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
KEY = "(?P<pk>[0-9a-f-]{36})"
KINDS = {
    "eligible": LetterTemplate.Kind.ELIGIBLE,
    "ineligible": LetterTemplate.Kind.INELIGIBLE,
    "invited": LetterTemplate.Kind.INVITED,
    "not_invited": LetterTemplate.Kind.NOT_INVITED,
}


@extend_schema_view(
    list=extend_schema(summary="What came in"),
    retrieve=extend_schema(summary="One that came in", parameters=[NUMBER]),
)
class IntakeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Proposal]):
    """Proposals that were handed in, for triage: less those that the caller has a conflict with."""

    queryset = Proposal.objects.none()
    serializer_class = TriageSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = IntakeFilter
    lookup_field = "number"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> Any:
        user = signed_in(self.request)
        require(rules.can_see_intake(user))
        return intake(user, None).select_related(*RELATED)

    def _one(self) -> Proposal:
        found: Proposal = get_object_or_404(self.get_queryset(), number=self.kwargs["number"])
        require(can_see_triage(signed_in(self.request), found))
        return found

    def _to_change(self) -> tuple[User, Proposal]:
        user, found = signed_in(self.request), self._one()
        require(rules.can_triage(user, found))
        return user, found

    def _answer(self) -> Response:
        return Response(TriageSerializer(self._one()).data)

    # --- verdict ------------------------------------------------------------------------------------------------------
    @extend_schema(
        summary="What the rules say",
        parameters=[NUMBER],
        responses=EligibilityFindingSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def findings(self, request: Request, **_names: str) -> Response:
        (one,) = for_planning([self._one().pk])
        return Response(EligibilityFindingSerializer(eligibility.findings(one, server_now()), many=True).data)

    @extend_schema(summary="Decide", parameters=[NUMBER], request=VerdictSerializer, responses=TriageSerializer)
    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, **_names: str) -> Response:
        """Eligible or not; of an expression of interest: invited or not, or not eligible."""
        user, proposal = self._to_change()
        sent = read(VerdictSerializer, request)
        how: dict[str, Any] = {"actor": user, "at": server_now()}
        if sent["verdict"] == "readmit":
            invitations.readmit(proposal, note=sent["reason"], **how)
            return self._answer()
        letter = letters.own_letter(**sent["letter"]) if sent["letter"] else None
        act, word = _VERDICTS[sent["verdict"]]
        act(proposal, letter=letter, **{word: sent["reason"]}, **how)
        return self._answer()

    @extend_schema(
        summary="The letter as it would go out",
        parameters=[NUMBER],
        request=LetterAskedSerializer,
        responses=LetterSerializer,
    )
    @action(detail=True, methods=["post"])
    def letter(self, request: Request, **_names: str) -> Response:
        """Changes nothing: what comes back may be sent along with the verdict, changed or not."""
        _user, proposal = self._to_change()
        sent = read(LetterAskedSerializer, request)
        made = letters.letter_for(proposal, KINDS[sent["verdict"]], server_now(), reason=sent["reason"])
        return Response(LetterSerializer(made).data)

    # --- checklist, notes, handler -------------------------------------------------------------------------------------
    @extend_schema(
        summary="The checklist", parameters=[NUMBER], responses=ChecklistLineSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def checklist(self, request: Request, **_names: str) -> Response:
        return Response(ChecklistLineSerializer(checklists.lines_of(self._one()), many=True).data)

    @extend_schema(
        summary="Tick an item",
        parameters=[NUMBER],
        request=TickedSerializer,
        responses=ChecklistLineSerializer(many=True),
        filters=False,
    )
    @checklist.mapping.put
    def tick(self, request: Request, **_names: str) -> Response:
        user, proposal = self._to_change()
        sent = read(TickedSerializer, request)
        item = ChecklistItem.objects.filter(pk=sent["item"], call=proposal.call_id).first()
        if item is None:
            raise InvalidInput(_("This is not asked for this call (any more)."), field="item")
        checklists.tick(proposal, item, sent["finding"], was=sent["was"], actor=user, at=server_now())
        return Response(ChecklistLineSerializer(checklists.lines_of(proposal), many=True).data)

    @extend_schema(summary="Notes of officers", parameters=[NUMBER], responses=NoteSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def notes(self, request: Request, **_names: str) -> Response:
        rows = Note.objects.visible_to(signed_in(request)).filter(proposal=self._one()).select_related("author")
        return Response(NoteSerializer(rows, many=True).data)

    @extend_schema(
        summary="Write a note", parameters=[NUMBER], request=NewNoteSerializer, responses={201: NoteSerializer}
    )
    @notes.mapping.post
    def add_note(self, request: Request, **_names: str) -> Response:
        user, proposal = self._to_change()
        made = notes.add_note(proposal, read(NewNoteSerializer, request)["text"], actor=user, at=server_now())
        return Response(NoteSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Give it to an officer", parameters=[NUMBER], request=HandlerSerializer, responses=TriageSerializer
    )
    @action(detail=True, methods=["put"])
    def handler(self, request: Request, **_names: str) -> Response:
        user, proposal = self._to_change()
        triage.assign(proposal, _officer(read(HandlerSerializer, request)["handler"]), actor=user, at=server_now())
        return self._answer()

    # --- questions, likenesses ------------------------------------------------------------------------------------------
    @extend_schema(
        summary="Questions to the applicants",
        parameters=[NUMBER],
        responses=EnquirySerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def enquiries(self, request: Request, **_names: str) -> Response:
        rows = ProposalEnquiry.objects.visible_to(signed_in(request)).filter(proposal=self._one())
        return Response(EnquirySerializer(rows.select_related("proposal", "answered_by"), many=True).data)

    @extend_schema(
        summary="Ask the applicants",
        parameters=[NUMBER],
        request=NewEnquirySerializer,
        responses={201: EnquirySerializer},
    )
    @enquiries.mapping.post
    def ask(self, request: Request, **_names: str) -> Response:
        user, proposal = self._to_change()
        made = enquiries.ask(proposal, **read(NewEnquirySerializer, request), actor=user, at=server_now())
        return Response(EnquirySerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Withdraw a question", parameters=[NUMBER, PK], request=None, responses=EnquirySerializer)
    @action(detail=True, methods=["post"], url_path=f"enquiries/{KEY}/withdraw")
    def withdraw_enquiry(self, request: Request, pk: str, **_names: str) -> Response:
        user, proposal = self._to_change()
        rows = ProposalEnquiry.objects.visible_to(user).select_related("proposal")
        found = enquiries.withdraw(get_object_or_404(rows, pk=pk, proposal=proposal), actor=user, at=server_now())
        return Response(EnquirySerializer(found).data)

    @extend_schema(
        summary="What is nearly the same", parameters=[NUMBER], responses=LikenessSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def alike(self, request: Request, **_names: str) -> Response:
        found = likeness.likenesses_of(self._one(), signed_in(request))
        return Response(LikenessSerializer(found, many=True).data)

    @extend_schema(
        summary="Set a likeness aside, or bring it back",
        parameters=[NUMBER, PK],
        request=LikenessActSerializer,
        responses=LikenessSerializer(many=True),
    )
    @action(detail=True, methods=["post"], pagination_class=None, url_path=f"alike/{KEY}")
    def set_aside(self, request: Request, pk: str, **_names: str) -> Response:
        user, proposal = self._to_change()
        pair = next((one for one in likeness.likenesses_of(proposal, user) if str(one.pk) == pk), None)
        if pair is None:
            raise Http404
        require(rules.can_triage(user, pair.twin))
        act = likeness.set_aside if read(LikenessActSerializer, request)["set_aside"] else likeness.bring_back
        act(pair, actor=user, at=server_now())
        return Response(LikenessSerializer(likeness.likenesses_of(proposal, user), many=True).data)

    # --- many -----------------------------------------------------------------------------------------------------------
    @extend_schema(
        summary="One act on many",
        request=ManySerializer,
        responses=PlannedSerializer(many=True),
        filters=False,
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def many(self, request: Request) -> Response:
        """Without `confirm`: what would happen to each. With it: to all that are named, or to none."""
        user, sent = signed_in(request), read(ManySerializer, request)
        require(rules.can_run_calls(user))
        act, at = ACTS[sent["act"]], server_now()
        keys = [*sent["proposals"], *sent["anyway"]]
        rows = for_planning(intake(user, None).filter(pk__in=keys).values_list("pk", flat=True))
        if len(rows) != len(set(keys)):
            raise InvalidInput(_("There are proposals among these that are not in."), field="proposals")
        handler = _officer(sent["handler"])
        if sent["confirm"]:
            words = {name: sent[name] for name in ("reason", "question", "due_at")}
            given = Given(handler=handler, anyway=frozenset(sent["anyway"]), **words)
            carry_out(act, rows, given, actor=user, at=at)
            rows = for_planning([one.pk for one in rows])
        return Response(PlannedSerializer(plan(act, rows, user=user, at=at, handler=handler), many=True).data)


_VERDICTS: dict[str, tuple[Callable[..., Proposal], str]] = {
    "eligible": (triage.mark_eligible, "note"),
    "ineligible": (triage.mark_ineligible, "reason"),
    "invited": (invitations.invite, "note"),
    "not_invited": (invitations.not_invite, "reason"),
}


def _officer(key: Any) -> User | None:
    if key is None:
        return None
    found = triage.officers(server_now()).filter(pk=key).first()
    if found is None:
        raise InvalidInput(_("Choose a programme officer."), field="handler")
    return found


@extend_schema_view(
    list=extend_schema(summary="Questions about proposals of one's own"),
    retrieve=extend_schema(summary="A question", parameters=[ID]),
)
class EnquiryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ProposalEnquiry]):
    """Questions of the fund, for the team that answers and the office that reads along; and for staff."""

    queryset = ProposalEnquiry.objects.none()
    serializer_class = EnquirySerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        rows = ProposalEnquiry.objects.visible_to(signed_in(self.request))
        return rows.select_related("proposal", "answered_by")

    @extend_schema(summary="Answer", parameters=[ID], request=AnsweredSerializer, responses=EnquirySerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, **_names: str) -> Response:
        user, found = signed_in(request), self.get_object()
        require(enquiries.why_no_answer(user, found))
        sent = read(AnsweredSerializer, request)
        return Response(EnquirySerializer(enquiries.answer(found, sent["answer"], actor=user, at=server_now())).data)
