"""The editor's fields, of the details and of the form's sections alike: what each shows, and saving one of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput, StaleWrite
from grants.completeness import Finding
from grants.models import Answer, Proposal, Question, Section
from grants.services import proposals
from universities.queries import confirmed_universities

Kind = Question.Kind
Option = tuple[str, str]


@dataclass(frozen=True)
class Conflict:
    """Another text was saved meanwhile. `mine` stays in the field, `theirs` stands beside it."""

    mine: str
    theirs: str
    version: int
    by: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Field:
    """One field. `version` goes along with what is saved, and is refused when somebody saved another text since."""

    key: str
    kind: str
    label: str
    value: str
    version: int
    url: str
    help: str = ""
    required: bool = True
    words: int | None = None
    options: tuple[Option, ...] = ()
    longest: int | None = None
    saved_at: dt.datetime | None = None
    saved_by: str = ""
    findings: tuple[Finding, ...] = ()
    error: str = ""
    conflict: Conflict | None = None
    just_saved: bool = False

    @property
    def is_over(self) -> bool:
        return any(finding.over for finding in self.findings)


def shown(value: Any) -> str:
    """A stored value as a form field holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(getattr(value, "pk", value))


# --- details --------------------------------------------------------------------------------------------------------
def detail_fields(proposal: Proposal) -> list[Field]:
    call = proposal.call
    universities = tuple((str(one.pk), one.name) for one in confirmed_universities(proposal.pi)) if proposal.pi else ()
    if proposal.university and str(proposal.university.pk) not in dict(universities):
        universities = ((str(proposal.university.pk), proposal.university.name), *universities)
    months = _("Months; this call pays for at most %(most)d.") % {"most": call.longest_months}
    return [
        _detail(proposal, "title", Kind.SHORT, _("Title"), longest=proposals.LONGEST_TITLE),
        _detail(
            proposal,
            "abstract",
            Kind.LONG,
            _("Abstract"),
            help=_("For people outside your field. It is published if the proposal is funded."),
        ),
        _detail(
            proposal,
            "keywords",
            Kind.SHORT,
            _("Keywords"),
            required=False,
            help=_("With commas between them. They help to find reviewers who know the field."),
        ),
        _detail(proposal, "starts_on", Kind.DATE, _("The project starts on")),
        _detail(proposal, "months", Kind.NUMBER, _("It lasts"), help=months),
        _detail(
            proposal,
            "university",
            Kind.CHOICE,
            _("University that hands it in"),
            options=universities,
            help=_("Where the principal investigator is confirmed to work. Its research office signs the proposal."),
        ),
    ]


def _detail(proposal: Proposal, name: str, kind: str, label: str, **more: Any) -> Field:
    return Field(
        key=name,
        kind=kind,
        label=label,
        value=shown(getattr(proposal, name)),
        version=proposal.version,
        url=reverse("grants:proposal_detail_save", args=[proposal.number, name]),
        **more,
    )


# --- sections -------------------------------------------------------------------------------------------------------
def section_fields(proposal: Proposal, section: Section) -> list[Field]:
    questions = list(section.questions.all())
    keys = [question.key for question in questions]
    answers = {answer.key: answer for answer in proposal.answers.filter(key__in=keys).select_related("updated_by")}
    return [answer_field(proposal, question, answers.get(question.key)) for question in questions]


def answer_field(proposal: Proposal, question: Question, answer: Answer | None) -> Field:
    return Field(
        key=question.key,
        kind=question.kind,
        label=question.label,
        help=question.help,
        required=question.required,
        words=question.words,
        options=options_of(question),
        value=shown(answer.value) if answer else "",
        version=answer.version if answer else 0,
        url=reverse("grants:proposal_answer_save", args=[proposal.number, question.key]),
        saved_at=answer.updated_at if answer and answer.version else None,
        saved_by=str(answer.updated_by or "") if answer and answer.version else "",
    )


def options_of(question: Question) -> tuple[Option, ...]:
    if question.kind == Kind.YES_NO:
        return (("yes", _("Yes")), ("no", _("No")))
    return tuple(
        (str(option["value"]), str(option.get("label", option["value"])))
        if isinstance(option, dict)
        else (str(option), str(option))
        for option in question.options
    )


def with_findings(fields: list[Field], findings: list[Finding]) -> list[Field]:
    """Each field with what still stops handing in because of it."""
    by_anchor: dict[str, list[Finding]] = {}
    for finding in findings:
        by_anchor.setdefault(finding.anchor, []).append(finding)
    return [replace(one, findings=tuple(by_anchor.get(f"field-{one.key}", ()))) for one in fields]


# --- saving ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Typed:
    """What came in for one field. `version` is the one that the writer had read, or chose to overwrite."""

    value: str
    version: int


def typed(data: Mapping[str, Any], one: Field) -> Typed | None:
    """The value sent for a field, or None where the form did not send it. `force-…` is the version to overwrite."""
    if f"value-{one.key}" not in data:
        return None
    version = data.get(f"force-{one.key}") or data.get(f"version-{one.key}") or "0"
    try:
        number = int(version)
    except ValueError:
        raise InvalidInput(_("This page is damaged: reload it."), field=one.key) from None
    return Typed(str(data[f"value-{one.key}"]), number)


def save_detail(proposal: Proposal, one: Field, sent: Typed, *, actor: User, at: dt.datetime) -> Field:
    """The field as it stands after saving; with the reason and the typed text where it was refused."""
    try:
        saved = proposals.save_details(proposal, version=sent.version, fields={one.key: sent.value}, actor=actor, at=at)
    except StaleWrite as error:
        theirs = error.data["fields"][one.key]["theirs"]
        return _in_conflict(one, sent, Conflict(sent.value, shown(theirs), error.data["version"]))
    except InvalidInput as error:
        return replace(one, value=sent.value, error=error.message)
    value = shown(getattr(saved, one.key))
    return replace(one, value=value, version=saved.version, saved_at=at, saved_by=str(actor), just_saved=True)


def save_answer(proposal: Proposal, one: Field, sent: Typed, *, actor: User, at: dt.datetime) -> Field:
    """As `save_detail`, for an answer."""
    try:
        saved = proposals.save_answer(proposal, one.key, sent.value, version=sent.version, actor=actor, at=at)
    except StaleWrite as error:
        data = error.data
        saved_at = dt.datetime.fromisoformat(data["saved_at"]) if data["saved_at"] else None
        conflict = Conflict(sent.value, shown(data["theirs"]), data["version"], data["by"], saved_at)
        return _in_conflict(one, sent, conflict)
    except InvalidInput as error:
        return replace(one, value=sent.value, error=error.message)
    fresh = replace(one, value=shown(saved.value), version=saved.version, just_saved=True)
    return replace(fresh, saved_at=saved.updated_at, saved_by=str(saved.updated_by or actor))


def _in_conflict(one: Field, sent: Typed, conflict: Conflict) -> Field:
    """The typed text stays in the field, with the version that it was written to: only a choice overwrites."""
    return replace(one, value=sent.value, version=sent.version, conflict=conflict)
