"""What pages of proposals share: who asks, which proposal, and an answer to a background save after the session ended."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from accounts.models import User
from grants import panels
from grants.models import Call, Proposal

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponse]
RELATED = ("call__programme__fund", "call__budget_rules", "stage", "university", "pi", "follows")


def in_background(request: HttpRequest) -> bool:
    """Whether a page's script asks, not the reader's browser."""
    return request.headers.get("HX-Request") == "true"


def saves(page: Page[P]) -> Page[P]:
    """A page that saves what people type: signed out, a script gets a 401 and keeps the text; a reader goes to sign in."""
    behind_login = login_required(page)

    @wraps(page)
    def view(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated and in_background(request):
            return HttpResponse(status=401)
        answer: HttpResponse = behind_login(request, *args, **kwargs)
        return answer

    return cast(Page[P], view)


def proposal_for(user: User, number: str, **more: Any) -> Proposal:
    """The proposal if `user` may see it, else a 404 as for one that is not there."""
    rows = Proposal.objects.shown_to(user).select_related(*RELATED)
    found: Proposal = get_object_or_404(rows, number=number, **more)
    return found


def cards_of(request: HttpRequest, user: User | None, thing: Call | Proposal) -> list[tuple[str, str]]:
    """(title, HTML) of the cards that higher apps put on the page of `thing`."""
    found = panels.panels_of(user, thing)
    return [(panel.title, render_to_string(panel.template, {**panel.context}, request)) for panel in found]
