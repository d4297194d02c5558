"""What the alliance refuses."""

from core.errors import DomainError


class AlreadyPledged(DomainError):
    """One pledge for each member and fund year."""

    code = "already_pledged"


class VotingClosed(DomainError):
    """The vote came when voting was not open: not yet, or no longer."""

    code = "voting_closed"


class NoVote(DomainError):
    """The person has no seat with a vote on this resolution."""

    code = "no_vote"
    status = 403


class VotesStillOut(DomainError):
    """Voting is open and the votes still out could change the result."""

    code = "votes_still_out"
