"""Setting a call up without code: its steps, the form builder, the preview, and publishing."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from grants import building, calling, checks
from grants.call_forms import BasicsForm, DatesForm, EligibilityForm, MoneyForm, NewCallForm
from grants.costing import rules_of
from grants.models import Call, Question
from grants.rules import calls as rules
from grants.services import calls as services
from grants.services import forms as form_services
from grants.views.calls import call_for

STEPS = (
    ("basics", gettext_lazy("What it is"), "writing"),
    ("dates", gettext_lazy("Dates"), "calendar"),
    ("money", gettext_lazy("Money"), "coins"),
    ("eligibility", gettext_lazy("Who may apply"), "user-check"),
    ("form", gettext_lazy("The form"), "forms"),
)
KEYS = [key for key, _label, _icon in STEPS]


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


# --- the steps --------------------------------------------------------------------------------------------------------
@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_edit(user, call))
    step = request.GET.get("step", KEYS[0])
    if step not in KEYS:
        raise Http404
    return _VIEWS[step](request, user, call)


def _page(request: HttpRequest, call: Call, step: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    at = server_now()
    problems = checks.call_problems(call, at)
    marks = {key: [one for one in problems if f"step={key}" in one.path] for key in KEYS}
    steps = [(key, label, icon, len(marks[key])) for key, label, icon in STEPS]
    place = KEYS.index(step)
    more = {
        "call": call,
        "stage": calling.current_stage(call, at),
        "step": step,
        "steps": steps,
        "here": marks[step] if call.status == Call.Status.DRAFT else [],
        "left": len(problems),
        "next_step": KEYS[place + 1] if place + 1 < len(KEYS) else "",
        "fixed": call.status != Call.Status.DRAFT,
    }
    return render(request, f"grants/call_edit_{step}.html", {**more, **context}, status=status)


def _after(request: HttpRequest, call: Call, step: str) -> HttpResponse:
    """Saved: on to the next step, or stay, as the button said."""
    messages.success(request, _("Saved."))
    place = KEYS.index(step)
    if "on" not in request.POST:
        return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step={step}")
    if place + 1 == len(KEYS):
        return redirect("grants:call_publish", call.code)
    return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step={KEYS[place + 1]}")


def _save(
    request: HttpRequest, call: Call, step: str, form: forms.Form, act: Callable[[dict[str, Any]], Any], **context: Any
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                act(form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return _after(request, call, step)
    status = 422 if form.errors else 200
    return _page(request, call, step, {"form": form, **context}, status)


def _basics(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    names = [name for name in BasicsForm.base_fields if name != "version"]
    form = BasicsForm(request.POST or None, initial={name: getattr(call, name) for name in [*names, "version"]})
    if call.status != Call.Status.DRAFT:
        form.fields["blinding"].disabled = True

    def save(given: dict[str, Any]) -> None:
        fields = {name: given[name] for name in names}
        services.update_call(call, version=given["version"], fields=fields, actor=user, at=server_now())

    return _save(request, call, "basics", form, save)


def _dates(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    stage = calling.current_stage(call, server_now())
    form = DatesForm(request.POST or None, stage=stage)

    def save(given: dict[str, Any]) -> None:
        services.set_stage(call, **given, number=stage.number, actor=user, at=server_now())

    return _save(request, call, "dates", form, save)


def _money(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = MoneyForm(request.POST or None, call=call, rules=rules_of(call))

    def save(given: dict[str, Any]) -> None:
        at = server_now()
        amounts = ("envelope", "award_floor", "award_ceiling", "longest_months")
        fields = {name: given[name] for name in amounts}
        services.update_call(call, version=given["version"], fields=fields, actor=user, at=at)
        services.set_budget_rules(
            call,
            categories=given["categories"],
            base=given["base"],
            excluded=given["excluded"],
            subaward_threshold=given["subaward_threshold"],
            rate_cap=given["rate_cap"] / 100,
            caps=form.caps(),
            actor=user,
            at=at,
        )

    return _save(request, call, "money", form, save, money=checks.money_of(call, server_now()))


def _eligibility(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = EligibilityForm(request.POST or None, call=call)

    def save(_given: dict[str, Any]) -> None:
        for kind, params in form.rules().items():
            services.set_eligibility(call, kind, params, actor=user, at=server_now())

    return _save(request, call, "eligibility", form, save)


# --- the form builder ---------------------------------------------------------------------------------------------------
def _form(request: HttpRequest, user: User, call: Call) -> HttpResponse:
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
    return _after(request, call, "form")


def _builder(
    request: HttpRequest, call: Call, draft: building.Draft, *, unsaved: bool = False, error: str = ""
) -> HttpResponse:
    context = {"draft": draft, "kinds": Question.Kind.choices, "unsaved": unsaved, "error": error}
    status = 422 if error else 200
    if request.headers.get("HX-Target") == "builder":
        return render(request, "grants/_builder.html", {"call": call, **context}, status=status)
    return _page(request, call, "form", context, status)


_VIEWS: dict[str, Callable[[HttpRequest, User, Call], HttpResponse]] = {
    "basics": _basics,
    "dates": _dates,
    "money": _money,
    "eligibility": _eligibility,
    "form": _form,
}


# --- preview, publish -------------------------------------------------------------------------------------------------
@login_required
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The form as an applicant will see it; nothing typed into it is kept."""
    user = signed_in(request)
    call = call_for(user, code)
    require(rules.can_run_calls(user) if call.status == Call.Status.DRAFT else None)
    stage = calling.current_stage(call, server_now())
    return render(request, "grants/call_preview.html", calling.facts(call, stage))


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
    }
    return render(request, "grants/call_publish.html", context, status=status)
