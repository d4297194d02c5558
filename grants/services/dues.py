"""What the reminders of drafts and of signatures go by: a deadline of each stage, and one of each grant of extra time."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from grants.models import Call, LateAccess, Stage
from grants.services import competition
from grants.services.call_moves import TAKING_BACK
from notifications.deadlines import end_deadline, set_deadline
from notifications.models import Deadline

SUBMISSION, SIGN_OFF, LATE = "proposal.submission", "proposal.signoff", "proposal.late"
OF_STAGE = (SUBMISSION, SIGN_OFF)


def set_dues(stage: Stage, at: dt.datetime) -> None:
    """Let the reminders of a stage follow its instants, where they are still to come and its call takes something."""
    call = stage.call
    if call.status not in TAKING_BACK or call.paused_at is not None:
        return
    where: dict[str, Any] = {"subject": stage, "zone": stage.zone, "about": call, "at": at}
    words = {"call": call.title}
    if stage.closes_at > at:
        eoi = stage.kind == Stage.Kind.EOI
        title = (
            _("%(call)s: hand in your expression of interest") if eoi else _("%(call)s: hand in your proposal")
        ) % words
        set_deadline(kind=SUBMISSION, title=title, due_at=stage.closes_at, path=call.get_absolute_url(), **where)
    if stage.last_sign_off() > at:
        title = _("%(call)s: sign off your university's proposals") % words
        set_deadline(kind=SIGN_OFF, title=title, due_at=stage.last_sign_off(), path="/sign-offs/", **where)


def set_late_due(row: LateAccess, at: dt.datetime) -> None:
    stage, call = row.stage, row.stage.call
    if call.paused_at is not None or row.ended_at is not None or row.until <= at:
        return
    set_deadline(
        kind=LATE,
        subject=row,
        title=_("%(call)s: your extra time") % {"call": call.title},
        due_at=row.until,
        zone=stage.zone,
        path=call.get_absolute_url(),
        at=at,
        about=call,
    )


def end_dues(stage: Stage, at: dt.datetime) -> None:
    for kind in OF_STAGE:
        end_deadline(kind=kind, subject=stage, at=at)


def dues_of_call(call: Call, at: dt.datetime, *, on: bool) -> None:
    """All of them again (what is past stays ended), or none: while a call is paused or cancelled nobody is reminded."""
    competition.follow_deadline(call, at, on=on)
    for stage in call.stages.all():
        stage.call = call
        if on:
            set_dues(stage, at)
        else:
            end_dues(stage, at)
    for row in LateAccess.objects.filter(stage__call=call, ended_at=None).select_related("stage"):
        row.stage.call = call
        if on:
            set_late_due(row, at)
        else:
            end_deadline(kind=LATE, subject=row, at=at)


def end_past(at: dt.datetime) -> None:
    """What is past is owed no more. Safe to run twice."""
    of = {SUBMISSION: Stage, SIGN_OFF: Stage, LATE: LateAccess, competition.KIND: Call}
    for past in Deadline.objects.open().filter(kind__in=of, due_at__lte=at).values_list("pk", flat=True):
        with transaction.atomic():
            # Held and looked at again: it may have been moved to a later instant since.
            still = Deadline.objects.open().select_for_update(of=("self",)).filter(pk=past, due_at__lte=at)
            if (deadline := still.first()) is None:
                continue
            subject = of[deadline.kind]._default_manager.filter(pk=deadline.subject_id).first()
            if subject is not None:
                end_deadline(kind=deadline.kind, subject=subject, at=at)
