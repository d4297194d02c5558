"""Reviewing for programs: the same reads, rules and services as the pages."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, require
from grants.models import Call, Proposal
from reviews import ranking, rules
from reviews.models import Conflict, Review, Reviewer, RubricVersion
from reviews.services import assignment, pool, recommending, reviewing, rubrics
from reviews.services import conflicts as conflict_services
from reviews.services.reviewing import Given
from reviews.services.rubrics import CriterionSpec


class ReviewSerializer(serializers.ModelSerializer[Review]):
    """Scores and texts of others only once they are handed in: a draft is its reviewer's."""

    proposal = serializers.CharField(source="proposal.number", read_only=True)
    written = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = ["id", "proposal", "reviewer", "status", "due_at", "submitted_at", "score", "version", "written"]
        read_only_fields = fields

    def get_written(self, review: Review) -> dict[str, Any]:
        own = review.reviewer_id == self.context["request"].user.pk
        if own or review.status in {"submitted", "final", "reopened"}:
            return reviewing.as_data(review)
        return {}


class AssignSerializer(serializers.Serializer[Any]):
    proposal = serializers.CharField()
    reviewer = serializers.UUIDField()
    due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class GivenSerializer(serializers.Serializer[Any]):
    value = serializers.IntegerField(required=False, allow_null=True, default=None)
    comment = serializers.CharField(required=False, allow_blank=True, allow_null=True, default=None)


class SaveSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    scores = serializers.DictField(child=GivenSerializer(), required=False, default=dict)
    texts = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False, default=dict)
    confidence = serializers.IntegerField(required=False, allow_null=True)


class VersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()


class CertifySerializer(serializers.Serializer[Any]):
    certify = serializers.BooleanField()


class ReviewReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, default="")


class ConflictKindSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Conflict.Kind.choices)
    text = serializers.CharField(required=False, allow_blank=True, default="")


class DeclareSerializer(ConflictKindSerializer):
    proposal = serializers.CharField()


class ReviewViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Review]):
    """Reviews that the caller may learn of."""

    serializer_class = ReviewSerializer
    queryset = Review.objects.none()

    def get_queryset(self) -> QuerySet[Review]:
        if getattr(self, "swagger_fake_view", False):
            return Review.objects.none()
        return (
            Review.objects.visible_to(signed_in(self.request))
            .select_related("proposal")
            .prefetch_related("scores__criterion")
        )

    def _answer(self, review: Review, code: int = status.HTTP_200_OK) -> Response:
        return Response(ReviewSerializer(review, context=self.get_serializer_context()).data, status=code)

    def _read(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        form = serializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        data: dict[str, Any] = form.validated_data
        return data

    @extend_schema(request=AssignSerializer, responses={201: ReviewSerializer})
    def create(self, request: Request) -> Response:
        """Invite a person of the pool to review a proposal."""
        user, data = signed_in(request), self._read(AssignSerializer)
        rows = Proposal.objects.visible_to(user).reviewable_by(user)
        proposal = get_object_or_404(rows, number=data["proposal"])
        require(rules.can_assign(user, proposal))
        reviewer = get_object_or_404(User, pk=data["reviewer"], reviewer__isnull=False)
        review = assignment.assign(proposal, reviewer, due_at=data["due_at"], actor=user, at=server_now())
        return self._answer(review, status.HTTP_201_CREATED)

    @extend_schema(request=CertifySerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **_where: Any) -> Response:
        user, review = signed_in(request), self.get_object()
        require(rules.can_answer(user, review))
        certify = self._read(CertifySerializer)["certify"]
        return self._answer(reviewing.accept(review, certify=certify, actor=user, at=server_now()))

    @extend_schema(request=ReviewReasonSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, **_where: Any) -> Response:
        user, review = signed_in(request), self.get_object()
        require(rules.can_answer(user, review))
        reason = self._read(ReviewReasonSerializer)["reason"]
        return self._answer(reviewing.decline(review, reason=reason, actor=user, at=server_now()))

    @extend_schema(request=SaveSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def save(self, request: Request, **_where: Any) -> Response:
        """Keep scores and texts; a version older than the kept one is refused with both (409)."""
        user, review = signed_in(request), self.get_object()
        require(rules.can_write(user, review))
        data = self._read(SaveSerializer)
        texts = {**data["texts"], **({"confidence": data["confidence"]} if "confidence" in data else {})}
        scores = {key: Given(value=one["value"], comment=one["comment"]) for key, one in data["scores"].items()}
        saved = reviewing.save(review, version=data["version"], scores=scores, texts=texts, actor=user, at=server_now())
        return self._answer(saved)

    @extend_schema(request=VersionSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, **_where: Any) -> Response:
        user, review = signed_in(request), self.get_object()
        require(rules.can_write(user, review))
        version = self._read(VersionSerializer)["version"]
        return self._answer(reviewing.submit(review, version=version, actor=user, at=server_now()))

    @extend_schema(request=ConflictKindSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def recuse(self, request: Request, **_where: Any) -> Response:
        """A conflict: the review ends, and nothing of it is answered any more."""
        user, review = signed_in(request), self.get_object()
        require(rules.can_recuse(user, review))
        data = self._read(ConflictKindSerializer)
        reviewing.recuse(review, kind=data["kind"], text=data["text"], actor=user, at=server_now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReviewReasonSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **_where: Any) -> Response:
        user, review, now = signed_in(request), self.get_object(), server_now()
        require(rules.can_reopen(user, review))
        reason = self._read(ReviewReasonSerializer)["reason"]
        due = now + reviewing.TIME_TO_REWRITE
        return self._answer(reviewing.reopen(review, reason=reason, due_at=due, actor=user, at=now))

    @extend_schema(request=ReviewReasonSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **_where: Any) -> Response:
        user, review = signed_in(request), self.get_object()
        require(rules.can_assign(user, review.proposal))
        reason = self._read(ReviewReasonSerializer)["reason"]
        return self._answer(assignment.withdraw_review(review, reason=reason, actor=user, at=server_now()))


class ReviewerSerializer(serializers.ModelSerializer[Reviewer]):
    name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = Reviewer
        fields = ["id", "user", "name", "keywords", "most_reviews", "active", "joined_at"]
        read_only_fields = ["id", "name", "active", "joined_at"]


class ReviewerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Reviewer]):
    """The pool."""

    serializer_class = ReviewerSerializer
    queryset = Reviewer.objects.none()

    def get_queryset(self) -> QuerySet[Reviewer]:
        if getattr(self, "swagger_fake_view", False):
            return Reviewer.objects.none()
        require(rules.can_see_board(signed_in(self.request)))
        return Reviewer.objects.select_related("user")

    @extend_schema(request=ReviewerSerializer, responses={201: ReviewerSerializer})
    def create(self, request: Request) -> Response:
        user = signed_in(request)
        require(rules.can_run_reviews(user))
        form = ReviewerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        member = pool.add_reviewer(
            data["user"],
            keywords=data.get("keywords", []),
            most_reviews=data.get("most_reviews", 8),
            actor=user,
            at=server_now(),
        )
        return Response(ReviewerSerializer(member).data, status=status.HTTP_201_CREATED)


class ConflictSerializer(serializers.ModelSerializer[Conflict]):
    proposal = serializers.CharField(source="proposal.number", read_only=True)

    class Meta:
        model = Conflict
        fields = ["id", "proposal", "user", "kind", "source", "status", "evidence", "created_at", "reason"]
        read_only_fields = fields


class ConflictViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Conflict]):
    """Conflicts on proposals whose review the caller may learn of."""

    serializer_class = ConflictSerializer
    queryset = Conflict.objects.none()

    def get_queryset(self) -> QuerySet[Conflict]:
        if getattr(self, "swagger_fake_view", False):
            return Conflict.objects.none()
        user = signed_in(self.request)
        require(rules.can_see_board(user))
        rows = Conflict.objects.filter(proposal__in=Proposal.objects.visible_to(user).reviewable_by(user))
        return rows.select_related("proposal")

    @extend_schema(request=DeclareSerializer, responses={204: None})
    def create(self, request: Request) -> Response:
        """Declare a conflict of one's own: from here nothing of that proposal's review is answered."""
        user = signed_in(request)
        require(rules.can_declare(user))
        form = DeclareSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        rows = Proposal.objects.visible_to(user).reviewable_by(user)
        proposal = get_object_or_404(rows, number=data["proposal"])
        conflict_services.declare(proposal, user, kind=data["kind"], text=data["text"], actor=user, at=server_now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ReviewReasonSerializer, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **_where: Any) -> Response:
        return self._decide(request, conflict_services.confirm)

    @extend_schema(request=ReviewReasonSerializer, responses=ConflictSerializer)
    @action(detail=True, methods=["post"])
    def set_aside(self, request: Request, **_where: Any) -> Response:
        return self._decide(request, conflict_services.set_aside)

    def _decide(self, request: Request, act: Any) -> Response:
        user, conflict = signed_in(request), self.get_object()
        require(rules.can_run_reviews(user))
        form = ReviewReasonSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        decided = act(conflict, reason=form.validated_data["reason"], actor=user, at=server_now())
        return Response(ConflictSerializer(decided).data)


