"""The officer's pages: the board, who reviews a proposal, the ranking, conflicts."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants.models import Call, Proposal
from reviews import conflicts, lists, ranking, rules
from reviews.forms import AssignForm, ConflictForm, ReasonForm, RecommendForm
from reviews.models import CallRubric, Conflict, Criterion, Review, Reviewer
from reviews.services import assignment, recommending, reviewing
from reviews.services import conflicts as conflict_services

MOST_BOXES = 30


@login_required
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """All reviews by state and age, with the figures that an officer acts on."""
    user, now = signed_in(request), server_now()
    require(rules.can_see_board(user))
    seen = Review.objects.visible_to(user)
    figures = seen.aggregate(
        invited=Count("pk", filter=Q(status="invited")),
        writing=Count("pk", filter=Q(status__in=["accepted", "draft", "reopened"])),
        submitted=Count("pk", filter=Q(status__in=["submitted", "final"])),
        late=Count("pk", filter=Q(status__in=Review.OUTSTANDING, due_at__lte=now)),
        declined=Count("pk", filter=Q(status="declined")),
    )
    return render_list(request, lists.BOARD, "reviews/board.html", {"figures": figures, "load": _load_chart(seen)})


def _load_chart(seen: QuerySet[Review]) -> dict[str, Any]:
    """Done and left of each reviewer, heaviest first."""
    rows = (
        seen.order_by()
        .values("reviewer__name")
        .annotate(
            left=Count("pk", filter=Q(status__in=Review.OUTSTANDING)),
            done=Count("pk", filter=Q(status__in=["submitted", "final"])),
        )
        .order_by("-left", "-done", "reviewer__name")[:12]
    )
    people = [row for row in rows if row["left"] or row["done"]][::-1]
    return {
        "kind": "bars",
        "horizontal": True,
        "categories": [row["reviewer__name"] for row in people],
        "rows": [[row["reviewer__name"], row["done"], row["left"]] for row in reversed(people)],
        "series": [
            {"name": str(_("Submitted")), "values": [row["done"] for row in people], "tone": "success"},
            {"name": str(_("Left")), "values": [row["left"] for row in people], "tone": "warning"},
        ],
    }


def _proposal(user: User, number: str) -> Proposal:
    """A proposal whose review the reader may learn of; for everybody else there is none of that number."""
    rows = Proposal.objects.visible_to(user).reviewable_by(user).select_related("call", "stage", "university", "pi")
    return get_object_or_404(rows, number=number)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Who reviews a proposal: the reviews there are, who could be asked, and who can't with the reason."""
    user = signed_in(request)
    require(rules.can_see_board(user))
    proposal = _proposal(user, number)
    form = AssignForm(request.POST or None)
    status = 200
    if request.method == "POST":
        require(rules.can_assign(user, proposal))
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                assignment.assign(proposal, data["reviewer"], due_at=data["due_at"], actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("%(name)s is invited.") % {"name": data["reviewer"]})
                return redirect("reviews:assign", number=number)
    context = {"proposal": proposal, "form": form, **_candidates(user, proposal), **_reviews(user, proposal)}
    return render(request, "reviews/assign.html", context, status=status)


def _reviews(user: User, proposal: Proposal) -> dict[str, Any]:
    reviews = (
        Review.objects.visible_to(user)
        .filter(proposal=proposal)
        .select_related("reviewer")
        .order_by("assigned_at", "pk")
    )
    return {
        "reviews": reviews,
        "may": rules.can_assign(user, proposal) is None,
        "conflicts": Conflict.objects.filter(proposal=proposal).select_related("user", "decided_by").order_by("pk"),
        "rubric": CallRubric.objects.filter(call=proposal.call).select_related("version__rubric").first(),
        "now": server_now(),
        "conflict_form": ConflictForm(),
    }


