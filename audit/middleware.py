"""Notes for the audit trail where a request came from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from audit.services import origin


class OriginMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = origin.set(
            {
                "via": "api" if request.path.startswith("/api/") else "page",
                "ip": request.META.get("REMOTE_ADDR", ""),
                "agent": request.headers.get("User-Agent", "")[:200],
            }
        )
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)
