"""Who asks, where a proxy of ours stands in front."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ClientAddressMiddleware:
    """The client's address instead of the proxy's: for the audit trail, and for limits that count by address.

    The proxy appends the address that it saw to `X-Forwarded-For`, so the last one is its word and all before it the
    client's own. Switched on by BEHIND_TLS_PROXY alone: without a proxy the whole header would be the client's own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip()
        if seen:
            request.META["REMOTE_ADDR"] = seen
        return self.get_response(request)
