"""What proposals look like to programs, and what programs send. No rule is here: services refuse."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from grants.models import Answer, Attachment, BudgetLine, Proposal, Submission, TeamMember


class CostField(serializers.DecimalField):
    def __init__(self, **more: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **more)


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    """`status` is the state that the caller may know of."""

    call = serializers.CharField(source="call.code")
    kind = serializers.CharField(source="stage.kind", help_text="full, or eoi: an expression of interest.")
    follows = serializers.CharField(
        source="follows.number", default=None, allow_null=True, help_text="The expression of interest before it."
    )
    status = serializers.ChoiceField(source="shown_status", choices=Proposal.Status.choices)
    lead = serializers.CharField(source="lead_name")
    university = serializers.UUIDField(source="university_id", allow_null=True)
    university_name = serializers.CharField(source="university.name", allow_null=True, default=None)
    currency = serializers.CharField()
    keywords = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Proposal
        fields = [
            *(
                "id",
                "number",
                "call",
                "kind",
                "follows",
                "title",
                "abstract",
                "keywords",
                "status",
                "lead",
                "university",
            ),
            *("university_name", "requested", "currency", "starts_on", "months", "created_at", "handed_in_at"),
            *("submitted_at", "version"),
        ]


class NewProposalSerializer(serializers.Serializer[Any]):
    """The full proposal of a two-stage call `follows` an expression of interest that was invited, and takes its title."""

    call = serializers.SlugField(help_text="The call's code.")
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    university = serializers.UUIDField(required=False, allow_null=True)
    follows = serializers.SlugField(required=False, help_text="Number of the invited expression of interest.")


class WrittenDetailsSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The proposal's, as it was read.")
    title = serializers.CharField(required=False, max_length=300)
    abstract = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    keywords = serializers.ListField(child=serializers.CharField(), required=False)
    starts_on = serializers.DateField(required=False, allow_null=True)
    months = serializers.IntegerField(required=False, allow_null=True)
    requested = CostField(required=False, help_text="Of an expression of interest only: about how much.")
    university = serializers.UUIDField(required=False, allow_null=True)


class AnswerSerializer(serializers.ModelSerializer[Answer]):
    value = serializers.JSONField(allow_null=True)

    class Meta:
        model = Answer
        fields = ["key", "value", "version", "updated_at"]


class WrittenAnswerSerializer(serializers.Serializer[Any]):
    value = serializers.JSONField(allow_null=True)
    version = serializers.IntegerField(min_value=0)


class LineSpecSerializer(serializers.ModelSerializer[BudgetLine]):
    class Meta:
        model = BudgetLine
        fields = ["period", "category", "description", "quantity", "unit_cost", "amount"]
        read_only_fields = ["amount"]


class PeriodWorkingSerializer(serializers.Serializer[Any]):
    period = serializers.IntegerField()
    direct = CostField()
    excluded = CostField()
    base = CostField()
    indirect = CostField()
    total = CostField()


class BudgetSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    currency = serializers.CharField()
    lines = LineSpecSerializer(many=True)
    rate = serializers.DecimalField(max_digits=6, decimal_places=5)
    periods = PeriodWorkingSerializer(many=True)
    total = CostField()
    cost_share = CostField(help_text="What the university bears itself.")


class NewLineSerializer(serializers.Serializer[Any]):
    period = serializers.IntegerField(min_value=1, max_value=10)
    category = serializers.CharField(max_length=12)
    description = serializers.CharField(max_length=200)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=2, default=Decimal(1))
    unit_cost = CostField()


class NewBudgetSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The proposal's, as it was read.")
    lines = NewLineSerializer(many=True)
    cost_share = CostField(required=False, help_text="What the university bears itself; left out: as it is.")


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    part = serializers.CharField()
    anchor = serializers.CharField()


class TeamMemberSerializer(serializers.ModelSerializer[TeamMember]):
    accepted = serializers.DateTimeField(source="accepted_at", allow_null=True)

    class Meta:
        model = TeamMember
        fields = ["id", "name", "email", "part", "may_edit", "accepted"]


class NewTeamMemberSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=150)
    email = serializers.EmailField()
    part = serializers.CharField(max_length=16, default="co_investigator")
    may_edit = serializers.BooleanField(default=True)


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    class Meta:
        model = Attachment
        fields = ["id", "key", "name", "title", "size", "pages", "sha256", "uploaded_at"]


class NewFileSerializer(serializers.Serializer[Any]):
    """With the `key` of a question that is answered with files, what that question takes; else a PDF."""

    file = serializers.FileField()
    title = serializers.CharField(max_length=120, default="", allow_blank=True)
    key = serializers.CharField(max_length=40, default="", allow_blank=True)


class ProposalVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, help_text="The proposal's, as it was read.")


class ProposalReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=4000)


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    content = serializers.JSONField()

    class Meta:
        model = Submission
        fields = ["receipt", "at", "sha256", "content"]
