"""The allowed moves of calls and proposals (docs/architecture.md, and the design's "States")."""

from django.utils.translation import gettext as _

from core.errors import WrongState
from core.states import Moves, check_move
from grants.models import Call, Proposal

C, P = Call.Status, Proposal.Status

CALL: Moves = {
    C.DRAFT: frozenset({C.PUBLISHED, C.CANCELLED}),
    C.PUBLISHED: frozenset({C.OPEN, C.CLOSED, C.CANCELLED}),
    C.OPEN: frozenset({C.CLOSED, C.CANCELLED}),
    C.CLOSED: frozenset({C.OPEN, C.IN_REVIEW, C.CANCELLED}),  # open again: its deadline was extended
    C.IN_REVIEW: frozenset({C.DECIDED, C.CANCELLED}),
    C.DECIDED: frozenset({C.ARCHIVED}),
}
# An eligible proposal may still turn out not to be, and an ineligible one be readmitted. What was not recommended is
# still the board's to decide.
PROPOSAL: Moves = {
    P.DRAFT: frozenset({P.AWAITING_SIGN_OFF, P.WITHDRAWN}),
    P.AWAITING_SIGN_OFF: frozenset({P.SUBMITTED, P.DRAFT, P.WITHDRAWN}),
    P.SUBMITTED: frozenset({P.ELIGIBLE, P.INELIGIBLE, P.DRAFT, P.WITHDRAWN}),
    P.ELIGIBLE: frozenset({P.UNDER_REVIEW, P.INELIGIBLE, P.WITHDRAWN}),
    P.INELIGIBLE: frozenset({P.ELIGIBLE}),
    P.UNDER_REVIEW: frozenset({P.RECOMMENDED, P.NOT_RECOMMENDED, P.WITHDRAWN}),
    P.RECOMMENDED: frozenset({P.AWARDED, P.DECLINED, P.RESERVE_LIST, P.NOT_RECOMMENDED, P.WITHDRAWN}),
    P.NOT_RECOMMENDED: frozenset({P.AWARDED, P.DECLINED, P.RESERVE_LIST, P.RECOMMENDED, P.WITHDRAWN}),
    P.RESERVE_LIST: frozenset({P.AWARDED, P.DECLINED, P.WITHDRAWN}),
    P.WITHDRAWN: frozenset({P.DRAFT}),  # before the deadline its PI may take it up again
}


def check_call(call: Call, to: str) -> None:
    check_move(call, to, CALL)


def check(proposal: Proposal, to: str) -> None:
    """Refuse a move that the table does not have. Applicants and offices may read the sentence, whatever is not released
    yet: so it names the state that anybody may know."""
    try:
        check_move(proposal, to, PROPOSAL)
    except WrongState as error:
        if proposal.status == proposal.told_status:
            raise
        words = {"state": str(proposal.told_status.label).lower(), "to": to.replace("_", " ")}
        raise WrongState(
            _("This proposal is %(state)s; it can't become %(to)s now.") % words,
            state=proposal.told_status,
            wanted=error.data["wanted"],
        ) from None
