"""The public page of a call for programs: its documents, its answers, asking; and the officers' desk of questions."""

from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from core.errors import require
from grants import call_page
from grants.api_call_shapes import CallSerializer
from grants.api_proposals import read
from grants.models import Call, CallDocument, CallEnquiry
from grants.rules import calls as rules
from grants.services import call_questions

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)
PK = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


# --- shapes -----------------------------------------------------------------------------------------------------------
class CallDocumentSerializer(serializers.ModelSerializer[CallDocument]):
    """`changed_at` and `change_note`: it came, or its content changed, after the call was published."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = CallDocument
        fields = ["id", "title", "name", "content_type", "size", "sha256", "url", "changed_at", "change_note"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, document: CallDocument) -> str:
        return f"{settings.SITE_URL}{document.get_absolute_url()}"


class PublishedAnswerSerializer(serializers.Serializer[Any]):
    """A question as everybody reads it. `anchor` is its place on the call's page; nothing says who asked."""

    anchor = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField(help_text="Markdown.")
    published_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(allow_null=True)


class CallDetailSerializer(CallSerializer):
    """A call with what stands on its page."""

    documents = CallDocumentSerializer(many=True)
    answers = PublishedAnswerSerializer(many=True)
    calendar = serializers.SerializerMethodField()

    class Meta(CallSerializer.Meta):
        fields = [*CallSerializer.Meta.fields, "documents", "answers", "calendar"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_calendar(self, call: Call) -> str:
        return f"{settings.SITE_URL}{call.get_absolute_url()}calendar.ics"


class NewCallQuestionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=call_questions.LONGEST)


class CallQuestionSerializer(serializers.ModelSerializer[CallEnquiry]):
    """One's own question: `state` is to_answer, answered or published."""

    call = serializers.CharField(source="call.code")
    state = serializers.CharField()

    class Meta:
        model = CallEnquiry
        fields = ["id", "call", "state", "asked_at", "text", "answer", "answered_at", "published_at"]


class DeskQuestionSerializer(CallQuestionSerializer):
    """A question with whoever asked it, for those who answer."""

    asked_by = serializers.CharField(source="asked_by.name")

    class Meta(CallQuestionSerializer.Meta):
        fields = [
            *CallQuestionSerializer.Meta.fields,
            *("asked_by", "public_text", "public_answer", "changed_at", "version"),
        ]


class NewAnswerSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The question's, as it was read.")
    answer = serializers.CharField(max_length=call_questions.LONGEST_ANSWER)


class PublishingSerializer(serializers.Serializer[Any]):
    """`sure`: one has looked, and the words don't give away who asked. `tell_again`: writers hear of a changed answer."""

    version = serializers.IntegerField(min_value=1, help_text="The question's, as it was read.")
    public_text = serializers.CharField(max_length=call_questions.LONGEST_ANSWER)
    public_answer = serializers.CharField(max_length=call_questions.LONGEST_ANSWER)
    sure = serializers.BooleanField(default=False)
    tell_again = serializers.BooleanField(default=False)


class QuestionVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1, help_text="The question's, as it was read.")


# --- a call's page ----------------------------------------------------------------------------------------------------
def detail_of(call: Call) -> Any:
    """The call with its documents and answers, as the public page shows them."""
    shown: Any = call
    shown.answers = call_page.published_of(call)
    return CallDetailSerializer(shown).data


class CallQuestionsViewSet(viewsets.GenericViewSet[CallEnquiry]):
    """Published answers are open to everybody; asking wants an account."""

    queryset = CallEnquiry.objects.none()
    serializer_class = PublishedAnswerSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]

    def _call(self) -> Call:
        found: Call = get_object_or_404(Call.objects.visible_to(self.request.user), code=self.kwargs["code"])
        return found

    @extend_schema(
        summary="Published answers",
        parameters=[CODE],
        responses=PublishedAnswerSerializer(many=True),
        filters=False,
    )
    def list(self, request: Request, **_names: str) -> Response:
        return Response(PublishedAnswerSerializer(call_page.published_of(self._call()), many=True).data)

    @extend_schema(
        summary="Ask about a call",
        parameters=[CODE],
        request=NewCallQuestionSerializer,
        responses={201: CallQuestionSerializer},
    )
    def create(self, request: Request, **_names: str) -> Response:
        """Asked privately. The same question again, while it is open, is the one that is there."""
        user, call = signed_in(request), self._call()
        require(rules.can_ask(user, call))
        asked = call_questions.ask(call, read(NewCallQuestionSerializer, request)["text"], actor=user, at=server_now())
        return Response(CallQuestionSerializer(asked).data, status=status.HTTP_201_CREATED)


# --- the desk ---------------------------------------------------------------------------------------------------------
@extend_schema_view(
    list=extend_schema(summary="Questions about calls", responses=CallQuestionSerializer(many=True)),
    retrieve=extend_schema(summary="A question about a call", parameters=[PK], responses=CallQuestionSerializer),
)
class DeskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[CallEnquiry]):
    """One's own questions; for staff all of them, with whoever asked."""

    queryset = CallEnquiry.objects.none()
    serializer_class = CallQuestionSerializer
    permission_classes = [IsAuthenticated]
    lookup_field = "id"
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def get_queryset(self) -> Any:
        rows = CallEnquiry.objects.visible_to(signed_in(self.request))
        return rows.select_related("call", "asked_by").order_by("-asked_at", "-pk")

    def get_serializer_class(self) -> Any:
        return DeskQuestionSerializer if rules.is_staff(self.request.user) else CallQuestionSerializer

    def _one(self) -> CallEnquiry:
        found: CallEnquiry = get_object_or_404(self.get_queryset(), pk=self.kwargs["id"])
        require(rules.can_run_calls(self.request.user))
        return found

    def _how(self) -> dict[str, Any]:
        return {"actor": signed_in(self.request), "at": server_now()}

    def _answer(self, changed: CallEnquiry) -> Response:
        return Response(DeskQuestionSerializer(self.get_queryset().get(pk=changed.pk)).data)

    @extend_schema(
        summary="Answer whoever asked", parameters=[PK], request=NewAnswerSerializer, responses=DeskQuestionSerializer
    )
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, **_names: str) -> Response:
        enquiry, sent = self._one(), read(NewAnswerSerializer, request)
        return self._answer(call_questions.answer(enquiry, sent["answer"], version=sent["version"], **self._how()))

    @extend_schema(
        summary="Publish an answer, or change it",
        parameters=[PK],
        request=PublishingSerializer,
        responses=DeskQuestionSerializer,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, **_names: str) -> Response:
        """Refused where the words name whoever asked; where they may, unless `sure`."""
        enquiry = self._one()
        return self._answer(call_questions.publish(enquiry, **read(PublishingSerializer, request), **self._how()))

    @extend_schema(
        summary="Take an answer off the page",
        parameters=[PK],
        request=QuestionVersionSerializer,
        responses=DeskQuestionSerializer,
    )
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, **_names: str) -> Response:
        enquiry, sent = self._one(), read(QuestionVersionSerializer, request)
        return self._answer(call_questions.unpublish(enquiry, version=sent["version"], **self._how()))
