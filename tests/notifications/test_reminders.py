"""Reminders: who is reminded when, once; what a move, an end or an outage does; in which words."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count

from notifications import delivery, registry, services
from notifications.deadlines import end_deadline, set_deadline
from notifications.models import Deadline, Notice, ReminderRound, ReminderRule
from notifications.reminders import plan_reminders
from tests.notifications.stories import DAY, HOUR, NOON, due_in, make_user

MINUTE = dt.timedelta(minutes=1)


def planned() -> list[tuple[str, str, dt.timedelta]]:
    rows = Notice.objects.filter(deadline__isnull=False).order_by("created_at", "recipient__name")
    return [(n.recipient.name, n.state, n.offset) for n in rows]


@pytest.mark.django_db
def test_reminders_when_minutes_pass_then_each_comes_once_at_its_offset(debtors):
    debtors.add(make_user("Ada"), make_user("Bob"))
    due = due_in(10).due_at
    at = NOON
    while at <= due + HOUR:
        plan_reminders(at)
        at += HOUR
    got = Notice.objects.values_list("recipient__name", "created_at").order_by("created_at", "recipient__name")
    assert list(got) == [(name, due - offset) for offset in (7 * DAY, 1 * DAY, 3 * HOUR) for name in ("Ada", "Bob")]


@pytest.mark.django_db
def test_reminders_when_somebody_comes_to_owe_it_later_then_the_next_one_reaches_them(debtors):
    debtors.add(make_user("Ada"))
    due = due_in(10).due_at
    plan_reminders(due - 7 * DAY)
    debtors.add(make_user("Bob"))
    assert plan_reminders(due - 5 * DAY) == 0  # not "7 days" five days before
    assert plan_reminders(due - 1 * DAY) == 2


@pytest.mark.django_db
def test_reminders_when_the_deadline_is_set_late_then_what_was_past_is_nobodys(debtors):
    debtors.add(make_user("Ada"))
    due_in(2, set_at=NOON)
    assert plan_reminders(NOON + MINUTE) == 0
    assert plan_reminders(NOON + DAY) == 1


@pytest.mark.django_db
def test_rule_when_added_after_its_time_does_not_catch_up(debtors):
    debtors.add(make_user("Ada"))
    due_in(10)
    plan_reminders(NOON)
    services.add_rule("test.due", 14 * DAY, actor=make_user("Eve"), at=NOON)
    rule = services.add_rule("test.due", 2 * DAY, actor=make_user("Eve"), at=NOON)
    assert plan_reminders(NOON + MINUTE) == 0
    assert plan_reminders(NOON + 8 * DAY) == 1
    assert Notice.objects.get().offset == rule.offset


@pytest.mark.django_db(transaction=True)
def test_planners_when_two_run_at_once_then_each_person_is_reminded_once(debtors):
    debtors.add(*(make_user(f"P{n}") for n in range(30)))
    for n in range(4):
        due_in(7, subject=make_user(f"S{n}"))
    barrier, written = threading.Barrier(2), []

    def work() -> None:
        try:
            barrier.wait()
            written.append(plan_reminders(NOON))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    most = Notice.objects.values("recipient", "deadline", "sequence", "offset").annotate(n=Count("pk"))
    assert (sum(written), Notice.objects.count(), max(row["n"] for row in most)) == (120, 120, 1)
    assert ReminderRound.objects.count() == 4


@pytest.mark.django_db
def test_reminder_when_written_a_second_time_is_refused_by_the_database(debtors):
    debtors.add(make_user("Ada"))
    due_in(7)
    plan_reminders(NOON)
    copy = Notice.objects.get()
    copy.pk, copy.key = None, "another"
    with pytest.raises(IntegrityError, match="notice_reminder_once"), transaction.atomic():
        copy.save(force_insert=True)


# --- moved, ended, done -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_deadline_when_moved_calls_off_what_waits_and_is_planned_anew(debtors, mailoutbox):
    debtors.add(make_user("Ada"))
    due_in(7)
    plan_reminders(NOON)
    moved = due_in(20, set_at=NOON + HOUR)
    assert (moved.sequence, Deadline.objects.count()) == (2, 1)
    assert planned() == [("Ada", "cancelled", 7 * DAY)]
    plan_reminders(NOON + 13 * DAY)
    delivery.deliver_due(NOON + 13 * DAY)
    assert planned() == [("Ada", "cancelled", 7 * DAY), ("Ada", "sent", 7 * DAY)]
    assert [mail.subject for mail in mailoutbox] == ["Due in 7 days: Report 1"]


@pytest.mark.django_db
def test_deadline_when_set_again_to_the_same_instant_then_nothing_is_called_off(debtors):
    debtors.add(make_user("Ada"))
    due_in(7)
    plan_reminders(NOON)
    same = due_in(7, title="Report 1, revised", set_at=NOON)
    assert (same.sequence, same.title, planned()) == (1, "Report 1, revised", [("Ada", "waiting", 7 * DAY)])


@pytest.mark.django_db
def test_deadline_when_moved_while_a_worker_holds_its_reminder_then_it_is_not_sent(debtors, mailoutbox):
    debtors.add(make_user("Ada"))
    due_in(7)
    plan_reminders(NOON)
    claimed = delivery.claim(NOON)
    due_in(20, set_at=NOON)
    delivery._deliver(claimed[0], NOON)
    assert (planned(), mailoutbox) == ([("Ada", "cancelled", 7 * DAY)], [])


@pytest.mark.django_db
def test_deadline_when_ended_calls_off_what_waits_and_reopened_counts_on(debtors):
    debtors.add(make_user("Ada"))
    subject = make_user("Subject")
    due_in(7, subject=subject)
    plan_reminders(NOON)
    end_deadline(kind="test.due", subject=subject, at=NOON)
    end_deadline(kind="test.due", subject=subject, at=NOON + HOUR)
    ended = Deadline.objects.get()
    assert (ended.ended_at, planned(), plan_reminders(NOON + 6 * DAY)) == (NOON, [("Ada", "cancelled", 7 * DAY)], 0)
    reopened = due_in(7, subject=subject, set_at=NOON + DAY)
    assert (reopened.ended_at, reopened.sequence, plan_reminders(NOON + 6 * DAY)) == (None, 2, 1)


@pytest.mark.django_db
def test_reminder_when_the_thing_was_done_meanwhile_is_called_off_for_that_person_alone(debtors, mailoutbox):
    ada, bob = make_user("Ada"), make_user("Bob")
    debtors.add(ada, bob)
    due_in(7)
    plan_reminders(NOON)
    debtors.remove(ada)
    delivery.deliver_due(NOON)
    assert planned() == [("Ada", "cancelled", 7 * DAY), ("Bob", "sent", 7 * DAY)]
    assert [mail.to for mail in mailoutbox] == [["bob@example.org"]]


@pytest.mark.django_db
def test_reminder_when_the_person_changed_address_goes_to_the_new_one(debtors, mailoutbox):
    ada = make_user("Ada")
    debtors.add(ada)
    due_in(7)
    plan_reminders(NOON)
    ada.email = "ada@new.example"
    ada.save()
    delivery.deliver_due(NOON)
    assert ([mail.to for mail in mailoutbox], Notice.objects.get().address) == (
        [["ada@new.example"]],
        "ada@new.example",
    )


@pytest.mark.django_db
def test_planning_when_one_kind_fails_goes_on_with_the_others(debtors, monkeypatch):
    ada = make_user("Ada")
    debtors.add(ada)
    bad, good = due_in(7, subject=make_user("S1")), due_in(7, subject=make_user("S2"))
    fails = {bad.pk}

    def who_owes(deadline):
        return debtors.of(deadline) if deadline.pk not in fails else 1 / 0

    monkeypatch.setitem(registry._kinds, "test.due", registry.Kind(key="test.due", label="T", who_owes=who_owes))
    assert plan_reminders(NOON) == 1
    assert Notice.objects.get().deadline == good
    fails.clear()
    assert plan_reminders(NOON + MINUTE) == 1


# --- outages ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("back", "words", "skipped"),
    [
        (6 * DAY + 18 * HOUR, "Due in 6 days: Report 1", []),
        (5 * DAY, "Due in 5 days: Report 1", []),
        (18 * HOUR, "Due in 18 hours: Report 1", [7 * DAY]),
        (4 * HOUR, "Due in 4 hours: Report 1", [7 * DAY]),
        (2 * HOUR, "Due in 2 hours: Report 1", [7 * DAY, 1 * DAY]),
        (25 * MINUTE, "Due in 25 minutes: Report 1", [7 * DAY, 1 * DAY]),
        (-1 * MINUTE, None, []),
    ],
)
def test_outage_when_it_ends_then_only_what_is_still_true_is_sent_once(debtors, mailoutbox, back, words, skipped):
    debtors.add(make_user("Ada"))
    at = due_in(10).due_at - back
    for tick in (at, at + dt.timedelta(seconds=20), at + MINUTE):
        plan_reminders(tick)
        delivery.deliver_due(tick)
    assert [mail.subject for mail in mailoutbox] == ([words] if words else [])
    rounds = ReminderRound.objects.filter(skipped=True).order_by("-offset").values_list("offset", flat=True)
    assert list(rounds) == skipped


@pytest.mark.django_db
def test_mail_server_when_down_for_days_then_one_true_reminder_comes_and_the_stale_ones_are_called_off(debtors, smtp):
    debtors.add(make_user("Ada"))
    due = due_in(7).due_at
    smtp.stop()
    at = NOON
    while at <= due - 20 * HOUR:
        plan_reminders(at)
        delivery.deliver_due(at)
        at += HOUR
    smtp.start()
    delivery.deliver_due(at)
    assert planned() == [("Ada", "cancelled", 7 * DAY), ("Ada", "sent", 1 * DAY)]
    assert ["Subject: Due in 19 hours: Report 1" in mail for mail in smtp.mails] == [True]


@pytest.mark.django_db
def test_reminder_when_the_deadline_passed_before_it_could_be_sent_is_called_off(debtors, mailoutbox):
    debtors.add(make_user("Ada"))
    due = due_in(1).due_at
    plan_reminders(due - 2 * HOUR)
    delivery.deliver_due(due)
    assert ([state for _, state, _ in planned()], mailoutbox) == (["cancelled"], [])


# --- words --------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("due", "zones", "words"),
    [
        (  # the night in which Berlin's clocks go forward: the offset is that of the deadline, not of today
            dt.datetime(2026, 3, 29, 21, 59, tzinfo=dt.UTC),
            ("Europe/Berlin", "Europe/Berlin"),
            "Report 1 is due in 7 days, on Sunday 29 March 2026, 23:59 (Europe/Berlin, UTC+02:00).",
        ),
        (
            dt.datetime(2026, 11, 1, 6, 30, tzinfo=dt.UTC),  # the second 01:30 of that night
            ("America/New_York", "Asia/Kathmandu"),
            (
                "Report 1 is due in 7 days, on Sunday 1 November 2026, 01:30 (America/New York, UTC-05:00).\n"
                "That is Sunday 1 November 2026, 12:15 (Asia/Kathmandu, UTC+05:45) your time."
            ),
        ),
        (
            dt.datetime(2026, 5, 2, 11, 59, tzinfo=dt.UTC),
            ("Etc/GMT+12", "UTC"),
            (
                "Report 1 is due in 7 days, on Friday 1 May 2026, 23:59 (anywhere on Earth).\n"
                "That is Saturday 2 May 2026, 11:59 (UTC) your time."
            ),
        ),
    ],
)
def test_reminder_names_the_instant_in_both_zones(debtors, mailoutbox, due, zones, words):
    zone, reader = zones
    debtors.add(make_user("Ada", zone=reader))
    set_deadline(kind="test.due", subject=make_user("S"), title="Report 1", due_at=due, zone=zone, path="/x/", at=NOON)
    plan_reminders(due - 7 * DAY)
    delivery.deliver_due(due - 7 * DAY)
    assert mailoutbox[0].body == f"Dear Ada,\n\n{words}\n\nhttp://localhost:8000/x/\n"


@pytest.mark.django_db
def test_rule_when_edited_then_what_waits_already_says_the_new_words(debtors, mailoutbox):
    debtors.add(make_user("Ada"))
    due_in(7, title="{name} & {left}")
    plan_reminders(NOON)
    rule = ReminderRule.objects.get(kind="test.due", offset=7 * DAY)
    services.edit_rule(rule, subject="Soon: {title}", body="In {left}.", active=True, actor=make_user("Eve"), at=NOON)
    delivery.deliver_due(NOON)
    mail = mailoutbox[0]
    assert (mail.subject, mail.body.splitlines()[0]) == ("Soon: {name} & {left}", "In 7 days.")


@pytest.mark.django_db
def test_rule_when_switched_off_then_what_waits_is_called_off_and_on_again_does_not_catch_up(debtors, mailoutbox):
    debtors.add(make_user("Ada"))
    due_in(7)
    plan_reminders(NOON)
    eve = make_user("Eve")
    rule = ReminderRule.objects.get(kind="test.due", offset=7 * DAY)
    words = {"subject": rule.subject, "body": rule.body, "actor": eve}
    rule = services.edit_rule(rule, active=False, at=NOON, **words)
    delivery.deliver_due(NOON)
    services.edit_rule(rule, active=True, at=NOON + HOUR, **words)
    assert (planned(), plan_reminders(NOON + 2 * HOUR), mailoutbox) == ([("Ada", "cancelled", 7 * DAY)], 0, [])
