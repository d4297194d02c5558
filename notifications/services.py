"""Queueing notices, and what people do with them: read them, try one again, call one off, edit a reminder's words."""

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from notifications.models import Heartbeat, Notice, ReminderRule
from notifications.registry import kind_of
from notifications.waking import wake_on_commit
from notifications.words import default_body, default_subject, unknown_places

CALLED_OFF = "Called off by a person."
LONGEST_OFFSET = dt.timedelta(days=90)
RETRIABLE = (Notice.State.FAILED, Notice.State.UNKNOWN)


class OutsideTransaction(RuntimeError):
    """A notice is written with its cause, in one transaction; `queue_notice` was called outside of any."""


def queue_notice(  # noqa: PLR0913  (all by keyword)
    *,
    kind: str,
    key: str,
    subject: str,
    body: str,
    at: dt.datetime,
    recipient: User | None = None,
    address: str = "",
    path: str = "",
    not_before: dt.datetime | None = None,
    about: models.Model | None = None,
    secret: bool = False,
) -> bool:
    """Write a notice into the outbox, once for each `key`; answers whether this call wrote it.

    `recipient` (or, for somebody without an account, `address`) gets plain text; `path` is where the page is that it is
    about. `about` is the object whose seal hides the notice from staff. A `secret` text carries a key: it is for the
    mailbox alone, on no page, and forgotten once sent. Line breaks in the subject become spaces: what people typed never
    becomes a header.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(kind)
    return _write_once(
        notice_of(
            kind=kind,
            key=key,
            subject=subject,
            body=body,
            at=at,
            recipient=recipient,
            address=address,
            path=path,
            not_before=not_before,
            about=about,
            secret=secret,
        )
    )


def notice_of(  # noqa: PLR0913  (all by keyword)
    *,
    kind: str,
    key: str,
    subject: str,
    body: str,
    at: dt.datetime,
    recipient: User | None = None,
    address: str = "",
    path: str = "",
    not_before: dt.datetime | None = None,
    about: models.Model | None = None,
    secret: bool = False,
) -> Notice:
    """A notice that is not written yet: one of many for `queue_notices`."""
    return Notice(
        kind=kind,
        key=key,
        subject=" ".join(subject.split())[:200],
        body=body,
        path=path,
        recipient=recipient,
        address=recipient.email if recipient else address,
        created_at=at,
        not_before=not_before or at,
        subject_type=about._meta.label_lower if about else "",
        subject_id=str(about.pk) if about else "",
        secret=secret,
    )


def queue_notices(notices: Iterable[Notice]) -> None:
    """As `queue_notice`, for thousands at once; those whose key is there already are left as they are."""
    if not connection.in_atomic_block:
        raise OutsideTransaction("many")
    Notice.objects.bulk_create(notices, batch_size=1_000, ignore_conflicts=True)
    wake_on_commit()


def _write_once(notice: Notice) -> bool:
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    written = Notice.objects.filter(pk=notice.pk).exists()  # not where a notice of this key was there already
    if written:
        wake_on_commit()
    return written


# --- one's own ----------------------------------------------------------------------------------------------------------
def mark_read(notice: Notice, *, actor: User, at: dt.datetime) -> None:
    """Reading twice keeps the first time. It is a fact about the reader alone, so the audit trail has no line of it."""
    Notice.objects.filter(pk=notice.pk, recipient=actor, read_at=None).update(read_at=at)


def mark_unread(notice: Notice, *, actor: User) -> None:
    Notice.objects.filter(pk=notice.pk, recipient=actor).update(read_at=None)


def mark_all_read(*, actor: User, at: dt.datetime) -> int:
    """Everything that the person has been shown; what is held for later stays new."""
    return Notice.objects.visible_to(actor).in_inbox(at).unread().update(read_at=at)


def safe_path(path: str) -> str:
    """A path of this site, or nothing: a notice never leads elsewhere."""
    parts = urlsplit(path)
    outside = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\"))
    return "" if outside else path


# --- staff --------------------------------------------------------------------------------------------------------------
@transaction.atomic
def try_again(notice: Notice, *, actor: User, at: dt.datetime) -> Notice:
    """A person decides that a failed notice, or one of which nobody knows whether it arrived, is sent once more.

    A reminder is still looked at when it is sent, so one that is no longer true is cancelled then.
    """
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    if locked.state not in RETRIABLE:
        raise WrongState(
            _("Only a notice that failed, or whose fate is unknown, can be sent again."), state=locked.state
        )
    if locked.secret:
        raise WrongState(_("Its text holds a key that has run out by now. The person can ask for a new one."))
    before = locked.state
    locked.state, locked.not_before = Notice.State.WAITING, at
    locked.save(update_fields=["state", "not_before"])
    record(actor, "notice.tried_again", locked, at=at, before={"state": before}, after={"state": locked.state})
    wake_on_commit()
    return locked


@transaction.atomic
def cancel_notice(notice: Notice, *, actor: User, at: dt.datetime) -> Notice:
    """What waits is not sent. Refused for what is being sent or was."""
    locked = Notice.objects.select_for_update().get(pk=notice.pk)
    if locked.state != Notice.State.WAITING:
        raise WrongState(_("Only a notice that still waits can be called off."), state=locked.state)
    locked.state, locked.last_error = Notice.State.CANCELLED, CALLED_OFF
    locked.save(update_fields=["state", "last_error"])
    record(actor, "notice.cancelled", locked, at=at, before={"state": "waiting"}, after={"state": locked.state})
    return locked


# --- reminder rules -----------------------------------------------------------------------------------------------------
@transaction.atomic
def add_rule(kind: str, offset: dt.timedelta, *, actor: User, at: dt.datetime) -> ReminderRule:
    """One more reminder for deadlines of a kind, in the usual words. It reminds of what falls due from now on."""
    if kind_of(kind) is None:
        raise InvalidInput(_("There is no such kind of deadline."), field="kind")
    if not dt.timedelta(hours=1) <= offset <= LONGEST_OFFSET:
        raise InvalidInput(_("Choose between an hour and 90 days before the deadline."), field="amount")
    rule = ReminderRule(kind=kind, offset=offset, subject=default_subject(), body=default_body(), since=at)
    ReminderRule.objects.bulk_create([rule], ignore_conflicts=True)
    if not ReminderRule.objects.filter(pk=rule.pk).exists():
        raise InvalidInput(_("There is a reminder at that time already."), field="amount")
    record(actor, "reminder_rule.added", rule, at=at, after={"kind": kind, "offset": str(offset)})
    return rule


@transaction.atomic
def edit_rule(
    rule: ReminderRule, *, subject: str, body: str, active: bool, actor: User, at: dt.datetime
) -> ReminderRule:
    """New words count for what is sent from now on, planned already or not. Switched on again, it does not catch up."""
    locked = ReminderRule.objects.select_for_update().get(pk=rule.pk)
    for field, template in (("subject", subject), ("body", body)):
        if unknown := unknown_places(template, locked.kind):
            raise InvalidInput(_("Nothing is known to put in place of {%s}.") % unknown[0], field=field)
    before = {"subject": locked.subject, "body": locked.body, "active": locked.active}
    if active and not locked.active:
        locked.since = at
    locked.subject, locked.body, locked.active = " ".join(subject.split()), body.replace("\r\n", "\n"), active
    locked.save()
    after = {"subject": locked.subject, "body": locked.body, "active": active}
    record(actor, "reminder_rule.edited", locked, at=at, before=before, after=after)
    return locked


# --- alive --------------------------------------------------------------------------------------------------------------
def heartbeat(name: str, at: dt.datetime) -> None:
    """Seen alive just now. Written for the page on which staff see that nobody is at work."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=at)], update_conflicts=True, unique_fields=["name"], update_fields=["at"]
    )
