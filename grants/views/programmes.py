"""Programmes, each with its fund and its calls."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from core.clock import server_now
from core.errors import DomainError, NotAllowed, require
from core.forms import apply_domain_error
from funds.models import Fund
from grants.call_forms.basics import ProgrammeForm
from grants.models import Call, Programme
from grants.rules import calls as rules
from grants.services import programmes as services

RUNNING = [Call.Status.PUBLISHED, Call.Status.OPEN, Call.Status.CLOSED, Call.Status.IN_REVIEW]


@login_required
@require_http_methods(["GET", "POST"])
def programmes(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if not rules.is_staff(user):
        raise NotAllowed(_("Programmes are set up by staff of the fund."))
    form = ProgrammeForm(request.POST or None, funds=Fund.objects.order_by("name"))
    if request.method == "POST":
        require(rules.can_run_calls(user))
        if form.is_valid():
            try:
                made = services.create_programme(**form.cleaned_data, actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("The programme %(name)s is there.") % {"name": made.name})
                return redirect("grants:programmes")
    rows = Programme.objects.select_related("fund").annotate(
        all_calls=Count("calls"), running=Count("calls", filter=Q(calls__status__in=RUNNING))
    )
    context = {"programmes": rows, "form": form, "may_create": rules.can_run_calls(user) is None}
    return render(request, "grants/programmes.html", context, status=422 if form.errors else 200)
