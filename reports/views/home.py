"""The two doors: the front page for everybody, and the home page of whoever is signed in."""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import signed_in
from core.clock import server_now
from funds.models import Fund
from grants.calling import board
from reports import homes, published, verifying

LATEST = 6
MOST_TASKS = 8


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The shop window: the fund at a glance, what can be asked for, what was funded lately."""
    at = server_now()
    context = {
        "glance": published.glance(at.date()),
        "board": board(None, at),
        "latest": published.latest_awards(LATEST),
    }
    return render(request, "reports/front.html", context)


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, of all that they are; then each of their roles with its figures."""
    user, at = signed_in(request), server_now()
    parts = homes.parts_of(user, at)
    tasks = homes.by_urgency(task for part in parts for task in part.tasks)
    context = {
        "greeting": greeting(timezone.localtime(at)),
        "parts": parts,
        "tasks": tasks[:MOST_TASKS],
        "more_tasks": tasks[MOST_TASKS:],
        "count": len(tasks),
        "next_due": next((task.due_at for task in tasks if task.due_at and task.due_at > at), None),
        "charts": any(part.charts for part in parts),
        "at": at,
    }
    return render(request, "reports/home.html", context)


def greeting(local: dt.datetime) -> str:
    if local.hour < 5:
        return _("Good night")
    if local.hour < 12:
        return _("Good morning")
    return _("Good afternoon") if local.hour < 18 else _("Good evening")


@login_required
@require_POST
def verify(request: HttpRequest, code: str) -> HttpResponse:
    user = signed_in(request)
    fund = get_object_or_404(Fund.objects.visible_to(user), code=code)
    faults = verifying.verify_books(fund, actor=user, at=server_now())
    if faults:
        messages.error(request, _("The books are not whole: %(first)s") % {"first": faults[0]})
    else:
        messages.success(request, _("Every entry and every balance of %(fund)s is as posted.") % {"fund": fund.name})
    return redirect("home")
