"""Proposals for programs: the same rows, rules and services as the pages. Whoever only reviews reads on the pages."""

import datetime as dt
import uuid
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
from grants import completeness, costing
from grants.api_shapes import (
    AnswerSerializer,
    AttachmentSerializer,
    BudgetSerializer,
    FindingSerializer,
    LineSpecSerializer,
    NewBudgetSerializer,
    NewFileSerializer,
    NewProposalSerializer,
    NewTeamMemberSerializer,
    ProposalReasonSerializer,
    ProposalSerializer,
    ProposalVersionSerializer,
    SubmissionSerializer,
    TeamMemberSerializer,
    WrittenAnswerSerializer,
    WrittenDetailsSerializer,
)
from grants.inviting import full_stage
from grants.lists.proposals import ProposalFilter, listed
from grants.models import Answer, Attachment, Call, Proposal, TeamMember
from grants.rules import proposals as rules
from grants.services import answers, attachments, budget, proposals, submission, team
from grants.services.budget import LineSpec
from grants.views.common import RELATED
from grants.views.starting import stage_to_start

PK = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
KEY = OpenApiParameter("key", OpenApiTypes.STR, OpenApiParameter.PATH)
NUMBER = OpenApiParameter("number", OpenApiTypes.STR, OpenApiParameter.PATH)


