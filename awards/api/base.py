"""What the endpoints of awards share: reads from `visible_to`, bodies checked, one form of answer."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.response import Response

from accounts.http import signed_in


class Base(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Reads from `visible_to`; `read_body` checks what was sent against a serializer."""

    source: Any
    related: tuple[str, ...] = ()
    lookup_field = "number"
    lookup_value_regex = r"[\w-]+"

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            rows: QuerySet[Any] = self.source.objects.none()
            return rows
        rows = self.source.objects.visible_to(signed_in(self.request))
        return rows.select_related(*self.related) if self.related else rows

    def read_body(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        form = serializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        data: dict[str, Any] = form.validated_data
        return data

    def answer(self, thing: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(thing).data, status=code)


class AwardReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="")
