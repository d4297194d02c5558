"""What awards and payments refuse."""

from core.errors import DomainError


class GateClosed(DomainError):
    """A payment does not meet every condition now; `data["conditions"]` names those that don't hold."""

    code = "gate_closed"


class TermsChanged(DomainError):
    """What is signed is not what is kept: the document was read in another version."""

    code = "terms_changed"
