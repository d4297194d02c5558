"""Notices and deadlines for programs: the same reads, rules and services as the pages."""

from typing import Any

from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from core.errors import require
from notifications import rules, services
from notifications.lists import DeadlineFilter, InboxFilter, LogFilter
from notifications.models import Attempt, Deadline, Notice, ReminderRule
from notifications.queries import with_progress


class OwnNoticeSerializer(serializers.ModelSerializer[Notice]):
    class Meta:
        model = Notice
        fields = ["id", "kind", "subject", "body", "path", "created_at", "read_at"]


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = ["at", "result", "answer"]


class LoggedNoticeSerializer(serializers.ModelSerializer[Notice]):
    """What staff may read of a notice to somebody else; a text that holds a key stays empty."""

    recipient = serializers.CharField(source="recipient.name", allow_null=True, default=None)
    body = serializers.SerializerMethodField()
    tries = AttemptSerializer(many=True, read_only=True)

    class Meta:
        model = Notice
        fields = [
            *("id", "kind", "recipient", "address", "subject", "body", "state", "created_at", "not_before", "sent_at"),
            *("attempts", "last_error", "deadline", "tries"),
        ]

    def get_body(self, notice: Notice) -> str:
        return "" if notice.secret else notice.body


class DeadlineSerializer(serializers.ModelSerializer[Deadline]):
    state = serializers.CharField(read_only=True)
    next_reminder = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Deadline
        fields = [
            *("id", "kind", "title", "due_at", "zone", "path", "sequence", "set_at", "ended_at", "state"),
            "next_reminder",
        ]


class ReminderRuleSerializer(serializers.ModelSerializer[ReminderRule]):
    """`offset`: the time before the deadline, as `7 00:00:00`."""

    class Meta:
        model = ReminderRule
        fields = ["id", "kind", "offset", "subject", "body", "active"]
        read_only_fields = ["kind", "offset"]


@extend_schema_view(list=extend_schema(summary="Your notices"), retrieve=extend_schema(summary="One of your notices"))
class OwnNoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Notice]):
    queryset = Notice.objects.none()
    serializer_class = OwnNoticeSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = InboxFilter

    def get_queryset(self) -> Any:
        return Notice.objects.visible_to(signed_in(self.request)).in_inbox(timezone.now())

    @extend_schema(summary="Mark a notice as read", request=None, responses=OwnNoticeSerializer)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, **_names: str) -> Response:
        found = self.get_object()
        services.mark_read(found, actor=signed_in(request), at=server_now())
        found.refresh_from_db()
        return Response(OwnNoticeSerializer(found).data)

    @extend_schema(summary="Mark all your notices as read", request=None, responses=CountSerializer)
    @action(detail=False, methods=["post"], filterset_class=None)
    def read_all(self, request: Request) -> Response:
        return Response({"count": services.mark_all_read(actor=signed_in(request), at=server_now())})


@extend_schema_view(
    list=extend_schema(summary="What was sent to whom"), retrieve=extend_schema(summary="A notice and its tries")
)
class LogViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Notice]):
    queryset = Notice.objects.none()
    serializer_class = LoggedNoticeSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = LogFilter

    def get_queryset(self) -> Any:
        user = signed_in(self.request)
        require(rules.can_read_log(user))
        return Notice.objects.log_visible_to(user).select_related("recipient").prefetch_related("tries")

    @extend_schema(summary="Send a failed or unknown notice again", request=None, responses=LoggedNoticeSerializer)
    @action(detail=True, methods=["post"], url_path="try-again")
    def try_again(self, request: Request, **_names: str) -> Response:
        user, found = signed_in(request), self.get_object()
        require(rules.can_try_again(user, found))
        return Response(LoggedNoticeSerializer(services.try_again(found, actor=user, at=server_now())).data)

    @extend_schema(summary="Call a waiting notice off", request=None, responses=LoggedNoticeSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **_names: str) -> Response:
        user, found = signed_in(request), self.get_object()
        require(rules.can_cancel(user, found))
        return Response(LoggedNoticeSerializer(services.cancel_notice(found, actor=user, at=server_now())).data)


@extend_schema_view(list=extend_schema(summary="Deadlines"), retrieve=extend_schema(summary="A deadline"))
class DeadlineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Deadline]):
    queryset = Deadline.objects.none()
    serializer_class = DeadlineSerializer
    permission_classes = [IsAuthenticated]
    filter_backends = [DjangoFilterBackend]
    filterset_class = DeadlineFilter

    def get_queryset(self) -> Any:
        user = signed_in(self.request)
        require(rules.can_read_deadlines(user))
        return with_progress(Deadline.objects.visible_to(user))


@extend_schema_view(
    list=extend_schema(summary="Reminders by kind of deadline"), retrieve=extend_schema(summary="A reminder")
)
class ReminderRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ReminderRule]):
    queryset = ReminderRule.objects.none()
    serializer_class = ReminderRuleSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> Any:
        require(rules.can_read_deadlines(signed_in(self.request)))
        return ReminderRule.objects.order_by("-id")

    @extend_schema(summary="Change a reminder's words, or switch it on or off", responses=ReminderRuleSerializer)
    def partial_update(self, request: Request, **_names: str) -> Response:
        user, found = signed_in(request), self.get_object()
        require(rules.can_edit_rules(user))
        sent = ReminderRuleSerializer(found, data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        values = {name: sent.validated_data.get(name, getattr(found, name)) for name in ("subject", "body", "active")}
        return Response(ReminderRuleSerializer(services.edit_rule(found, **values, actor=user, at=server_now())).data)
