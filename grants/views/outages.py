"""Times in which this site could not be reached: written down once, every deadline that fell into them moves."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants.call_forms.running import OutageForm
from grants.lists.outages import OUTAGES
from grants.models import Outage
from grants.rules import dates as rules
from grants.services import outages as services
from grants.services.outages import Effect


@login_required
@require_safe
def outages(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    may_record = rules.can_record_outages(user) is None
    return render_list(request, OUTAGES, "grants/outages.html", {"may_record": may_record})


@login_required
@require_safe
def outage(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_see_outages(user))
    found = get_object_or_404(Outage.objects.select_related("recorded_by"), pk=pk)
    changes = found.changes.select_related("stage__call").order_by("stage__call__code", "stage__number")
    return render(request, "grants/outage.html", {"outage": found, "changes": changes})


@login_required
@require_http_methods(["GET", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """The times first; then every deadline with its new instant; then, by its own button, the act."""
    user = signed_in(request)
    require(rules.can_record_outages(user))
    form = OutageForm(request.POST or None, zone=user.zone)
    effect: Effect | None = None
    if form.is_valid():
        try:
            effect = services.effect_of(form.span().checked(server_now()), server_now())
            if request.POST.get("act") == "confirm":
                made = _confirmed(request, form, user)
                messages.success(request, _("Written down. Everybody concerned is told; reminders follow."))
                return redirect("grants:outage", made.pk)
        except DomainError as error:
            apply_domain_error(form, error)
    sees_late = rules.can_see_extra_time(user) is None
    context = {"form": form, "effect": effect, "sees_late": sees_late}
    return render(request, "grants/outage_new.html", context, status=422 if form.errors else 200)


def _confirmed(request: HttpRequest, form: OutageForm, user: User) -> Outage:
    return services.record_outage(
        form.span(),
        reason=form.cleaned_data["reason"],
        shown=request.POST.get("shown", ""),
        actor=user,
        at=server_now(),
    )
