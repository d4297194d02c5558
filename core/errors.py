"""What can be refused, said once: a code for programs, a sentence for people, data for both."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler


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


def error_body(code: str, message: str, **data: Any) -> dict[str, Any]:
    """The one shape of every error in the API: `{"error": {"code", "message", "fields", …}}`."""
    return {"error": {"code": code, "message": message, **data}}


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API in one shape. Unforeseen exceptions stay unhandled, so that they are logged and seen."""
    if isinstance(exc, DomainError):
        fields = {exc.field: [exc.message]} if exc.field else {}
        return Response(error_body(exc.code, exc.message, fields=fields, **exc.data), status=exc.status)
    if isinstance(exc, DjangoValidationError):
        exc = exceptions.ValidationError(detail=getattr(exc, "message_dict", exc.messages))
    response = exception_handler(exc, context)
    if response is None:
        return None
    if isinstance(exc, exceptions.ValidationError):
        detail = exc.detail if isinstance(exc.detail, dict) else {"non_field_errors": exc.detail}
        response.data = error_body("invalid", "Some fields need attention.", fields=detail)
    elif isinstance(exc, exceptions.APIException):
        response.data = error_body(exc.default_code, str(exc.detail))
    else:
        response.data = error_body("not_found" if response.status_code == 404 else "not_allowed", "Not found.")
    return response
