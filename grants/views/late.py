"""Extra time for one person or one university: found by name, given with a reason, ended."""

import re
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import signed_in
from accounts.models import RoleGrant, User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import calling
from grants.call_forms.running import ExtraTimeForm
from grants.lists.late import LATE
from grants.models import Call, LateAccess
from grants.rules import calls as call_rules
from grants.rules import dates as rules
from grants.services import late as services
from grants.views.calls import call_for
from universities.models import University

FOUND = 8  # so many of each kind are offered; more words find fewer
_WHOM = re.compile(r"(person|university):([0-9a-f-]{36})")


@login_required
@require_safe
def late(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_see_extra_time(user))
    may_change = rules.can_change_dates(user, call) is None
    context = {"call": call, "may_change": may_change}
    return render_list(request, LATE, "grants/late.html", context, fixed={"call": call.code})


@login_required
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, code: str) -> HttpResponse:
    """First whom it is for (`q` finds, `whom` is chosen), then until when and why."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_change_dates(user, call))
    whom = _chosen(request.POST.get("whom", "") or request.GET.get("whom", ""))
    if whom is None:
        return _search(request, call)
    stage = calling.current_stage(call, server_now())
    form = ExtraTimeForm(request.POST or None, call=call, stage=stage)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.give_extra_time(
                given["stage"], until=given["until"], reason=given["reason"], **whom, actor=user, at=server_now()
            )
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Given. They are told, and only they are shown it."))
            return redirect("grants:late", call.code)
    who = whom.get("person") or whom.get("university")
    context = {"call": call, "stage": stage, "form": form, "who": who, "whom": _key(who)}
    return render(request, "grants/late_give.html", context, status=422 if form.errors else 200)


def _search(request: HttpRequest, call: Call) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    context: dict[str, Any] = {"call": call, "words": text, "people": [], "universities": []}
    if text:
        context["people"] = [(one, _key(one)) for one in _people(call, text)]
        found = University.objects.active().search(text).best_first(text)[:FOUND]
        context["universities"] = [(one, _key(one)) for one in found]
    template = "grants/_late_found.html" if request.headers.get("HX-Target") == "found" else "grants/late_give.html"
    return render(request, template, context)


def _people(call: Call, text: str) -> list[User]:
    """Who writes under this call first. Staff of the fund don't apply."""
    staff = RoleGrant.objects.in_force(server_now()).values("user")
    rows = User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text), is_active=True)
    rows = rows.exclude(pk__in=staff).annotate(writes=Count("led_proposals", filter=Q(led_proposals__call=call)))
    return list(rows.order_by("-writes", "name", "pk")[:FOUND])


def _key(who: Any) -> str:
    return f"{'person' if isinstance(who, User) else 'university'}:{who.pk}"


def _chosen(whom: str) -> dict[str, Any] | None:
    """The person or university that an address or a form names; nothing is named: None."""
    if not whom:
        return None
    parts = _WHOM.fullmatch(whom)
    try:
        key = uuid.UUID(parts[2]) if parts else None
    except ValueError:
        key = None
    if parts is None or key is None:
        raise Http404
    if parts[1] == "person":
        return {"person": get_object_or_404(User, pk=key, is_active=True)}
    return {"university": get_object_or_404(University.objects.active(), pk=key)}


@login_required
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    row = get_object_or_404(LateAccess.objects.visible_to(user).select_related("stage__call"), pk=pk)
    require(call_rules.can_run_calls(user))
    services.end_extra_time(row, actor=user, at=server_now())
    messages.success(request, _("It has ended. What was received before stays in."))
    return redirect("grants:late", row.stage.call.code)
