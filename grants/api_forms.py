"""The forms of calls for programs: what they ask, version by version, and how one becomes the next. Rules as on the pages."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.http import signed_in
from core.clock import server_now
from core.errors import WrongState, require
from grants import calling
from grants.api_proposals import read
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.asking.versions import changes
from grants.building.effects import effects
from grants.models import Call, FormVersion, Question, Stage
from grants.rules import calls as rules
from grants.services import form_saving, forms

CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="The call's code.")
KIND = OpenApiParameter("kind", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(Stage.Kind.values))
NUMBER = OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH, description="The version's number.")


# --- shapes ---------------------------------------------------------------------------------------------------------
class FormQuestionSerializer(serializers.Serializer[Any]):
    """`key` is stable over versions: answers hang on it. A new question may leave it out. `settings` by kind, and
    conditions (`{"key": …, "op": …, "value": …}` about an earlier question), are described in the guide for programs."""

    key = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)
    label = serializers.CharField(max_length=200)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Question.Kind.choices, default=Question.Kind.LONG)
    help = serializers.CharField(required=False, allow_blank=True, default="")
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]
    words = serializers.IntegerField(required=False, allow_null=True, default=None)
    characters = serializers.IntegerField(required=False, allow_null=True, default=None)
    options = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    settings = serializers.DictField(required=False, default=dict)
    shown_if = serializers.DictField(required=False, allow_null=True, default=None)
    required_if = serializers.DictField(required=False, allow_null=True, default=None)


class FormSectionSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    help = serializers.CharField(required=False, allow_blank=True, default="")
    questions = FormQuestionSerializer(many=True)


class CallFormSerializer(serializers.Serializer[Any]):
    """`base` goes along when the form is written again: another one than was read is refused."""

    kind = serializers.ChoiceField(choices=Stage.Kind.choices, source="version.kind")
    version = serializers.IntegerField(source="version.number")
    in_the_making = serializers.BooleanField()
    published_at = serializers.DateTimeField(source="version.frozen_at", allow_null=True)
    note = serializers.CharField(source="version.note")
    base = serializers.CharField()
    sections = FormSectionSerializer(many=True)


class WrittenFormSerializer(serializers.Serializer[Any]):
    base = serializers.CharField(
        allow_blank=True, max_length=64, help_text="As it was read; empty where there was no form."
    )
    sections = FormSectionSerializer(many=True)


class FormChangeSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    what = serializers.CharField()


class FormVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(source="form.number")
    published_at = serializers.DateTimeField(source="form.frozen_at", allow_null=True)
    note = serializers.CharField(source="form.note")
    changes = FormChangeSerializer(many=True)


class HomelessAnswerSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    drafts = serializers.IntegerField()


class FormEffectsSerializer(serializers.Serializer[Any]):
    changes = FormChangeSerializer(many=True)
    drafts = serializers.IntegerField()
    waiting = serializers.IntegerField()
    homeless = HomelessAnswerSerializer(many=True)


class FormNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


def _specs(sent: list[Mapping[str, Any]]) -> list[SectionSpec]:
    return [
        SectionSpec(one["title"], tuple(QuestionSpec(**question) for question in one["questions"]), one["help"])
        for one in sent
    ]


# --- endpoints ------------------------------------------------------------------------------------------------------
class CallFormViewSet(viewsets.GenericViewSet[FormVersion]):
    """The form in force is public with its call; what is in the making, and earlier versions, are for staff."""

    queryset = FormVersion.objects.none()
    serializer_class = CallFormSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    lookup_field = "kind"
    lookup_value_regex = "[a-z]+"
    pagination_class = None

    def _call(self) -> Call:
        rows = calling.with_stages(Call.objects.visible_to(self.request.user)).select_related("programme__fund")
        found: Call = get_object_or_404(rows, code=self.kwargs["code"])
        if self.kwargs["kind"] not in Stage.Kind.values:
            raise Http404
        return found

    def _mine(self) -> Call:
        call = self._call()
        require(rules.can_run_calls(self.request.user))
        require(rules.can_edit(signed_in(self.request), call))
        return call

    def _making(self, call: Call) -> FormVersion:
        found = form_saving.in_the_making(call, self.kwargs["kind"])
        if found is None:
            raise WrongState(_("There is no version in the making: begin a revision first."))
        return found

    def _answer(self, version: FormVersion | None, code: int = status.HTTP_200_OK) -> Response:
        if version is None:
            raise Http404
        sections = forms.specs_of(version)
        shown = {
            "version": version,
            "in_the_making": version.frozen_at is None,
            "base": form_saving.fingerprint(sections),
            "sections": sections,
        }
        return Response(CallFormSerializer(shown).data, status=code)

    @extend_schema(summary="What a call's form asks", parameters=[CODE, KIND], responses=CallFormSerializer)
    def retrieve(self, request: Request, **_names: str) -> Response:
        """The form in force. Of a draft call, to its staff: the form as it stands."""
        call, kind = self._call(), self.kwargs["kind"]
        version = forms.in_force(call, kind)
        return self._answer(version or forms.newest(call, kind) if rules.is_staff(request.user) else version)

    @extend_schema(
        summary="Write the form",
        parameters=[CODE, KIND],
        request=WrittenFormSerializer,
        responses=CallFormSerializer,
    )
    def update(self, request: Request, **_names: str) -> Response:
        """The form of a draft call, or of a revision, as a whole. Refused where somebody wrote another one since."""
        call, sent = self._mine(), read(WrittenFormSerializer, request)
        how: dict[str, Any] = {"actor": signed_in(request), "at": server_now()}
        specs = _specs(sent["sections"])
        return self._answer(form_saving.save_form(call, specs, kind=self.kwargs["kind"], base=sent["base"], **how))

    @extend_schema(summary="The version in the making", parameters=[CODE, KIND], responses=CallFormSerializer)
    @action(detail=True)
    def making(self, request: Request, **_names: str) -> Response:
        call = self._call()
        if not rules.is_staff(request.user):
            raise Http404
        return self._answer(form_saving.in_the_making(call, self.kwargs["kind"]))

    @extend_schema(
        summary="Versions and what they changed",
        parameters=[CODE, KIND],
        responses=FormVersionSerializer(many=True),
        filters=False,
    )
    @action(detail=True)
    def versions(self, request: Request, **_names: str) -> Response:
        call = self._call()
        if not rules.is_staff(request.user):
            raise Http404
        rows: list[dict[str, Any]] = []
        before: list[SectionSpec] = []
        for form in FormVersion.objects.filter(call=call, kind=self.kwargs["kind"]).order_by("number"):
            specs = forms.specs_of(form)
            rows.append({"form": form, "changes": changes(before, specs) if rows else []})
            before = specs
        return Response(FormVersionSerializer(rows[::-1], many=True).data)

    @extend_schema(summary="One version", parameters=[CODE, KIND, NUMBER], responses=CallFormSerializer)
    @action(detail=True, url_path=r"versions/(?P<number>[0-9]{1,4})")
    def one_version(self, request: Request, number: str, **_names: str) -> Response:
        call = self._call()
        if not rules.is_staff(request.user):
            raise Http404
        rows = FormVersion.objects.filter(call=call, kind=self.kwargs["kind"])
        return self._answer(rows.filter(number=int(number)).first())

    @extend_schema(
        summary="Begin a revision of a published form",
        parameters=[CODE, KIND],
        request=None,
        responses={201: CallFormSerializer},
    )
    @action(detail=True, methods=["post"])
    def revise(self, request: Request, **_names: str) -> Response:
        """Twice is harmless: the one that is in the making is answered."""
        call, kind = self._mine(), self.kwargs["kind"]
        begun = form_saving.in_the_making(call, kind)
        made = begun or forms.revise_form(call, kind, actor=signed_in(request), at=server_now())
        return self._answer(made, status.HTTP_200_OK if begun else status.HTTP_201_CREATED)

    @extend_schema(summary="What publishing it would do", parameters=[CODE, KIND], responses=FormEffectsSerializer)
    @action(detail=True)
    def effects(self, request: Request, **_names: str) -> Response:
        call = self._mine()
        making, frozen = self._making(call), forms.in_force(call, self.kwargs["kind"])
        if frozen is None:
            raise WrongState(_("It is published with its call."))
        what = effects(signed_in(request), frozen, forms.specs_of(frozen), forms.specs_of(making))
        return Response(FormEffectsSerializer(what).data)

    def _act(self, act: Callable[..., Any], **more: Any) -> Response:
        call = self._mine()
        act(self._making(call), **more, actor=signed_in(self.request), at=server_now())
        return self._answer(forms.in_force(call, self.kwargs["kind"]))

    @extend_schema(
        summary="Publish the revision",
        parameters=[CODE, KIND],
        request=FormNoteSerializer,
        responses=CallFormSerializer,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, **_names: str) -> Response:
        """From here it is in force: drafts are carried over, and their writers are told what changed, with the note."""
        return self._act(forms.publish_form, note=read(FormNoteSerializer, request)["note"])

    @extend_schema(summary="Discard the revision", parameters=[CODE, KIND], request=None, responses=CallFormSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, **_names: str) -> Response:
        return self._act(forms.discard_revision)
