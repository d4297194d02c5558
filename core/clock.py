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
