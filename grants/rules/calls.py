"""Who may do what with calls. Each answers None for yes, or the reason why not. Seeing a call is `visible_to`'s matter."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from grants.models import Call, Proposal
from grants.models.calls import CALL_STAFF
from grants.models.proposals import PROPOSAL_STAFF

OFFICERS = (Role.PROGRAMME_OFFICER,)
Status = Call.Status
ASKABLE = frozenset({Status.PUBLISHED, Status.OPEN, Status.CLOSED})


def is_staff(user: Any) -> bool:
    """Whether this reader, signed in or not, sees every call as staff do."""
    return bool(getattr(user, "is_authenticated", False) and user.has_role(*CALL_STAFF))


def can_run_calls(user: Any) -> str | None:
    """Make calls and programmes, set them up, publish, extend, cancel, triage, import."""
    if getattr(user, "is_authenticated", False) and user.has_role(*OFFICERS):
        return None
    return _("Calls are run by programme officers.")


def can_edit(user: User, call: Call) -> str | None:
    """Texts may be mended until it is over; the service refuses what no longer changes."""
    if call.status in {Status.DECIDED, Status.ARCHIVED, Status.CANCELLED}:
        return _("This call is over: nothing of it changes any more.")
    return can_run_calls(user)


def can_ask(user: User, call: Call) -> str | None:
    """Everybody with an account may ask, but those who answer."""
    if call.status not in ASKABLE:
        return _("Questions about this call are no longer taken here.")
    if user.has_role(*OFFICERS):
        return _("Questions come to you: you don't ask them.")
    return None


def can_see_questions(user: User) -> str | None:
    if is_staff(user):
        return None
    return _("Questions with the names of those who asked are for staff of the fund.")


def can_see_intake(user: User) -> str | None:
    if user.has_role(*PROPOSAL_STAFF):
        return None
    return _("What came in is for programme officers, administrators and auditors.")


def can_triage(user: User, proposal: Proposal) -> str | None:
    """Never one's own, one's university's, or one with a conflict."""
    if not Proposal.objects.reviewable_by(user).filter(pk=proposal.pk).exists():
        return _("You have a conflict of interest with this proposal: a colleague decides.")
    return can_run_calls(user)


def may_be_decided(call: Call) -> bool:
    """Whether its proposals may be recommended and put on a slate: once it has closed, or while it is open between cut-offs.

    What has come in by a cut-off is decided together while the next is open.
    """
    always_open = call.shape == Call.Shape.CUT_OFFS and call.status == Status.OPEN
    return always_open or call.status in {Status.CLOSED, Status.IN_REVIEW}
