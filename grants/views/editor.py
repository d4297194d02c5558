"""The editor: one page for each part, fields that save themselves, and a Save button that does the same without scripts."""

import datetime as dt
from dataclasses import dataclass, replace
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
from core.errors import InvalidInput, require
from grants import answering, completeness, editing, eligibility, windows
from grants.asking import kinds
from grants.asking.sheets import Sheet, sheet_of
from grants.completeness import Part
from grants.keeping import news_of
from grants.models import Proposal, Question, Section
from grants.rules import proposals as rules
from grants.services import answers, attachments
from grants.views.common import proposal_for, saves

PAGES = {"team": "grants:proposal_team", "budget": "grants:proposal_budget", "files": "grants:proposal_files"}


def part_url(proposal: Proposal, key: str) -> str:
    if key == "details":
        return reverse("grants:proposal_edit", args=[proposal.number])
    if key == "checks":
        return reverse("grants:proposal_checks", args=[proposal.number])
    if key == "competition":
        return reverse("grants:competition", args=[proposal.call.code])
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
        "times": windows.times_of(proposal, at),
    }


def closed_to_edits(request: HttpRequest, proposal: Proposal) -> HttpResponse | None:
    """Who opens the editor of what was handed in is led to the proposal, and told why."""
    if proposal.is_editable:
        return None
    messages.warning(request, _("It was handed in: nothing of it can be changed now."))
    return redirect(proposal)


# --- a part made of fields ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Page:
    """One part of the editor while a request works on it. Without a section it is the details."""

    user: User
    proposal: Proposal
    key: str
    section: Section | None
    sheet: Sheet | None
    at: dt.datetime

    def fields(self, more_rows: str = "") -> list[editing.Field]:
        if self.section is None or self.sheet is None:
            return editing.detail_fields(self.proposal)
        return answering.section_fields(self.proposal, self.section, self.sheet, more_rows=more_rows)

    def shown(self) -> set[str]:
        """Which questions are asked now."""
        return {one.key for one in self.sheet.shown(self.section)} if self.sheet and self.section else set()


def _page(user: User, proposal: Proposal, key: str, at: dt.datetime) -> Page:
    if key == "details":
        return Page(user, proposal, key, None, None, at)
    sheet = sheet_of(proposal)
    for section in sheet.sections:
        if completeness.section_part(section) == key:
            return Page(user, proposal, key, section, sheet, at)
    raise Http404(key)


@saves
@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, number: str, part: str = "details") -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    page = _page(user, proposal, part, server_now())
    if request.method == "POST":
        return _save_all(request, page)
    if away := closed_to_edits(request, proposal):
        return away
    return _show(request, page, page.fields(request.GET.get("rows", "")))


def _show(request: HttpRequest, page: Page, fields: list[editing.Field], status: int = 200) -> HttpResponse:
    context = frame(page.proposal, page.key, page.at)
    here: Part = context["part"]
    context |= {"fields": editing.with_findings(fields, list(here.findings)), "section": page.section}
    context["news"] = news_of(page.proposal, page.at)
    if page.sheet and page.section:
        context["asked"] = answering.asked_now(page.sheet, page.section)
    return render(request, "grants/editor.html", context, status=status)


def _save_all(request: HttpRequest, page: Page) -> HttpResponse:
    """The Save button: every field that was sent, each by itself, so that one refusal loses none of the others."""
    fields = [_save_one(request, page.user, page.proposal, one, page.at) for one in page.fields()]
    fields = [_with_file(request, page, one) for one in fields]
    fresh = _page(page.user, proposal_for(page.user, page.proposal.number), page.key, page.at)
    if any(one.error or one.conflict for one in fields):
        status = 409 if any(one.conflict for one in fields) else 422
        return _show(request, fresh, _as_asked(fields, fresh), status)
    grown = next((one.key for one in fields if f"add-{one.key}" in request.POST), "")
    stays = grown or any(name.startswith(("drop-", "remove-file")) for name in request.POST)
    if more := fresh.shown() - page.shown():
        messages.info(request, _("Saved. What you answered asks for more: it is on this page now."))
        return redirect(f"{part_url(fresh.proposal, page.key)}#field-{_first(fields, more)}")
    messages.success(request, _("Saved."))
    if stays:
        query = f"?rows={grown}#field-{grown}" if grown else ""
        return redirect(part_url(fresh.proposal, page.key) + query)
    target = "next_url" if "go-on" in request.POST else ""
    return redirect(frame(fresh.proposal, page.key, page.at)[target] if target else part_url(fresh.proposal, page.key))


def _first(fields: list[editing.Field], keys: set[str]) -> str:
    return next(one.key for one in fields if one.key in keys)


