"""Emptying the outbox against a mail server that is away, slow to agree, or silent at the wrong moment; and the mails."""

import datetime as dt
import email
import email.policy
import smtplib
import time

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.db import IntegrityError, transaction

from notifications import delivery, services
from notifications.mail import compose, unlinked
from notifications.models import Attempt, Notice
from tests.notifications.stories import HOUR, NOON, make_user, queue

MINUTE = dt.timedelta(minutes=1)


def tries(notice: Notice) -> list[str]:
    return list(Attempt.objects.filter(notice=notice).values_list("result", flat=True))


@pytest.mark.django_db
def test_mail_server_when_down_for_eight_hours_then_nothing_is_lost_and_each_mail_comes_once(smtp):
    notices = [queue(f"k{n}") for n in range(3)]
    smtp.stop()
    at = NOON
    while at < NOON + 8 * HOUR:
        assert delivery.deliver_due(at) == 0
        at += 5 * MINUTE
    smtp.start()
    at += 5 * MINUTE
    while delivery.deliver_due(at):
        at += MINUTE
    states = Notice.objects.values_list("state", flat=True)
    assert (list(states), len(smtp.mails)) == (["sent"] * 3, 3)
    assert sorted(m["Message-ID"] for m in map(email.message_from_string, smtp.mails)) == sorted(
        notice.message_id for notice in notices
    )
    assert sum(len(tries(notice)) for notice in notices) > 90


@pytest.mark.django_db
def test_mail_server_when_away_then_a_batch_knocks_once(smtp):
    notices = [queue(f"k{n}") for n in range(5)]
    smtp.stop()
    delivery.deliver_due(NOON)
    assert [tries(notice) for notice in notices] == [["unreachable"], [], [], [], []]
    assert set(Notice.objects.values_list("state", "not_before")) == {("waiting", NOON + delivery.FIRST_PAUSE)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("250 OK", ("sent", ["sent"], "")),
        ("451 4.7.1 later", ("waiting", ["deferred"], "451 4.7.1 later")),
        ("554 5.7.1 no", ("failed", ["refused"], "554 5.7.1 no")),
        ("drop", ("unknown", ["unknown"], "Connection unexpectedly closed")),
    ],
)
def test_try_when_the_server_answers_then_it_is_written_down(smtp, answer, expected):
    notice = queue()
    smtp.answer = answer
    delivery.deliver_due(NOON)
    notice.refresh_from_db()
    assert (notice.state, tries(notice), notice.last_error) == expected
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Attempt.objects.update(result="sent")


@pytest.mark.django_db
def test_notice_when_one_address_is_refused_then_the_others_go_out(smtp):
    queue("a", address="no@example.org")
    queue("b", address="yes@example.org")
    smtp.refused = {"no@example.org"}
    delivery.deliver_due(NOON)
    states = dict(Notice.objects.values_list("address", "state"))
    assert states == {"no@example.org": "failed", "yes@example.org": "sent"}


@pytest.mark.django_db
def test_notice_when_it_can_not_be_written_then_it_fails_alone(smtp):
    poison = queue("a", address="two\n@example.org")
    queue("b", address="yes@example.org")
    delivery.deliver_due(NOON)
    poison.refresh_from_db()
    assert (poison.state, tries(poison), len(smtp.mails)) == ("failed", ["broken"], 1)


@pytest.mark.django_db
def test_notice_when_the_server_says_not_now_for_days_is_given_up(smtp):
    notice = queue()
    smtp.answer = "451 mailbox full"
    Attempt.objects.bulk_create(
        Attempt(notice=notice, at=NOON, result="deferred") for _ in range(delivery.MOST_DEFERRALS - 2)
    )
    delivery.deliver_due(NOON)
    notice.refresh_from_db()
    assert notice.state == "waiting"
    delivery.deliver_due(notice.not_before)
    notice.refresh_from_db()
    assert notice.state == "failed"


class Silent(smtplib.SMTP):
    """Takes the text and never answers."""

    def data(self, _msg):
        raise TimeoutError("timed out")


