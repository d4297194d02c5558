"""Pages of the trail: all of it, and one event."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.http import signed_in
from audit.lists import EVENTS
from audit.models import AuditEvent
from audit.queries import changes, kind_in_words
from audit.rules import can_read_trail
from core.errors import require
from core.lists import render_list

NEARBY = 12


@login_required
def events(request: HttpRequest) -> HttpResponse:
    require(can_read_trail(signed_in(request)))
    return render_list(request, EVENTS, "audit/events.html")


@login_required
def event(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One event: what changed, whence it came, and what else happened to the same thing."""
    user = signed_in(request)
    shown = AuditEvent.objects.visible_to(user)
    found = get_object_or_404(shown.select_related("actor"), pk=pk)
    same = shown.filter(target_type=found.target_type, target_id=found.target_id).select_related("actor")
    context = {
        "event": found,
        "changes": changes(found),
        "kind": kind_in_words(found.target_type),
        "root": kind_in_words(found.subject_type) if found.subject_id != found.target_id else "",
        "history": same.order_by("-at", "-id")[:NEARBY],
    }
    return render(request, "audit/event.html", context)
