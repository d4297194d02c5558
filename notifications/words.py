"""The words of reminders: templates with named places, filled at the moment of sending so that they are true then.

A template is plain text with `{place}`s and nothing more: no attribute, index or format can be asked for, so that an
edited template can't read what it should not, and what people typed stays text.
"""

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts.models import User
from notifications.models import Deadline
from notifications.registry import kind_of

DEFAULT_OFFSETS = (dt.timedelta(days=7), dt.timedelta(days=1), dt.timedelta(hours=3))
PLACES = {
    "title": gettext_noop("What is due"),
    "left": gettext_noop("How long is left, e.g. 18 hours"),
    "due": gettext_noop("When it is due, in the deadline's zone"),
    "due_local": gettext_noop("When it is due, in the reader's zone; empty where that is the same"),
    "name": gettext_noop("The reader's name"),
}
_PLACE = re.compile(r"\{([a-z_]+)\}")
MINUTE, HOUR, DAY = 60, 3600, 86400


def default_subject() -> str:
    return str(_("Due in {left}: {title}"))


def default_body() -> str:
    return str(_("Dear {name},\n\n{title} is due in {left}, on {due}.\n{due_local}"))


def unknown_places(template: str, kind: str) -> list[str]:
    """Names in braces that no value has for a deadline of this kind."""
    return sorted(set(_PLACE.findall(template)) - set(PLACES) - set(extra_places(kind)))


def extra_places(kind: str) -> tuple[str, ...]:
    known = kind_of(kind)
    return tuple(known.places) if known else ()


def fill(template: str, values: Mapping[str, str]) -> str:
    """Each `{place}` becomes its value; what a value holds is not looked at again."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), template)


def left(due_at: dt.datetime, at: dt.datetime) -> str:
    """`7 days`, `18 hours`, `25 minutes`. Rounded down, but for the moments that planning and sending take."""
    seconds = max(int((due_at - at).total_seconds()), 0)
    if (days := (seconds + HOUR) // DAY) >= 2:
        return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    if (hours := (seconds + 5 * MINUTE) // HOUR) >= 2:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    minutes = max(seconds // MINUTE, 1)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def moment(value: dt.datetime, zone: str) -> str:
    """`Sunday 29 March 2026, 01:30 (Europe/Berlin, UTC+01:00)`: the zone's offset at that instant, not today's."""
    there = value.astimezone(zoneinfo.ZoneInfo(zone))
    offset = there.strftime("%z")
    place = zone.replace("_", " ")
    named = f"UTC{offset[:3]}:{offset[3:5]}"
    inside = "UTC" if zone == "UTC" else _("anywhere on Earth") if zone == "Etc/GMT+12" else f"{place}, {named}"
    return f"{date_format(there, 'l j F Y')}, {there:%H:%M} ({inside})"


def values_for(deadline: Deadline, user: User, at: dt.datetime, *, own: bool = True) -> dict[str, str]:
    """What stands for each place. `own=False` leaves out what the kind's owner would add, for a made-up deadline."""
    there = deadline.due_at.astimezone(zoneinfo.ZoneInfo(deadline.zone)).utcoffset()
    here = deadline.due_at.astimezone(zoneinfo.ZoneInfo(user.zone)).utcoffset()
    mine = _("That is %(moment)s your time.") % {"moment": moment(deadline.due_at, user.zone)} if there != here else ""
    known = kind_of(deadline.kind)
    more = known.words(deadline, user) if own and known and known.words else {}
    return {
        **more,
        "title": deadline.title,
        "left": left(deadline.due_at, at),
        "due": moment(deadline.due_at, deadline.zone),
        "due_local": mine,
        "name": user.name or user.email,
    }


def reminder_text(subject: str, body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject (one line) and text; blank lines that an empty place left behind are closed up."""
    text = re.sub(r"\n{3,}", "\n\n", fill(body, values)).strip()
    return " ".join(fill(subject, values).split())[:200], text
