"""What the steps share: their order, the page around each, saving."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import server_now
from core.errors import DomainError
from core.forms import apply_domain_error
from grants import calling, checks
from grants.models import Call

STEPS = (
    ("basics", gettext_lazy("What it is"), "writing"),
    ("dates", gettext_lazy("Dates"), "calendar"),
    ("money", gettext_lazy("Money"), "coins"),
    ("eligibility", gettext_lazy("Who may apply"), "user-check"),
    ("form", gettext_lazy("The form"), "forms"),
    ("documents", gettext_lazy("Documents"), "paperclip"),
    ("checking", gettext_lazy("Checklist"), "list-check"),
    ("letters", gettext_lazy("Letters"), "mail"),
)
KEYS = [key for key, _label, _icon in STEPS]


def page(request: HttpRequest, call: Call, step: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
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


def after(request: HttpRequest, call: Call, step: str) -> HttpResponse:
    """Saved: on to the next step, or stay, as the button said."""
    messages.success(request, _("Saved."))
    place = KEYS.index(step)
    if "on" not in request.POST:
        return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step={step}")
    if place + 1 == len(KEYS):
        return redirect("grants:call_publish", call.code)
    return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step={KEYS[place + 1]}")


def save_step(
    request: HttpRequest, call: Call, step: str, form: forms.Form, act: Callable[[dict[str, Any]], Any], **context: Any
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                act(form.cleaned_data)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            return after(request, call, step)
    status = 422 if form.errors else 200
    return page(request, call, step, {"form": form, **context}, status)
