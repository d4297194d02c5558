"""Queueing notices and emptying the outbox."""

import datetime as dt
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, models, transaction

from accounts.models import User
from notifications.models import Notice

LEASE = dt.timedelta(minutes=5)
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)


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
    about. `about` is the object whose seal hides the notice from staff. A `secret` text carries a key: it is for the mailbox
    alone, on no page, and forgotten once sent. Line breaks in the subject become spaces.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(kind)
    notice = Notice(
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
    before = Notice.objects.filter(key=key).exists()
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    return not before and Notice.objects.filter(pk=notice.pk).exists()


def claim(at: dt.datetime, *, most: int = 50) -> list[Notice]:
    """Lease due notices to the caller alone: two workers never hold the same one."""
    with transaction.atomic():
        notices = list(Notice.objects.due(at).select_for_update(skip_locked=True)[:most])
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
            state=Notice.State.SENDING, lease_until=at + LEASE
        )
    return notices


def deliver_due(at: dt.datetime, *, most: int = 50) -> int:
    """Send what is due. Answers how many notices were tried."""
    notices = claim(at, most=most)
    for notice in notices:
        _deliver(notice, at)
    return len(notices)


def _deliver(notice: Notice, at: dt.datetime) -> None:
    try:
        _send(notice)
    except smtplib.SMTPServerDisconnected as error:
        # It went away in the middle: it may have taken the message, so nobody sends it again unasked.
        _end(notice, Notice.State.UNKNOWN, error=str(error))
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        _later(notice, str(error), at)  # ours to mend, not the recipient's fault
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        _refused(notice, error, at)
    except OSError as error:
        _later(notice, str(error), at)  # no connection: nothing was handed over
    else:
        _end(notice, Notice.State.SENT, sent_at=at)


def _send(notice: Notice) -> None:
    link = f"\n\n{settings.SITE_URL}{notice.path}" if notice.path else ""
    message = EmailMessage(notice.subject, notice.body + link, to=[notice.address])
    message.extra_headers["Message-ID"] = notice.message_id
    mailer = get_connection()
    mailer.open()
    try:
        mailer.send_messages([message])
    finally:
        mailer.close()


def _refused(notice: Notice, error: smtplib.SMTPException, at: dt.datetime) -> None:
    """4xx: not now. 5xx: never."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((answer[0] for answer in error.recipients.values()), default=500)
    else:
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 500
    if 400 <= code < 500:
        _later(notice, str(error), at)
    else:
        _end(notice, Notice.State.FAILED, error=str(error))


def pause_after(attempts: int) -> dt.timedelta:
    """How long to wait after so many failed tries: doubling, an hour at most."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)


def _later(notice: Notice, error: str, at: dt.datetime) -> None:
    if notice.attempts + 1 >= MOST_ATTEMPTS:
        _end(notice, Notice.State.FAILED, error=error)
        return
    Notice.objects.filter(pk=notice.pk).update(
        state=Notice.State.WAITING,
        lease_until=None,
        attempts=notice.attempts + 1,
        not_before=at + pause_after(notice.attempts),
        last_error=error,
    )


def _end(notice: Notice, state: Notice.State, *, error: str = "", sent_at: dt.datetime | None = None) -> None:
    Notice.objects.filter(pk=notice.pk).update(
        state=state, lease_until=None, attempts=notice.attempts + 1, last_error=error, sent_at=sent_at
    )


def sweep_leases(at: dt.datetime) -> int:
    """A worker died while it was sending: whether the server took the message is unknown, and shown as such."""
    return Notice.objects.filter(state=Notice.State.SENDING, lease_until__lt=at).update(
        state=Notice.State.UNKNOWN, lease_until=None, last_error="The worker ended while it was sending this."
    )
