"""People, notices and deadlines for tests of notices."""

import datetime as dt

from django.db import transaction

from accounts.models import RoleGrant, User
from notifications import services
from notifications.deadlines import set_deadline
from notifications.models import Deadline, Notice

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def make_user(name: str, *roles: str, zone: str = "UTC") -> User:
    user, _ = User.objects.get_or_create(email=f"{name.lower()}@example.org", defaults={"name": name, "zone": zone})
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, starts_at=NOON - 365 * DAY)
    return user


def queue(key: str = "k", **more) -> Notice:
    values = {"kind": "test", "subject": "Hello", "body": "Text", "at": NOON, **more}
    if "recipient" not in values and "address" not in values:
        values["recipient"] = make_user("Ada")
    with transaction.atomic():
        services.queue_notice(key=key, **values)
    return Notice.objects.get(key=key)


def due_in(days: float, *, subject=None, at=NOON, set_at=None, **more) -> Deadline:
    """A deadline so many days after noon, set a year before unless the test says when."""
    values = {"kind": "test.due", "title": "Report 1", "zone": "UTC", "path": "/reports/1/", **more}
    return set_deadline(
        subject=subject or make_user("Subject"), due_at=at + days * DAY, at=set_at or NOON - 365 * DAY, **values
    )
