"""The words in which verdicts are told: a call's own, and the house's."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, StaleWrite, require
from core.forms import apply_domain_error
from grants.call_forms.triage import TemplateForm
from grants.lists.intake import intake
from grants.models import Call, LetterTemplate, Proposal, Stage
from grants.rules import calls as rules
from grants.services import letters_of_decisions as services
from grants.views.setup.frame import page

Kind = LetterTemplate.Kind


@dataclass
class Editing:
    """One kind of letter on the page; `theirs`: what a colleague wrote meanwhile; `preview`: as a real proposal gets it."""

    template: LetterTemplate
    form: TemplateForm
    own: bool
    theirs: dict[str, Any] | None = None
    preview: services.Letter | None = None

    @property
    def places(self) -> list[tuple[str, Any]]:
        return [(name, services.PLACES[name]) for name in services.PLACES_OF[self.template.kind]]


def letters(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    chosen = _kind(request, call)
    editing, answer = _edit(request, user, call, chosen)
    if answer is not None:
        return answer
    context = {"form": editing.form, **_context(user, call, editing)}
    return page(request, call, "letters", context, 422 if editing.form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def house_letters(request: HttpRequest) -> HttpResponse:
    """The house's own words: used by every call that has no others."""
    user = signed_in(request)
    require(rules.can_run_calls(user))
    editing, answer = _edit(request, user, None, _kind(request, None))
    if answer is not None:
        return answer
    status = 422 if editing.form.errors else 200
    return render(
        request, "grants/letters.html", {"form": editing.form, **_context(user, None, editing)}, status=status
    )


def _kinds(call: Call | None) -> list[str]:
    """Those that the call can come to write: an expression of interest is needed to invite anybody."""
    if call is None or call.shape == Call.Shape.TWO_STAGE:
        return list(Kind.values)
    return [kind for kind in Kind.values if kind not in {Kind.INVITED, Kind.NOT_INVITED}]


def _kind(request: HttpRequest, call: Call | None) -> str:
    chosen = request.GET.get("letter", Kind.ELIGIBLE)
    if chosen not in _kinds(call):
        raise Http404
    return chosen


def _address(call: Call | None, kind: str) -> str:
    if call is None:
        return f"{reverse('grants:letters')}?letter={kind}"
    return f"{reverse('grants:call_edit', args=[call.code])}?step=letters&letter={kind}"


def _edit(request: HttpRequest, user: User, call: Call | None, kind: str) -> tuple[Editing, HttpResponse | None]:
    template = services.templates_of(call)[kind]
    own = template.version > 0 and template.call == call
    form = TemplateForm(request.POST if request.method == "POST" else None, template=template, own=own)
    editing = Editing(template, form, own)
    if request.method != "POST":
        return editing, None
    if "drop" in request.POST:
        services.drop_template(call, kind, actor=user, at=server_now())
        messages.success(request, _("Back to the words that were there before."))
        return editing, redirect(_address(call, kind))
    if not form.is_valid():
        return editing, None
    return editing, _save(request, user, call, kind, editing)


def _save(request: HttpRequest, user: User, call: Call | None, kind: str, editing: Editing) -> HttpResponse | None:
    given = editing.form.cleaned_data
    try:
        if "preview" in request.POST:
            subject, body = services.checked(kind, given["subject"], given["body"])
            editing.template = LetterTemplate(kind=kind, subject=subject, body=body, version=editing.template.version)
            return None
        services.save_template(call, kind, **given, actor=user, at=server_now())
    except StaleWrite as error:
        editing.theirs = error.data
        apply_domain_error(editing.form, error)
        return None
    except DomainError as error:
        apply_domain_error(editing.form, error)
        return None
    messages.success(request, _("Saved."))
    return redirect(_address(call, kind))


# --- preview ----------------------------------------------------------------------------------------------------------
def _context(user: User, call: Call | None, editing: Editing) -> dict[str, Any]:
    kind, at = editing.template.kind, server_now()
    sample = _sample(user, call, kind)
    if sample is not None and not editing.form.errors:
        words: dict[str, Any] = {"reason": _("(the reason)"), "question": _("(the question)")}
        if kind == Kind.ENQUIRY:
            words["due_at"] = at
        editing.preview = services.letter_for(sample, kind, at, templates={kind: editing.template}, **words)
    return {
        "editing": editing,
        "kinds": [(value, Kind(value).label, _address(call, value)) for value in _kinds(call)],
        "chosen": kind,
        "sample": sample,
    }


def _sample(user: User, call: Call | None, kind: str) -> Proposal | None:
    """A real proposal that the reader may know of: of this call, else of any."""
    rows = intake(user, None).select_related("call__programme__fund", "stage", "pi", "university")
    if kind in {Kind.INVITED, Kind.NOT_INVITED}:
        rows = rows.filter(stage__kind=Stage.Kind.EOI)
    of_call = rows.filter(call=call).order_by("-submitted_at").first() if call else None
    return of_call or rows.order_by("-submitted_at").first()
