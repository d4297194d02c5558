"""What reviewing refuses."""

from core.errors import DomainError


class Conflicted(DomainError):
    """The person has a conflict of interest with the proposal, or is on its team."""

    code = "conflicted"


class LoadFull(DomainError):
    """The reviewer has as many reviews as they take on."""

    code = "load_full"


class ReviewIncomplete(DomainError):
    """A score or a comment is missing; `data["missing"]` names each place."""

    code = "review_incomplete"
    status = 422
