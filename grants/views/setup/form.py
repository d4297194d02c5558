"""The form builder: one step of setting a call up, and the page of a form that is published."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, InvalidInput, StaleWrite
from grants import building
from grants.asking import library
from grants.asking.grids import COLUMN_KINDS
from grants.asking.versions import changes
from grants.building.outline import outline
from grants.models import Call, Proposal, Question, Stage
from grants.services import form_saving
from grants.services import forms as form_services
from grants.views.setup.form_preview import preview
from grants.views.setup.frame import after, page

__all__ = ["form", "preview"]


def kind_of(request: HttpRequest, call: Call) -> str:
    """The form that is meant: of the expression of interest, or of the full proposal."""
    kinds = kinds_of(call)
    kind = request.GET.get("kind") or kinds[0]
    if kind not in kinds:
        raise Http404
    return kind


def kinds_of(call: Call) -> list[str]:
    found = list(dict.fromkeys(stage.kind for stage in call.stages.all()))
    return found or [Stage.Kind.FULL]


def form(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    """Parts are added, moved and removed on the page; nothing is kept before "Save", and nothing typed is lost."""
    kind = kind_of(request, call)
    making = form_saving.in_the_making(call, kind)
    if making is None and call.status != Call.Status.DRAFT:
        if request.method == "POST":
            return _gone(request, call, kind)
        return page(request, call, "form", published(call, kind, user))
    if request.method != "POST":
        saved = form_services.specs_of(making) if making else []
        base = form_saving.fingerprint(saved)
        return _builder(request, call, kind, building.from_specs(saved), making=making, base=base)
    draft = building.from_post(request.POST)
    shown: dict[str, Any] = {"making": making, "base": request.POST.get("base", ""), "unsaved": True}
    if act := request.POST.get("act"):
        return _builder(request, call, kind, _acted(request, draft, act, kind), **shown)
    return _save(request, user, call, draft, kind=kind, shown=shown)


def _gone(request: HttpRequest, call: Call, kind: str) -> HttpResponse:
    """What was typed belongs to a revision that a colleague published or threw away: it is shown, and can't be kept."""
    draft = building.from_post(request.POST)
    words = _(
        "A colleague published or discarded this revision meanwhile: nothing can be saved to it. Your text is below."
    )
    return _builder(request, call, kind, draft, base="", unsaved=True, error=words, status=409)


# --- acts -----------------------------------------------------------------------------------------------------------
def _acted(request: HttpRequest, draft: building.Draft, act: str, kind: str) -> building.Draft:
    verb, _colon, rest = act.partition(":")
    if verb == "to":
        return building.act_on(draft, f"move:{rest}:{request.POST.get(f'{rest}-to', '')}")
    if verb == "usual":
        usual = form_services.DEFAULT_EOI if kind == Stage.Kind.EOI else form_services.DEFAULT
        return building.added(draft, [building.block_of(one) for one in usual])
    if verb == "library":
        return _from_library(draft, rest or request.POST.get("library", ""), request.POST.get("into", ""))
    if verb == "show":
        return building.opened(draft, [f"{rest}-label"])
    return building.act_on(draft, act)


def _from_library(draft: building.Draft, key: str, into: str) -> building.Draft:
    item = library.ITEMS.get(key)
    if item is None:
        return draft
    fresh = library.without_taken_keys(item.section, {row.key for row in draft.rows})
    if item.whole or not draft.blocks:
        return building.added(draft, [building.block_of(fresh)])
    return building.added_to(draft, into, [building.row_of(one) for one in fresh.questions])


# --- saving ---------------------------------------------------------------------------------------------------------
def _save(
    request: HttpRequest, user: User, call: Call, draft: building.Draft, *, kind: str, shown: dict[str, Any]
) -> HttpResponse:
    specs, problems = building.to_specs(draft)
    if problems:
        return _refused(request, call, kind, draft, problems, shown)
    base = request.POST.get("force") or shown["base"]
    try:
        form_saving.save_form(call, specs, kind=kind, base=base, actor=user, at=server_now())
    except StaleWrite as error:
        return _stale(request, call, kind, draft, error, shown)
    except InvalidInput as error:
        return _refused(request, call, kind, draft, {error.field or "form": error.message}, shown)
    except DomainError as error:
        return _builder(request, call, kind, draft, **shown, error=error.message, status=error.status)
    if call.status == Call.Status.DRAFT:
        return _on(request, call, kind)
    if "on" in request.POST:
        return redirect("grants:call_form_publish", call.code, kind)
    messages.success(request, _("Saved. Applicants see it once you publish it."))
    return redirect(address(call, kind))