def _candidates(user: User, proposal: Proposal) -> dict[str, Any]:
    """The pool, those with most words in common first, each with the load that `user` may know of, and why not."""
    taken = set(Review.objects.filter(proposal=proposal).values_list("reviewer", flat=True))
    outstanding = Review.objects.visible_to(user).outstanding()
    pool = list(
        Reviewer.objects.filter(active=True, user__is_active=True)
        .select_related("user")
        .annotate(left=Count("user__reviews", filter=Q(user__reviews__in=outstanding)))
        .order_by("user__name", "pk")
    )
    reasons = conflicts.standing(proposal, User.objects.filter(pk__in=[one.user_id for one in pool]))
    sealed = set(conflicts.conflicted_users(proposal).values_list("pk", flat=True))
    words = {str(word).lower() for word in proposal.keywords}
    rows: list[dict[str, Any]] = []
    for one in pool:
        if one.user_id in taken:
            continue
        shared = sorted(words & set(one.keywords))
        full = one.left >= one.most_reviews
        reason = reasons.get(one.user_id, "")
        found = bool(reason) and one.user_id not in sealed
        rows.append({"reviewer": one, "shared": shared, "full": full, "conflict": reason, "found": found})
    rows.sort(key=lambda row: (bool(row["conflict"]), row["full"], -len(row["shared"]), row["reviewer"].left))
    free = [row for row in rows if not row["conflict"]]
    return {"candidates": free[:MOST_BOXES], "barred": [row for row in rows if row["conflict"]][:MOST_BOXES]}


def _review(user: User, pk: UUID) -> Review:
    rows = Review.objects.visible_to(user).filter(proposal__in=Proposal.objects.reviewable_by(user))
    return get_object_or_404(rows.select_related("proposal", "reviewer"), pk=pk)


@login_required
@require_safe
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One review as staff read it: scores, comments, its life."""
    user = signed_in(request)
    require(rules.can_see_board(user))
    review = _review(user, pk)
    criteria = Criterion.objects.filter(version=review.rubric_version_id).prefetch_related("points")
    scores = {score.criterion_id: score for score in review.scores.all()}
    written = review.status in {"submitted", "final", "reopened"}
    context = {
        "review": review,
        "scored": [(criterion, scores.get(criterion.pk)) for criterion in criteria] if written else [],
        "written": written,
        "steps": review.steps.select_related("actor"),
        "may_reopen": rules.can_reopen(user, review) is None,
        "may_run": rules.can_run_reviews(user) is None and review.reviewer_id != user.pk,
        "reason_form": ReasonForm(),
    }
    return render(request, "reviews/read.html", context)


@login_required
@require_POST
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_run_reviews(user))
    review = _review(user, pk)
    reason = request.POST.get("reason", "")
    assignment.withdraw_review(review, reason=reason, actor=user, at=server_now())
    messages.success(request, _("The assignment is taken back."))
    return redirect("reviews:assign", number=review.proposal.number)


@login_required
@require_POST
def reopen(request: HttpRequest, pk: UUID) -> HttpResponse:
    user, now = signed_in(request), server_now()
    review = _review(user, pk)
    require(rules.can_reopen(user, review))
    reason = request.POST.get("reason", "")
    reviewing.reopen(review, reason=reason, due_at=now + reviewing.TIME_TO_REWRITE, actor=user, at=now)
    messages.success(request, _("The review is open again; its reviewer is told why."))
    return redirect("reviews:read", pk=review.pk)


@login_required
@require_POST
def decide_conflict(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm a found conflict, or set it aside with a reason."""
    user = signed_in(request)
    require(rules.can_run_reviews(user))
    rows = Conflict.objects.filter(proposal__in=Proposal.objects.visible_to(user).reviewable_by(user))
    conflict = get_object_or_404(rows.select_related("proposal", "user"), pk=pk)
    act = conflict_services.confirm if "confirm" in request.POST else conflict_services.set_aside
    act(conflict, reason=request.POST.get("reason", ""), actor=user, at=server_now())
    messages.success(request, _("Your decision is recorded."))
    return redirect("reviews:assign", number=conflict.proposal.number)


@login_required
@require_POST
def decide_found(request: HttpRequest, number: str, user_pk: UUID) -> HttpResponse:
    """What the rules find between a person of the pool and a proposal: it holds, or it is set aside with a reason."""
    user = signed_in(request)
    proposal = _proposal(user, number)
    require(rules.can_assign(user, proposal))
    person = get_object_or_404(User, pk=user_pk, reviewer__isnull=False)
    conflict_services.decide_found(
        proposal,
        person,
        holds="confirm" in request.POST,
        reason=request.POST.get("reason", ""),
        actor=user,
        at=server_now(),
    )
    messages.success(request, _("Your decision is recorded."))
    return redirect("reviews:assign", number=number)


