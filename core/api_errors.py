"""Every error of the API in one shape. Apart from `core.errors`, which is imported before the API's framework may be."""

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import DomainError
from core.unstorable import refusal_of


def error_body(code: str, message: str, **data: Any) -> dict[str, Any]:
    """The one shape of every error in the API: `{"error": {"code", "message", "fields", …}}`."""
    return {"error": {"code": code, "message": message, **data}}


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every error of the API in one shape. Unforeseen exceptions stay unhandled, so that they are logged and seen."""
    exc = refusal_of(exc) or exc
    if isinstance(exc, DomainError):
        return Response(_refusal(exc), status=exc.status)
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


def _refusal(error: DomainError) -> dict[str, Any]:
    """`fields` are messages by field, always; the texts of a stale write are `texts`: `{field: {"mine", "theirs"}}`."""
    data = dict(error.data)
    texts = {"texts": data.pop("fields")} if "fields" in data else {}
    fields = {error.field: [error.message]} if error.field else {}
    return error_body(error.code, error.message, fields=fields, **data, **texts)
