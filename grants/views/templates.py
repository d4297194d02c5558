"""Templates of calls: kept, looked at, renamed, deleted."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import eligibility
from grants.call_forms.basics import TemplateNameForm
from grants.lists.programmes import TEMPLATES
from grants.models import Call, Question
from grants.rules import calls as rules
from grants.services import templates as services
from grants.views.calls import call_for


@login_required
def templates(request: HttpRequest) -> HttpResponse:
    may_run = rules.can_run_calls(signed_in(request)) is None
    return render_list(request, TEMPLATES, "grants/call_templates.html", {"may_run": may_run})


@login_required
@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest, code: str) -> HttpResponse:
    """Keep a call as a template, under a name."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_run_calls(user))
    form = TemplateNameForm(request.POST or None, initial={"name": call.title})
    if form.is_valid():
        try:
            made = services.save_as_template(call, name=form.cleaned_data["name"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The template is there. New calls can begin from it."))
            return redirect("grants:call_template", made.code)
    return render(request, "grants/call_keep.html", {"call": call, "form": form}, status=422 if form.errors else 200)


def _one(user: User, code: str) -> Call:
    rows = Call.objects.visible_to(user).filter(is_template=True).select_related("programme__fund")
    return get_object_or_404(rows, code=code)


@login_required
@require_http_methods(["GET", "POST"])
def template(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = _one(user, code)
    form = TemplateNameForm(request.POST or None, initial={"name": found.title})
    if request.method == "POST":
        require(rules.can_run_calls(user))
        if form.is_valid():
            try:
                services.rename_template(found, name=form.cleaned_data["name"], actor=user, at=server_now())
            except DomainError as error:
                apply_domain_error(form, error)
            else:
                messages.success(request, _("Saved."))
                return redirect("grants:call_template", code)
    context: dict[str, Any] = {
        "call": found,
        "form": form,
        "may_run": rules.can_run_calls(user) is None,
        "conditions": eligibility.rules_in_words(found),
        "made_of": [_form_words(one) for one in found.forms.order_by("kind")],
    }
    return render(request, "grants/call_template.html", context, status=422 if form.errors else 200)


def _form_words(form: Any) -> str:
    n = Question.objects.filter(section__form=form).count()
    words = ngettext("%(kind)s: %(n)d question", "%(kind)s: %(n)d questions", n)
    return words % {"kind": form.get_kind_display(), "n": n}


@login_required
@require_POST
def delete(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = _one(user, code)
    require(rules.can_run_calls(user))
    services.delete_template(found, actor=user, at=server_now())
    messages.success(request, _("The template is deleted."))
    return redirect("grants:call_templates")
