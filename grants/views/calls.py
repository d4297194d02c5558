"""The pages of calls: the shop window, one call, and what staff do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import require
from core.lists import BadQuery, render_list
from grants import call_page as call_page_facts
from grants import call_schema, calling, can_i_apply
from grants.call_forms.asking import AskForm
from grants.call_forms.shop_window import STATES, CallsForm
from grants.history import staff_history
from grants.lists.calls import CALLS
from grants.models import Call, Stage
from grants.rules import calls as rules
from grants.services import calls as services
from grants.standing import standing_of
from grants.views.common import cards_of

Status = Call.Status
FEW_PAST = 10


# --- lists ----------------------------------------------------------------------------------------------------------
def calls(request: HttpRequest) -> HttpResponse:
    """Open calls first, for everybody. State, programme and words are in the address; an impossible one is refused."""
    at = server_now()
    form = CallsForm(request.GET, programmes=calling.programmes_of(request.user))
    if not form.is_valid():
        raise BadQuery(_("There is no such list of calls. Start again from all of them."))
    given = form.cleaned_data
    chosen = given["programme"].code if given["programme"] else ""
    board = calling.board(request.user, at, words=given["q"], programme=chosen)
    context = {
        "board": board,
        "form": form,
        "state": given["state"],
        "tabs": _tabs(request, board, given["state"]),
        "narrowed": bool(given["q"] or chosen),
        "past": board.past if given["state"] == "closed" else board.past[:FEW_PAST],
        "staff": rules.is_staff(request.user),
        "may_create": rules.can_run_calls(request.user) is None,
        "at": at,
    }
    return render(request, "grants/calls.html", context)


def _tabs(request: HttpRequest, board: calling.Board, state: str) -> list[tuple[str, str, int, bool]]:
    """(words, address, how many, whether one is there): the other filters stay as they are."""
    counts = {"": board.all, "open": len(board.open), "coming": len(board.coming), "closed": len(board.past)}
    tabs = []
    for key, words in STATES:
        query = request.GET.copy()
        query.pop("state", None)
        if key:
            query["state"] = key
        tabs.append((str(words), f"?{query.urlencode()}" if query else request.path, counts[key], key == state))
    return tabs


@login_required
def calls_table(request: HttpRequest) -> HttpResponse:
    """All calls with their drafts, as staff work with them."""
    may_create = rules.can_run_calls(request.user) is None
    return render_list(request, CALLS, "grants/calls_table.html", {"may_create": may_create})


# --- one call ---------------------------------------------------------------------------------------------------------
def call_for(user: Any, code: str) -> Call:
    """The call if this reader, signed in or not, may see it; else a 404 as for one that is not there."""
    rows = calling.with_stages(Call.objects.visible_to(user)).select_related(
        "programme__fund", "budget_rules", "created_by"
    )
    return get_object_or_404(rows.prefetch_related("eligibility_rules"), code=code)


@require_safe
def call(request: HttpRequest, code: str) -> HttpResponse:
    """One call for everybody. Where a script asks for the answers alone (searching in them), it gets those."""
    found = call_for(request.user, code)
    if request.headers.get("HX-Target") == "answers":
        context = {"call": found, "answers": call_page_facts.answers_of(found, _words(request))}
        return render(request, "grants/_call_answers.html", context)
    return call_page(request, found)


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "")[:200].strip()


def call_page(
    request: HttpRequest,
    found: Call,
    *,
    ask_form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    at, staff = server_now(), rules.is_staff(request.user)
    user = request.user if request.user.is_authenticated else None
    context = call_page_facts.page_of(found, user, at, words=_words(request))
    stage = context["stage"]
    context |= {
        "staff": staff,
        "open": stage.is_open(at),
        "at": at,
        "panels": cards_of(request, user, found),
        "applying": can_i_apply.standing_for(found, user, at),
        "ask_form": ask_form or AskForm(auto_id="ask_%s"),
        "calendar_url": f"{settings.SITE_URL}{reverse('grants:call_calendar', args=[found.code])}",
        "address": f"{settings.SITE_URL}{found.get_absolute_url()}",
        "data": call_schema.block(call_schema.data_of(found, context["stages"], at)),
    }
    if staff:
        context |= _for_staff(signed_in(request), found, stage, at)
    return render(request, "grants/call.html", context, status=status)


def _for_staff(user: User, found: Call, stage: Stage, at: Any) -> dict[str, Any]:
    standing = standing_of(found, user)
    runs = rules.can_run_calls(user) is None
    return {
        "standing": standing,
        "next": calling.next_act(found, stage, standing.to_triage, at),
        "may_run": runs,
        "may_edit": rules.can_edit(user, found) is None,
        "may_extend": runs and found.status in services.TAKING_BACK,
        "may_start_review": runs
        and found.status == Status.CLOSED
        and found.paused_at is None
        and at >= services.last_signature(found),
        "may_see_intake": rules.can_see_intake(user) is None,
        "done": staff_history(found),
    }


# --- acts -------------------------------------------------------------------------------------------------------------
def _running(request: HttpRequest, code: str) -> tuple[User, Call]:
    user = signed_in(request)
    found = call_for(user, code)
    require(rules.can_run_calls(user))
    return user, found


def _act(service: Callable[..., Call], words: Any) -> Callable[[HttpRequest, str], HttpResponse]:
    """A page that does one thing to a call without asking for more."""

    @login_required
    @require_POST
    def view(request: HttpRequest, code: str) -> HttpResponse:
        user, found = _running(request, code)
        service(found, actor=user, at=server_now())
        messages.success(request, words)
        return redirect(found)

    return view


start_review = _act(services.start_review, gettext_lazy("The review can begin: reviewers can be assigned."))
mark_decided = _act(services.mark_decided, gettext_lazy("The call is marked as decided."))
archive = _act(services.archive_call, gettext_lazy("The call is archived."))
