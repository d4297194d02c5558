"""Who may do what with a proposal. Each answers None for yes, or the reason why not. Seeing it is `visible_to`'s matter."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import Role, User
from grants import competition, windows
from grants.models import Proposal, ProposalAccess, Stage
from grants.models.proposals import PROPOSAL_STAFF
from universities.models import University
from universities.queries import confirmed_universities, is_office, may_sign

WRITERS = (ProposalAccess.As.PI, ProposalAccess.As.EDITOR)
Status = Proposal.Status
FINAL = frozenset({Status.AWARDED, Status.DECLINED, Status.INELIGIBLE, Status.WITHDRAWN})


def _is_writer(user: User, proposal: Proposal) -> bool:
    return ProposalAccess.objects.filter(proposal=proposal, user=user, role__in=WRITERS).exists()


def _not_draft(proposal: Proposal) -> str | None:
    if proposal.status == Status.DRAFT:
        return None
    return _("It was handed in: nothing of it can be changed now.")


def can_start(user: User, stage: Stage, at: dt.datetime) -> str | None:
    """Whether `user` may begin something under this stage now, at any of their universities.

    A full stage by invitation is not entered here but from an expression of interest (`can_follow`).
    """
    if user.has_role(*Role.values):
        return _("Staff of the fund can't ask for its money.")
    if stage.by_invitation:
        return _("Full proposals of this call are by invitation, on an expression of interest.")
    mine = list(confirmed_universities(user))
    if reason := _takes_nothing(stage, user, mine, at):
        return reason
    if stage.call.internal_limit is None:
        return None
    reasons = [competition.why_not_start(stage.call, user, one) for one in _or_none(mine)]
    return None if None in reasons else reasons[0]


def _or_none(mine: list[University]) -> list[University | None]:
    """Whoever has no university yet is asked about as such."""
    return [*mine] or [None]


def _takes_nothing(stage: Stage, user: User, mine: list[University], at: dt.datetime) -> str | None:
    if any(windows.is_open_for(stage, person=user, university=one, at=at) for one in _or_none(mine)):
        return None
    if windows.is_paused(stage.call, at):
        return _("This call is paused: it takes nothing now.")
    if stage.call.status not in windows.SIGNING:
        return _("This call takes no proposals.")
    return _("This call is not open yet.") if at < stage.opens_at else _("This call has closed.")


def can_follow(user: User, expression: Proposal, full: Stage | None, at: dt.datetime) -> str | None:
    """Whether `user` may begin the full proposal on an invited expression of interest, from the invitation on."""
    if expression.pi_id != user.pk:
        return _("Only its principal investigator begins the full proposal.")
    if expression.status != Status.INVITED or full is None:
        return _("This expression of interest was not invited to a full proposal.")
    if windows.is_paused(full.call, at):
        return _("This call is paused: it takes nothing now.")
    closes = windows.closes_for(full, person=user, university=expression.university, at=at)
    if full.call.status not in windows.SIGNING or at >= closes:
        return _("Full proposals are no longer taken.")
    return None


def can_write(user: User, proposal: Proposal) -> str | None:
    """Whether `user` is one of the writers, whatever state it is in: the service refuses what is frozen, with a 409."""
    if _is_writer(user, proposal):
        return None
    return _("Only the principal investigator and team members with the right to edit can change this proposal.")


def can_edit(user: User, proposal: Proposal) -> str | None:
    return can_write(user, proposal) or _not_draft(proposal)


def can_invite(user: User, proposal: Proposal) -> str | None:
    return can_write(user, proposal)


def can_hand_in(user: User, proposal: Proposal) -> str | None:
    return can_write(user, proposal)


def can_take_back(user: User, proposal: Proposal, at: dt.datetime) -> str | None:
    if proposal.pi_id != user.pk:
        return _("Only the principal investigator can take it back.")
    if proposal.status not in {Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.WITHDRAWN}:
        return _("It can't be taken back now.")
    if windows.is_paused(proposal.call, at):
        return _("The call is paused. It can be taken back when it goes on.")
    return None if windows.is_open_for_proposal(proposal, at) else _("The deadline has passed.")


def can_withdraw(user: User, proposal: Proposal) -> str | None:
    if proposal.pi_id != user.pk:
        return _("Only the principal investigator can withdraw it.")
    if proposal.status == Status.INVITED:
        return _("It was invited. If you do not want to go on, you need not do anything.")
    return _("It can't be withdrawn any more.") if proposal.status in FINAL else None


def can_sign_off(user: User, proposal: Proposal) -> str | None:
    """Who binds the university. Late is refused by the service, with both times."""
    if proposal.university is None or not may_sign(user, proposal.university):
        return _("Only an authorised representative of the university can sign it off.")
    return None


def can_return(user: User, proposal: Proposal) -> str | None:
    if proposal.university is None or not is_office(user, proposal.university):
        return _("Only the university's research office can return it.")
    return None


def may_see_people(user: User, proposal: Proposal) -> bool:
    """False for a reviewer of a double-blind call: names of the team and the university are left out for them."""
    if proposal.call.blinding != proposal.call.Blinding.DOUBLE:
        return True
    roles = set(proposal.access.filter(user=user).values_list("role", flat=True))
    if not roles & {ProposalAccess.As.REVIEWER, ProposalAccess.As.CHAIR}:
        return True
    return bool(roles & {*WRITERS, ProposalAccess.As.READER})


def is_of_office(user: User, proposal: Proposal) -> bool:
    return proposal.university is not None and is_office(user, proposal.university)


def can_read_receipt(user: User, proposal: Proposal) -> str | None:
    """The team, the office and staff; not who only reviews it: a receipt names people and the hour of their work."""
    roles = set(proposal.access.filter(user=user).values_list("role", flat=True))
    if roles & {*WRITERS, ProposalAccess.As.READER} or is_of_office(user, proposal) or user.has_role(*PROPOSAL_STAFF):
        return None
    return _("The receipt is for the applicants and for staff of the fund.")