@login_required
@require_POST
def declare(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody of the staff has a conflict: from here the proposal's review is closed to them, for good."""
    user = signed_in(request)
    require(rules.can_declare(user))
    proposal = _proposal(user, number)
    form = ConflictForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what kind of conflict it is."))
        return redirect("reviews:assign", number=number)
    data = form.cleaned_data
    conflict_services.declare(proposal, user, kind=data["kind"], text=data["text"], actor=user, at=server_now())
    messages.success(request, _("The conflict is recorded. A colleague takes this proposal over."))
    return redirect("reviews:board")


@login_required
@require_safe
def conflict_list(request: HttpRequest) -> HttpResponse:
    return render_list(request, lists.CONFLICTS)


def _call(user: User, code: str) -> Call:
    rows = Call.objects.visible_to(user).select_related("programme__fund")
    return get_object_or_404(rows, code=code)


@login_required
@require_safe
def ranking_page(request: HttpRequest, code: str) -> HttpResponse:
    """The ranking of a call with its spread drawn; from here proposals are recommended."""
    user = signed_in(request)
    require(rules.can_see_board(user))
    call = _call(user, code)
    top = list(ranking.by_rank(ranking.judged(user, call))[:20])
    context = {
        "call": call,
        "spread": _spread_chart(top),
        "top": top,
        "may_recommend": rules.can_recommend(user, call) is None
        and Proposal.objects.reviewable_by(user).filter(call=call, status=Proposal.Status.UNDER_REVIEW).exists(),
        "outstanding": Review.objects.visible_to(user).outstanding().filter(proposal__call=call).count(),
    }
    return render_list(request, lists.RANKING, "reviews/ranking.html", context, fixed={"call": call.code})


def _spread_chart(top: list[Proposal]) -> dict[str, Any]:
    """Every score of the best twenty as a box, and the points themselves where they are few."""
    scores: dict[Any, list[float]] = {proposal.pk: [] for proposal in top}
    rows = Review.objects.counting().filter(proposal__in=top).values_list("proposal", "score")
    for pk, score in rows:
        scores[pk].append(float(score or 0))
    boxes = [_box(sorted(scores[proposal.pk])) for proposal in top]
    points = [[i, score] for i, proposal in enumerate(top) for score in scores[proposal.pk]]
    return {"kind": "boxplot", "categories": [proposal.number for proposal in top], "boxes": boxes, "points": points}


def _box(values: list[float]) -> list[float]:
    """Least, lower quarter, middle, upper quarter, most, by linear interpolation."""

    def at(share: float) -> float:
        place = share * (len(values) - 1)
        low = int(place)
        high = min(low + 1, len(values) - 1)
        return round(values[low] + (values[high] - values[low]) * (place - low), 2)

    return [at(share) for share in (0, 0.25, 0.5, 0.75, 1)]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def recommend(request: HttpRequest, code: str) -> HttpResponse:
    """Tick what is recommended, read the sum beside the envelope, confirm: the rest is not recommended."""
    user = signed_in(request)
    call = _call(user, code)
    require(rules.can_recommend(user, call))
    rows = list(ranking.by_rank(ranking.ranked(user, call).filter(status=Proposal.Status.UNDER_REVIEW)))
    form = RecommendForm(user, call, request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                recommending.recommend(call, list(form.cleaned_data["pk"]), actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("The recommendations are recorded."))
                return redirect("reviews:ranking", code=call.code)
    chosen = set(request.POST.getlist("pk"))
    context = {"call": call, "rows": rows, "form": form, "chosen": chosen, "suggested": _suggested(call, rows)}
    return render(request, "reviews/recommend.html", context, status=status)


def _suggested(call: Call, rows: list[Proposal]) -> set[str]:
    """From the best down, as long as the call's envelope lasts."""
    left, chosen = call.envelope, set()
    for proposal in rows:
        if getattr(proposal, "mean", None) is None or proposal.requested > left:
            break
        left -= proposal.requested
        chosen.add(str(proposal.pk))
    return chosen
