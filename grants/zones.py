"""Times on a wall clock and the instants that they mean, over the days on which a zone's clocks change.

Twice a year a clock skips an hour, or shows one twice. A skipped time is refused when a person types it, with the first
time that there is; where nobody can be asked (`instant_at`), that first time is taken. A time shown twice means the second
for a deadline and the first for an opening: whoever reads the clock is never late, and never too early.
"""

import datetime as dt
import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.clock import LATEST_YEAR

ANYWHERE = "Etc/GMT+12"


def wall_of(instant: dt.datetime, zone: str) -> dt.datetime:
    """What the clocks of that zone show then, without a zone."""
    return instant.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def is_skipped(wall: dt.datetime, zone: str) -> bool:
    return wall_of(_reading(wall, zone, fold=0), zone) != wall.replace(fold=0)


def is_shown_twice(wall: dt.datetime, zone: str) -> bool:
    return not is_skipped(wall, zone) and _reading(wall, zone, fold=0) != _reading(wall, zone, fold=1)


def instant_at(wall: dt.datetime, zone: str, *, opening: bool = False) -> dt.datetime:
    """The instant of that time: the first that there is where it is skipped, the second where it is shown twice."""
    if is_skipped(wall, zone):
        return _change_within(_reading(wall, zone, fold=1), _reading(wall, zone, fold=0), zone)
    return _reading(wall, zone, fold=0 if opening else 1)


def instant_of(wall: dt.datetime, zone: str, *, opening: bool = False) -> dt.datetime:
    """As `instant_at`, for what a person typed: a time that does not exist is refused, with the first that does."""
    if not 1900 <= wall.year <= LATEST_YEAR:
        raise ValidationError(_("This date can't be meant."))
    if is_skipped(wall, zone):
        first = wall_of(instant_at(wall, zone), zone)
        raise ValidationError(
            _("In %(zone)s the clocks go forward over this time: it does not exist. The first after it is %(first)s.")
            % {"zone": place(zone), "first": f"{first:%H:%M}"}
        )
    return instant_at(wall, zone, opening=opening)


def later_by_days(instant: dt.datetime, zone: str, days: int) -> dt.datetime:
    """So many days later by the calendar of that zone: 17:00 stays 17:00, whatever the clocks do in between."""
    return instant_at(wall_of(instant, zone) + dt.timedelta(days=days), zone)


def place(zone: str) -> str:
    return _("the last place on Earth (UTC−12)") if zone == ANYWHERE else zone.replace("_", " ")


def _reading(wall: dt.datetime, zone: str, *, fold: int) -> dt.datetime:
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=fold).astimezone(dt.UTC)


def _change_within(before: dt.datetime, after: dt.datetime, zone: str) -> dt.datetime:
    """The instant, to the second, at which the clocks of that zone went forward."""
    there, second = zoneinfo.ZoneInfo(zone), dt.timedelta(seconds=1)
    wanted = after.astimezone(there).utcoffset()
    while after - before > second:
        middle = before + dt.timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(there).utcoffset() == wanted:
            after = middle
        else:
            before = middle
    return after
