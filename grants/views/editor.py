"""The editor: one page for each part, fields that save themselves, and a Save button that does the same without scripts."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import require
from grants import completeness, editing, eligibility
from grants.completeness import Part
from grants.models import Proposal, Section
from grants.rules import proposals as rules
from grants.services import proposals
from grants.views.common import proposal_for, saves

PAGES = {"team": "grants:proposal_team", "budget": "grants:proposal_budget", "files": "grants:proposal_files"}


def part_url(proposal: Proposal, key: str) -> str:
    if key == "details":
        return reverse("grants:proposal_edit", args=[proposal.number])
    if key == "checks":
        return reverse("grants:proposal_checks", args=[proposal.number])
    if key in PAGES:
        return reverse(PAGES[key], args=[proposal.number])
    return reverse("grants:proposal_part", args=[proposal.number, key])


def outline_of(proposal: Proposal, at: dt.datetime) -> dict[str, Any]:
    """What the outline at the side shows: each part with its address, and how many findings are left in all."""
    parts = completeness.outline(proposal, at)
    return {
        "outline": [(part, part_url(proposal, part.key)) for part in parts],
        "findings_left": sum(len(part.findings) for part in parts),
        "parts_done": sum(part.state == "complete" for part in parts),
    }


def frame(proposal: Proposal, key: str, at: dt.datetime) -> dict[str, Any]:
    """What every page of the editor needs: the outline, the way to the next part, and the deadline."""
    outline = outline_of(proposal, at)
    keys = [part.key for part, _url in outline["outline"]] + ["checks"]
    place = keys.index(key)
    part = next((part for part, _url in outline["outline"] if part.key == key), None)
    return {
        **outline,
        "proposal": proposal,
        "part": part,
        "part_key": key,
        "place": place + 1,
        "places": len(keys),
        "previous_url": part_url(proposal, keys[place - 1]) if place else "",
        "next_url": part_url(proposal, keys[place + 1]) if place + 1 < len(keys) else "",
        "stage": proposal.stage,
    }


def closed_to_edits(request: HttpRequest, proposal: Proposal) -> HttpResponse | None:
    """Who opens the editor of what was handed in is led to the proposal, and told why."""
    if proposal.is_editable:
        return None
    messages.warning(request, _("It was handed in: nothing of it can be changed now."))
    return redirect(proposal)


# --- a part made of fields ------------------------------------------------------------------------------------------
@saves
@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, number: str, part: str = "details") -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    section = _section(proposal, part)
    if request.method == "POST":
        return _save_all(request, user, proposal, part, section)
    if away := closed_to_edits(request, proposal):
        return away
    return _show(request, proposal, part, section, _fields(proposal, section), server_now())


def _section(proposal: Proposal, part: str) -> Section | None:
    """The form's section behind a part's key; None for the details."""
    if part == "details":
        return None
    for section in completeness.sections_of(proposal):
        if completeness.section_part(section) == part:
            return section
    raise Http404(part)


def _fields(proposal: Proposal, section: Section | None) -> list[editing.Field]:
    return editing.section_fields(proposal, section) if section else editing.detail_fields(proposal)


def _show(  # noqa: PLR0917  (a page's parts)
    request: HttpRequest,
    proposal: Proposal,
    key: str,
    section: Section | None,
    fields: list[editing.Field],
    at: dt.datetime,
    status: int = 200,
) -> HttpResponse:
    context = frame(proposal, key, at)
    here: Part = context["part"]
    fields = editing.with_findings(fields, list(here.findings))
    return render(request, "grants/editor.html", {**context, "fields": fields, "section": section}, status=status)


def _save_all(request: HttpRequest, user: User, proposal: Proposal, key: str, section: Section | None) -> HttpResponse:
    """The Save button: every field that was sent, each by itself, so that one refusal loses none of the others."""
    at = server_now()
    fields = [
        _save_one(request, user, proposal, one, at, answers=section is not None) for one in _fields(proposal, section)
    ]
    fresh = proposal_for(user, proposal.number)
    if any(one.error or one.conflict for one in fields):
        status = 409 if any(one.conflict for one in fields) else 422
        return _show(request, fresh, key, section, fields, at, status)
    messages.success(request, _("Saved."))
    target = "next_url" if "go-on" in request.POST else ""
    return redirect(frame(fresh, key, at)[target] if target else part_url(fresh, key))


def _save_one(
    request: HttpRequest, user: User, proposal: Proposal, one: editing.Field, at: dt.datetime, *, answers: bool
) -> editing.Field:
    sent = editing.typed(request.POST, one)
    if sent is None or f"take-{one.key}" in request.POST:
        return one
    save = editing.save_answer if answers else editing.save_detail
    return save(proposal, one, sent, actor=user, at=at)


# --- one field, in the background -----------------------------------------------------------------------------------
@saves
@require_POST
def save_answer(request: HttpRequest, number: str, key: str) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    question = proposals.question_of(proposal, key)
    answer = proposal.answers.select_related("updated_by").filter(key=key).first()
    one = editing.answer_field(proposal, question, answer)
    return _saved(request, user, proposal, one, answers=True)


@saves
@require_POST
def save_detail(request: HttpRequest, number: str, name: str) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    one = next((field for field in editing.detail_fields(proposal) if field.key == name), None)
    if one is None:
        raise Http404(name)
    return _saved(request, user, proposal, one, answers=False)


def _saved(request: HttpRequest, user: User, proposal: Proposal, one: editing.Field, *, answers: bool) -> HttpResponse:
    """The field's state; the whole field anew where the writer chose between two texts. The outline comes along."""
    at = server_now()
    field = _save_one(request, user, proposal, one, at, answers=answers)
    mine = ""
    if f"take-{one.key}" in request.POST:
        mine = str(request.POST.get(f"value-{one.key}", ""))
    chose = bool(mine) or f"force-{one.key}" in request.POST or f"take-{one.key}" in request.POST
    fresh = proposal_for(user, proposal.number)
    outline = outline_of(fresh, at)
    findings = [finding for part, _url in outline["outline"] for finding in part.findings]
    (field,) = editing.with_findings([field], findings)
    if not chose:
        field = replace(field, saved_at=field.saved_at or at)
    context = {**outline, "proposal": fresh, "field": field, "was_mine": mine, "part_key": request.POST.get("part", "")}
    template = "grants/_editor_field_answer.html" if chose else "grants/_editor_state_answer.html"
    status = 409 if field.conflict else 422 if field.error else 200
    return render(request, template, context, status=status)


# --- what is still missing ------------------------------------------------------------------------------------------
@saves
def checks(request: HttpRequest, number: str) -> HttpResponse:
    """Everything that stops handing in, each with the way to its place."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    if away := closed_to_edits(request, proposal):
        return away
    at = server_now()
    context = {**frame(proposal, "checks", at), "rules": eligibility.findings(proposal, at)}
    return render(request, "grants/editor_checks.html", context)
