"""What the endpoints of the alliance share."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import User
from core.errors import InvalidInput


class AmountField(serializers.DecimalField):
    def __init__(self, **more: Any) -> None:
        super().__init__(max_digits=20, decimal_places=4, **more)


def person(email: str) -> User:
    """Somebody who can sign in, by their email."""
    found: User | None = User.objects.filter(email=email.lower(), is_active=True).first()
    if found is None:
        raise InvalidInput(_("Nobody has signed up with this address yet."), field="email")
    return found


def facts(serializer: type[serializers.BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    """The body as the serializer reads it."""
    sent = serializer(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


class InstantField(serializers.DateTimeField):
    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        """Without an offset it is UTC, whatever the caller's own time zone is."""
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
