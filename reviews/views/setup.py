"""Setting up: a call's rubric, and the pool of reviewers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants.models import Call
from reviews import lists, rules
from reviews.forms import CallRubricForm, PoolForm, RubricRows
from reviews.models import CallRubric, Criterion, Review, Reviewer
from reviews.services import pool, rubrics


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rubric(request: HttpRequest, code: str) -> HttpResponse:
    """The yardstick of a call: choose a published one, with the time by which reviews are due."""
    user = signed_in(request)
    require(rules.can_see_board(user))
    call = get_object_or_404(Call.objects.visible_to(user), code=code)
    current = CallRubric.objects.filter(call=call).select_related("version__rubric").first()
    initial = {"version": current.version_id, "reviews_due_at": current.reviews_due_at} if current else None
    form = CallRubricForm(call, request.POST or None, initial)
    status = 200
    if request.method == "POST":
        require(rules.can_set_rubric(user, call))
        status = 422
        if form.is_valid():
            try:
                rubrics.set_call_rubric(call, **form.cleaned_data, actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("The rubric of this call is set."))
                return redirect("reviews:rubric", code=code)
    criteria = Criterion.objects.none()
    if current:
        criteria = Criterion.objects.filter(version=current.version).prefetch_related("points")
    may = rules.can_set_rubric(user, call) is None
    context = {"call": call, "current": current, "criteria": criteria, "form": form, "may": may}
    return render(request, "reviews/rubric.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rubric_new(request: HttpRequest, code: str) -> HttpResponse:
    """Build a rubric for a call, row by row; it is published and chosen at once."""
    user = signed_in(request)
    require(rules.can_run_reviews(user))
    call = get_object_or_404(Call.objects.visible_to(user), code=code)
    require(rules.can_set_rubric(user, call))
    more = "one_more" in request.POST
    rows = RubricRows(_one_more(request.POST) if more else request.POST or None, prefix="c")
    name = request.POST.get("name", _("Rubric of %(call)s") % {"call": call.code})
    problem, status = "", 200
    if request.method == "POST" and not more:
        status = 422
        if rows.is_valid():
            specs = [spec for spec in (row.spec() for row in rows) if spec is not None]
            try:
                version = rubrics.create_rubric(name=name, call=call, criteria=specs, actor=user, at=server_now())
                rubrics.set_call_rubric(call, version, reviews_due_at=None, actor=user, at=server_now())
            except DomainError as error:
                problem = error.message
            else:
                messages.success(request, _("The rubric is published. Say now when reviews are due."))
                return redirect("reviews:rubric", code=code)
        else:
            problem = _("Some rows need attention.")
    context = {"call": call, "rows": rows, "name": name, "problem": problem}
    return render(request, "reviews/rubric_new.html", context, status=status)


def _one_more(given: QueryDict) -> QueryDict:
    """What was typed, with room for one criterion more."""
    data, count = given.copy(), given.get("c-TOTAL_FORMS", "")
    if count.isdecimal() and len(count) < 4 and int(count) < RubricRows.max_num:
        data["c-TOTAL_FORMS"] = str(int(count) + 1)
        for name, field in RubricRows.form.base_fields.items():
            data[f"c-{count}-{name}"] = "" if field.initial is None else str(field.initial)
        data.pop(f"c-{count}-comment_required")
    return data


@login_required
@require_safe
def pool_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    may = rules.can_run_reviews(user) is None
    context: dict[str, Any] = {"actions_template": "reviews/_pool_actions.html"} if may else {}
    return render_list(request, lists.POOL, extra=context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pool_new(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_run_reviews(user))
    form = PoolForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                pool.add_reviewer(
                    data["email"],
                    keywords=data["keywords"],
                    most_reviews=data["most_reviews"],
                    actor=user,
                    at=server_now(),
                )
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("%(name)s is in the pool.") % {"name": data["email"]})
                return redirect("reviews:pool")
    return render(request, "reviews/pool_new.html", {"form": form}, status=status)


@login_required
@require_safe
def pool_member(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One reviewer: what they know, and the reviews of theirs that the reader may learn of."""
    user = signed_in(request)
    require(rules.can_see_board(user))
    member = get_object_or_404(Reviewer.objects.select_related("user"), pk=pk)
    reviews = Review.objects.visible_to(user).filter(reviewer=member.user).select_related("proposal")
    may = rules.can_run_reviews(user) is None
    context = {"member": member, "reviews": reviews.order_by("-assigned_at", "-pk")[:100], "may": may}
    return render(request, "reviews/pool_member.html", context)


@login_required
@require_POST
def pool_rest(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_run_reviews(user))
    member = get_object_or_404(Reviewer.objects.select_related("user"), pk=pk)
    pool.rest_reviewer(member, actor=user, at=server_now())
    messages.success(request, _("%(name)s is not asked any more.") % {"name": member.user})
    return redirect("reviews:pool_member", pk=pk)
