"""One act on many: first a page that says what would happen to each, then (`confirm`) it happens, to all or to none."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, require
from core.forms import apply_domain_error
from core.lists.query import ListQuery
from grants.call_forms.triage import ManyForm
from grants.lists.intake import INTAKE
from grants.models import LetterTemplate, Proposal
from grants.rules import calls as rules
from grants.services import letters_of_decisions as letters
from grants.services import triage as services
from grants.services.enquiries import TIME_TO_ANSWER
from grants.services.triage_many import ACTS, MOST, Act, Given, Planned, carry_out, for_planning, plan
from grants.views.triage.place import board_url

SHOWN_LETTERS = 2


@login_required
@require_POST
def many(request: HttpRequest, act: str) -> HttpResponse:
    user, chosen = signed_in(request), ACTS[act]
    require(rules.can_run_calls(user))
    at = server_now()
    rows = _chosen(user, request.POST)
    sent = request.POST if "confirm" in request.POST or "again" in request.POST else None
    form = ManyForm(sent, wants=chosen.wants, officers=services.officers(at), zone=user.zone, at=at)
    error = ""
    if sent is not None and form.is_valid() and "confirm" in request.POST:
        try:
            done = carry_out(chosen, rows, _given(form, request.POST), actor=user, at=at)
        except DomainError as refused:
            error = "" if refused.field in form.fields else refused.message
            if not error:
                apply_domain_error(form, refused)
        else:
            messages.success(request, _done_in_words(len(done)))
            return redirect(board_url(_board(request.POST)))
    return _page(request, user, chosen, rows, form, error)


def _given(form: ManyForm, sent: QueryDict) -> Given:
    anyway = frozenset(one.pk for one in _of_keys(None, sent.getlist("anyway")))
    return Given(anyway=anyway, **{name: value for name, value in form.cleaned_data.items() if value})


def _done_in_words(n: int) -> str:
    return ngettext("Done for %(n)d proposal.", "Done for %(n)d proposals.", n) % {"n": n}


# --- which ones -------------------------------------------------------------------------------------------------------
def _chosen(user: User, sent: QueryDict) -> list[Proposal]:
    """The ticked ones, or all that the board's question finds; none that the reader may not see is among them."""
    if "all" in sent:
        query = ListQuery(INTAKE, user, QueryDict(sent.get("query", "")))
        keys = list(query.filtered.values_list("pk", flat=True)[: MOST + 1])
    else:
        keys = [*sent.getlist("pk"), *sent.getlist("anyway")]
    if len(set(keys)) > MOST:
        raise InvalidInput(_("At most %(most)s at a time: narrow the board with its filters.") % {"most": MOST})
    rows = _of_keys(user, keys)
    if not rows:
        raise InvalidInput(_("Tick at least one proposal."))
    return rows


def _of_keys(user: User | None, keys: list[Any]) -> list[Proposal]:
    try:
        rows: Any = Proposal.objects.all() if user is None else INTAKE.queryset(user, None)
        return for_planning(rows.filter(pk__in=keys).values_list("pk", flat=True))
    except (ValidationError, ValueError, TypeError):
        raise InvalidInput(_("This is no choice of proposals. Go back to the board and tick again.")) from None


def _board(sent: QueryDict) -> QueryDict:
    return QueryDict(sent.get("query", ""))


# --- the page ---------------------------------------------------------------------------------------------------------
def _page(request: HttpRequest, user: User, act: Act, rows: list[Proposal], form: ManyForm, error: str) -> HttpResponse:
    handler = form.cleaned_data.get("handler") if form.is_bound and form.is_valid() else None
    planned = plan(act, rows, user=user, at=server_now(), handler=handler)
    ready = [one for one in planned if one.ready]
    kept = {str(key) for key in request.POST.getlist("pk")} | {str(key) for key in request.POST.getlist("anyway")}
    back = board_url(_board(request.POST))
    context = {
        "act": act,
        "form": form,
        "error": error,
        "ready": [one for one in ready if not one.against],
        "against": [(one, str(one.proposal.pk) in kept and form.is_bound) for one in ready if one.against],
        "refused": [one for one in planned if one.why_not],
        "done": [one for one in planned if one.done],
        "letters": _letters(act, ready, form),
        "query": request.POST.get("query", ""),
        "back": back,
    }
    return render(request, "grants/triage_many.html", context, status=422 if error or form.errors else 200)


def _letters(act: Act, ready: list[Planned], form: ManyForm) -> list[tuple[Proposal, letters.Letter]]:
    """As the first of them will read it. Where the reason is not written yet, dots stand for it."""
    if not act.letter:
        return []
    given = form.cleaned_data if form.is_bound and form.is_valid() else {}
    at = server_now()
    words: dict[str, Any] = {"reason": given.get("reason") or "…", "question": given.get("question") or "…"}
    if act.letter == LetterTemplate.Kind.ENQUIRY:
        words["due_at"] = given.get("due_at") or at + TIME_TO_ANSWER
    shown = ready[:SHOWN_LETTERS]
    return [(one.proposal, letters.letter_for(one.proposal, act.letter, at, **words)) for one in shown]
