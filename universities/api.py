"""Universities for programs: the same reads, rules and services as the pages."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import require
from universities import rules, services
from universities.models import Affiliation, BankAccount, IndirectRate, OfficeMember, University

OF_UNIVERSITY = OpenApiParameter("university", str, description="Only those of this university (its id).")


def seen_university(user: User, pk: Any) -> University:
    return get_object_or_404(University.objects.visible_to(user), pk=pk)


class UniversitySerializer(serializers.ModelSerializer[University]):
    country = serializers.CharField(source="country.code")
    domains = serializers.SlugRelatedField(many=True, read_only=True, slug_field="domain")  # type: ignore[var-annotated]
    other_names = serializers.SlugRelatedField(many=True, read_only=True, slug_field="name")  # type: ignore[var-annotated]

    class Meta:
        model = University
        fields = [
            "id", "name", "short_name", "country", "region", "city", "ror_id", "website", "status", "merged_into",
            "domains", "other_names",
        ]  # fmt: skip


class NewUniversitySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=255)
    country = serializers.CharField(min_length=2, max_length=2)
    short_name = serializers.CharField(max_length=40, required=False)
    region = serializers.CharField(max_length=100, required=False)
    city = serializers.CharField(max_length=100, required=False)
    ror_id = serializers.CharField(max_length=40, required=False)
    website = serializers.URLField(max_length=300, required=False)
    domains = serializers.ListField(child=serializers.CharField(max_length=253), required=False)


class DomainSerializer(serializers.Serializer[Any]):
    domain = serializers.CharField(max_length=253)


@extend_schema_serializer(component_name="AffiliationReason")
class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


@extend_schema_serializer(component_name="OptionalAffiliationReason")
class OptionalReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, required=False, default="")


class AffiliationSerializer(serializers.ModelSerializer[Affiliation]):
    name = serializers.CharField(source="user.name", read_only=True)
    university_name = serializers.CharField(source="university.name", read_only=True)

    class Meta:
        model = Affiliation
        fields = [
            "id", "user", "name", "university", "university_name", "department", "position", "rank", "status",
            "claimed_at", "decided_at", "ended_at",
        ]  # fmt: skip


class ClaimSerializer(serializers.Serializer[Any]):
    university = serializers.UUIDField()
    department = serializers.CharField(max_length=150, required=False, default="")
    position = serializers.CharField(max_length=150, required=False, default="")
    rank = serializers.ChoiceField(choices=Affiliation.Rank.choices)


class RankSerializer(serializers.Serializer[Any]):
    rank = serializers.ChoiceField(choices=Affiliation.Rank.choices)


class OfficeMemberSerializer(serializers.ModelSerializer[OfficeMember]):
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = OfficeMember
        fields = ["id", "user", "name", "university", "role", "starts_at", "ends_at"]


class NewOfficeMemberSerializer(serializers.Serializer[Any]):
    university = serializers.UUIDField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=OfficeMember.Kind.choices)


class RateSerializer(serializers.ModelSerializer[IndirectRate]):
    class Meta:
        model = IndirectRate
        fields = ["id", "university", "base", "rate", "starts_on", "ends_before", "reference"]


class NewRateSerializer(serializers.Serializer[Any]):
    university = serializers.UUIDField()
    base = serializers.ChoiceField(choices=IndirectRate.Base.choices)
    rate = serializers.DecimalField(max_digits=6, decimal_places=5, help_text="A fraction: 0.5 is 50 %.")
    starts_on = serializers.DateField()
    ends_before = serializers.DateField(required=False, allow_null=True, default=None)
    reference = serializers.CharField(max_length=200, required=False, default="")


class BankAccountSerializer(serializers.ModelSerializer[BankAccount]):
    country = serializers.CharField(source="country.code")

    class Meta:
        model = BankAccount
        fields = [
            "id", "university", "holder", "bank_name", "iban", "account_number", "bank_identifier", "currency", "country",
            "status", "entered_by", "entered_at", "confirmed_by", "confirmed_at", "usable_from",
        ]  # fmt: skip


class NewBankAccountSerializer(serializers.Serializer[Any]):
    university = serializers.UUIDField()
    holder = serializers.CharField(max_length=140)
    bank_name = serializers.CharField(max_length=140, required=False, default="")
    iban = serializers.CharField(max_length=42, required=False, default="")
    account_number = serializers.CharField(max_length=34, required=False, default="")
    bank_identifier = serializers.CharField(max_length=20, required=False, default="")
    currency = serializers.CharField(min_length=3, max_length=3)
    country = serializers.CharField(min_length=2, max_length=2)


def checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    sent = kind(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


class _Seen(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Reads start from what the reader may see; `?university=` narrows them."""

    def seen(self, user: User) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()  # type: ignore[union-attr,arg-type]
        rows = self.seen(signed_in(self.request))
        wanted = self.request.query_params.get("university")
        if wanted and self.action == "list" and rows.model is not University:
            key = serializers.UUIDField().run_validation(wanted)
            rows = rows.filter(university=key)
        return rows

    def answer(self, thing: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(thing).data, status=code)


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Words of a name in any script, the place or a domain."),
            OpenApiParameter("country", str, description="Two letters."),
        ]
    )
)
class UniversityViewSet(_Seen):
    queryset = University.objects.all()
    serializer_class = UniversitySerializer

    def seen(self, user: User) -> QuerySet[University]:
        rows = University.objects.visible_to(user).prefetch_related("domains", "other_names")
        asked = self.request.query_params
        if self.action == "list":
            rows = rows.search(asked.get("q", "")[:200])
            rows = rows.filter(country=asked["country"].upper()) if asked.get("country") else rows
        return rows

    @extend_schema(request=NewUniversitySerializer, responses={201: UniversitySerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_manage_directory(user))
        facts = checked(NewUniversitySerializer, request)
        facts["domains"] = tuple(facts.pop("domains", ()))
        return self.answer(services.create_university(**facts, actor=user, at=server_now()), 201)

    @extend_schema(request=DomainSerializer, responses={201: UniversitySerializer})
    @action(detail=True, methods=["post"])
    def domains(self, request: Request, **_place: Any) -> Response:
        """Say that an email domain is this university's."""
        user, found = signed_in(request), self.get_object()
        require(rules.can_manage_directory(user))
        services.add_domain(found, checked(DomainSerializer, request)["domain"], actor=user, at=server_now())
        return self.answer(self.get_object(), 201)


@extend_schema_view(list=extend_schema(parameters=[OF_UNIVERSITY]))
class AffiliationViewSet(_Seen):
    queryset = Affiliation.objects.all()
    serializer_class = AffiliationSerializer

    def seen(self, user: User) -> QuerySet[Affiliation]:
        return Affiliation.objects.visible_to(user).select_related("user", "university")

    @extend_schema(request=ClaimSerializer, responses={201: AffiliationSerializer})
    def create(self, request: Request) -> Response:
        """Say that you work at a university."""
        user, sent = signed_in(request), checked(ClaimSerializer, request)
        found = seen_university(user, sent.pop("university"))
        require(rules.can_claim(user, found))
        return self.answer(services.claim_affiliation(found, **sent, actor=user, at=server_now()), 201)

    @extend_schema(request=OptionalReasonSerializer, responses=AffiliationSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **_place: Any) -> Response:
        user, one = signed_in(request), self.get_object()
        require(rules.can_decide(user, one))
        reason = checked(OptionalReasonSerializer, request)["reason"]
        return self.answer(services.confirm_affiliation(one, reason=reason, actor=user, at=server_now()))

    @extend_schema(request=ReasonSerializer, responses=AffiliationSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **_place: Any) -> Response:
        user, one = signed_in(request), self.get_object()
        require(rules.can_decide(user, one))
        reason = checked(ReasonSerializer, request)["reason"]
        return self.answer(services.reject_affiliation(one, reason=reason, actor=user, at=server_now()))

    @extend_schema(request=OptionalReasonSerializer, responses=AffiliationSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **_place: Any) -> Response:
        """The person left. The office must give a reason."""
        user, one = signed_in(request), self.get_object()
        require(rules.can_end(user, one))
        reason = checked(OptionalReasonSerializer, request)["reason"]
        return self.answer(services.end_affiliation(one, reason=reason, actor=user, at=server_now()))


@extend_schema_view(list=extend_schema(parameters=[OF_UNIVERSITY]))
class OfficeMemberViewSet(_Seen):
    queryset = OfficeMember.objects.all()
    serializer_class = OfficeMemberSerializer

    def seen(self, user: User) -> QuerySet[OfficeMember]:
        return OfficeMember.objects.visible_to(user).select_related("user", "university")

    @extend_schema(request=NewOfficeMemberSerializer, responses={201: OfficeMemberSerializer})
    def create(self, request: Request) -> Response:
        user, sent = signed_in(request), checked(NewOfficeMemberSerializer, request)
        found = seen_university(user, sent["university"])
        require(rules.can_add_office_member(user, found))
        person = User.objects.filter(email=sent["email"].lower(), is_active=True).first()
        if person is None:
            raise serializers.ValidationError({"email": ["Nobody has signed up with this address yet."]})
        added = services.add_office_member(found, person, role=sent["role"], actor=user, at=server_now())
        return self.answer(added, 201)

    @extend_schema(request=None, responses=OfficeMemberSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **_place: Any) -> Response:
        user, member = signed_in(request), self.get_object()
        require(rules.can_end_office_member(user, member))
        return self.answer(services.end_office_member(member, actor=user, at=server_now()))


@extend_schema_view(list=extend_schema(parameters=[OF_UNIVERSITY]))
class RateViewSet(_Seen):
    queryset = IndirectRate.objects.all()
    serializer_class = RateSerializer

    def seen(self, user: User) -> QuerySet[IndirectRate]:
        return IndirectRate.objects.visible_to(user)

    @extend_schema(request=NewRateSerializer, responses={201: RateSerializer})
    def create(self, request: Request) -> Response:
        user, sent = signed_in(request), checked(NewRateSerializer, request)
        found = seen_university(user, sent.pop("university"))
        require(rules.can_set_rate(user, found))
        return self.answer(services.set_indirect_rate(found, **sent, actor=user, at=server_now()), 201)


@extend_schema_view(list=extend_schema(parameters=[OF_UNIVERSITY]))
class BankAccountViewSet(_Seen):
    queryset = BankAccount.objects.all()
    serializer_class = BankAccountSerializer

    def seen(self, user: User) -> QuerySet[BankAccount]:
        return BankAccount.objects.visible_to(user).select_related("university")

    @extend_schema(request=NewBankAccountSerializer, responses={201: BankAccountSerializer})
    def create(self, request: Request) -> Response:
        user, sent = signed_in(request), checked(NewBankAccountSerializer, request)
        found = seen_university(user, sent.pop("university"))
        require(rules.can_enter_account(user, found))
        return self.answer(services.enter_bank_account(found, **sent, actor=user, at=server_now()), 201)

    @extend_schema(request=None, responses=BankAccountSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **_place: Any) -> Response:
        """A second person vouches for the details; they are used after the cool-off."""
        user, account = signed_in(request), self.get_object()
        require(rules.can_check_account(user, account))
        return self.answer(services.confirm_bank_account(account, actor=user, at=server_now()))

    @extend_schema(request=ReasonSerializer, responses=BankAccountSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **_place: Any) -> Response:
        user, account = signed_in(request), self.get_object()
        require(rules.can_reject_account(user, account))
        reason = checked(ReasonSerializer, request)["reason"]
        return self.answer(services.reject_bank_account(account, reason=reason, actor=user, at=server_now()))
