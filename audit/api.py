"""The trail for programs: read only, for those who read it on the page."""

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, viewsets

from accounts.models import User
from audit.lists import EventFilter
from audit.models import AuditEvent
from audit.rules import can_read_trail
from core.errors import require


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    actor_name = serializers.CharField(source="actor.name", allow_null=True, default=None, read_only=True)

    class Meta:
        model = AuditEvent
        fields = [
            "id", "at", "actor", "actor_name", "verb", "target_type", "target_id", "target_label",
            "subject_type", "subject_id", "before", "after", "origin",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    list=extend_schema(summary="Who did what, newest first"),
    retrieve=extend_schema(summary="One event, before and after"),
)
class AuditEventViewSet(viewsets.ReadOnlyModelViewSet[AuditEvent]):
    queryset = AuditEvent.objects.none()
    serializer_class = AuditEventSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = EventFilter

    def get_queryset(self) -> Any:
        user = self.request.user
        assert isinstance(user, User)
        require(can_read_trail(user))
        return AuditEvent.objects.visible_to(user).select_related("actor")
