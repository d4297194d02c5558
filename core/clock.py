"""One authority for deadlines and order: the database server's clock, the same for every web and worker host."""

import datetime as dt

from django.db import connection


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
