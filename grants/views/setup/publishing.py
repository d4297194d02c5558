"""Publishing: what is still missing, what will happen, and the button."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from core.clock import server_now
from core.errors import require
from grants import calling, checks
from grants.models import Call
from grants.rules import calls as rules
from grants.services import calls as services
from grants.views.calls import call_for


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Everything that is still missing, each with its place; or what will happen, and the button."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_run_calls(user))
    at = server_now()
    if request.method == "POST":
        try:
            services.publish_call(call, actor=user, at=at)
        except services.NotReady:
            return _publish_page(request, call, 422)
        messages.success(request, _("The call is published."))
        return redirect(call)
    if call.status != Call.Status.DRAFT:
        return redirect(call)
    return _publish_page(request, call)


def _publish_page(request: HttpRequest, call: Call, status: int = 200) -> HttpResponse:
    at = server_now()
    stage = calling.current_stage(call, at)
    context = {
        **calling.facts(call, stage),
        "problems": checks.call_problems(call, at),
        "money": checks.money_of(call, at),
        "at_once": stage.opens_at <= at,
        "stages": list(call.stages.all()),
    }
    return render(request, "grants/call_publish.html", context, status=status)
