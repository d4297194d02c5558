"""What waits for researchers and offices in two-stage calls and internal competitions, as tasks of their homes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from grants.competition import RUNNING
from grants.inviting import invitations_of
from grants.models import Call, InternalEntry, Proposal, Stage
from reports.homes.base import Task
from universities.models import University


def to_follow(user: User, at: dt.datetime) -> list[Task]:
    """Invitations on which no full proposal was begun, while one is taken. Two queries, one where there are none."""
    first = list(invitations_of(user).filter(call__status__in=RUNNING, call__paused_at=None))
    if not first:
        return []
    stages = Stage.objects.filter(call__in=[one.call_id for one in first], kind=Stage.Kind.FULL, closes_at__gt=at)
    closes = dict(stages.values_list("call", "closes_at"))
    return [
        Task(
            title=_("Start the full proposal of “%(title)s”") % {"title": one.title},
            detail=f"{one.number} · {one.call.title}",
            url=reverse("grants:proposal_follow", args=[one.number]),
            act=_("Start writing"),
            icon="pencil",
            due_at=closes[one.call_id],
        )
        for one in first
        if one.call_id in closes
    ]


def picked(user: User) -> list[Task]:
    """Ideas that the reader's university picked, where nothing was begun on them."""
    begun = Proposal.objects.filter(call=OuterRef("call"), pi=OuterRef("person"), university=OuterRef("university"))
    rows = InternalEntry.objects.filter(person=user, status=InternalEntry.Status.PICKED, call__status__in=RUNNING)
    rows = rows.filter(~Exists(begun.exclude(status=Proposal.Status.WITHDRAWN))).select_related("call", "university")
    return [
        Task(
            title=_("Write your proposal for “%(call)s”") % {"call": one.call.title},
            detail=_("%(university)s picked “%(title)s”") % {"university": one.university, "title": one.title},
            url=reverse("grants:proposal_start", args=[one.call.code]),
            act=_("Start writing"),
            icon="bulb",
        )
        for one in rows.order_by("decided_at", "id")
    ]


def to_pick(user: User, universities: Sequence[University]) -> list[Task]:
    """Calls in which ideas wait for the reader's office; one's own is a colleague's to decide."""
    rows: Any = InternalEntry.objects.filter(
        university__in=universities, status=InternalEntry.Status.ENTERED, call__status__in=RUNNING
    ).exclude(person=user)
    counted = rows.order_by().values_list("call").annotate(n=Count("pk"))
    found = dict(counted)
    calls = Call.objects.filter(pk__in=found).order_by("internal_until", "code") if found else []
    return [
        Task(
            title=ngettext("Choose among %(n)d idea for “%(call)s”", "Choose among %(n)d ideas for “%(call)s”", n)
            % {"n": n, "call": call.title},
            detail=call.code,
            url=reverse("grants:competition", args=[call.code]),
            act=_("Read and pick"),
            icon="bulb",
            due_at=call.internal_until,
        )
        for call in calls
        for n in [found[call.pk]]
    ]
