"""What views and endpoints ask of a request."""

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import User


def signed_in(request: HttpRequest | Request) -> User:
    """The person behind a request that lets nobody else in (`login_required`, `IsAuthenticated`)."""
    assert isinstance(request.user, User), "An anonymous request was let in."
    return request.user
