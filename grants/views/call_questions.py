"""Asking about a call, and the desk where questions are answered: to whoever asked, or for everybody."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, StaleWrite, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants.call_forms.asking import AnswerForm, AskForm, PublishForm
from grants.lists.call_questions import CALL_QUESTIONS
from grants.models import CallEnquiry
from grants.rules import calls as rules
from grants.services import call_questions as services
from grants.views.calls import call_for, call_page


@login_required
@require_POST
def ask(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    found = call_for(user, code)
    require(rules.can_ask(user, found))
    form = AskForm(request.POST, auto_id="ask_%s")
    if form.is_valid():
        try:
            services.ask(found, form.cleaned_data["text"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Your question is with the fund. You get a notice when it is answered."))
            return redirect(f"{found.get_absolute_url()}#your-questions")
    return call_page(request, found, ask_form=form, status=422)


# --- the desk ---------------------------------------------------------------------------------------------------------
@login_required
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    return render_list(request, CALL_QUESTIONS, "grants/call_questions.html")


@login_required
@require_safe
def question(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One question for staff; whoever asked it reads the answer on the call's page."""
    user = signed_in(request)
    found = _found(user, pk)
    if not rules.is_staff(user):
        return redirect(f"{found.call.get_absolute_url()}#your-questions")
    return _page(request, found)


def _found(user: User, pk: uuid.UUID) -> CallEnquiry:
    rows = CallEnquiry.objects.visible_to(user).select_related("call__programme__fund", "asked_by", "answered_by")
    found: CallEnquiry = get_object_or_404(rows, pk=pk)
    return found


def _page(
    request: HttpRequest,
    found: CallEnquiry,
    *,
    answer_form: forms.Form | None = None,
    publish_form: forms.Form | None = None,
    theirs: StaleWrite | None = None,
    status: int = 200,
) -> HttpResponse:
    first = {
        "version": found.version,
        "answer": found.answer,
        "public_text": found.public_text or found.text,
        "public_answer": found.public_answer or found.answer,
    }
    waiting = CallEnquiry.objects.visible_to(signed_in(request)).filter(answered_at=None).exclude(pk=found.pk)
    context = {
        "enquiry": found,
        "call": found.call,
        "may_answer": rules.can_run_calls(request.user) is None,
        "answer_form": answer_form or AnswerForm(initial=first, auto_id="answer_%s"),
        "publish_form": publish_form or PublishForm(initial=first, auto_id="publish_%s"),
        "theirs": theirs,
        "next": waiting.order_by("asked_at", "pk").first(),
        "published": CallEnquiry.objects.filter(call=found.call).published().exclude(pk=found.pk).count(),
    }
    return render(request, "grants/call_question.html", context, status=status)


def _acting(request: HttpRequest, pk: uuid.UUID) -> tuple[User, CallEnquiry]:
    user = signed_in(request)
    found = _found(user, pk)
    require(rules.can_run_calls(user))
    return user, found


def _saved(
    request: HttpRequest, found: CallEnquiry, name: str, form: forms.Form, act: Callable[..., Any], words: str
) -> HttpResponse:
    """Done, or the page again with everything typed, and with what a colleague wrote meanwhile."""
    theirs = None
    if form.is_valid():
        try:
            act(found, **form.cleaned_data, actor=signed_in(request), at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
            if isinstance(error, StaleWrite):
                theirs, sent = error, request.POST.copy()
                sent["version"] = str(error.data["version"])
                form.data = sent  # saved again, it is over what the colleague wrote, which the page shows
                found.refresh_from_db()
        else:
            messages.success(request, words)
            return redirect("grants:call_question", found.pk)
    forms_given: dict[str, Any] = {f"{name}_form": form}
    return _page(request, found, theirs=theirs, status=422, **forms_given)


@login_required
@require_POST
def answer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    _user, found = _acting(request, pk)
    form = AnswerForm(request.POST, auto_id="answer_%s")

    def act(enquiry: CallEnquiry, *, answer: str, **how: Any) -> None:
        services.answer(enquiry, answer, **how)

    return _saved(request, found, "answer", form, act, _("Answered: %(name)s gets it.") % {"name": found.asked_by.name})


@login_required
@require_POST
def publish(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    _user, found = _acting(request, pk)
    form = PublishForm(request.POST, auto_id="publish_%s")
    return _saved(request, found, "publish", form, services.publish, _("It stands on the call's page, without a name."))


@login_required
@require_POST
def unpublish(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, found = _acting(request, pk)
    version = request.POST.get("version", "")
    if not version.isascii() or not version.isdigit():
        raise InvalidInput(_("This page is damaged: reload it."))
    services.unpublish(found, version=int(version[:9]), actor=user, at=server_now())
    messages.success(request, _("It is no longer on the call's page. Its words are kept."))
    return redirect("grants:call_question", pk)
