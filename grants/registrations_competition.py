"""Internal competitions told to lower apps: who owes a choice, what the fund does not read, what stops handing in."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Count, Q, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import audit.seals
import notifications.seals
from accounts.models import Role, User
from core.clock import server_now
from grants import competition, completeness, panels
from grants.models import InternalEntry, Proposal
from grants.rules import competition as rules
from grants.services.competition import KIND
from notifications.registry import register_kind
from universities.models import OfficeMember

Status = InternalEntry.Status


# --- what stays inside a university -----------------------------------------------------------------------------------
def without_entries(rows: QuerySet[Any], user: User) -> QuerySet[Any]:
    """`rows` (audit events, notices) less those about an idea that `user` does not see: the fund reads only what was
    picked."""
    seen = InternalEntry.objects.visible_to(user).annotate(text=Cast("pk", CharField())).values("text")
    return rows.exclude(Q(subject_type=InternalEntry._meta.label_lower) & ~Q(subject_id__in=seen))


audit.seals.register(without_entries)
notifications.seals.register(without_entries)


# --- the offices' deadline --------------------------------------------------------------------------------------------
def _owes_choice(deadline: Any) -> QuerySet[User]:
    """The offices of universities with ideas that wait, where a place is left to give."""
    waiting = InternalEntry.objects.filter(call=deadline.subject_id, status=Status.ENTERED)
    members = OfficeMember.objects.in_force().filter(university__in=waiting.values("university"))
    found: QuerySet[User] = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return found


register_kind(KIND, label=gettext_lazy("Picking whom a university puts forward"), who_owes=_owes_choice)


# --- what stops handing in --------------------------------------------------------------------------------------------
@completeness.register
def not_picked(proposal: Proposal, _at: dt.datetime) -> Iterator[completeness.Finding]:
    """Only what the university picked is handed in. Where none is named, the details say so already."""
    if proposal.university_id and (reason := competition.why_not_of(proposal)):
        yield completeness.Finding("not_picked", reason, "competition", "competition")


# --- the card of a call -----------------------------------------------------------------------------------------------
def _panel(user: User | None, call: Any) -> panels.Panel | None:
    """For researchers and offices what they can do; for staff who read proposals, the figures."""
    if user is None or call.internal_limit is None or call.status == call.Status.DRAFT:
        return None
    if user.has_role(*Role.values):
        return _staff_panel(user, call)
    at = server_now()
    standing = competition.standing(call, user, at)
    context = {
        "call": call,
        "stage": min(call.stages.all(), key=lambda one: one.number),
        "until": call.internal_until or competition.closes_at(call),
        "own": standing.own,
        "offices": standing.offices,
        "takes_entries": standing.takes_entries,
        "may_enter": standing.may_enter,
    }
    return panels.Panel(_("Internal competition"), "grants/_competition_panel.html", context, order=5)


def _staff_panel(user: User, call: Any) -> panels.Panel | None:
    if rules.can_see_numbers(user) is not None:
        return None
    live = InternalEntry.objects.unsealed_for(user).filter(call=call).exclude(status=Status.WITHDRAWN)
    figures = live.aggregate(
        universities=Count("university", distinct=True),
        entered=Count("pk"),
        picked=Count("pk", filter=Q(status=Status.PICKED)),
    )
    context = {"call": call, "staff": True, **figures}
    return panels.Panel(_("Internal competition"), "grants/_competition_panel.html", context, order=30)


panels.register("call", _panel)
