"""The form builder, and the form as applicants will see it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput, require
from grants import building, calling
from grants.models import Call, Question
from grants.rules import calls as rules
from grants.services import forms as form_services
from grants.views.calls import call_for
from grants.views.setup.frame import after, page


def form(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    """Rows are added, moved and removed on the page; nothing is kept before "Save", and nothing typed is lost."""
    version = call.forms.order_by("-number").first()
    saved = form_services.specs_of(version) if version else []
    if request.method != "POST":
        return _builder(request, call, building.from_specs(saved))
    draft = building.from_post(request.POST)
    if act := request.POST.get("act"):
        return _builder(request, call, building.act_on(draft, act), unsaved=True)
    try:
        form_services.set_form(call, building.to_specs(draft), actor=user, at=server_now())
    except InvalidInput as error:
        return _builder(request, call, building.with_error(draft, error), unsaved=True, error=error.message)
    return after(request, call, "form")


def _builder(
    request: HttpRequest, call: Call, draft: building.Draft, *, unsaved: bool = False, error: str = ""
) -> HttpResponse:
    context = {"draft": draft, "kinds": Question.Kind.choices, "unsaved": unsaved, "error": error}
    status = 422 if error else 200
    if request.headers.get("HX-Target") == "builder":
        return render(request, "grants/_builder.html", {"call": call, **context}, status=status)
    return page(request, call, "form", context, status)


@login_required
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The form as an applicant will see it; nothing typed into it is kept."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_run_calls(user) if call.status == Call.Status.DRAFT else None)
    stage = calling.current_stage(call, server_now())
    return render(request, "grants/call_preview.html", calling.facts(call, stage))
