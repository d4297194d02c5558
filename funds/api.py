"""The money for programs: funds and their years, entries, lines. The same reads, rules and services as the pages."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from core.errors import InvalidInput, require
from funds import queries, rules, services
from funds.lists import EntryFilter, LineFilter
from funds.models import Entry, Fund, FundYear, Line

AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.DATE, description="The figures as they stood at the end of this day (UTC)."
)


def day_of(request: Request) -> dt.date | None:
    """The day asked for by `as_of`; refuses what is no day, and days to come."""
    text = request.query_params.get("as_of", "")
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("Write the day like 2026-03-31."), field="as_of") from None
    if day > timezone.localdate():
        raise InvalidInput(_("Choose today or a day before."), field="as_of")
    return day


class AmountField(serializers.DecimalField):
    def __init__(self, **more: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **more)


class FundYearSerializer(serializers.ModelSerializer[FundYear]):
    class Meta:
        model = FundYear
        fields = ["id", "number", "starts_on", "ends_before"]


class FundSerializer(serializers.ModelSerializer[Fund]):
    years = FundYearSerializer(many=True, read_only=True)

    class Meta:
        model = Fund
        fields = ["id", "code", "name", "currency", "minor_units", "total", "created_at", "years"]


class YearPlanSerializer(serializers.Serializer[Any]):
    starts_on = serializers.DateField()
    ends_before = serializers.DateField()
    ceiling = AmountField()


class NewFundSerializer(serializers.Serializer[Any]):
    code = serializers.SlugField(max_length=16)
    name = serializers.CharField(max_length=200)
    currency = serializers.CharField(min_length=3, max_length=3)
    years = YearPlanSerializer(many=True)


class PositionSerializer(serializers.Serializer[Any]):
    year = FundYearSerializer()
    ceiling = AmountField()
    unappropriated = AmountField()
    appropriated = AmountField()
    free = AmountField()
    committed = AmountField()
    obligated = AmountField()
    in_process = AmountField()
    disbursed = AmountField()
    reserved = AmountField()


class CashSerializer(serializers.Serializer[Any]):
    pledged = AmountField()
    received = AmountField()
    receivable = AmountField()
    written_off = AmountField()
    paid = AmountField()
    bank = AmountField()


class LineSerializer(serializers.ModelSerializer[Line]):
    entry = serializers.UUIDField(source="entry_id")
    account = serializers.CharField(source="account.code")
    year = serializers.IntegerField(source="fund_year.number", allow_null=True, default=None)
    subaccount = serializers.CharField(source="subaccount.code", allow_null=True, default=None)

    class Meta:
        model = Line
        fields = ["id", "entry", "account", "year", "subaccount", "side", "amount"]


class EntrySerializer(serializers.ModelSerializer[Entry]):
    fund = serializers.CharField(source="fund.code")
    actor = serializers.CharField(source="actor.name", allow_null=True, default=None)
    reverses = serializers.UUIDField(source="reverses_id", allow_null=True)
    lines = LineSerializer(many=True)

    class Meta:
        model = Entry
        fields = [
            *("id", "fund", "sequence", "event", "effective_on", "posted_at", "actor", "currency", "text", "source"),
            *("reverses", "previous_hash", "hash", "lines"),
        ]


class ReversalSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=services.LONGEST_REASON)


@extend_schema_view(list=extend_schema(summary="Funds"), retrieve=extend_schema(summary="A fund"))
class FundViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Fund]):
    queryset = Fund.objects.none()
    serializer_class = FundSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "code"

    def get_queryset(self) -> Any:
        return Fund.objects.visible_to(signed_in(self.request)).prefetch_related("years")

    @extend_schema(summary="Set up a fund", request=NewFundSerializer, responses={201: FundSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_create_fund(user))
        sent = NewFundSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        plans = [services.YearPlan(**year) for year in sent.validated_data["years"]]
        fund = services.create_fund(**{**sent.validated_data, "years": plans}, actor=user, at=server_now())
        return Response(FundSerializer(fund).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="What each year of a fund holds", parameters=[AS_OF], responses=PositionSerializer(many=True)
    )
    @action(detail=True, pagination_class=None)
    def positions(self, request: Request, **_names: str) -> Response:
        found = queries.positions(self.get_object(), as_of=queries.last_instant(day_of(request)))
        return Response(PositionSerializer(found, many=True).data)

    @extend_schema(summary="A fund's cash", parameters=[AS_OF], responses=CashSerializer)
    @action(detail=True)
    def cash(self, request: Request, **_names: str) -> Response:
        found = queries.cash_position(self.get_object(), queries.last_instant(day_of(request)))
        return Response(CashSerializer(found).data)


@extend_schema_view(
    list=extend_schema(summary="Ledger entries", parameters=[AS_OF]), retrieve=extend_schema(summary="An entry")
)
class EntryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Entry]):
    queryset = Entry.objects.none()
    serializer_class = EntrySerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = EntryFilter

    def get_queryset(self) -> Any:
        rows = Entry.objects.visible_to(signed_in(self.request)).select_related("fund", "actor")
        if self.action == "list" and (day := day_of(self.request)):
            rows = rows.filter(posted_at__lte=queries.last_instant(day))
        return rows.prefetch_related("lines__account", "lines__fund_year", "lines__subaccount")

    @extend_schema(summary="Reverse an entry", request=ReversalSerializer, responses={201: EntrySerializer})
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, **_names: str) -> Response:
        user, entry = signed_in(request), self.get_object()
        require(rules.can_reverse(user, entry))
        sent = ReversalSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        made = services.reverse(entry, reason=sent.validated_data["reason"], actor=user, at=server_now())
        return Response(EntrySerializer(made).data, status=status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(summary="Ledger lines", parameters=[AS_OF]))
class LineViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Line]):
    queryset = Line.objects.none()
    serializer_class = LineSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = LineFilter

    def get_queryset(self) -> Any:
        rows = Line.objects.visible_to(signed_in(self.request)).select_related("account", "fund_year", "subaccount")
        day = day_of(self.request)
        return rows.filter(entry__posted_at__lte=queries.last_instant(day)) if day else rows
