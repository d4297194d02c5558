"""What views ask of a request."""

from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person behind a request of a view that lets nobody else in (`login_required`, `IsAuthenticated`)."""
    assert isinstance(request.user, User), "This view let an anonymous request in."
    return request.user
