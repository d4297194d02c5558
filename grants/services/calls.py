"""The life of a call. Opening and closing are instants that the clock brings; extending is an act with a reason."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, WrongState
from core.text import clean_text
from grants.checks import Problem, call_problems
from grants.models import Call, CallStep, DeadlineChange, Stage
from grants.services import letters
from grants.services.call_setup import (
    copy_call,
    create_call,
    lock,
    set_budget_rules,
    set_eligibility,
    set_stage,
    update_call,
)
from grants.transitions import check_call
from notifications.deadlines import end_deadline, set_deadline
from notifications.models import Deadline

__all__ = [
    "archive_call",
    "cancel_call",
    "copy_call",
    "create_call",
    "extend_deadline",
    "mark_decided",
    "open_and_close",
    "publish_call",
    "set_budget_rules",
    "set_eligibility",
    "set_stage",
    "start_review",
    "update_call",
]

SUBMISSION, SIGN_OFF = "proposal.submission", "proposal.signoff"
Status = Call.Status
RUNNING = (Status.PUBLISHED, Status.OPEN)
TAKING_BACK = (*RUNNING, Status.CLOSED)


class NotReady(InvalidInput):
    """Something stops publishing; `data["problems"]` lists all of it with its places."""

    code = "not_ready"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            " ".join([_("This call can't be published yet."), *(one.message for one in problems)]),
            problems=[{"code": one.code, "message": one.message, "path": one.path} for one in problems],
        )


def _move(locked: Call, to: str, *, verb: str, actor: User | None, at: dt.datetime, reason: str = "") -> None:
    check_call(locked, to)
    before = locked.status
    locked.status = to
    locked.version += 1
    locked.save(update_fields=["status", "version", "published_at"])
    CallStep.objects.create(subject=locked, state=to, at=at, actor=actor, reason=reason)
    after = {"status": to, **({"reason": reason} if reason else {})}
    record(actor, f"call.{verb}", locked, at=at, before={"status": before}, after=after)


def _reason(reason: str, ask: str) -> str:
    reason = clean_text(reason, field="reason", longest=4000).strip()
    if not reason:
        raise InvalidInput(ask, field="reason")
    return reason


# --- publishing -----------------------------------------------------------------------------------------------------
@transaction.atomic
def publish_call(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """Show it to the public and freeze its form; it opens at its instant, or at once where that has come.

    Refused with every reason at once (`NotReady`). A second click changes nothing.
    """
    locked = lock(call)
    if locked.status in RUNNING:
        return locked
    check_call(locked, Status.PUBLISHED)
    if problems := call_problems(locked, at):
        raise NotReady(problems)
    locked.published_at = at
    _move(locked, Status.PUBLISHED, verb="published", actor=actor, at=at)
    locked.forms.filter(frozen_at=None).update(frozen_at=at)
    for stage in locked.stages.select_related("call"):
        _set_deadlines(stage, at)
    if any(stage.opens_at <= at for stage in locked.stages.all()):
        _open(locked, at)
    return locked


def _set_deadlines(stage: Stage, at: dt.datetime) -> None:
    """What the reminders of drafts and of signatures go by."""
    call = stage.call
    where: dict[str, Any] = {"subject": stage, "zone": stage.zone, "about": call, "at": at}
    title = _("%(call)s: hand in your proposal") % {"call": call.title}
    set_deadline(kind=SUBMISSION, title=title, due_at=stage.closes_at, path=call.get_absolute_url(), **where)
    title = _("%(call)s: sign off your university's proposals") % {"call": call.title}
    set_deadline(kind=SIGN_OFF, title=title, due_at=stage.last_sign_off(), path="/sign-offs/", **where)


# --- the clock ------------------------------------------------------------------------------------------------------
def open_and_close(*, at: dt.datetime) -> tuple[int, int]:
    """Let every call follow its instants: (opened, closed). One transaction each; safe to run twice, late, or by two."""
    opened = sum(_follow(pk, at, _open_if_due) for pk in _due_to_open(at))
    closed = sum(_follow(pk, at, _close_if_due) for pk in _due_to_close(at))
    for deadline in Deadline.objects.open().filter(kind__in=[SUBMISSION, SIGN_OFF], due_at__lte=at):
        stage = Stage.objects.filter(pk=deadline.subject_id).first()
        if stage is not None:
            end_deadline(kind=deadline.kind, subject=stage, at=at)
    return opened, closed


def _due_to_open(at: dt.datetime) -> list[Any]:
    calls = Call.objects.filter(status=Status.PUBLISHED).annotate(first=Min("stages__opens_at"))
    return list(calls.filter(first__lte=at).values_list("pk", flat=True))


def _due_to_close(at: dt.datetime) -> list[Any]:
    calls = Call.objects.filter(status__in=RUNNING).annotate(last=Max("stages__closes_at"))
    return list(calls.filter(last__lte=at).values_list("pk", flat=True))


def _follow(pk: Any, at: dt.datetime, act: Callable[[Call, dt.datetime], bool]) -> bool:
    with transaction.atomic():
        held = Call.objects.select_for_update(of=("self",)).filter(pk=pk, status__in=RUNNING)
        call = held.select_related("programme__fund", "created_by").first()
        return call is not None and act(call, at)


def _open_if_due(call: Call, at: dt.datetime) -> bool:
    if call.status != Status.PUBLISHED or min(stage.opens_at for stage in call.stages.all()) > at:
        return False
    _open(call, at)
    return True


def _open(call: Call, at: dt.datetime) -> None:
    _move(call, Status.OPEN, verb="opened", actor=None, at=at)
    stage = min(call.stages.all(), key=lambda one: one.opens_at)
    letters.opened(call, stage, at)


def _close_if_due(call: Call, at: dt.datetime) -> bool:
    if max(stage.closes_at for stage in call.stages.all()) > at:
        return False
    _move(call, Status.CLOSED, verb="closed", actor=None, at=at)
    letters.closed(call, at)
    return True


# --- extending, cancelling ------------------------------------------------------------------------------------------
@transaction.atomic
def extend_deadline(stage: Stage, closes_at: dt.datetime, *, reason: str, actor: User | None, at: dt.datetime) -> Stage:
    """Move a deadline to a later instant. Everybody concerned is told, every reminder follows; a closed call opens again.

    The offices' last day moves along by as much. Refused for an earlier instant, one that is past, or once review began.
    """
    call = lock(stage.call)
    locked = Stage.objects.select_for_update(of=("self",)).select_related("call").get(pk=stage.pk)
    reason = _reason(reason, _("Say why: everybody who writes a proposal reads it."))
    if call.status not in TAKING_BACK:
        raise WrongState(
            _("The deadline of a call that is %(state)s can't be extended.")
            % {"state": call.get_status_display().lower()},
            state=call.status,
        )
    check_plausible(closes_at, field="closes_at")
    if closes_at <= locked.closes_at or closes_at <= at:
        raise InvalidInput(_("The new deadline must be later than the old one, and not over."), field="closes_at")
    before, longer = locked.closes_at, closes_at - locked.closes_at
    locked.closes_at = closes_at
    if locked.sign_off_until is not None:
        locked.sign_off_until += longer
    locked.save(update_fields=["closes_at", "sign_off_until"])
    change = DeadlineChange.objects.create(
        stage=locked, before=before, after=closes_at, reason=reason, at=at, actor=actor
    )
    record(
        actor,
        "call.deadline_extended",
        locked,
        at=at,
        subject=call,
        before={"closes_at": before},
        after={"closes_at": closes_at, "reason": reason},
    )
    if call.status == Status.CLOSED:
        _move(call, Status.OPEN, verb="reopened", actor=actor, at=at, reason=reason)
    locked.call = call
    _set_deadlines(locked, at)
    letters.extended(locked, change, at)
    return locked


@transaction.atomic
def cancel_call(call: Call, *, reason: str, actor: User | None, at: dt.datetime) -> Call:
    """Call it off before it is decided. Everybody concerned is told why; what they wrote stays readable."""
    locked = lock(call)
    if locked.status == Status.CANCELLED:
        return locked
    reason = _reason(reason, _("Say why: everybody who writes a proposal reads it."))
    was_public = locked.status != Status.DRAFT
    _move(locked, Status.CANCELLED, verb="cancelled", actor=actor, at=at, reason=reason)
    for stage in locked.stages.all():
        for kind in (SUBMISSION, SIGN_OFF):
            end_deadline(kind=kind, subject=stage, at=at)
    if was_public:
        letters.cancelled(locked, reason, at)
    return locked


# --- after closing --------------------------------------------------------------------------------------------------
@transaction.atomic
def start_review(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """Closed → in review. Refused while offices may still sign what was handed in: it would come too late."""
    locked = lock(call)
    if locked.status == Status.IN_REVIEW:
        return locked
    check_call(locked, Status.IN_REVIEW)
    last = max(stage.last_sign_off() for stage in locked.stages.all())
    if at < last:
        raise WrongState(_("Universities may still sign proposals off. Review can begin after that."), until=str(last))
    _move(locked, Status.IN_REVIEW, verb="review_started", actor=actor, at=at)
    return locked


@transaction.atomic
def mark_decided(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """The board has decided on its proposals."""
    locked = lock(call)
    if locked.status != Status.DECIDED:
        _move(locked, Status.DECIDED, verb="decided", actor=actor, at=at)
    return locked


@transaction.atomic
def archive_call(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """Out of the officers' way; still readable."""
    locked = lock(call)
    if locked.status != Status.ARCHIVED:
        _move(locked, Status.ARCHIVED, verb="archived", actor=actor, at=at)
    return locked
