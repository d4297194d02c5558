"""A form as an applicant will see it, before or after it is published."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.http import signed_in
from core.clock import server_now
from core.errors import require
from grants import calling
from grants.models import Call
from grants.rules import calls as rules
from grants.views.calls import call_for


@login_required
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The form as an applicant will see it; nothing typed into it is kept."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_run_calls(user) if call.status == Call.Status.DRAFT else None)
    stage = calling.current_stage(call, server_now())
    return render(request, "grants/call_preview.html", calling.facts(call, stage))
