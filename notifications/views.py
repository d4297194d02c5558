"""Pages of notices: one's own, the staff's log, the deadlines and the words of their reminders."""

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from core.lists import render_list
from notifications import queries, registry, rules, services, words
from notifications.forms import NewRuleForm, RuleForm
from notifications.lists import DEADLINES, INBOX, LOG
from notifications.models import Deadline, Notice, ReminderRule, inbox
from notifications.reminders import owing

MOST_PEOPLE = 50
LATEST = 25


# --- one's own ----------------------------------------------------------------------------------------------------------
@login_required
def show_inbox(request: HttpRequest) -> HttpResponse:
    any_unread = inbox(signed_in(request), timezone.now()).unread().exists()
    return render_list(request, INBOX, "notifications/inbox.html", {"any_unread": any_unread})


def _own(request: HttpRequest, pk: uuid.UUID) -> Notice:
    return get_object_or_404(inbox(signed_in(request), timezone.now()), pk=pk)


@login_required
@require_safe
def mine(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One's own notice in full. Reading it marks it as read."""
    found = _own(request, pk)
    services.mark_read(found, actor=signed_in(request), at=server_now())
    return render(request, "notifications/mine.html", {"notice": found, "path": services.safe_path(found.path)})


@login_required
@require_safe
def open_notice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """To the page that the notice is about; to its text where it is about none."""
    found = _own(request, pk)
    services.mark_read(found, actor=signed_in(request), at=server_now())
    return redirect(services.safe_path(found.path) or reverse("notifications:mine", args=[found.pk]))


@login_required
@require_POST
def read_one(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Read, or unread again with `unread` in the form."""
    user, found = signed_in(request), _own(request, pk)
    if "unread" in request.POST:
        services.mark_unread(found, actor=user)
    else:
        services.mark_read(found, actor=user, at=server_now())
    return redirect("notifications:inbox")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = services.mark_all_read(actor=signed_in(request), at=server_now())
    messages.success(
        request, ngettext("%(n)d notice marked as read.", "%(n)d notices marked as read.", count) % {"n": count}
    )
    return redirect("notifications:inbox")


# --- the staff's log ----------------------------------------------------------------------------------------------------
@login_required
def log(request: HttpRequest) -> HttpResponse:
    """What was sent to whom, what waits, what failed; and whether anybody is at work at all."""
    user, at = signed_in(request), server_now()
    require(rules.can_read_log(user))
    context = {
        "pulse": queries.pulse(at),
        "figures": queries.log_figures(user, at),
        "reads_deadlines": rules.can_read_deadlines(user) is None,
    }
    return render_list(request, LOG, "notifications/log.html", context)


def _logged(request: HttpRequest, pk: uuid.UUID) -> Notice:
    rows = Notice.objects.log_visible_to(signed_in(request)).select_related("recipient", "deadline")
    return get_object_or_404(rows, pk=pk)


@login_required
def notice(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, found = signed_in(request), _logged(request, pk)
    shown = Deadline.objects.visible_to(user).filter(pk=found.deadline_id).first() if found.deadline_id else None
    context = {
        "notice": found,
        "tries": found.tries.all(),
        "deadline": shown,
        "may_try": rules.can_try_again(user, found) is None,
        "may_cancel": rules.can_cancel(user, found) is None,
    }
    return render(request, "notifications/notice.html", context)


@login_required
@require_POST
def try_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, found = signed_in(request), _logged(request, pk)
    require(rules.can_try_again(user, found))
    services.try_again(found, actor=user, at=server_now())
    messages.success(request, _("It is sent again with the next tick."))
    return redirect(found)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user, found = signed_in(request), _logged(request, pk)
    require(rules.can_cancel(user, found))
    services.cancel_notice(found, actor=user, at=server_now())
    messages.success(request, _("The notice is called off."))
    return redirect(found)


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For whoever watches: 200 while scheduler and worker are at work, else 503. Says no more than that."""
    seen = queries.pulse(server_now())
    body = {
        "scheduler": not seen.beat_late,
        "worker": not seen.worker_late,
        "waiting_too_long": bool(seen.overdue_since),
    }
    return JsonResponse(body, status=200 if seen.well else 503)


# --- deadlines ----------------------------------------------------------------------------------------------------------
@login_required
def deadlines(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_read_deadlines(user))
    open_ones, at = Deadline.objects.visible_to(user).open(), timezone.now()
    week = at + dt.timedelta(days=7)
    figures = open_ones.aggregate(
        overdue=Count("pk", filter=Q(due_at__lte=at)),
        week=Count("pk", filter=Q(due_at__gt=at, due_at__lte=week)),
        to_come=Count("pk", filter=Q(due_at__gt=at)),
    )
    context = {
        "figures": figures,
        "today": timezone.localdate(),
        "in_a_week": timezone.localdate() + dt.timedelta(days=7),
        "pulse": queries.pulse(at),
    }
    return render_list(request, DEADLINES, "notifications/deadlines.html", context)


@login_required
def deadline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A deadline: when, who still owes it, and its reminders, past and to come."""
    user, at = signed_in(request), timezone.now()
    require(rules.can_read_deadlines(user))
    found = get_object_or_404(Deadline.objects.visible_to(user), pk=pk)
    people = owing(found).distinct().order_by("name", "pk")
    notices = Notice.objects.log_visible_to(user).filter(deadline=found).select_related("recipient")
    context = {
        "deadline": found,
        "state": found.state_at(at),
        "people": people[:MOST_PEOPLE] if found.ended_at is None else [],
        "people_count": people.count() if found.ended_at is None else 0,
        "reminders": queries.reminders_of(found, at),
        "notices": notices.order_by("-created_at", "-id")[:LATEST],
        "path": services.safe_path(found.path),
    }
    return render(request, "notifications/deadline.html", context)


# --- the words of reminders ---------------------------------------------------------------------------------------------
@login_required
def rules_page(request: HttpRequest) -> HttpResponse:
    """Every kind of deadline with its reminders."""
    user = signed_in(request)
    require(rules.can_read_deadlines(user))
    return _rules(request, user)


def _rules(request: HttpRequest, user: User, kind: str = "", form: NewRuleForm | None = None) -> HttpResponse:
    by_kind: dict[str, list[ReminderRule]] = {one.key: [] for one in registry.all_kinds()}
    for rule in ReminderRule.objects.order_by("kind", "-offset"):
        by_kind.setdefault(rule.kind, []).append(rule)
    groups = [
        {
            "key": key,
            "label": registry.label_of(key),
            "rules": found,
            "form": form if form is not None and key == kind else NewRuleForm(auto_id=f"{key}-%s"),
            "open": form is not None and key == kind,
            "known": registry.kind_of(key) is not None,
        }
        for key, found in sorted(by_kind.items())
    ]
    context = {"groups": groups, "may_edit": rules.can_edit_rules(user) is None}
    return render(request, "notifications/rules.html", context, status=200 if form is None else 422)


@login_required
@require_POST
def add_rule(request: HttpRequest, kind: str) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_edit_rules(user))
    if registry.kind_of(kind) is None:
        raise Http404
    form = NewRuleForm(request.POST, auto_id=f"{kind}-%s")
    if form.is_valid():
        try:
            made = services.add_rule(kind, form.offset, actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The reminder is added. Look at its words."))
            return redirect("notifications:rule", made.pk)
    return _rules(request, user, kind, form)


@login_required
def rule(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The words of one reminder, with a look at what a person would get. `preview` shows them without saving."""
    user = signed_in(request)
    require(rules.can_read_deadlines(user))
    found = get_object_or_404(ReminderRule, pk=pk)
    if request.method != "POST":
        return _rule_page(request, found, RuleForm(instance=found))
    require(rules.can_edit_rules(user))
    form = RuleForm(request.POST, instance=ReminderRule.objects.get(pk=pk))
    if "preview" in request.POST:
        return _rule_page(request, found, form)
    if form.is_valid():
        try:
            services.edit_rule(found, **form.cleaned_data, actor=user, at=server_now())
        except InvalidInput as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The reminder is saved."))
            return redirect("notifications:rules")
    return _rule_page(request, found, form, status=422)


def _rule_page(request: HttpRequest, found: ReminderRule, form: RuleForm, *, status: int = 200) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    sample, invented = _sample(found, user, at)
    subject, body = (str(form[name].value() or "") for name in ("subject", "body"))
    said = words.reminder_text(
        subject, body, words.values_for(sample, user, sample.due_at - found.offset, own=not invented)
    )
    context: dict[str, Any] = {
        "rule": found,
        "form": form,
        "places": [(f"{{{name}}}", text) for name, text in _places(found.kind)],
        "preview": {"subject": said[0], "body": said[1], "invented": invented, "deadline": sample},
        "may_edit": rules.can_edit_rules(user) is None,
    }
    return render(request, "notifications/rule.html", context, status=status)


def _places(kind: str) -> list[tuple[str, str]]:
    return [*words.PLACES.items(), *((name, "") for name in words.extra_places(kind))]


def _sample(found: ReminderRule, user: User, at: dt.datetime) -> tuple[Deadline, bool]:
    """The next deadline of the kind that the reader may see; where there is none, one that we make up."""
    real = Deadline.objects.visible_to(user).open().filter(kind=found.kind, due_at__gt=at).order_by("due_at").first()
    if real is not None:
        return real, False
    made_up = Deadline(kind=found.kind, title=_("Something that is due"), due_at=at + dt.timedelta(days=30), zone="UTC")
    return made_up, True
