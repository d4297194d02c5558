"""Oneself, people, roles and tokens for programs: the same reads, rules and services as the pages."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import rules, services
from accounts.http import signed_in
from accounts.models import ApiToken, Role, RoleGrant, User
from core.clock import server_now
from core.errors import require


class MeSerializer(serializers.ModelSerializer[User]):
    roles = serializers.SerializerMethodField()
    personas = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "zone", "joined_at", "roles", "personas"]
        read_only_fields = ["id", "email", "joined_at"]
        extra_kwargs = {"name": {"required": False}, "zone": {"required": False}}

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.roles)

    def get_personas(self, user: User) -> list[str]:
        return sorted(user.personas)


class RoleGrantSerializer(serializers.ModelSerializer[RoleGrant]):
    class Meta:
        model = RoleGrant
        fields = ["id", "user", "role", "starts_at", "ends_at", "granted_by", "ended_by"]
        read_only_fields = fields


class NewGrantSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class PersonSerializer(serializers.ModelSerializer[User]):
    role_grants = RoleGrantSerializer(many=True, read_only=True)

    class Meta:
        model = User
        fields = ["id", "email", "name", "zone", "is_active", "joined_at", "last_login", "role_grants"]
        read_only_fields = fields


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "user", "name", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class Me(APIView):
    """Who the program acts for, and what that person may be."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(signed_in(request)).data)

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        user = signed_in(request)
        given = MeSerializer(user, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        values = {"name": user.name, "zone": user.zone, **given.validated_data}
        return Response(MeSerializer(services.update_profile(user, **values, at=server_now())).data)


@extend_schema_view(
    list=extend_schema(summary="People, for administrators and auditors"),
    retrieve=extend_schema(summary="One person with every role ever held"),
)
class PersonViewSet(viewsets.ReadOnlyModelViewSet[User]):
    queryset = User.objects.none()
    serializer_class = PersonSerializer

    def get_queryset(self) -> Any:
        return User.objects.visible_to(signed_in(self.request)).prefetch_related("role_grants")

    @extend_schema(request=NewGrantSerializer, responses={201: RoleGrantSerializer}, summary="Grant a role")
    @action(methods=["post"], detail=True, url_path="roles")
    def grant(self, request: Request, **_path: Any) -> Response:
        person, user = self.get_object(), signed_in(request)
        require(rules.can_grant_role(user, person))
        given = NewGrantSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        grant = services.grant_role(person, actor=user, at=server_now(), **given.validated_data)
        return Response(RoleGrantSerializer(grant).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ReasonSerializer, responses=PersonSerializer, summary="Close an account")
    @action(methods=["post"], detail=True)
    def close(self, request: Request, **_path: Any) -> Response:
        person, user = self.get_object(), signed_in(request)
        require(rules.can_deactivate(user, person))
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.deactivate(person, actor=user, at=server_now(), reason=given.validated_data["reason"])
        return Response(PersonSerializer(self.get_object()).data)

    @extend_schema(request=ReasonSerializer, responses=PersonSerializer, summary="Open a closed account again")
    @action(methods=["post"], detail=True)
    def reopen(self, request: Request, **_path: Any) -> Response:
        person, user = self.get_object(), signed_in(request)
        require(rules.can_reactivate(user, person))
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.reactivate(person, actor=user, at=server_now(), reason=given.validated_data["reason"])
        return Response(PersonSerializer(self.get_object()).data)


@extend_schema_view(list=extend_schema(summary="Roles: who holds which, and who held it"))
class RoleGrantViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[RoleGrant]):
    queryset = RoleGrant.objects.none()
    serializer_class = RoleGrantSerializer

    def get_queryset(self) -> Any:
        return RoleGrant.objects.filter(user__in=User.objects.visible_to(signed_in(self.request)))

    @extend_schema(request=None, responses=RoleGrantSerializer, summary="End a role now")
    @action(methods=["post"], detail=True)
    def end(self, request: Request, **_path: Any) -> Response:
        grant, user, at = self.get_object(), signed_in(request), server_now()
        require(rules.can_end_role(user, grant, at))
        return Response(RoleGrantSerializer(services.end_role(grant, actor=user, at=at)).data)


@extend_schema_view(list=extend_schema(summary="One's own tokens"))
class TokenViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ApiToken]):
    """A token is made on the profile page, where the password is asked again; a program may list and revoke them."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer

    def get_queryset(self) -> Any:
        return ApiToken.objects.visible_to(signed_in(self.request))

    @extend_schema(request=None, responses=TokenSerializer, summary="Revoke a token")
    @action(methods=["post"], detail=True)
    def revoke(self, request: Request, **_path: Any) -> Response:
        token, user = self.get_object(), signed_in(request)
        require(rules.can_revoke_token(user, token))
        return Response(TokenSerializer(services.revoke_token(token, actor=user, at=server_now())).data)
