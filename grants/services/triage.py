"""Whether what was handed in goes to review. A person decides; the rules' findings stand beside it."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import DomainError, InvalidInput, NotAllowed
from core.text import clean_text
from grants.models import Proposal
from grants.services import drafts, letters
from grants.services.moves import move

Status = Proposal.Status
OPEN_TO_VERDICT = frozenset({Status.SUBMITTED, Status.ELIGIBLE, Status.INELIGIBLE})


def _locked(proposal: Proposal, actor: User | None) -> Proposal:
    locked = drafts.lock(proposal)
    if actor is not None and not Proposal.objects.reviewable_by(actor).filter(pk=locked.pk).exists():
        raise NotAllowed(_("You have a conflict of interest with this proposal: a colleague decides."))
    return locked


@transaction.atomic
def mark_eligible(proposal: Proposal, *, note: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """It goes to review, and the team is told. Also readmits what was found ineligible by mistake. Twice is harmless."""
    locked = _locked(proposal, actor)
    if locked.status == Status.ELIGIBLE:
        return locked
    note = clean_text(note, field="note", longest=4000).strip()
    step = move(locked, Status.ELIGIBLE, verb="proposal.eligible", actor=actor, at=at, reason=note, decided_at=None)
    letters.eligible(locked, step, at)
    return locked


@transaction.atomic
def mark_ineligible(proposal: Proposal, *, reason: str, actor: User | None, at: dt.datetime) -> Proposal:
    """It ends here. The applicants get the reason in these words, so there must be one."""
    locked = _locked(proposal, actor)
    if locked.status == Status.INELIGIBLE:
        return locked
    reason = clean_text(reason, field="reason", longest=4000).strip()
    if not reason:
        raise InvalidInput(_("Write the reason: the applicants read it."), field="reason")
    step = move(locked, Status.INELIGIBLE, verb="proposal.ineligible", actor=actor, at=at, reason=reason, decided_at=at)
    letters.ineligible(locked, step, at)
    return locked


@transaction.atomic
def mark_many_eligible(proposals: Iterable[Proposal], *, actor: User | None, at: dt.datetime) -> list[Proposal]:
    """All or none: a refusal names the proposal that it is about."""
    done = []
    for proposal in sorted(proposals, key=lambda one: one.pk):
        try:
            done.append(mark_eligible(proposal, actor=actor, at=at))
        except DomainError as error:
            raise InvalidInput(f"{proposal.number}: {error.message}", code=error.code) from error
    return done
