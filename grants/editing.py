"""The editor's fields, and those of the details: what each shows, and saving one. `grants.answering` has the form's."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput, StaleWrite
from core.money import format_money
from grants.asking.specs import QuestionSpec
from grants.completeness import Finding
from grants.models import Attachment, Proposal, Question
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
    value: Any
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
    # What answers to questions of the form know besides (`grants.answering`).
    question: Question | None = None
    hidden: bool = False
    characters: int | None = None
    after: str = ""
    statement: str = ""
    rules: str = ""
    accept: str = ""
    columns: tuple[QuestionSpec, ...] = ()
    blank_rows: int = 1
    sums: tuple[tuple[str, str], ...] = ()
    files: tuple[Attachment, ...] = ()
    most: int = 1
    preview: str = ""

    @property
    def rows(self) -> list[list[tuple[QuestionSpec, str]]]:
        """A table's cells with their columns, and empty rows to write on in."""
        given = [*self.value, *({} for _blank in range(self.blank_rows))] if self.columns else []
        return [[(column, str(row.get(column.key) or "")) for column in self.columns] for row in given]

    @property
    def is_spread(self) -> bool:
        """A short text that was written when more was asked for: a field of one line would run its lines together."""
        return isinstance(self.value, str) and "\n" in self.value

    @property
    def lines(self) -> int:
        """How high the field of a text is."""
        return 12 if (self.words or 0) > 150 or (self.characters or 0) > 1_000 else 6

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
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else ""
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
        *([] if proposal.is_expression else [_detail(proposal, "starts_on", Kind.DATE, _("The project starts on"))]),
        _detail(proposal, "months", Kind.NUMBER, _("It lasts"), help=months),
        *_about(proposal),
        _detail(
            proposal,
            "university",
            Kind.CHOICE,
            _("University that hands it in"),
            options=universities,
            help=_("Where the principal investigator is confirmed to work. Its research office signs the proposal."),
        ),
    ]


def _about(proposal: Proposal) -> list[Field]:
    """What an expression of interest has instead of a budget."""
    if not proposal.is_expression:
        return []
    words = _("In %(currency)s; the full proposal counts it by its budget. One award: at most %(most)s.")
    most = format_money(proposal.call.award_ceiling, proposal.currency)
    label = _("About how much will you ask for?")
    return [
        _detail(proposal, "requested", Kind.NUMBER, label, help=words % {"currency": proposal.currency, "most": most})
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

    value: Any
    version: int


def typed(data: Mapping[str, Any], one: Field) -> Typed | None:
    """The value sent for a field, or None where the form did not send it. `force-…` is the version to overwrite."""
    if f"value-{one.key}" not in data:
        return None
    return Typed(str(data[f"value-{one.key}"]), version_of(data, one))


def version_of(data: Mapping[str, Any], one: Field) -> int:
    try:
        return int(data.get(f"force-{one.key}") or data.get(f"version-{one.key}") or "0")
    except ValueError:
        raise InvalidInput(_("This page is damaged: reload it."), field=one.key) from None


def save_detail(proposal: Proposal, one: Field, sent: Typed, *, actor: User, at: dt.datetime) -> Field:
    """The field as it stands after saving; with the reason and the typed text where it was refused."""
    try:
        saved = proposals.save_details(proposal, version=sent.version, fields={one.key: sent.value}, actor=actor, at=at)
    except StaleWrite as error:
        theirs = error.data["fields"][one.key]["theirs"]
        return in_conflict(one, sent, Conflict(sent.value, shown(theirs), error.data["version"]))
    except InvalidInput as error:
        return replace(one, value=sent.value, error=error.message)
    value = shown(getattr(saved, one.key))
    return replace(one, value=value, version=saved.version, saved_at=at, saved_by=str(actor), just_saved=True)


def in_conflict(one: Field, sent: Typed, conflict: Conflict) -> Field:
    """The typed text stays in the field, with the version that it was written to: only a choice overwrites."""
    return replace(one, value=sent.value, version=sent.version, conflict=conflict)
