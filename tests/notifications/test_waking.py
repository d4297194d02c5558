"""Waking: once for a transaction, never at the price of the act; and the worker that is woken."""

import time

import pytest
from celery import Celery
from django.db import transaction

from notifications import waking
from notifications.models import Heartbeat, Notice
from tests.notifications.stories import make_user, queue


@pytest.fixture(autouse=True)
def awake(monkeypatch):
    monkeypatch.setattr(waking, "_quiet_until", 0.0)


@pytest.mark.django_db(transaction=True)
def test_notices_when_many_are_written_in_one_transaction_then_one_wakes(monkeypatch):
    sent = []
    monkeypatch.setattr(waking.current_app, "send_task", lambda name, **_more: sent.append(name))
    with transaction.atomic():
        for n in range(5):
            queue(f"k{n}")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            queue("undone")
            raise ZeroDivisionError
        assert sent == []
    assert (sent, Notice.objects.count()) == (["notifications.deliver_due"], 5)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue("never")
        raise ZeroDivisionError
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_notice_when_the_broker_is_away_is_written_and_the_broker_left_in_peace_for_a_while(
    settings, monkeypatch, caplog
):
    away = Celery("away", broker="redis://127.0.0.1:1/0", set_as_current=False)
    away.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(waking, "current_app", away)
    begun = time.monotonic()
    queue("a")
    queue("b")
    assert (Notice.objects.count(), time.monotonic() - begun < 4) == (2, True)
    assert [record.message[:19] for record in caplog.records] == ["The broker is away,"]


@pytest.mark.django_db(transaction=True)
def test_notice_when_committed_is_sent_by_the_worker_at_once(worker, mail):
    queue(recipient=make_user("Ada"), subject="Now")
    assert mail.wait_for("ada@example.org", "Now")["subject"] == "Now"
    assert Heartbeat.objects.get().name == "worker"