class CriterionSerializer(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=40)
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]  # a field of that name, not the base's
    weight = serializers.DecimalField(max_digits=6, decimal_places=3)
    help = serializers.CharField(required=False, allow_blank=True, default="")
    lowest = serializers.IntegerField(default=1)
    highest = serializers.IntegerField(default=5)
    higher_is_better = serializers.BooleanField(default=True)
    comment_required = serializers.BooleanField(default=False)


class CallRubricSerializer(serializers.Serializer[Any]):
    """Either `version`, the id of a published one, or `name` and `criteria` of a new one."""

    version = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=120, required=False)
    criteria = CriterionSerializer(many=True, required=False)
    reviews_due_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class CallRubricView(APIView):
    """The rubric of a call."""

    @extend_schema(request=CallRubricSerializer, responses=CallRubricSerializer)
    def put(self, request: Request, code: str) -> Response:
        user, now = signed_in(request), server_now()
        require(rules.can_run_reviews(user))
        call = get_object_or_404(Call.objects.visible_to(user), code=code)
        require(rules.can_set_rubric(user, call))
        form = CallRubricSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        if "version" in data:
            version = get_object_or_404(RubricVersion, pk=data["version"])
        else:
            specs = [CriterionSpec(**row) for row in data.get("criteria", [])]
            name = data.get("name") or call.code
            version = rubrics.create_rubric(name=name, call=call, criteria=specs, actor=user, at=now)
        chosen = rubrics.set_call_rubric(call, version, reviews_due_at=data["reviews_due_at"], actor=user, at=now)
        return Response({"version": str(chosen.version_id), "reviews_due_at": chosen.reviews_due_at})


class RankRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField(allow_null=True)
    number = serializers.CharField()
    title = serializers.CharField()
    mean = serializers.DecimalField(max_digits=9, decimal_places=4, allow_null=True)
    spread = serializers.FloatField(allow_null=True)
    counted = serializers.IntegerField()
    asked = serializers.IntegerField()
    status = serializers.CharField()


class RankingView(APIView):
    """The ranking of a call, of what the caller may learn of; PUT records what is recommended (by number)."""

    @extend_schema(responses=RankRowSerializer(many=True))
    def get(self, request: Request, code: str) -> Response:
        user = signed_in(request)
        require(rules.can_see_board(user))
        call = get_object_or_404(Call.objects.visible_to(user), code=code)
        rows = ranking.by_rank(ranking.ranked(user, call))[:2000]
        return Response(RankRowSerializer(rows, many=True).data)

    class RecommendedSerializer(serializers.Serializer[Any]):
        recommended = serializers.ListField(child=serializers.CharField())

    @extend_schema(request=RecommendedSerializer, responses=RankRowSerializer(many=True))
    def put(self, request: Request, code: str) -> Response:
        user = signed_in(request)
        call = get_object_or_404(Call.objects.visible_to(user), code=code)
        require(rules.can_recommend(user, call))
        form = self.RecommendedSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        numbers = set(form.validated_data["recommended"])
        rows = Proposal.objects.visible_to(user).reviewable_by(user).filter(call=call, number__in=numbers)
        chosen = list(rows)
        if len(chosen) != len(numbers):
            raise InvalidInput("One of these proposals is not there.", field="recommended")
        recommending.recommend(call, chosen, actor=user, at=server_now())
        return self.get(request, code)
