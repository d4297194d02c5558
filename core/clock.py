"""One authority for deadlines and order: the database server's clock, the same for every web and worker host."""

import datetime as dt

from django.db import connection
from django.utils.translation import gettext as _

from core.errors import InvalidInput

LATEST_YEAR = (
    2200  # whoever types a later one has slipped; from 10000 on the database gives back what Python can't hold
)


def server_now() -> dt.datetime:
    """This instant by the database's clock (UTC, aware). Entry points read it once and pass it on as `at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, dt.datetime)
    return now


def end_of_day(day: dt.date) -> dt.datetime:
    """The first instant (UTC) that is no longer part of `day`: "as of a day" means everything before it."""
    return dt.datetime.combine(day, dt.time(), dt.UTC) + dt.timedelta(days=1)


def check_plausible(day: dt.date | None, *, field: str) -> None:
    """Refuse a day or an instant (typed by a person, sent by a program) that no plan of a fund can mean."""
    if day is not None and not 1900 <= day.year <= LATEST_YEAR:
        raise InvalidInput(_("This date can't be meant."), field=field)
