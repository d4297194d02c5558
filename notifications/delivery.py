"""Emptying the outbox: a lease, a try, and the truth about it.

A try has two halves. Until the connection stands nothing was handed over, so the notice waits and nothing is lost. From
then on only an answer of the server counts: without one it is unknown whether the message was taken.
"""

import datetime as dt
import logging
import smtplib
import time
from collections.abc import Sequence
from typing import Any

from django.core.mail import get_connection
from django.db import transaction

from notifications.mail import compose
from notifications.models import Attempt, Notice
from notifications.reminders import reword_if_true

LEASE = dt.timedelta(minutes=5)
MOST_DEFERRALS = 60  # with an hour's pause between most of them: two days and a half of "not now"
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)
LONGEST_PAUSE_WITHOUT_SERVER = dt.timedelta(minutes=5)
WORKER_DIED = "The worker ended while it was sending this."
Result = Attempt.Result

log = logging.getLogger(__name__)


class Unreachable(Exception):
    """The mail server could not be talked to: nothing was handed over."""


def claim(at: dt.datetime, *, most: int = 50) -> list[Notice]:
    """Lease due notices to the caller alone: two workers never hold the same one."""
    with transaction.atomic():
        due = Notice.objects.due(at).select_related("recipient")
        notices = list(due.select_for_update(skip_locked=True, of=("self",))[:most])
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
            state=Notice.State.SENDING, lease_until=at + LEASE
        )
    for notice in notices:
        notice.lease_until = at + LEASE
    return notices


def deliver_due(at: dt.datetime, *, most: int = 50) -> int:
    """Send what is due. Answers how many notices were dealt with; nought also when the mail server is away.

    Without a server the rest of the batch goes back at once: one connection is tried, not fifty.
    """
    begun = time.monotonic()
    notices = claim(at, most=most)
    for number, notice in enumerate(notices):
        if not _renew_lease(notice, at + dt.timedelta(seconds=time.monotonic() - begun)):
            continue
        try:
            _deliver(notice, at)
        except Unreachable as error:
            pause = pause_after(notice.attempts, LONGEST_PAUSE_WITHOUT_SERVER)
            _settle(notice, Result.UNREACHABLE, at, str(error), state=Notice.State.WAITING, not_before=at + pause)
            _give_back(notices[number + 1 :], at)
            return 0
    return len(notices)


def _renew_lease(notice: Notice, at: dt.datetime) -> bool:
    """Whether it is still ours: the ones before it may have taken longer than the lease lasts."""
    held = Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING, lease_until=notice.lease_until)
    return held.update(lease_until=at + LEASE) == 1


def _give_back(notices: Sequence[Notice], at: dt.datetime) -> None:
    held = Notice.objects.filter(pk__in=[notice.pk for notice in notices], state=Notice.State.SENDING)
    held.update(state=Notice.State.WAITING, lease_until=None, not_before=at + FIRST_PAUSE)


def _deliver(notice: Notice, at: dt.datetime) -> None:
    try:
        if notice.deadline_id is not None and (why_not := reword_if_true(notice, at)):
            _cancel(notice, why_not)
            return
        message = compose(notice)
        mailer = _connected()
    except Unreachable:
        raise
    except Exception as error:  # one message that can't be written must not hold up the others
        log.exception("Notice %s can't be written", notice.pk)
        _settle(notice, Result.BROKEN, at, str(error), state=Notice.State.FAILED)
        return
    try:
        mailer.send_messages([message])
    except smtplib.SMTPServerDisconnected as error:
        _settle(notice, Result.UNKNOWN, at, str(error), state=Notice.State.UNKNOWN)
    except smtplib.SMTPException as error:
        _answered(notice, error, at)
    except OSError as error:  # a time-out after the text was sent, for one
        _settle(notice, Result.UNKNOWN, at, str(error), state=Notice.State.UNKNOWN)
    except ValueError as error:  # Django refuses a header or address
        _settle(notice, Result.BROKEN, at, str(error), state=Notice.State.FAILED)
    else:
        _settle(notice, Result.SENT, at, "", state=Notice.State.SENT, sent_at=at)
    finally:
        _close(mailer)


def _connected() -> Any:
    mailer = get_connection()
    try:
        mailer.open()
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(str(error)) from error
    return mailer


def _close(mailer: Any) -> None:
    try:
        mailer.close()
    except (smtplib.SMTPException, OSError):
        log.debug("The mail server did not say goodbye.")


def _answered(notice: Notice, error: smtplib.SMTPException, at: dt.datetime) -> None:
    """4xx: not now. 5xx: never. A sender that the server does not take is ours to mend, so the notice waits."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((answer[0] for answer in error.recipients.values()), default=500)
        words = "; ".join(f"{answer[0]} {_text(answer[1])}" for answer in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, f"{error.smtp_code} {_text(error.smtp_error)}"
    else:
        code, words = 500, str(error)
    if isinstance(error, smtplib.SMTPSenderRefused) or 400 <= code < 500:
        _defer(notice, words, at)
    else:
        _settle(notice, Result.REFUSED, at, words, state=Notice.State.FAILED)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def pause_after(attempts: int, longest: dt.timedelta = LONGEST_PAUSE) -> dt.timedelta:
    """How long to wait after so many failed tries: doubling, an hour at most."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_PAUSE * doublings, longest)


def _defer(notice: Notice, words: str, at: dt.datetime) -> None:
    if notice.tries.filter(result=Result.DEFERRED).count() + 1 >= MOST_DEFERRALS:
        _settle(notice, Result.DEFERRED, at, words, state=Notice.State.FAILED)
        return
    pause = pause_after(notice.attempts)
    _settle(notice, Result.DEFERRED, at, words, state=Notice.State.WAITING, not_before=at + pause)


@transaction.atomic
def _settle(notice: Notice, result: Result, at: dt.datetime, answer: str, **values: Any) -> None:
    """The try and what follows from it, written together. A secret text is forgotten once it is in the mailbox."""
    if result == Result.SENT and notice.secret:
        values["body"] = ""
    elif notice.deadline_id is not None:
        values |= {"subject": notice.subject, "body": notice.body, "address": notice.address}
    Attempt.objects.create(notice=notice, at=at, result=result, answer=answer[:2000])
    error = "" if result == Result.SENT else answer
    Notice.objects.filter(pk=notice.pk).update(
        lease_until=None, attempts=notice.attempts + 1, last_error=error, **values
    )


def _cancel(notice: Notice, why: str) -> None:
    Notice.objects.filter(pk=notice.pk).update(state=Notice.State.CANCELLED, lease_until=None, last_error=why)


@transaction.atomic
def sweep_leases(at: dt.datetime) -> int:
    """A worker died while it was sending: whether the server took the message is unknown, and shown as such."""
    lapsed = Notice.objects.filter(state=Notice.State.SENDING, lease_until__lt=at)
    notices = list(lapsed.select_for_update(skip_locked=True))
    Attempt.objects.bulk_create(
        Attempt(notice=notice, at=at, result=Result.UNKNOWN, answer=WORKER_DIED) for notice in notices
    )
    return Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        state=Notice.State.UNKNOWN, lease_until=None, last_error=WORKER_DIED
    )
