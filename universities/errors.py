"""What this app refuses, as plain facts."""

from core.errors import DomainError, InvalidInput, NotAllowed


class AlreadyListed(DomainError):
    """There is a university with this identifier already; `data` says which."""

    code = "already_listed"


class AlreadyAffiliated(DomainError):
    """One open claim or confirmed affiliation at a time for a person and a university."""

    code = "already_affiliated"


class AlreadyInOffice(DomainError):
    code = "already_in_office"


class OwnMatter(NotAllowed):
    """Nobody decides about themselves, or confirms what they entered."""

    code = "own_matter"


class RateOverlap(DomainError):
    """Two rates on one base at one time."""

    code = "rate_overlap"


class ChangeWaiting(DomainError):
    """Bank details wait to be confirmed already: confirm or reject these first."""

    code = "change_waiting"


class MergeRefused(DomainError):
    code = "merge_refused"


class ReasonMissing(InvalidInput):
    code = "reason_missing"
