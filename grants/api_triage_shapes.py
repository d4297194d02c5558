"""What triage looks like to programs, and what programs send. No rule is here: services refuse."""

from typing import Any

from rest_framework import serializers

from grants.api_shapes import ProposalSerializer
from grants.models import LetterTemplate, Note, ProposalEnquiry
from grants.services.triage_many import ACTS, MOST


class TriageSerializer(ProposalSerializer):
    """A proposal as the board has it: who works on it, and what stands against it."""

    stage = serializers.CharField(source="stage.kind")
    handler = serializers.UUIDField(source="handler_id", allow_null=True)
    checklist_todo = serializers.BooleanField(source="todo", help_text="A required item was not looked at.")
    question_open = serializers.BooleanField(source="asked")
    question_overdue = serializers.BooleanField(source="late")
    nearly_the_same = serializers.BooleanField(source="alike", help_text="As another one, and nobody has set it aside.")

    class Meta(ProposalSerializer.Meta):
        fields = [
            *ProposalSerializer.Meta.fields,
            *("stage", "handler", "checklist_todo", "question_open", "question_overdue", "nearly_the_same"),
        ]


class LetterSerializer(serializers.Serializer[Any]):
    """Plain text, ready to go: nothing in it is filled in any more."""

    subject = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=20_000)


class VerdictSerializer(serializers.Serializer[Any]):
    """`reason` is what applicants read after a no, and a note for colleagues after a yes. `letter`: other words than the
    template's."""

    verdict = serializers.ChoiceField(choices=["eligible", "ineligible", "invited", "not_invited", "readmit"])
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    letter = LetterSerializer(required=False, allow_null=True, default=None)


class LetterAskedSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=["eligible", "ineligible", "invited", "not_invited"])
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class ChecklistLineSerializer(serializers.Serializer[Any]):
    """`finding`: "yes", "no", "na" (does not apply), or "" while nobody has looked."""

    id = serializers.UUIDField(source="item.pk")
    text = serializers.CharField(source="item.text")
    required = serializers.BooleanField(source="item.required")  # type: ignore[assignment]
    retired = serializers.BooleanField()
    finding = serializers.CharField()


class TickedSerializer(serializers.Serializer[Any]):
    """`was`: the finding that the caller had read; another one since is a 409."""

    item = serializers.UUIDField()
    finding = serializers.CharField(
        allow_blank=True, max_length=4, help_text='"yes", "no", "na", or "" to take it back.'
    )
    was = serializers.CharField(allow_blank=True, max_length=4, required=False, allow_null=True, default=None)


class ItemSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(required=False, allow_null=True, default=None, source="pk")
    text = serializers.CharField(max_length=200)
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]


class ChecklistSerializer(serializers.Serializer[Any]):
    """In order. An item that is left out is retired; what was ticked of it stays."""

    items = ItemSerializer(many=True)


class NoteSerializer(serializers.ModelSerializer[Note]):
    author = serializers.CharField(allow_null=True)

    class Meta:
        model = Note
        fields = ["id", "author", "at", "text"]


class NewNoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=8000)


class HandlerSerializer(serializers.Serializer[Any]):
    """A programme officer's key, or null for nobody."""

    handler = serializers.UUIDField(allow_null=True)


class EnquirySerializer(serializers.ModelSerializer[ProposalEnquiry]):
    """A question of the fund. Nothing says which officer asked."""

    proposal = serializers.CharField(source="proposal.number")
    answered_by = serializers.CharField(allow_null=True)

    class Meta:
        model = ProposalEnquiry
        fields = [
            *("id", "proposal", "text", "asked_at", "due_at", "answer", "answered_by", "answered_at", "withdrawn_at"),
        ]


class NewEnquirySerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=8000)
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Left out: in a week.")


class AnsweredSerializer(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=8000)


class LikenessSerializer(serializers.Serializer[Any]):
    """`other` is the number of the proposal that it is like; `same_lead`: one person leads both."""

    id = serializers.UUIDField()
    other = serializers.CharField(source="twin.number")
    parts = serializers.ListField(child=serializers.CharField())
    similarity = serializers.FloatField()
    same_lead = serializers.BooleanField()
    set_aside_at = serializers.DateTimeField(allow_null=True)


class LikenessActSerializer(serializers.Serializer[Any]):
    set_aside = serializers.BooleanField()


class ManySerializer(serializers.Serializer[Any]):
    """One act on many. Without `confirm` nothing happens: the answer says what would. `anyway`: those to take along
    although a rule speaks against them."""

    act = serializers.ChoiceField(choices=list(ACTS))
    proposals = serializers.ListField(child=serializers.UUIDField(), max_length=MOST, min_length=1)
    anyway = serializers.ListField(child=serializers.UUIDField(), max_length=MOST, required=False, default=list)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    handler = serializers.UUIDField(required=False, allow_null=True, default=None)
    question = serializers.CharField(required=False, allow_blank=True, default="", max_length=8000)
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    confirm = serializers.BooleanField(required=False, default=False)


class PlannedSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(source="proposal.number")
    ready = serializers.BooleanField()
    done = serializers.BooleanField(help_text="It is so already.")
    why_not = serializers.CharField()
    against = serializers.SerializerMethodField(help_text="Rules that do not hold.")

    def get_against(self, planned: Any) -> list[str]:
        return [one.rule for one in planned.against]


class TemplateSerializer(serializers.ModelSerializer[LetterTemplate]):
    """`version` 0: the words of the house, or of the system. `places`: what is filled in."""

    version = serializers.IntegerField()
    places = serializers.SerializerMethodField()

    class Meta:
        model = LetterTemplate
        fields = ["kind", "subject", "body", "version", "places"]

    def get_places(self, template: LetterTemplate) -> list[str]:
        return list(self.context["places"][template.kind])


class WrittenTemplateSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(max_length=200)
    body = serializers.CharField(max_length=20_000)
    version = serializers.IntegerField(min_value=0, help_text="The one that was read; 0: there was none of its own.")