def _on(request: HttpRequest, call: Call, kind: str) -> HttpResponse:
    """Saved: on to the call's other form, and after the last one to the next step; or stay, as the button said."""
    kinds = kinds_of(call)
    left = kinds[kinds.index(kind) + 1 :]
    if "on" in request.POST and not left:
        return after(request, call, "form")
    messages.success(request, _("Saved."))
    return redirect(address(call, left[0] if "on" in request.POST else kind))


def _refused(
    request: HttpRequest,
    call: Call,
    kind: str,
    draft: building.Draft,
    problems: dict[str, str],
    shown: dict[str, Any],
) -> HttpResponse:
    draft = building.opened(replace(draft, problems=problems), list(problems))
    return _builder(request, call, kind, draft, **shown, status=422)


def _stale(
    request: HttpRequest, call: Call, kind: str, draft: building.Draft, error: StaleWrite, shown: dict[str, Any]
) -> HttpResponse:
    """Both are kept: theirs is saved, this one stays on the page, with what differs; only a choice overwrites."""
    specs, _problems = building.to_specs(draft)
    theirs = form_services.newest(call, kind)
    saved_at = parse_datetime(error.data["saved_at"]) if error.data["saved_at"] else None
    conflict = {
        "by": error.data["by"],
        "at": saved_at,
        "base": error.data["base"],
        "changes": changes(form_services.specs_of(theirs) if theirs else [], specs),
    }
    return _builder(request, call, kind, draft, **shown, conflict=conflict, status=409)


# --- showing --------------------------------------------------------------------------------------------------------
def address(call: Call, kind: str) -> str:
    more = f"&kind={kind}" if kind != kinds_of(call)[0] else ""
    return f"{reverse('grants:call_edit', args=[call.code])}?step=form{more}"


def tabs_of(call: Call, kind: str, name: str = "") -> list[tuple[str, str, bool]]:
    """(words, address, whether it is this one), where a call has more than one form; to the pages called `name`."""
    kinds = kinds_of(call)
    if len(kinds) < 2:
        return []
    paths = {one: reverse(name, args=[call.code, one]) if name else address(call, one) for one in kinds}
    return [(str(Stage.Kind(one).label), paths[one], one == kind) for one in kinds]


def _builder(
    request: HttpRequest, call: Call, kind: str, draft: building.Draft, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The page, or the part of it that was asked for. `more`: `making`, `base`, `unsaved`, `error`, `conflict`."""
    where = address(call, kind)
    context: dict[str, Any] = {
        **more,
        "call": call,
        "kind": kind,
        "draft": draft,
        "troubles": building.troubles(draft),
        "kinds": [(value, str(label)) for value, label in Question.Kind.choices],
        "column_kinds": [(value, str(label)) for value, label in COLUMN_KINDS.items()],
        "form_address": where,
        "post": format_html('formnovalidate hx-post="{}"', where),
        "revising": more.get("making") if call.status != Call.Status.DRAFT else None,
        "library": library.shelves(),
    }
    target = request.headers.get("HX-Target", "")
    if target and target != "builder":
        one = building.shown_one(draft, target)
        if one is None:
            raise Http404
        return render(request, "grants/_builder_question.html", {**context, "one": one, "blocks": draft.blocks})
    context["blocks"] = building.shown(draft)
    if target == "builder":
        return render(request, "grants/_builder_answer.html", context, status=status)
    context["tabs"] = tabs_of(call, kind)
    return page(request, call, "form", context, status)


def published(call: Call, kind: str, user: User) -> dict[str, Any]:
    """The page of a form that is in force."""
    version = form_services.newest(call, kind)
    return {
        "kind": kind,
        "version": version,
        "parts": outline(form_services.specs_of(version)) if version else [],
        "tabs": tabs_of(call, kind),
        "may_revise": call.status in form_services.REVISABLE,
        "drafts": Proposal.objects.reviewable_by(user).filter(call=call, stage__kind=kind, status="draft").count(),
    }
