"""What every page shares: a refused act becomes a page (or a toast), and private pages are not cached."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import DomainError
from core.unstorable import refusal_of

GetResponse = Callable[[HttpRequest], HttpResponse]


class PrivatePagesMiddleware:
    """Pages of a signed-in person are never stored by a browser or proxy: the back button after sign-out shows nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
            response["Cache-Control"] = "no-store, private"
        return response


class DomainErrorMiddleware:
    """A `DomainError` that no form caught: a toast where htmx asked, else a page that says why and offers the way back.

    Text that no row can hold is one, too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refused = exception if isinstance(exception, DomainError) else refusal_of(exception)
        if refused is None:
            return None
        if request.headers.get("HX-Request"):
            messages.error(request, refused.message)
            response = render(request, "partials/_toasts.html", status=refused.status)
            response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "innerHTML"
            return response
        context = {"error": refused, "back": _came_from(request)}
        return render(request, "error.html", context, status=refused.status)


def _came_from(request: HttpRequest) -> str:
    """The page of ours whose button was pressed, so that what is there can be looked at again; "" where it isn't known."""
    address = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    path = urlsplit(address)
    if not ours or (request.method != "POST" and path.path == request.path):
        return ""
    return f"{path.path}?{path.query}" if path.query else path.path
