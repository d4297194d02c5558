import datetime as dt
import json
from decimal import Decimal

import pytest

from accounts.models import User
from audit.models import AuditEvent
from audit.services import OutsideTransaction, origin, record

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_record_when_values_are_exact_then_they_are_kept_exactly():
    user = User.objects.create_user("ada@example.org", name="Ada Example")
    token = origin.set({"via": "task"})
    try:
        event = record(user, "user.renamed", user, at=NOON, before={"sum": Decimal("0.10")}, after={"at": NOON, "n": 3})
    finally:
        origin.reset(token)
    event.refresh_from_db()
    assert (event.before, event.after, event.origin) == (
        {"sum": "0.10"},
        {"at": "2026-03-01T12:00:00Z", "n": 3},
        {"via": "task"},
    )
    assert (event.subject_type, event.subject_id, json.loads(json.dumps(event.target_label))) == (
        "accounts.user",
        str(user.pk),
        "Ada Example",
    )


@pytest.mark.django_db(transaction=True)
def test_record_outside_a_transaction_is_refused():
    user = User.objects.create_user("ada@example.org", name="Ada Example")
    with pytest.raises(OutsideTransaction):
        record(user, "user.renamed", user, at=NOON)
    assert AuditEvent.objects.count() == 0
