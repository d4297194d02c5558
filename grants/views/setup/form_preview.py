"""A form as an applicant will see it, before or after it is published: to be tried, with its conditions and its limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.http import signed_in
from accounts.models import User
from core.errors import InvalidInput, require
from grants import answering, building
from grants.asking import files, kinds
from grants.asking.conditions import state
from grants.asking.sheets import Sheet
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.asking.versions import questions_of
from grants.completeness import Finding, answer_findings
from grants.editing import Field
from grants.models import Call, FormVersion, Question, Stage
from grants.rules import calls as rules
from grants.services import forms as form_services
from grants.views.calls import call_for
from grants.views.common import in_background

MORE_ROWS = 5


@dataclass(frozen=True)
class Shown:
    """A section with its fields."""

    title: str
    help: str
    fields: list[Field]


@dataclass(frozen=True)
class Tried:
    """What was typed into the form, as it is typed and as it would be kept; `refused` by key."""

    typed: dict[str, Any]
    sheet: Sheet
    refused: dict[str, str]


@login_required
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """The form in force, another version, or what an officer has on the builder's page; nothing of it is kept."""
    user = signed_in(request)
    call = call_for(user, code)
    kind = _kind(request, call)
    carried = [(name, value) for name, value in _pairs(request.POST) if _is_of_builder(name)]
    version: FormVersion | None = None
    problems: dict[str, str] = {}
    if carried:
        require(rules.can_run_calls(user))
        draft = building.from_post(request.POST)
        specs, problems = building.to_specs(draft)
        troubles = building.troubles(replace(draft, problems=problems))
    else:
        version, troubles = _version(request, user, call, kind), []
        specs = form_services.specs_of(version) if version else []
    if problems:
        specs = []
    context = {"call": call, "kind": kind, "version": version, "carried": carried, "troubles": troubles}
    return _answer(request, call, specs, context)


def _kind(request: HttpRequest, call: Call) -> str:
    kinds_of_call = [stage.kind for stage in call.stages.all()] or [Stage.Kind.FULL]
    kind = request.GET.get("kind") or kinds_of_call[0]
    if kind not in kinds_of_call:
        raise Http404
    return kind


def _pairs(data: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in data.lists() for value in values]


def _is_of_builder(name: str) -> bool:
    return name[:1] == "s" and name[1:2].isdigit()


def _version(request: HttpRequest, user: User, call: Call, kind: str) -> FormVersion | None:
    """What is in force is for everybody who sees the call; a draft is its officers', any other version the staff's."""
    number, in_force = request.GET.get("version", ""), form_services.in_force(call, kind)
    if number and not (number.isascii() and number.isdigit() and len(number) < 5):
        raise Http404
    if call.status == Call.Status.DRAFT:
        require(rules.can_run_calls(user))
        return form_services.newest(call, kind)
    if not number or (in_force is not None and in_force.number == int(number)):
        return in_force
    found = FormVersion.objects.filter(call=call, kind=kind, number=int(number)).first()
    if found is None or not rules.is_staff(user):
        raise Http404
    return found


# --- trying it ------------------------------------------------------------------------------------------------------
def _answer(request: HttpRequest, call: Call, specs: Sequence[SectionSpec], context: dict[str, Any]) -> HttpResponse:
    questions = {key: _question(one) for key, one in questions_of(specs).items()}
    tried = _tried(request.POST, questions, call.currency)
    asked = {
        "hidden": [key for key, one in tried.sheet.state.items() if not one.shown],
        "optional": [key for key, one in tried.sheet.state.items() if not one.required],
    }
    if in_background(request):
        return render(request, "grants/_editor_asked.html", {"asked": asked, "oob": True})
    checks = "check" in request.POST
    findings = _findings(questions, tried) if checks else []
    shown = [_shown(one, questions, tried, findings, request.POST) for one in specs]
    more = {"sections": shown, "asked": asked, "checked": checks, "findings": findings}
    return render(request, "grants/call_preview.html", {**context, **more, "currency": call.currency})


def _question(spec: QuestionSpec) -> Question:
    """A row that is never saved: the editor's fields are made of rows."""
    return Question(
        key=spec.key,
        kind=spec.kind,
        label=spec.label,
        help=spec.help,
        required=spec.required,
        words=spec.words,
        characters=spec.characters,
        options=list(spec.options),
        settings=dict(spec.settings),
        shown_if=spec.shown_if,
        required_if=spec.required_if,
    )


def _tried(data: QueryDict, questions: Mapping[str, Question], currency: str) -> Tried:
    start = state(questions.values(), {})
    typed: dict[str, Any] = {}
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    for one in answering.preview_fields(questions.values(), currency, {}, start):
        question = questions[one.key]
        if question.kind == Question.Kind.FILE:
            values |= _named_file(data, question)
            continue
        given = answering.sent(data, one)
        if given is None:
            continue
        typed[one.key] = given.value
        try:
            value = kinds.clean(question, given.value, currency=currency)
        except InvalidInput as error:
            refused[one.key] = error.message
            continue
        if kinds.answered(question, value):
            values[one.key] = value
    sheet = Sheet([], {}, {}, values, state(questions.values(), values), currency)
    return Tried(typed, sheet, refused)


def _named_file(data: QueryDict, question: Question) -> dict[str, Any]:
    """Files are not sent from here; one that was chosen counts as an answer."""
    name = data.get(f"file-{question.key}")
    return {question.key: [{"name": name, "content_type": files.allowed_types(question)[0]}]} if name else {}


def _findings(questions: Mapping[str, Question], tried: Tried) -> list[Finding]:
    """What would stop handing in."""
    found = []
    for key, question in questions.items():
        if key in tried.refused:
            words = _("“%(question)s”: %(reason)s") % {"question": question.label, "reason": tried.refused[key]}
            found.append(Finding("answer_wrong", words, f"field-{key}", "", over=True))
        elif tried.sheet.state[key].shown:
            found += answer_findings(question, tried.sheet, "")
    return found


def _shown(
    section: SectionSpec,
    questions: Mapping[str, Question],
    tried: Tried,
    findings: Sequence[Finding],
    data: QueryDict,
) -> Shown:
    own = [questions[one.key] for one in section.questions]
    fields = answering.preview_fields(own, tried.sheet.currency, tried.typed, tried.sheet.state)
    said: dict[str, list[Finding]] = {}
    for finding in findings:
        said.setdefault(finding.anchor, []).append(replace(finding, over=True))  # beside the field, missing or not
    fields = [
        replace(
            one,
            findings=tuple(said.get(f"field-{one.key}", ())),
            blank_rows=MORE_ROWS if f"add-{one.key}" in data else 1,
        )
        for one in fields
    ]
    return Shown(section.title, section.help, fields)