def read(serializer: type[Any], request: Request) -> dict[str, Any]:
    sent = serializer(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


@extend_schema_view(
    list=extend_schema(summary="Proposals"), retrieve=extend_schema(summary="A proposal", parameters=[NUMBER])
)
class ProposalViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Proposal]):
    queryset = Proposal.objects.none()
    serializer_class = ProposalSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = ProposalFilter
    lookup_field = "number"
    lookup_value_regex = "[-a-zA-Z0-9_]+"

    def get_queryset(self) -> Any:
        return listed(signed_in(self.request), None).select_related(*RELATED)

    def _one(self) -> Proposal:
        found: Proposal = get_object_or_404(self.get_queryset(), number=self.kwargs["number"])
        return found

    def _answer(self, changed: Proposal, code: int = status.HTTP_200_OK) -> Response:
        """As the caller may see it now; a person who left their own team sees it no more."""
        fresh = get_object_or_404(self.get_queryset(), pk=changed.pk)
        return Response(ProposalSerializer(fresh).data, status=code)

    # --- writing ---------------------------------------------------------------------------------------------------
    @extend_schema(summary="Start a proposal", request=NewProposalSerializer, responses={201: ProposalSerializer})
    def create(self, request: Request) -> Response:
        user, sent, at = signed_in(request), read(NewProposalSerializer, request), server_now()
        if sent.get("follows"):
            return self._follow(user, sent, at)
        call = Call.objects.visible_to(user).select_related("programme__fund").filter(code=sent["call"]).first()
        if call is None:
            raise InvalidInput(_("There is no such call."), field="call")
        stage = stage_to_start(user, call, at)
        require(rules.can_start(user, stage, at))
        university = sent.get("university")
        chosen = proposals.university_of(university) if university else None
        made = proposals.start_proposal(stage, title=sent["title"], pi=user, university=chosen, actor=user, at=at)
        return self._answer(made, status.HTTP_201_CREATED)

    def _follow(self, user: User, sent: dict[str, Any], at: dt.datetime) -> Response:
        """The full proposal of an invited expression of interest; a second time the same."""
        first = self.get_queryset().filter(number=sent["follows"], call__code=sent["call"]).first()
        if first is None:
            raise InvalidInput(_("There is no such expression of interest."), field="follows")
        full = full_stage(first.call)
        require(rules.can_follow(user, first, full, at))
        assert full is not None
        made = proposals.start_proposal(full, title=sent["title"], pi=user, follows=first, actor=user, at=at)
        return self._answer(made, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Save details", parameters=[NUMBER], request=WrittenDetailsSerializer, responses=ProposalSerializer
    )
    def partial_update(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_write(user, proposal))
        sent = read(WrittenDetailsSerializer, request)
        version = sent.pop("version")
        saved = proposals.save_details(proposal, version=version, fields=sent, actor=user, at=server_now())
        return self._answer(saved)

    @extend_schema(
        summary="Save an answer",
        parameters=[NUMBER, KEY],
        request=WrittenAnswerSerializer,
        responses=AnswerSerializer,
    )
    @action(detail=True, methods=["put"], url_path="answers/(?P<key>[-a-zA-Z0-9_]+)")
    def answer(self, request: Request, key: str, **_names: str) -> Response:
        """`version` is the one that was read, 0 where there was none. Another text saved since: 409 with both texts."""
        user, proposal = signed_in(request), self._one()
        require(rules.can_write(user, proposal))
        sent = read(WrittenAnswerSerializer, request)
        saved = answers.save_answer(proposal, key, sent["value"], version=sent["version"], actor=user, at=server_now())
        return Response(AnswerSerializer(saved).data)

    @extend_schema(summary="All answers", parameters=[NUMBER], responses=AnswerSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def answers(self, request: Request, **_names: str) -> Response:
        rows = Answer.objects.filter(proposal=self._one()).order_by("key")
        return Response(AnswerSerializer(rows, many=True).data)

    @extend_schema(summary="The budget and its working", parameters=[NUMBER], responses=BudgetSerializer)
    @action(detail=True)
    def budget(self, request: Request, **_names: str) -> Response:
        return Response(BudgetSerializer(self._budget(self._one())).data)

    @extend_schema(
        summary="Save the whole budget", parameters=[NUMBER], request=NewBudgetSerializer, responses=BudgetSerializer
    )
    @budget.mapping.put
    def put_budget(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_write(user, proposal))
        sent = read(NewBudgetSerializer, request)
        lines = [LineSpec(**line) for line in sent["lines"]]
        how: dict[str, Any] = {"version": sent["version"], "cost_share": sent.get("cost_share")}
        budget.set_lines(proposal, lines, **how, actor=user, at=server_now())
        return Response(BudgetSerializer(self._budget(self._one())).data)

    def _budget(self, proposal: Proposal) -> dict[str, Any]:
        working = costing.working(proposal)
        return {
            "version": proposal.version,
            "currency": proposal.currency,
            "lines": LineSpecSerializer(proposal.budget_lines.all(), many=True).data,
            "rate": working.rule.applied_rate,
            "periods": working.periods,
            "total": working.total,
            "cost_share": proposal.cost_share,
        }

    @extend_schema(
        summary="What stops handing in", parameters=[NUMBER], responses=FindingSerializer(many=True), filters=False
    )
    @action(detail=True, pagination_class=None)
    def findings(self, request: Request, **_names: str) -> Response:
        found = completeness.missing(self._one(), server_now())
        return Response(FindingSerializer(found, many=True).data)

    # --- team and files --------------------------------------------------------------------------------------------
    @extend_schema(summary="The team", parameters=[NUMBER], responses=TeamMemberSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def team(self, request: Request, **_names: str) -> Response:
        return Response(TeamMemberSerializer(self._one().team.all(), many=True).data)

    @extend_schema(
        summary="Invite to the team",
        parameters=[NUMBER],
        request=NewTeamMemberSerializer,
        responses={201: TeamMemberSerializer},
    )
    @team.mapping.post
    def invite(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_invite(user, proposal))
        member = team.add_member(proposal, **read(NewTeamMemberSerializer, request), actor=user, at=server_now())
        return Response(TeamMemberSerializer(member).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Take off the team", parameters=[NUMBER, PK], responses={204: None})
    @action(detail=True, methods=["delete"], url_path="team/(?P<pk>[0-9a-f-]{36})")
    def remove_member(self, request: Request, pk: str, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_invite(user, proposal))
        member = get_object_or_404(TeamMember, pk=_key(pk), proposal=proposal)
        team.remove_member(member, actor=user, at=server_now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Files", parameters=[NUMBER], responses=AttachmentSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def files(self, request: Request, **_names: str) -> Response:
        return Response(AttachmentSerializer(self._one().attachments.all(), many=True).data)

    @extend_schema(
        summary="Attach a file",
        parameters=[NUMBER],
        request={"multipart/form-data": NewFileSerializer},
        responses={201: AttachmentSerializer},
    )
    @files.mapping.post
    def attach(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_write(user, proposal))
        sent = read(NewFileSerializer, request)
        where = {"title": sent["title"], "key": sent["key"]}
        kept = attachments.attach(proposal, sent["file"], **where, actor=user, at=server_now())
        return Response(AttachmentSerializer(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Take a file out", parameters=[NUMBER, PK], responses={204: None})
    @action(detail=True, methods=["delete"], url_path="files/(?P<pk>[0-9a-f-]{36})")
    def detach(self, request: Request, pk: str, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_write(user, proposal))
        kept = get_object_or_404(Attachment, pk=_key(pk), proposal=proposal)
        attachments.detach(kept, actor=user, at=server_now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    # --- handing in ------------------------------------------------------------------------------------------------
    @extend_schema(
        summary="Hand in", parameters=[NUMBER], request=ProposalVersionSerializer, responses=ProposalSerializer
    )
    @action(detail=True, methods=["post"])
    def hand_in(self, request: Request, **_names: str) -> Response:
        """Sends it to the research office. `version` is what was read; changed since: 409. Late: 409 with both times."""
        user, proposal = signed_in(request), self._one()
        require(rules.can_hand_in(user, proposal))
        version = read(ProposalVersionSerializer, request)["version"]
        return self._answer(submission.hand_in(proposal, version=version, actor=user, at=server_now()))

    @extend_schema(
        summary="Sign off", parameters=[NUMBER], request=ProposalVersionSerializer, responses=SubmissionSerializer
    )
    @action(detail=True, methods=["post"])
    def sign_off(self, request: Request, **_names: str) -> Response:
        """By an authorised representative of the university. Asked twice, it answers the same receipt."""
        user, proposal = signed_in(request), self._one()
        require(rules.can_sign_off(user, proposal))
        version = read(ProposalVersionSerializer, request)["version"]
        given = submission.sign_off(proposal, version=version, actor=user, at=server_now())
        return Response(SubmissionSerializer(given).data)

    @extend_schema(
        summary="Return for correction",
        parameters=[NUMBER],
        request=ProposalReasonSerializer,
        responses=ProposalSerializer,
    )
    @action(detail=True, methods=["post"], url_path="return", url_name="return")
    def give_back(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_return(user, proposal))
        reason = read(ProposalReasonSerializer, request)["reason"]
        changed = submission.return_for_correction(proposal, reason=reason, actor=user, at=server_now())
        return self._answer(changed)

    @extend_schema(
        summary="Take back before the deadline", parameters=[NUMBER], request=None, responses=ProposalSerializer
    )
    @action(detail=True, methods=["post"])
    def take_back(self, request: Request, **_names: str) -> Response:
        user, proposal, at = signed_in(request), self._one(), server_now()
        require(rules.can_take_back(user, proposal, at))
        return self._answer(submission.take_back(proposal, actor=user, at=at))

    @extend_schema(
        summary="Withdraw", parameters=[NUMBER], request=ProposalReasonSerializer, responses=ProposalSerializer
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_names: str) -> Response:
        user, proposal = signed_in(request), self._one()
        require(rules.can_withdraw(user, proposal))
        reason = read(ProposalReasonSerializer, request)["reason"]
        return self._answer(submission.withdraw(proposal, reason=reason, actor=user, at=server_now()))

    @extend_schema(
        summary="Receipts, the last first",
        parameters=[NUMBER],
        responses=SubmissionSerializer(many=True),
        filters=False,
    )
    @action(detail=True, pagination_class=None)
    def receipts(self, request: Request, **_names: str) -> Response:
        proposal = self._one()
        require(rules.can_read_receipt(signed_in(request), proposal))
        return Response(SubmissionSerializer(proposal.submissions.all(), many=True).data)


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404(text) from None
