"""The life of a call: published, reviewed, decided. What changes its dates meanwhile is in `life`, what the clock brings in
`clock`, its setting up in `call_setup`; all of it is offered from here.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput, WrongState
from grants.checks import Problem, call_problems
from grants.models import Call, LateAccess
from grants.services import clock
from grants.services.call_money import hold_money, settle_years
from grants.services.call_moves import RUNNING, TAKING_BACK, Status, move_call
from grants.services.call_rules import set_budget_rules, set_eligibility
from grants.services.call_setup import create_call, lock, update_call
from grants.services.clock import open_and_close
from grants.services.copying import copy_call
from grants.services.cutoffs import add_cut_off
from grants.services.dues import dues_of_call
from grants.services.life import cancel_call, extend_deadline, pause_call, resume_call
from grants.services.schedule import change_shape, set_dates, set_stage
from grants.transitions import check_call

__all__ = [
    "RUNNING",
    "TAKING_BACK",
    "NotReady",
    "Status",
    "add_cut_off",
    "archive_call",
    "cancel_call",
    "change_shape",
    "copy_call",
    "create_call",
    "extend_deadline",
    "last_signature",
    "mark_decided",
    "open_and_close",
    "pause_call",
    "publish_call",
    "resume_call",
    "set_budget_rules",
    "set_dates",
    "set_eligibility",
    "set_stage",
    "start_review",
    "update_call",
]


class NotReady(InvalidInput):
    """Something stops publishing; `data["problems"]` lists all of it with its places."""

    code = "not_ready"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(
            " ".join([_("This call can't be published yet."), *(one.message for one in problems)]),
            problems=[{"code": one.code, "message": one.message, "path": one.path} for one in problems],
        )


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
    hold_money(locked.programme.fund)
    if problems := call_problems(locked, at):
        raise NotReady(problems)
    settle_years(locked, at=at)
    locked.published_at = at
    move_call(locked, Status.PUBLISHED, verb="published", actor=actor, at=at)
    locked.forms.filter(frozen_at=None).update(frozen_at=at)
    dues_of_call(locked, at, on=True)
    clock.open_if_due(locked, at)
    return locked


# --- after closing --------------------------------------------------------------------------------------------------
@transaction.atomic
def start_review(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """Closed → in review. Refused while offices may still sign what was handed in: it would come too late."""
    locked = lock(call)
    if locked.status == Status.IN_REVIEW:
        return locked
    check_call(locked, Status.IN_REVIEW)
    if locked.paused_at is not None:
        raise WrongState(_("This call is paused. Let it go on first."))
    last = last_signature(locked)
    if at < last:
        raise WrongState(_("Universities may still sign proposals off. Review can begin after that."), until=str(last))
    move_call(locked, Status.IN_REVIEW, verb="review_started", actor=actor, at=at)
    return locked


def last_signature(call: Call) -> dt.datetime:
    """Until when something may still be signed under this call, by anybody: extra time included."""
    late = LateAccess.objects.filter(stage__call=call, ended_at=None).values_list("until", flat=True)
    return max([*(stage.last_sign_off() for stage in call.stages.all()), *late])


@transaction.atomic
def mark_decided(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """The board has decided on its proposals."""
    locked = lock(call)
    if locked.status != Status.DECIDED:
        move_call(locked, Status.DECIDED, verb="decided", actor=actor, at=at)
    return locked


@transaction.atomic
def archive_call(call: Call, *, actor: User | None, at: dt.datetime) -> Call:
    """Out of the officers' way; still readable."""
    locked = lock(call)
    if locked.status != Status.ARCHIVED:
        move_call(locked, Status.ARCHIVED, verb="archived", actor=actor, at=at)
    return locked