@pytest.mark.django_db
def test_notice_when_no_answer_comes_after_the_text_is_unknown_and_not_sent_again(smtp, monkeypatch):
    monkeypatch.setattr(EmailBackend, "connection_class", property(lambda _self: Silent))
    notice = queue()
    delivery.deliver_due(NOON)
    monkeypatch.undo()
    notice.refresh_from_db()
    assert (notice.state, delivery.deliver_due(NOON + HOUR)) == ("unknown", 0)


@pytest.mark.django_db
def test_batch_when_it_takes_longer_than_the_lease_then_what_was_taken_away_is_left_alone(smtp, monkeypatch):
    first, second = queue("a"), queue("b")
    clock = iter([0.0, 1.0, delivery.LEASE.total_seconds() + 1])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock, 400.0))
    settle = delivery._settle

    def slow(notice, *args, **values):
        settle(notice, *args, **values)
        delivery.sweep_leases(NOON + delivery.LEASE + MINUTE)

    monkeypatch.setattr(delivery, "_settle", slow)
    delivery.deliver_due(NOON)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, tries(second), len(smtp.mails)) == ("sent", "unknown", ["unknown"], 1)


# --- staff --------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_notice_when_tried_again_is_sent_once_more_under_the_same_number(smtp):
    notice = queue()
    smtp.answer = "drop"
    delivery.deliver_due(NOON)
    smtp.answer = "250 OK"
    services.try_again(notice, actor=make_user("Eve"), at=NOON + HOUR)
    delivery.deliver_due(NOON + HOUR)
    notice.refresh_from_db()
    assert (notice.state, tries(notice), f"Message-ID: {notice.message_id}" in smtp.mails[0]) == (
        "sent",
        ["unknown", "sent"],
        True,
    )


# --- the mail itself ----------------------------------------------------------------------------------------------------
TYPED = (
    "See http://evil.example/x, www.evil.com or evil.co.uk <b>now</b>; write to ada@uni.example. 1.5 of 2.0, e.g. so."
)


@pytest.mark.django_db
def test_mail_has_plain_text_and_html_and_its_only_link_is_the_page(smtp):
    queue(body=f"{TYPED}\n\nThe end", subject="A & B", path="/calls/EAR/")
    delivery.deliver_due(NOON)
    mail = email.message_from_bytes(smtp.mails[0].encode(), policy=email.policy.default)
    text, html = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html"))
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("A & B", "auto-generated")
    assert text.replace("\u2060", "") == f"{TYPED}\n\nThe end\n\nhttp://localhost:8000/calls/EAR/\n"
    assert html.count("href=") == html.count('href="http://localhost:8000/calls/EAR/"') == 1
    assert "&lt;b&gt;now" in html


def test_text_that_people_typed_when_mailed_holds_nothing_to_click():
    words = unlinked(TYPED)
    assert [word for word in ("://", "evil.com", "evil.co", "co.uk", "www.evil") if word in words] == []
    assert "ada@uni.example. 1.5 of 2.0, e.g. so." in words


@pytest.mark.django_db
def test_secret_text_when_sent_keeps_its_own_link_and_is_forgotten(smtp, settings):
    link = f"{settings.SITE_URL}/accounts/confirm-email/abc/"
    notice = queue(kind="account", body=f"Hello evil.com, confirm here: {link}", secret=True)
    mail = compose(notice)
    assert (mail.alternatives[0][0].count("href="), mail.alternatives[0][0].count(f'href="{link}"')) == (1, 1)
    assert (link in mail.body, "evil.com" in mail.body) == (True, False)
    delivery.deliver_due(NOON)
    notice.refresh_from_db()
    assert (notice.state, notice.body, len(smtp.mails)) == ("sent", "", 1)


@pytest.mark.django_db
def test_reset_mail_when_the_host_is_claimed_to_be_another_leads_to_this_site(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    make_user("Ada")
    client.post("/accounts/password/reset/", {"email": "ada@example.org"}, headers={"host": "evil.example"})
    notice = Notice.objects.get()
    assert (notice.secret, "evil.example" in notice.body, f"{settings.SITE_URL}/" in notice.body) == (True, False, True)


@pytest.mark.django_db
def test_reminder_columns_when_half_filled_are_refused():
    notice = queue()
    with pytest.raises(IntegrityError, match="notice_reminder_whole"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(sequence=1)
