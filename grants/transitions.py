"""The allowed moves of calls and proposals (docs/architecture.md, and the design's "States")."""

from django.utils.translation import gettext as _

from core.errors import WrongState
from core.states import Moves, check_move
from grants.models import Call, InternalEntry, Proposal, Stage

C, P, E = Call.Status, Proposal.Status, InternalEntry.Status

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
# An expression of interest ends in an invitation or not: it is never eligible or reviewed, and a full proposal is never
# invited (the database refuses both). Either answer may be corrected; an invitation only while nothing was begun on it.
EXPRESSION: Moves = {
    P.DRAFT: PROPOSAL[P.DRAFT],
    P.AWAITING_SIGN_OFF: PROPOSAL[P.AWAITING_SIGN_OFF],
    P.SUBMITTED: frozenset({P.INVITED, P.DECLINED, P.INELIGIBLE, P.DRAFT, P.WITHDRAWN}),
    P.INELIGIBLE: frozenset({P.SUBMITTED}),
    P.INVITED: frozenset({P.DECLINED}),
    P.DECLINED: frozenset({P.INVITED}),
    P.WITHDRAWN: PROPOSAL[P.WITHDRAWN],
}
MOVES = {Stage.Kind.FULL: PROPOSAL, Stage.Kind.EOI: EXPRESSION}

# An entry that was not picked may be, where another was given up.
ENTRY: Moves = {
    E.ENTERED: frozenset({E.PICKED, E.NOT_PICKED, E.WITHDRAWN}),
    E.PICKED: frozenset({E.ENTERED, E.WITHDRAWN}),
    E.NOT_PICKED: frozenset({E.PICKED}),
}


def check_call(call: Call, to: str) -> None:
    check_move(call, to, CALL)


def check_entry(entry: InternalEntry, to: str) -> None:
    if to not in ENTRY.get(E(entry.status), frozenset()):
        words = {"state": entry.get_status_display().lower(), "to": str(E(to).label).lower()}
        raise WrongState(
            _("This entry is “%(state)s”: it can't become “%(to)s” now.") % words, state=entry.status, wanted=to
        )


def check(proposal: Proposal, to: str) -> None:
    """Refuse a move that the table of its stage's kind does not have. Applicants and offices may read the sentence,
    whatever is not released yet: so it names the state that anybody may know."""
    kind = Stage.Kind(proposal.stage.kind)
    try:
        check_move(proposal, to, MOVES[kind])
    except WrongState as error:
        if kind == Stage.Kind.EOI and to in {P.ELIGIBLE, P.UNDER_REVIEW}:
            words = _("This is an expression of interest: it is invited to a full proposal, or not.")
            raise WrongState(words, state=proposal.status, wanted=to) from None
        if proposal.status == proposal.told_status:
            raise
        said = {"state": str(proposal.told_status.label).lower(), "to": to.replace("_", " ")}
        raise WrongState(
            _("This proposal is %(state)s; it can't become %(to)s now.") % said,
            state=proposal.told_status,
            wanted=error.data["wanted"],
        ) from None
