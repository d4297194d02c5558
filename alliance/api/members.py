"""Members, representatives, pledges and contributions."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_countries import countries
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from alliance import rules
from alliance.api.shared import AmountField, facts, person
from alliance.models import Contribution, Member, Pledge, Representative
from alliance.queries import with_money
from alliance.services import members as services
from core.clock import server_now
from core.errors import InvalidInput, require
from funds.models import FundYear
from funds.queries import still_stands
from universities.models import University


class MemberSerializer(serializers.ModelSerializer[Member]):
    country = serializers.CharField(source="country.code")
    university = serializers.UUIDField(source="university_id", allow_null=True)

    class Meta:
        model = Member
        fields = ["id", "code", "name", "kind", "country", "website", "university", "joined_on", "left_on"]


class MemberFactsSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Member.Kind.choices)
    country = serializers.CharField(min_length=2, max_length=2)
    website = serializers.URLField(max_length=300, required=False, allow_blank=True)
    university = serializers.PrimaryKeyRelatedField(
        queryset=University.objects.active(), required=False, allow_null=True
    )
    joined_on = serializers.DateField()
    left_on = serializers.DateField(required=False, allow_null=True)

    def validate_country(self, code: str) -> str:
        if code.upper() not in dict(countries):
            raise serializers.ValidationError(_("Give the country by its two letters, such as FR."))
        return code.upper()


class NewMemberSerializer(MemberFactsSerializer):
    code = serializers.SlugField(max_length=24)


class RepresentativeSerializer(serializers.ModelSerializer[Representative]):
    member = serializers.CharField(source="member.code")
    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")

    class Meta:
        model = Representative
        fields = ["id", "member", "name", "email", "starts_at", "ends_at"]


class NewRepresentativeSerializer(serializers.Serializer[Any]):
    member = serializers.SlugField(max_length=24)
    email = serializers.EmailField()


class PledgeSerializer(serializers.ModelSerializer[Pledge]):
    member = serializers.CharField(source="member.code")
    fund = serializers.CharField(source="fund_year.fund.code")
    year = serializers.CharField(source="fund_year.label")
    fund_year = serializers.UUIDField(source="fund_year_id")
    currency = serializers.CharField(source="fund_year.fund.currency")
    pledged = AmountField()
    received = AmountField()
    outstanding = AmountField()
    written_off = AmountField()

    class Meta:
        model = Pledge
        fields = [
            *("id", "member", "fund", "fund_year", "year", "currency"),
            *("pledged", "received", "outstanding", "written_off", "created_at"),
        ]


class PledgedYearSerializer(serializers.Serializer[Any]):
    fund_year = serializers.PrimaryKeyRelatedField(queryset=FundYear.objects.select_related("fund"))
    amount = AmountField()


class NewPledgesSerializer(serializers.Serializer[Any]):
    member = serializers.SlugField(max_length=24)
    years = PledgedYearSerializer(many=True, allow_empty=False)


class ContributionSerializer(serializers.ModelSerializer[Contribution]):
    pledge = serializers.UUIDField(source="pledge_id")
    member = serializers.CharField(source="pledge.member.code")
    currency = serializers.CharField(source="pledge.fund_year.fund.currency")

    class Meta:
        model = Contribution
        fields = ["id", "pledge", "member", "amount", "currency", "received_on", "reference", "recorded_at"]


class NewContributionSerializer(serializers.Serializer[Any]):
    pledge = serializers.UUIDField()
    amount = AmountField()
    received_on = serializers.DateField()
    reference = serializers.CharField(max_length=80)
    key = serializers.CharField(
        max_length=services.LONGEST_KEY,
        help_text="Your own, new for each contribution; the same again changes nothing.",
    )


def member_of(request: Request, code: str) -> Member:
    return get_object_or_404(Member.objects.visible_to(signed_in(request)), code=code)


@extend_schema_view(list=extend_schema(summary="Members"), retrieve=extend_schema(summary="A member"))
class MemberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Member]):
    queryset = Member.objects.none()
    serializer_class = MemberSerializer
    lookup_field = "code"

    def get_queryset(self) -> Any:
        return Member.objects.visible_to(signed_in(self.request))

    @extend_schema(summary="Add a member", request=NewMemberSerializer, responses={201: MemberSerializer})
    def create(self, request: Request) -> Response:
        require(rules.can_manage_members(signed_in(request)))
        given = facts(NewMemberSerializer, request)
        made = services.create_member(actor=signed_in(request), at=server_now(), **given)
        return Response(MemberSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Change a member", request=MemberFactsSerializer, responses=MemberSerializer)
    def update(self, request: Request, **_names: str) -> Response:
        found = self.get_object()
        require(rules.can_manage_members(signed_in(request)))
        given = facts(MemberFactsSerializer, request)
        made = services.update_member(found, actor=signed_in(request), at=server_now(), **given)
        return Response(MemberSerializer(made).data)


@extend_schema_view(list=extend_schema(summary="Representatives of members"))
class RepresentativeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Representative]):
    queryset = Representative.objects.none()
    serializer_class = RepresentativeSerializer

    def get_queryset(self) -> Any:
        return Representative.objects.visible_to(signed_in(self.request)).select_related("member", "user")

    @extend_schema(
        summary="Add a representative", request=NewRepresentativeSerializer, responses={201: RepresentativeSerializer}
    )
    def create(self, request: Request) -> Response:
        require(rules.can_manage_members(signed_in(request)))
        given = facts(NewRepresentativeSerializer, request)
        member, user = member_of(request, given["member"]), person(given["email"])
        made = services.add_representative(member, user, actor=signed_in(request), at=server_now())
        return Response(RepresentativeSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(summary="End a representation", request=None, responses=RepresentativeSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **_names: str) -> Response:
        found = self.get_object()
        require(rules.can_manage_members(signed_in(request)))
        ended = services.end_representative(found, actor=signed_in(request), at=server_now())
        return Response(RepresentativeSerializer(ended).data)


@extend_schema_view(list=extend_schema(summary="Pledges"), retrieve=extend_schema(summary="A pledge"))
class PledgeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Pledge]):
    queryset = Pledge.objects.none()
    serializer_class = PledgeSerializer

    def get_queryset(self) -> Any:
        return with_money(Pledge.objects.visible_to(signed_in(self.request))).select_related(
            "member", "fund_year__fund"
        )

    @extend_schema(
        summary="Add pledges",
        description="Several years of one member: all of them are posted, or none.",
        request=NewPledgesSerializer,
        responses={201: PledgeSerializer(many=True)},
    )
    def create(self, request: Request) -> Response:
        require(rules.can_pledge(signed_in(request)))
        given = facts(NewPledgesSerializer, request)
        by_year = {row["fund_year"]: row["amount"] for row in given["years"]}
        if len(by_year) != len(given["years"]):
            raise InvalidInput(_("Each year is given once."), field="years")
        member = member_of(request, given["member"])
        made = services.make_pledges(member, by_year, actor=signed_in(request), at=server_now())
        rows = self.get_queryset().filter(pk__in=[row.pk for row in made]).order_by("fund_year__number")
        return Response(PledgeSerializer(rows, many=True).data, status=status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(summary="Contributions"), retrieve=extend_schema(summary="A contribution"))
class ContributionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Contribution]):
    queryset = Contribution.objects.none()
    serializer_class = ContributionSerializer

    def get_queryset(self) -> Any:
        rows = Contribution.objects.visible_to(signed_in(self.request)).filter(still_stands())
        return rows.select_related("pledge__member", "pledge__fund_year__fund")

    @extend_schema(
        summary="Record a contribution",
        request=NewContributionSerializer,
        responses={201: ContributionSerializer},
    )
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_receive(user))
        given = facts(NewContributionSerializer, request)
        pledge = get_object_or_404(Pledge.objects.visible_to(user), pk=given.pop("pledge"))
        made = services.receive_contribution(pledge, given.pop("amount"), actor=user, at=server_now(), **given)
        return Response(ContributionSerializer(made).data, status=status.HTTP_201_CREATED)
