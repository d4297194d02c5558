"""What can be refused, said once: a code for programs, a sentence for people, data for both."""

from typing import Any


class DomainError(Exception):
    """A rule said no. `code` is stable, `message` tells a person what to do, `field` names the form field it is about."""

    code = "refused"
    status = 409

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field
        self.data = data


class NotAllowed(DomainError):
    """The person may see the thing but not do this with it; the message says why."""

    code = "not_allowed"
    status = 403


class InvalidInput(DomainError):
    """What was typed or sent can't be used; says where and what to do."""

    code = "invalid"
    status = 422


class WrongState(DomainError):
    """The move does not lead out of the state that the thing is in now."""

    code = "wrong_state"


class StaleWrite(DomainError):
    """Somebody else saved first; `data` carries both texts so that nothing typed is lost."""

    code = "stale_write"


def require(reason: str | None) -> None:
    """Rules (`can_*`) answer None for yes, or the reason why not; this turns a reason into a 403."""
    if reason is not None:
        raise NotAllowed(reason)
