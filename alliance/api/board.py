"""Seats of the board, resolutions and votes."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from alliance import rules
from alliance.api.shared import InstantField, facts, person
from alliance.appropriation import KIND
from alliance.effects import withheld
from alliance.models import BoardSeat, Resolution, Vote
from alliance.queries import tally_of
from alliance.services import board as seats
from alliance.services import resolutions as services
from core.clock import server_now
from core.errors import InvalidInput, require
from funds.models import Fund


class BoardSeatSerializer(serializers.ModelSerializer[BoardSeat]):
    fund = serializers.CharField(source="fund.code")
    name = serializers.CharField(source="user.name")

    class Meta:
        model = BoardSeat
        fields = ["id", "fund", "name", "chair", "voting", "starts_at", "ends_at"]


class NewSeatSerializer(serializers.Serializer[Any]):
    fund = serializers.SlugRelatedField(slug_field="code", queryset=Fund.objects.all())
    email = serializers.EmailField()
    chair = serializers.BooleanField(default=False)
    voting = serializers.BooleanField(default=True)


class TallySerializer(serializers.Serializer[Any]):
    seats = serializers.IntegerField()
    votes_for = serializers.IntegerField()
    votes_against = serializers.IntegerField()
    abstained = serializers.IntegerField()
    recused = serializers.IntegerField()
    still_out = serializers.IntegerField()
    quorate = serializers.BooleanField()


class ResolutionSerializer(serializers.ModelSerializer[Resolution]):
    """Papers are empty for whoever recused themselves."""

    fund = serializers.CharField(source="fund.code")
    proposed_by = serializers.CharField(source="proposed_by.name", allow_null=True, default=None)
    kind = serializers.CharField()
    papers = serializers.SerializerMethodField()

    class Meta:
        model = Resolution
        fields = [
            *("id", "number", "fund", "kind", "title", "status", "proposed_by", "proposed_at"),
            *("opened_at", "closes_at", "decided_at", "papers"),
        ]

    @extend_schema_field({"type": "object", "nullable": True, "additionalProperties": True})
    def get_papers(self, resolution: Resolution) -> dict[str, Any] | None:
        if resolution.pk in self.context["recused"]:
            return None
        # Hidden and none are one answer; and only what is stuck has to be asked about.
        hidden = resolution.problem and withheld(resolution, signed_in(self.context["request"]))
        problem = "" if hidden else resolution.problem
        return {"text": resolution.text, "payload": resolution.payload, "problem": problem}


class NewResolutionSerializer(serializers.Serializer[Any]):
    """An appropriation. Other kinds are proposed where they are made (a slate: with its own endpoint)."""

    fund = serializers.SlugRelatedField(slug_field="code", queryset=Fund.objects.all())
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=20_000, allow_blank=True, default="")
    fund_year = serializers.UUIDField()
    amount = serializers.DecimalField(max_digits=20, decimal_places=4)


class OpenVotingSerializer(serializers.Serializer[Any]):
    closes_at = InstantField()


class CastVoteSerializer(serializers.Serializer[Any]):
    choice = serializers.ChoiceField(choices=Vote.Choice.choices)


class VoteSerializer(serializers.ModelSerializer[Vote]):
    name = serializers.CharField(source="user.name")

    class Meta:
        model = Vote
        fields = ["id", "name", "choice", "at"]


class WithdrawalSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=1000)


@extend_schema_view(list=extend_schema(summary="Seats of the boards"), retrieve=extend_schema(summary="A seat"))
class BoardSeatViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[BoardSeat]):
    queryset = BoardSeat.objects.none()
    serializer_class = BoardSeatSerializer

    def get_queryset(self) -> Any:
        return BoardSeat.objects.visible_to(signed_in(self.request)).select_related("user", "fund")

    @extend_schema(summary="Give a seat", request=NewSeatSerializer, responses={201: BoardSeatSerializer})
    def create(self, request: Request) -> Response:
        require(rules.can_manage_board(signed_in(request)))
        given = facts(NewSeatSerializer, request)
        fund, user = given.pop("fund"), person(given.pop("email"))
        made = seats.add_board_seat(fund, user, actor=signed_in(request), at=server_now(), **given)
        return Response(BoardSeatSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="End a seat", request=None, responses=BoardSeatSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **_names: str) -> Response:
        found = self.get_object()
        require(rules.can_manage_board(signed_in(request)))
        ended = seats.end_board_seat(found, actor=signed_in(request), at=server_now())
        return Response(BoardSeatSerializer(ended).data)


@extend_schema_view(list=extend_schema(summary="Resolutions"), retrieve=extend_schema(summary="A resolution"))
class ResolutionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Resolution]):
    queryset = Resolution.objects.none()
    serializer_class = ResolutionSerializer
    lookup_field = "number"

    def get_queryset(self) -> Any:
        return Resolution.objects.visible_to(signed_in(self.request)).select_related("fund", "proposed_by")

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if getattr(self, "swagger_fake_view", False):
            return {**context, "recused": set()}
        own = Vote.objects.filter(user=signed_in(self.request), choice=Vote.Choice.RECUSED)
        return {**context, "recused": set(own.values_list("resolution_id", flat=True))}

    def _answer(self, number: str, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(number=number)).data, status=code)

    @extend_schema(
        summary="Propose an appropriation", request=NewResolutionSerializer, responses={201: ResolutionSerializer}
    )
    def create(self, request: Request) -> Response:
        require(rules.can_propose(signed_in(request), KIND))
        given = facts(NewResolutionSerializer, request)
        payload = {"fund_year": str(given.pop("fund_year")), "amount": str(given.pop("amount"))}
        made = services.propose_resolution(
            kind=KIND, payload=payload, actor=signed_in(request), at=server_now(), **given
        )
        return self._answer(made.number, status.HTTP_201_CREATED)

    @extend_schema(summary="Open voting", request=OpenVotingSerializer, responses=ResolutionSerializer)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, number: str) -> Response:
        found = self.get_object()
        require(rules.can_open(signed_in(request), found))
        given = facts(OpenVotingSerializer, request)
        services.open_voting(found, actor=signed_in(request), at=server_now(), **given)
        return self._answer(number)

    @extend_schema(summary="Vote", request=CastVoteSerializer, responses=ResolutionSerializer)
    @action(detail=True, methods=["post"])
    def vote(self, request: Request, number: str) -> Response:
        found, choice = self.get_object(), facts(CastVoteSerializer, request)["choice"]
        at = server_now()  # read once the body was: only then was the vote received
        require(rules.can_vote(signed_in(request), found, at))
        services.cast_vote(found, choice, actor=signed_in(request), at=at)
        return self._answer(number)

    @extend_schema(summary="Count the votes", request=None, responses=ResolutionSerializer)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, number: str) -> Response:
        found = self.get_object()
        require(rules.can_decide(signed_in(request), found))
        services.decide(found, actor=signed_in(request), at=server_now())
        return self._answer(number)

    @extend_schema(summary="Withdraw a resolution", request=WithdrawalSerializer, responses=ResolutionSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, number: str) -> Response:
        found = self.get_object()
        require(rules.can_withdraw(signed_in(request), found))
        given = facts(WithdrawalSerializer, request)
        services.withdraw_resolution(found, actor=signed_in(request), at=server_now(), **given)
        return self._answer(number)

    @extend_schema(summary="How it was voted", responses=VoteSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def votes(self, request: Request, number: str) -> Response:
        rows = Vote.objects.visible_to(signed_in(request)).filter(resolution=self.get_object())
        return Response(VoteSerializer(rows.select_related("user"), many=True).data)

    @extend_schema(summary="How the vote stands", responses=TallySerializer)
    @action(detail=True)
    def tally(self, request: Request, number: str) -> Response:
        found = get_object_or_404(Resolution.objects.papers_open_to(signed_in(request)), number=number)
        if found.opened_at is None:
            raise InvalidInput("Voting has not been opened yet.")
        tally = tally_of(found, server_now())
        counted = {
            "seats": len(tally.seats),
            "votes_for": tally.for_,
            "votes_against": tally.against,
            "abstained": tally.abstained,
            "recused": tally.recused,
            "still_out": tally.out,
            "quorate": tally.quorate,
        }
        return Response(TallySerializer(counted).data)
