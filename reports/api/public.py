"""Open data: what was funded and the fund's figures, for anybody; and the five-year board for those who may read it."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.models import User
from awards.models import Award
from core.clock import server_now
from core.errors import require
from funds.api import AS_OF, AmountField, CashSerializer, FundYearSerializer, PositionSerializer, day_of
from funds.models import Fund
from funds.queries import cash_position, last_instant, positions
from funds.rules import can_read_positions
from reports import published
from reports.budget import by_programme


# --- what was funded --------------------------------------------------------------------------------------------------
class PublicAwardSerializer(serializers.ModelSerializer[Award]):
    call = serializers.CharField(source="proposal.call.code")
    programme = serializers.CharField(source="proposal.call.programme.name")
    university = serializers.CharField(source="university.name")
    ror_id = serializers.CharField(source="university.ror_id", allow_null=True)
    country = serializers.CharField(source="university.country.code")
    lead = serializers.SerializerMethodField()
    abstract = serializers.CharField(source="proposal.abstract")
    amount = AmountField()
    currency = serializers.CharField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Award
        fields = [
            *("number", "title", "abstract", "call", "programme", "university", "ror_id", "country", "lead"),
            *("amount", "currency", "starts_on", "ends_on", "status", "url"),
        ]

    def get_lead(self, award: Award) -> str:
        return award.pi.name if award.pi else award.proposal.pi_name

    def get_url(self, award: Award) -> str:
        return reverse("reports:funded_award", args=[award.number], request=self.context.get("request"))


class NewestFirst(CursorPagination):
    ordering = ("-offered_at", "-id")
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class PublicAwards(generics.ListAPIView[Award]):
    """Every award that the board decided on and no university declined, the newest first. Nobody has to sign in."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    serializer_class = PublicAwardSerializer
    pagination_class = NewestFirst
    queryset = published.published().select_related("university", "pi", "fund", "proposal__call__programme")


# --- the fund ---------------------------------------------------------------------------------------------------------
class PublicYearSerializer(serializers.Serializer[Any]):
    year = FundYearSerializer()
    ceiling = AmountField()
    appropriated = AmountField()
    promised = AmountField(source="reserved")
    disbursed = AmountField()
    free = AmountField()


class PublicFundSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(source="fund.code")
    name = serializers.CharField(source="fund.name")
    currency = serializers.CharField(source="fund.currency")
    total = AmountField(source="fund.total")
    awarded = AmountField()
    disbursed = AmountField()
    awards = serializers.IntegerField()
    universities = serializers.IntegerField()
    countries = serializers.IntegerField()
    members = serializers.IntegerField()
    years = PublicYearSerializer(many=True)


class PublicFund(APIView):
    """The newest fund in plain figures, or the one of `fund`. Nobody has to sign in."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []

    @extend_schema(
        parameters=[OpenApiParameter("fund", str, description="Code of a fund.")], responses=PublicFundSerializer
    )
    def get(self, request: Request) -> Response:
        code = request.query_params.get("fund", "")
        fund = get_object_or_404(Fund, code=code) if code else None
        found = published.glance(server_now().date(), fund)
        if found is None:
            raise Http404("no fund")
        return Response(PublicFundSerializer(found).data)


# --- the five-year board ----------------------------------------------------------------------------------------------
class HeldSerializer(serializers.Serializer[Any]):
    committed = AmountField()
    obligated = AmountField(help_text="Binding and not paid yet, payments in process included.")
    disbursed = AmountField()


class ProgrammeHeldSerializer(HeldSerializer):
    programme = serializers.CharField(source="name")


class FundBudgetSerializer(serializers.Serializer[Any]):
    fund = serializers.CharField()
    currency = serializers.CharField()
    as_of = serializers.DateField(allow_null=True)
    years = PositionSerializer(many=True)
    programmes = ProgrammeHeldSerializer(many=True)
    cash = CashSerializer()


class BudgetPositions(APIView):
    """What each year and each programme of a fund holds, now or at the end of a past day."""

    permission_classes = [IsAuthenticated]

    @extend_schema(parameters=[AS_OF], responses=FundBudgetSerializer)
    def get(self, request: Request, code: str) -> Response:
        assert isinstance(request.user, User)
        require(can_read_positions(request.user))
        fund = get_object_or_404(Fund.objects.visible_to(request.user), code=code)
        day = day_of(request)
        instant = last_instant(day)
        found = {
            "fund": fund.code,
            "currency": fund.currency,
            "as_of": day,
            "years": positions(fund, as_of=instant),
            "programmes": by_programme(fund, instant, day, linked=False),
            "cash": cash_position(fund, instant),
        }
        return Response(FundBudgetSerializer(found).data)