def _as_asked(fields: list[editing.Field], fresh: Page) -> list[editing.Field]:
    """The fields as they were sent, shown and hidden as the answers that were saved have it."""
    now = {one.key: one for one in fresh.fields()}
    return [
        replace(one, hidden=now[one.key].hidden, required=now[one.key].required, files=now[one.key].files)
        for one in fields
        if one.key in now
    ]


def _save_one(
    request: HttpRequest, user: User, proposal: Proposal, one: editing.Field, at: dt.datetime
) -> editing.Field:
    if f"take-{one.key}" in request.POST:
        return one
    if one.question is None:
        given = editing.typed(request.POST, one)
        return editing.save_detail(proposal, one, given, actor=user, at=at) if given else one
    given = answering.sent(request.POST, one)
    if given is None:
        return one
    return answering.save_answer(proposal, one, given, proposal.currency, actor=user, at=at)


def _with_file(request: HttpRequest, page: Page, one: editing.Field) -> editing.Field:
    """What the Save button sent along to a question that is answered with files: one to attach, one to take out."""
    if one.kind != Question.Kind.FILE:
        return one
    how: dict[str, Any] = {"actor": page.user, "at": page.at}
    for held in one.files:
        if request.POST.get("remove-file") == str(held.pk):
            attachments.detach(held, **how)
    upload = request.FILES.get(f"file-{one.key}")
    if upload is None:
        return one
    try:
        attachments.attach(page.proposal, upload, key=one.key, **how)
    except InvalidInput as error:
        return replace(one, error=error.message)
    return replace(one, just_saved=True, saved_at=page.at)


# --- one field, in the background -----------------------------------------------------------------------------------
@saves
@require_POST
def save_answer(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """An answer, or a file to a question that is answered with one; the page's script asks."""
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    page = _page_of_question(user, proposal, key, server_now())
    one = next(field for field in page.fields() if field.key == key)
    return _saved(request, page, one)


def _page_of_question(user: User, proposal: Proposal, key: str, at: dt.datetime) -> Page:
    sheet = sheet_of(proposal)
    for section in sheet.sections:
        if any(question.key == key for question in section.questions.all()):
            return Page(user, proposal, completeness.section_part(section), section, sheet, at)
    answers.question_of(proposal, key)  # says that it is not asked any more
    raise Http404(key)


@saves
@require_POST
def save_detail(request: HttpRequest, number: str, name: str) -> HttpResponse:
    user = signed_in(request)
    proposal = proposal_for(user, number)
    require(rules.can_write(user, proposal))
    page = Page(user, proposal, "details", None, None, server_now())
    one = next((field for field in page.fields() if field.key == name), None)
    if one is None:
        raise Http404(name)
    return _saved(request, page, one)


def _saved(request: HttpRequest, page: Page, one: editing.Field) -> HttpResponse:
    """The field's state; the whole field anew where the writer chose between two texts. The outline comes along."""
    field = _with_file(request, page, _save_one(request, page.user, page.proposal, one, page.at))
    mine = _own_text(request, page, one) if f"take-{one.key}" in request.POST else ""
    whole = one.kind == Question.Kind.FILE or any(f"{act}-{one.key}" in request.POST for act in ("force", "take"))
    fresh = proposal_for(page.user, page.proposal.number)
    context = {**outline_of(fresh, page.at), "proposal": fresh, "was_mine": mine, "part_key": page.key}
    if page.section is not None:
        sheet = sheet_of(fresh)
        context["asked"] = answering.asked_now(sheet, page.section)
        if field.question is not None and not field.error and not field.conflict:
            now = answering.answer_field(fresh, field.question, sheet)
            field = replace(now, just_saved=field.just_saved)
    findings = [finding for part, _url in context["outline"] for finding in part.findings]
    (field,) = editing.with_findings([field], findings)
    if not whole:
        field = replace(field, saved_at=field.saved_at or page.at)
    context["field"] = field
    template = "grants/_editor_field_answer.html" if whole else "grants/_editor_state_answer.html"
    status = 409 if field.conflict else 422 if field.error else 200
    return render(request, template, context, status=status)


def _own_text(request: HttpRequest, page: Page, one: editing.Field) -> str:
    """What the writer had typed before choosing the other text."""
    given = answering.sent(request.POST, one) if one.question else editing.typed(request.POST, one)
    if given is None:
        return ""
    return kinds.text(one.question, given.value, currency=page.proposal.currency) if one.question else str(given.value)


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
    context = {
        **frame(proposal, "checks", at),
        "rules": eligibility.findings(proposal, at),
        "news": news_of(proposal, at),
    }
    return render(request, "grants/editor_checks.html", context)
