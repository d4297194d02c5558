"""A new call, and what it is in words."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from grants.call_forms.basics import EARLIER, BasicsForm, NewCallForm
from grants.models import Call
from grants.rules import calls as rules
from grants.services import calls as services
from grants.services import competition, templates
from grants.views.setup.frame import save_step


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Something to begin from, a title, a code and a programme make a draft; all of it can be changed."""
    user = signed_in(request)
    require(rules.can_run_calls(user))
    calls = Call.objects.visible_to(user)
    copied = request.GET.get("copy")
    form = NewCallForm(
        request.POST or None,
        calls=calls.filter(is_template=False).order_by("-created_at"),
        templates=list(calls.filter(is_template=True).order_by("title")),
        initial={"source": EARLIER, "earlier": copied} if copied else _chosen(request),
    )
    if form.is_valid():
        try:
            call = _made(form, user)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The draft is there. Nobody sees it before you publish it."))
            return redirect("grants:call_edit", call.code)
    return render(request, "grants/call_new.html", {"form": form}, status=422 if form.errors else 200)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What a link to this page says to begin from."""
    source = request.GET.get("from")
    return {"source": source} if source else {}


def _made(form: NewCallForm, user: User) -> Call:
    given = form.cleaned_data
    how: dict[str, Any] = {name: given[name] for name in ("code", "title", "programme")}
    how |= {"actor": user, "at": server_now()}
    if (source := form.call()) is not None:
        return services.copy_call(source, **how)
    own: dict[str, Any] = {"zone": user.zone, "contact_email": user.email}
    if given["source"]:
        return templates.call_from_pattern(given["source"], **how, **own)
    return services.create_call(**how, **own)


def basics(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    zone = next((stage.zone for stage in call.stages.all()), user.zone)
    form = BasicsForm(request.POST if request.method == "POST" else None, call=call, zone=zone)

    def save(given: dict[str, Any]) -> None:
        how: dict[str, Any] = {"actor": user, "at": server_now()}
        services.update_call(call, version=given["version"], fields=form.of_call(), **how)
        competition.set_internal_competition(call, given["internal_limit"], given["internal_until"], **how)

    return save_step(request, call, "basics", form, save)
