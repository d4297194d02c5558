"""A call's deadlines as a calendar file (RFC 5545). An event keeps its UID for good, and a higher SEQUENCE once moved, so
that a calendar which has it already follows.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from grants import call_dates
from grants.models import Call, Stage
from notifications.models import Deadline
from notifications.words import moment

PRODUCT = "-//Alliance Fund//Calls//EN"
A_DAY = dt.timedelta(days=1)
KINDS = {"closes": "proposal.submission", "sign_off": "proposal.signoff"}


def calendar_of(call: Call, stages: Sequence[Stage], at: dt.datetime) -> bytes:
    """An event at each closing of a stage, and one at the last signature where offices may sign later.

    Three queries. Nothing in it depends on who fetches it: calendars come without a session.
    """
    deadlines = _deadlines(stages)
    changed = _changed_at(call)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", " ".join(f"{call.code}: {call.title}".split()))
    calendar.add("refresh-interval", dt.timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for date in call_dates.dates_of(call, stages, at):
        if date.kind in KINDS:
            deadline = deadlines.get((date.stage.pk, KINDS[date.kind]))
            calendar.add_component(_event(call, date, deadline, changed))
    return bytes(calendar.to_ical())


def _deadlines(stages: Sequence[Stage]) -> Mapping[Any, Deadline]:
    rows = Deadline.objects.filter(kind__in=KINDS.values(), subject_id__in=[stage.pk for stage in stages])
    return {(row.subject_id, row.kind): row for row in rows}


def _changed_at(call: Call) -> dt.datetime:
    """When the call last came to another state, or began or ended a pause: then its events say something else."""
    step = call.steps.aggregate(at=Max("at"))["at"]
    pause = call.pauses.aggregate(since=Max("since"), until=Max("until"))
    return max(one for one in (call.created_at, step, pause["since"], pause["until"]) if one is not None)


def _event(call: Call, date: call_dates.Date, deadline: Deadline | None, changed: dt.datetime) -> Event:
    cancelled = call.status == Call.Status.CANCELLED
    stamp = max(changed, deadline.set_at) if deadline else changed
    event = Event()
    event.add("uid", f"{date.kind}-{date.stage.pk}@{urlsplit(settings.SITE_URL).hostname}")
    event.add("sequence", (deadline.sequence if deadline else 0) + cancelled)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", date.at.astimezone(dt.UTC))
    event.add("summary", f"{call.code}: {date.words}")
    event.add("description", _description(call, date))
    event.add("url", f"{settings.SITE_URL}{call.get_absolute_url()}")
    event.add("categories", [_("Deadline")])
    event.add("transp", "TRANSPARENT")
    event.add("status", "CANCELLED" if cancelled else "TENTATIVE" if call.paused_at else "CONFIRMED")
    if not cancelled:
        event.add_component(_alarm(call, date))
    return event


def _description(call: Call, date: call_dates.Date) -> str:
    lines = [call.title, f"{date.words}: {moment(date.at, date.zone)}"]
    if call.status == Call.Status.CANCELLED:
        lines.append(_("This call is cancelled."))
    elif call.paused_at is not None:
        lines.append(_("This call is paused. The date may move: its page says so."))
    return "\n".join([*lines, f"{settings.SITE_URL}{call.get_absolute_url()}"])


def _alarm(call: Call, date: call_dates.Date) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", f"{call.code}: {date.words}")
    alarm.add("trigger", -A_DAY)
    return alarm
