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
from grants.call_forms.basics import BasicsForm, NewCallForm
from grants.models import Call
from grants.rules import calls as rules
from grants.services import calls as services
from grants.views.setup.frame import save_step


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Title, code and programme make a draft; everything else has a beginning that can be changed."""
    user = signed_in(request)
    require(rules.can_run_calls(user))
    sources = Call.objects.visible_to(user).order_by("-created_at")
    form = NewCallForm(request.POST or None, sources=sources, initial={"source": request.GET.get("copy")})
    if form.is_valid():
        try:
            call = _made(form.cleaned_data, user)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The draft is there. Nobody sees it before you publish it."))
            return redirect("grants:call_edit", call.code)
    return render(request, "grants/call_new.html", {"form": form}, status=422 if form.errors else 200)


def _made(given: dict[str, Any], user: User) -> Call:
    how: dict[str, Any] = {"code": given["code"], "title": given["title"], "actor": user, "at": server_now()}
    if given["source"] is not None:
        return services.copy_call(given["source"], **how)
    zone = user.zone
    return services.create_call(programme=given["programme"], zone=zone, contact_email=user.email, **how)


def basics(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    names = [name for name in BasicsForm.base_fields if name != "version"]
    form = BasicsForm(request.POST or None, initial={name: getattr(call, name) for name in [*names, "version"]})
    if call.status != Call.Status.DRAFT:
        form.fields["blinding"].disabled = True

    def save(given: dict[str, Any]) -> None:
        fields = {name: given[name] for name in names}
        services.update_call(call, version=given["version"], fields=fields, actor=user, at=server_now())

    return save_step(request, call, "basics", form, save)
