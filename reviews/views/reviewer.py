"""The reviewer's pages: what is left, answering an invitation, reading and scoring, handing in."""

import datetime as dt
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, StaleWrite, require
from core.forms import apply_domain_error
from reviews import reading, rules
from reviews.errors import ReviewIncomplete
from reviews.forms import AcceptForm, ConflictForm, DeclineForm, ReviewForm
from reviews.models import Criterion, Review
from reviews.services import reviewing


def _mine(user: User) -> QuerySet[Review]:
    return Review.objects.visible_to(user).filter(reviewer=user)


def _get(user: User, pk: UUID) -> Review:
    rows = _mine(user).select_related("proposal__call__programme__fund", "proposal__university", "proposal__pi")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What is left, by when, how long it will take; then what is done."""
    user, now = signed_in(request), server_now()
    rows = reading.with_minutes(_mine(user)).select_related("proposal__call").order_by("due_at", "id")
    reviews = list(rows)
    for review in reviews:
        review.minutes = reading.minutes(review.characters)  # type: ignore[attr-defined]  # for the template
        review.late = review.is_late(now)  # type: ignore[attr-defined]
    left = [review for review in reviews if review.status in Review.OUTSTANDING]
    done = [review for review in reviews if review.status in {"submitted", "final"}]
    context = {
        "left": left,
        "done": done,
        "invited": [review for review in left if review.status == Review.Status.INVITED],
        "minutes": sum(getattr(review, "minutes", 0) for review in left),
        "next": left[0] if left else None,
        "late": sum(1 for review in left if review.is_late(now)),
    }
    return render(request, "reviews/dashboard.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One review: the invitation, then the desk with the text at the left and the rubric at the right, then what was said."""
    user = signed_in(request)
    one = _get(user, pk)
    if one.status == Review.Status.INVITED:
        return _invitation(request, one)
    if one.status == Review.Status.DECLINED:
        return render(request, "reviews/declined.html", {"review": one})
    if rules.can_write(user, one) is None:
        return _desk(request, user, one)
    return render(request, "reviews/done.html", {"review": one, **_context(one)})


def _context(one: Review) -> dict[str, Any]:
    criteria = list(Criterion.objects.filter(version=one.rubric_version_id).prefetch_related("points"))
    scores = {score.criterion_id: score for score in one.scores.all()}
    return {
        "reading": reading.for_reviewer(one.proposal),
        "criteria": criteria,
        "scored": [(criterion, scores.get(criterion.pk)) for criterion in criteria],
        "currency": one.proposal.call.programme.fund.currency,
        "steps": one.steps.select_related("actor"),
        "conflict_form": ConflictForm(),
    }


def _invitation(request: HttpRequest, one: Review, **forms: Any) -> HttpResponse:
    context = {
        "review": one,
        "reading": reading.for_reviewer(one.proposal),
        "accept_form": forms.get("accept_form") or AcceptForm(),
        "decline_form": forms.get("decline_form") or DeclineForm(),
        "conflict_form": ConflictForm(),
    }
    return render(request, "reviews/invitation.html", context, status=422 if forms else 200)


def _desk(request: HttpRequest, user: User, one: Review) -> HttpResponse:
    context = _context(one)
    form = ReviewForm(one, context["criteria"], request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = _save(one, form, user)
            except StaleWrite as error:
                context |= {"stale": error.data}
                form = _with_version(one, context["criteria"], request, error.data["version"])
                form.add_error(None, error.message)
                status = 409
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                if "submit" in request.POST:
                    return redirect("reviews:submit", pk=saved.pk)
                messages.success(request, _("Saved."))
                return redirect(saved)
    return render(request, "reviews/desk.html", {"review": one, "form": form, **context}, status=status)


def _with_version(one: Review, criteria: list[Criterion], request: HttpRequest, version: int) -> ReviewForm:
    """What was typed, over the version that is kept now: saving it again is a choice, no accident."""
    data = request.POST.copy()
    data["version"] = str(version)
    form = ReviewForm(one, criteria, data)
    form.is_valid()
    return form


def _save(one: Review, form: ReviewForm, user: User) -> Review:
    return reviewing.save(
        one,
        version=form.cleaned_data["version"],
        scores=form.scores(),
        texts=form.texts(),
        actor=user,
        at=server_now(),
    )


@login_required
@require_POST
def autosave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep what was typed, behind the reviewer's back: answers the state line, or both texts where another device was first."""
    user = signed_in(request)
    one = _get(user, pk)
    require(rules.can_write(user, one))
    criteria = list(Criterion.objects.filter(version=one.rubric_version_id).prefetch_related("points"))
    form = ReviewForm(one, criteria, request.POST)
    context: dict[str, Any] = {"review": one, "form": form}
    if not form.is_valid():
        return render(request, "reviews/_state.html", {**context, "problem": True}, status=422)
    try:
        saved = _save(one, form, user)
    except StaleWrite as error:
        return render(request, "reviews/_state.html", {**context, "stale": error.data}, status=409)
    return render(request, "reviews/_state.html", {"review": saved, "saved_at": dt.datetime.now(dt.UTC)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The last look: what is missing, how the applicant will read it, and handing it in."""
    user = signed_in(request)
    one = _get(user, pk)
    require(rules.can_write(user, one))
    problem = ""
    if request.method == "POST":
        try:
            version = _number(request.POST.get("version", ""))
            reviewing.submit(one, version=version, actor=user, at=server_now())
        except ReviewIncomplete as error:
            problem = error.message
        else:
            messages.success(request, _("Your review is in. Thank you."))
            return redirect("reviews:dashboard")
    context = {"review": one, "missing": reviewing.missing(one), "problem": problem, **_context(one)}
    return render(request, "reviews/submit.html", context, status=422 if problem else 200)


def _number(text: str) -> int:
    """What the page sent along; whatever is no number is a version that never was."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


@login_required
@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    one = _get(user, pk)
    require(rules.can_answer(user, one))
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _invitation(request, one, accept_form=form)
    reviewing.accept(one, certify=form.cleaned_data["certify"], actor=user, at=server_now())
    messages.success(request, _("Thank you for taking this on."))
    return redirect(one)


@login_required
@require_POST
def decline(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    one = _get(user, pk)
    require(rules.can_answer(user, one))
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _invitation(request, one, decline_form=form)
    reviewing.decline(one, reason=form.cleaned_data["reason"], actor=user, at=server_now())
    messages.success(request, _("Your answer is recorded."))
    return redirect("reviews:dashboard")


@login_required
@require_POST
def recuse(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From here the reviewer learns nothing more of this proposal, this page included."""
    user = signed_in(request)
    one = _get(user, pk)
    require(rules.can_recuse(user, one))
    form = ConflictForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what kind of conflict it is."))
        return redirect(one)
    reviewing.recuse(one, kind=form.cleaned_data["kind"], text=form.cleaned_data["text"], actor=user, at=server_now())
    messages.success(request, _("You are recused. The conflict is recorded and the proposal is closed to you."))
    return redirect("reviews:dashboard")
