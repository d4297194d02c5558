"""Reminders: planned once for each deadline and offset, and looked at again when they are sent.

A reminder falls due at `due_at - offset`. Whoever plans takes the deadline's lock and writes a round, so that however many
plan at once, each is planned once. After an outage only the nearest of those missed is planned: the others would say what
is no longer true. What was already past when the deadline was set, or the rule made, is nobody's reminder.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import User
from notifications.deadlines import ENDED, MOVED
from notifications.models import Deadline, Notice, ReminderRound, ReminderRule
from notifications.registry import Kind, kind_of
from notifications.waking import wake_on_commit
from notifications.words import reminder_text, values_for

log = logging.getLogger(__name__)
BATCH = 2_000
PASSED = "The deadline has passed."
OFF = "Reminders of this kind were switched off."
OVERTAKEN = "A nearer reminder took its place."
NOT_OWED = "Nothing is owed by this person any more."


def owing(deadline: Deadline) -> QuerySet[User]:
    """Who still owes it, now. Nobody where the kind's app is not there to say."""
    kind = kind_of(deadline.kind)
    return kind.who_owes(deadline).filter(is_active=True) if kind else User.objects.none()


# --- planning -----------------------------------------------------------------------------------------------------------
def plan_reminders(at: dt.datetime) -> int:
    """Write the reminders that have fallen due. Answers how many. One deadline that fails does not stop the others."""
    due: dict[Deadline, list[ReminderRule]] = defaultdict(list)
    for rule in ReminderRule.objects.filter(active=True):
        if kind_of(rule.kind):
            for deadline in _fallen_due(rule, at):
                due[deadline].append(rule)
    written = 0
    for deadline, rules in due.items():
        try:
            written += _plan(deadline, rules, at)
        except Exception:
            log.exception("Reminders of deadline %s can't be planned", deadline.pk)
    return written


def _fallen_due(rule: ReminderRule, at: dt.datetime) -> QuerySet[Deadline]:
    """Deadlines to come whose reminder by this rule fell due since they were set and the rule made, and has no round."""
    planned = ReminderRound.objects.filter(
        deadline=OuterRef("pk"), sequence=OuterRef("sequence"), offset__lte=rule.offset
    )
    return (
        Deadline.objects.open()
        .filter(
            ~Exists(planned),
            kind=rule.kind,
            due_at__gt=max(at, rule.since + rule.offset),
            due_at__lte=at + rule.offset,
            set_at__lt=F("due_at") - rule.offset,
        )
        .order_by("due_at")
    )


@transaction.atomic
def _plan(found: Deadline, rules: list[ReminderRule], at: dt.datetime) -> int:
    """One deadline's reminders, under its lock: the nearest for those who owe it, the others marked as skipped."""
    held = Deadline.objects.select_for_update(skip_locked=True).filter(
        pk=found.pk, sequence=found.sequence, ended_at=None, due_at__gt=at
    )
    deadline = held.first()
    if deadline is None:
        return 0  # moved, ended, or another planner is at it
    done = set(deadline.rounds.filter(sequence=deadline.sequence).values_list("offset", flat=True))
    fresh = sorted((rule for rule in rules if rule.offset not in done), key=lambda rule: rule.offset)
    if not fresh or any(offset < fresh[0].offset for offset in done):
        return 0
    nearest, kind = fresh[0], kind_of(deadline.kind)
    assert kind is not None, "asked before"
    people = _write(deadline, nearest, kind, at)
    _call_off_farther(deadline, nearest)
    ReminderRound.objects.bulk_create(
        ReminderRound(
            deadline=deadline,
            sequence=deadline.sequence,
            offset=rule.offset,
            fell_due_at=deadline.due_at - rule.offset,
            planned_at=at,
            people=people if rule is nearest else 0,
            skipped=rule is not nearest,
        )
        for rule in fresh
    )
    if people:
        wake_on_commit()
    return people


def _write(deadline: Deadline, rule: ReminderRule, kind: Kind, at: dt.datetime) -> int:
    people = kind.who_owes(deadline).filter(is_active=True).distinct().order_by("pk")
    count = 0
    for batch in _batches(people.iterator(BATCH)):
        Notice.objects.bulk_create(
            [_notice(deadline, rule, person, at) for person in batch], ignore_conflicts=True, batch_size=BATCH
        )
        count += len(batch)
    return count


def _batches(people: Iterable[User]) -> Iterator[list[User]]:
    batch: list[User] = []
    for person in people:
        batch.append(person)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _notice(deadline: Deadline, rule: ReminderRule, person: User, at: dt.datetime) -> Notice:
    subject, body = reminder_text(rule.subject, rule.body, values_for(deadline, person, at))
    offset = int(rule.offset.total_seconds())
    return Notice(
        kind=deadline.kind,
        key=f"reminder:{deadline.pk}:{deadline.sequence}:{offset}:{person.pk}",
        recipient=person,
        address=person.email,
        subject=subject,
        body=body,
        path=deadline.path,
        subject_type=deadline.about_type,
        subject_id=deadline.about_id,
        deadline=deadline,
        sequence=deadline.sequence,
        offset=rule.offset,
        created_at=at,
        not_before=at,
    )


def _call_off_farther(deadline: Deadline, rule: ReminderRule) -> None:
    """What a mail server that was down left waiting: one reminder at a time is enough."""
    waiting = Notice.objects.filter(deadline=deadline, state=Notice.State.WAITING, offset__gt=rule.offset)
    waiting.update(state=Notice.State.CANCELLED, last_error=OVERTAKEN)


# --- sending ------------------------------------------------------------------------------------------------------------
def reword_if_true(notice: Notice, at: dt.datetime) -> str:
    """Why the reminder must not be sent; or nothing, and its words are as of now ("due in 18 hours")."""
    assert notice.recipient is not None
    assert notice.offset is not None
    assert notice.deadline_id is not None
    deadline = Deadline.objects.get(pk=notice.deadline_id)
    rule = ReminderRule.objects.filter(kind=deadline.kind, offset=notice.offset, active=True).first()
    if deadline.sequence != notice.sequence:
        return MOVED
    if deadline.ended_at is not None:
        return ENDED
    if deadline.due_at <= at:
        return PASSED
    if rule is None:
        return OFF
    nearer = deadline.rounds.filter(sequence=deadline.sequence, offset__lt=notice.offset)
    if nearer.exists():
        return OVERTAKEN
    if not owing(deadline).filter(pk=notice.recipient.pk).exists():
        return NOT_OWED
    notice.subject, notice.body = reminder_text(rule.subject, rule.body, values_for(deadline, notice.recipient, at))
    notice.address = notice.recipient.email
    return ""
