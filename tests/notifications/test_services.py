"""The outbox against a real SMTP server in every mood."""

import datetime as dt
import socket
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from notifications import delivery, services
from notifications.models import Notice

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def queue(key="k", **more):
    user, _ = User.objects.get_or_create(email="ada@example.org", defaults={"name": "Ada"})
    with transaction.atomic():
        return services.queue_notice(
            kind="test", key=key, subject=more.pop("subject", "Hello"), body="Text", at=NOON, recipient=user, **more
        )


@pytest.mark.django_db
def test_notice_when_delivered_then_one_mail_with_a_stable_message_id(smtp):
    queue(path="/calls/")
    delivery.deliver_due(NOON)
    delivery.deliver_due(NOON)
    notice = Notice.objects.get()
    assert (notice.state, notice.sent_at, len(smtp.mails)) == ("sent", NOON, 1)
    assert f"Message-ID: {notice.message_id}" in smtp.mails[0]


@pytest.mark.django_db
def test_notice_when_queued_twice_under_one_key_is_written_once():
    assert (queue(), queue(), Notice.objects.count()) == (True, False, 1)


@pytest.mark.django_db
def test_notice_when_no_server_answers_then_it_waits_longer_each_time(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", probe.getsockname()[1]
    queue()
    delivery.deliver_due(NOON)
    first = Notice.objects.get()
    assert (first.state, first.not_before - NOON) == ("waiting", dt.timedelta(seconds=30))
    assert delivery.deliver_due(NOON) == 0
    delivery.deliver_due(first.not_before)
    assert Notice.objects.get().not_before - first.not_before == dt.timedelta(seconds=60)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "state"), [("451 later", "waiting"), ("550 no such person", "failed"), ("drop", "unknown")]
)
def test_notice_when_the_server_has_a_mood_then_the_state_says_so(smtp, answer, state):
    queue()
    smtp.answer = answer
    delivery.deliver_due(NOON)
    assert (Notice.objects.get().state, smtp.mails) == (state, [])


@pytest.mark.django_db
def test_notice_when_its_worker_died_is_unknown_and_not_sent_again(smtp):
    queue()
    delivery.claim(NOON)
    assert delivery.sweep_leases(NOON + delivery.LEASE) == 0
    assert delivery.sweep_leases(NOON + delivery.LEASE + dt.timedelta(seconds=1)) == 1
    delivery.deliver_due(NOON + dt.timedelta(hours=1))
    assert (Notice.objects.get().state, smtp.mails) == ("unknown", [])


@pytest.mark.django_db
def test_subject_when_somebody_typed_a_line_break_then_it_is_no_header():
    queue(subject="Hi\r\nBcc: all@example.org")
    assert Notice.objects.get().subject == "Hi Bcc: all@example.org"
    with pytest.raises(IntegrityError, match="notice_subject_one_line"), transaction.atomic():
        Notice.objects.update(subject="a\nb")


@pytest.mark.django_db(transaction=True)
def test_queue_outside_a_transaction_is_refused():
    with pytest.raises(services.OutsideTransaction):
        services.queue_notice(kind="x", key="x", subject="x", body="x", at=NOON, address="a@example.org")
    assert Notice.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_then_each_notice_is_claimed_by_one():
    for n in range(40):
        queue(key=f"k{n}")
    barrier, claimed = threading.Barrier(2), []

    def work() -> None:
        barrier.wait()
        claimed.extend(notice.pk for notice in delivery.claim(NOON, most=40))

    threads = [threading.Thread(target=_closing(work)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(claimed), len(set(claimed))) == (40, 40)


def _closing(work):
    def run() -> None:

        try:
            work()
        finally:
            connection.close()

    return run
