"""What becomes of an expression of interest: an invitation to a full proposal, or not. A person decides."""

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import DomainError, InvalidInput, NotAllowed, WrongState
from core.text import clean_text, given_reason
from grants import transitions, windows
from grants.inviting import full_stage
from grants.models import Proposal
from grants.services import checklists, drafts, invitation_letters
from grants.services import letters_of_decisions as letters
from grants.services.letters_of_decisions import Letter
from grants.services.moves import move
from grants.services.triage import OPEN_TO_VERDICT

Status = Proposal.Status
OPEN_TO_INVITATION = frozenset({Status.SUBMITTED, Status.INVITED, Status.DECLINED})


def triaged(proposal: Proposal) -> frozenset[str]:
    """The states in which officers still decide on it, or may decide anew."""
    return OPEN_TO_INVITATION | {Status.INELIGIBLE} if proposal.is_expression else OPEN_TO_VERDICT


def verdicts_of(proposal: Proposal) -> tuple[str, ...]:
    """The states that an officer's verdict leads to. A full proposal that is declined was declined by the board."""
    if proposal.is_expression:
        return (Status.INVITED, Status.DECLINED, Status.INELIGIBLE)
    return (Status.ELIGIBLE, Status.INELIGIBLE)


def _locked(proposal: Proposal, actor: User | None) -> Proposal:
    locked = drafts.lock(proposal)
    if actor is not None and not Proposal.objects.reviewable_by(actor).filter(pk=locked.pk).exists():
        raise NotAllowed(_("You have a conflict of interest with this proposal: a colleague decides."))
    if not locked.is_expression:
        raise WrongState(
            _("This is a full proposal: only an expression of interest is invited."), state=locked.told_status
        )
    return locked


@transaction.atomic
def invite(
    proposal: Proposal,
    *,
    note: str = "",
    letter: Letter | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """Its lead may begin the full proposal from now on, and gets the address and the dates. Twice is harmless.

    `note` is for colleagues, no letter quotes it; `letter`: other words than the template's. Also corrects a "not
    invited". Refused once nobody could hand the full proposal in any more, and while the checklist is not done.
    """
    locked = _locked(proposal, actor)
    if locked.status == Status.INVITED:
        return locked
    full = full_stage(locked.call)
    if full is None:
        raise WrongState(_("This call has no stage for full proposals."))
    if locked.call.status not in windows.SIGNING or at >= windows.closes_for(
        full, person=locked.pi, university=locked.university, at=at
    ):
        raise WrongState(_("Full proposals are no longer taken: extend that deadline before you invite."))
    transitions.check(locked, Status.INVITED)
    checklists.must_be_done(locked)
    note = clean_text(note, field="note", longest=4000).strip()
    step = move(locked, Status.INVITED, verb="proposal.invited", actor=actor, at=at, reason=note, decided_at=at)
    start = {locked.pi: reverse("grants:proposal_follow", args=[locked.number])} if locked.pi else {}
    letters.send(locked, step, letters.Kind.INVITED, letter=letter, paths=start, actor=actor, at=at)
    return locked


@transaction.atomic
def not_invite(
    proposal: Proposal,
    *,
    reason: str,
    letter: Letter | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """It ends here. The applicants get the reason in these words. Refused once the full proposal was begun."""
    locked = _locked(proposal, actor)
    if locked.status == Status.DECLINED:
        return locked
    reason = given_reason(reason, _("Write the reason: the applicants read it."))
    if locked.status == Status.INVITED and (begun := Proposal.objects.filter(follows=locked).first()):
        words = _("The full proposal %(number)s was begun: the invitation can't be taken back.")
        raise WrongState(words % {"number": begun.number}, state=locked.status)
    step = move(locked, Status.DECLINED, verb="proposal.not_invited", actor=actor, at=at, reason=reason, decided_at=at)
    letters.send(locked, step, letters.Kind.NOT_INVITED, letter=letter, actor=actor, at=at)
    return locked


@transaction.atomic
def readmit(proposal: Proposal, *, note: str = "", actor: User | None, at: dt.datetime) -> Proposal:
    """What was found ineligible by mistake waits for a decision again, and its team is told. Twice is harmless."""
    locked = _locked(proposal, actor)
    if locked.status == Status.SUBMITTED:
        return locked
    if locked.status != Status.INELIGIBLE:
        raise WrongState(_("Only what was found ineligible can be readmitted."), state=locked.told_status)
    note = clean_text(note, field="note", longest=4000).strip()
    step = move(locked, Status.SUBMITTED, verb="proposal.readmitted", actor=actor, at=at, reason=note, decided_at=None)
    invitation_letters.readmitted(locked, step, at)
    return locked


def invite_many(proposals: Iterable[Proposal], *, actor: User | None, at: dt.datetime) -> list[Proposal]:
    """All or none: a refusal names the expression of interest that it is about."""
    return _each(proposals, lambda one: invite(one, actor=actor, at=at))


def not_invite_many(
    proposals: Iterable[Proposal], *, reason: str, actor: User | None, at: dt.datetime
) -> list[Proposal]:
    """All or none, each with the same reason."""
    return _each(proposals, lambda one: not_invite(one, reason=reason, actor=actor, at=at))


@transaction.atomic
def _each(proposals: Iterable[Proposal], act: Callable[[Proposal], Proposal]) -> list[Proposal]:
    done = []
    for proposal in sorted(proposals, key=lambda one: one.pk):
        try:
            done.append(act(proposal))
        except DomainError as error:
            if error.field:  # the reason that all of them share
                raise
            raise InvalidInput(f"{proposal.number}: {error.message}", code=error.code) from error
    return done
