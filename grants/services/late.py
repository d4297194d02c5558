"""Extra time for one person or one university: given with a reason, seen by them alone, ended but never deleted."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, NotAllowed, WrongState
from grants.models import LateAccess, Stage
from grants.services import call_letters as letters
from grants.services import cutoffs, dues
from grants.services.call_moves import TAKING_BACK, lock_call, reason_given
from notifications.deadlines import end_deadline
from universities.models import University
from universities.queries import confirmed_universities, is_office


@transaction.atomic
def give_extra_time(
    stage: Stage,
    *,
    until: dt.datetime,
    reason: str,
    person: User | None = None,
    university: University | None = None,
    actor: User | None,
    at: dt.datetime,
) -> LateAccess:
    """Take from this person, or from everybody of this university, until a later instant than from all others.

    They alone are told and shown it; reminders go by it; a draft that had moved on to the next cut-off comes back. What
    they had before is replaced. Refused: for oneself or one's own university, for staff, without a reason, for an instant
    that gives nothing, and once the review has begun.
    """
    call = lock_call(stage.call)
    stage = Stage.objects.select_for_update(of=("self",), no_key=True).get(pk=stage.pk)
    stage.call = call
    reason = reason_given(reason, _("Say why: it is kept, and those it is given to read it."))
    if call.status not in TAKING_BACK:
        raise WrongState(
            _("A call that is %(state)s takes nothing any more, extra time or not.")
            % {"state": call.get_status_display().lower()},
            state=call.status,
        )
    _may_be_given(person, university, actor)
    _gives_something(stage, until, at)
    _replace(stage, person, university, actor, at)
    row = LateAccess.objects.create(
        stage=stage, person=person, university=university, until=until, reason=reason, granted_by=actor, granted_at=at
    )
    record(
        actor, "late_access.given", row, at=at, subject=call, after={"to": _whom(row), "until": until, "reason": reason}
    )
    if stage.closes_at <= at:
        whose = {"pi": person} if person else {"university": university}
        cutoffs.bring_back(stage, stage.closes_at, at, **whose)
    dues.set_late_due(row, at)
    letters.late_given(row, at)
    return row


def _may_be_given(person: User | None, university: University | None, actor: User | None) -> None:
    if (person is None) == (university is None):
        raise InvalidInput(_("Choose a person or a university."), field="whom")
    if person is not None and person == actor:
        raise NotAllowed(_("Nobody gives extra time to themselves."))
    if person is not None and person.has_role(*Role.values):
        raise InvalidInput(_("Staff of the fund can't ask for its money."), field="whom")
    if actor is None or university is None:
        return
    if is_office(actor, university) or confirmed_universities(actor).filter(pk=university.pk).exists():
        raise NotAllowed(_("This is your own university: a colleague decides."))


def _gives_something(stage: Stage, until: dt.datetime, at: dt.datetime) -> None:
    check_plausible(until, field="until")
    if until <= stage.closes_at or until <= at:
        raise InvalidInput(_("Extra time ends after the deadline that all have, and is not over."), field="until")


def _replace(
    stage: Stage, person: User | None, university: University | None, actor: User | None, at: dt.datetime
) -> None:
    rows = LateAccess.objects.select_for_update().filter(stage=stage, ended_at=None)
    for old in rows.filter(person=person, university=university):
        end_row(old, actor, at)


@transaction.atomic
def end_extra_time(row: LateAccess, *, actor: User | None, at: dt.datetime) -> LateAccess:
    """From here they have the time that all have. What was received before this instant stays in. Twice is harmless."""
    call = lock_call(row.stage.call)
    held = LateAccess.objects.select_for_update(of=("self",)).select_related("stage", "person", "university")
    locked = held.get(pk=row.pk)
    locked.stage.call = call
    if locked.ended_at is None:
        end_row(locked, actor, at)
        if locked.until > at:
            letters.late_ended(locked, at)
    return locked


def end_row(row: LateAccess, actor: User | None, at: dt.datetime) -> None:
    row.ended_at, row.ended_by = at, actor
    row.save(update_fields=["ended_at", "ended_by"])
    record(
        actor,
        "late_access.ended",
        row,
        at=at,
        subject=row.stage.call,
        before={"ended_at": None},
        after={"to": _whom(row), "ended_at": at},
    )
    end_deadline(kind=dues.LATE, subject=row, at=at)


def _whom(row: LateAccess) -> str:
    return str(row.person or row.university)
