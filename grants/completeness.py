"""What stops a proposal from being handed in, each finding with its place in the editor. Nothing else ever stops it.

The deadline itself is not a finding: it is refused at the moment of handing in, by the server's clock.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.money import ZERO, format_money
from grants import costing, eligibility
from grants.asking import kinds
from grants.asking.base import MISSING
from grants.asking.sheets import Sheet, sections_of, sheet_of
from grants.models import EligibilityRule, Proposal, Question, Section
from universities.models import OfficeMember
from universities.queries import confirmed_universities

OVER = frozenset({"budget_over", "budget_cap", "budget_period_cap", "budget_category", "budget_period"})
SIGNER = OfficeMember.Kind.AUTHORISED_REPRESENTATIVE
Check = Callable[[Proposal, dt.datetime], "Iterable[Finding]"]
_more: list[Check] = []


@dataclass(frozen=True)
class Finding:
    """`part` is the editor's page, `anchor` the field on it. `over`: too much, where otherwise something is missing."""

    code: str
    message: str
    anchor: str
    part: str
    over: bool = False


def register(check: Check) -> Check:
    """Something more that stops handing in; later apps and issues add theirs."""
    if check not in _more:
        _more.append(check)
    return check


def missing(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    """Everything that stops handing in, in the order of the editor's outline. An empty list means: it can go."""
    found = [
        *_details(proposal),
        *_university(proposal, at),
        *_eligibility(proposal, at),
        *_answers(proposal),
        *_budget(proposal, at),
    ]
    for check in _more:
        found += check(proposal, at)
    return found


# --- details --------------------------------------------------------------------------------------------------------
def _details(proposal: Proposal) -> list[Finding]:
    found = []
    if not proposal.abstract.strip():
        found.append(_detail("abstract", _("Write an abstract.")))
    if proposal.starts_on is None and not proposal.is_expression:
        found.append(_detail("starts_on", _("Say when the project starts.")))
    if proposal.months is None:
        found.append(_detail("months", _("Say how many months the project lasts.")))
    elif proposal.months > proposal.call.longest_months:
        words = _("This call pays for at most %(most)d months.") % {"most": proposal.call.longest_months}
        found.append(_detail("months", words, over=True))
    elif proposal.months < proposal.call.shortest_months:
        words = _("This call pays for projects of at least %(least)d months.")
        found.append(_detail("months", words % {"least": proposal.call.shortest_months}))
    return found


def _detail(name: str, message: str, *, over: bool = False) -> Finding:
    return Finding(f"{name}_{'over' if over else 'missing'}", message, f"field-{name}", "details", over)


def _university(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    """The university binds itself by its sign-off: it must be the PI's own, and have somebody who can sign."""
    place = ("field-university", "details")
    if proposal.university is None:
        return [Finding("university_missing", _("Name the university that hands it in."), *place)]
    pi = proposal.pi
    if pi is None or not confirmed_universities(pi).filter(pk=proposal.university.pk).exists():
        words = _("%(university)s has not confirmed that the principal investigator works there.")
        return [Finding("affiliation_missing", words % {"university": proposal.university}, *place)]
    signers = OfficeMember.objects.in_force(at).filter(university=proposal.university, role=SIGNER)
    if not signers.exists():
        words = _("%(university)s has nobody here yet who could sign the proposal off.")
        return [Finding("office_missing", words % {"university": proposal.university}, *place)]
    return []


# --- the rules of the call ------------------------------------------------------------------------------------------
def _eligibility(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    """Rules that are not met and block. Amount and length are found with the budget and the details."""
    rules = EligibilityRule.Kind
    found = []
    for one in eligibility.findings(proposal, at):
        if not one.stops or one.code not in rules.values:
            continue
        of_team = one.code == rules.CO_INVESTIGATOR
        place = ("team", "team") if of_team else ("field-university", "details")
        words = _("This call asks for: %(rule)s. %(detail)s") % {"rule": one.rule, "detail": one.detail}
        found.append(Finding("eligibility", words, *place, over=not of_team))
    return found


# --- the form -------------------------------------------------------------------------------------------------------
def section_part(section: Section) -> str:
    return f"section-{section.position}"


def _answers(proposal: Proposal) -> list[Finding]:
    """Of the questions that are asked now: what a condition hides never stops anybody."""
    sheet = sheet_of(proposal)
    return [
        finding
        for section in sheet.sections
        for question in sheet.shown(section)
        for finding in answer_findings(question, sheet, section_part(section))
    ]


def answer_findings(question: Question, sheet: Sheet, part: str) -> list[Finding]:
    """What of the answer to a question that is asked stops handing in."""
    place = (f"field-{question.key}", part)
    if question.key not in sheet.values:
        words = _("“%(question)s” is not answered.") % {"question": question.label}
        return [Finding(MISSING, words, *place)] if sheet.is_required(question) else []
    found = kinds.problems(question, sheet.values[question.key], currency=sheet.currency)
    return [Finding(one.code, one.message, *place, over=one.over) for one in found]


# --- the budget -----------------------------------------------------------------------------------------------------
def _budget(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    if proposal.is_expression:
        return _about(proposal)
    found = [
        Finding(breach.code, breach.message, breach.anchor, "budget", breach.code in OVER)
        for breach in costing.breaches(proposal)
    ]
    rate = costing.current_rate(proposal, at.date())
    if proposal.requested > ZERO and rate != proposal.indirect_rate:
        words = _("The university's rate of indirect costs has changed: save the budget again to count with it.")
        found.append(Finding("budget_rate", words, "budget", "budget"))
    return found


def _about(proposal: Proposal) -> list[Finding]:
    """An expression of interest says about how much it will ask for, within what the call gives."""
    call, amount = proposal.call, proposal.requested
    if not amount:
        return [_detail("requested", _("Say about how much you will ask for."))]
    if amount > call.award_ceiling:
        words = _("This call gives at most %(most)s.") % {"most": format_money(call.award_ceiling, call.currency)}
        return [_detail("requested", words, over=True)]
    if amount < call.award_floor:
        words = _("This call gives at least %(least)s.") % {"least": format_money(call.award_floor, call.currency)}
        return [_detail("requested", words)]
    return []


# --- the outline ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """One entry of the editor's outline. `state`: complete, missing or over."""

    key: str
    title: str
    icon: str
    findings: Sequence[Finding]

    @property
    def state(self) -> str:
        if any(finding.over for finding in self.findings):
            return "over"
        return "missing" if self.findings else "complete"


def outline(proposal: Proposal, at: dt.datetime) -> list[Part]:
    """The editor's parts with what each still lacks; findings whose part is unknown stand with the details."""
    found = missing(proposal, at)
    entries = [
        ("details", _("Details"), "id"),
        *((section_part(section), section.title, "file-text") for section in sections_of(proposal)),
        ("team", _("Team"), "users"),
        *([] if proposal.is_expression else [("budget", _("Budget"), "coins")]),
        ("files", _("Files"), "paperclip"),
    ]
    known = {key for key, _title, _icon in entries}
    return [
        Part(key, title, icon, [f for f in found if f.part == key or (key == "details" and f.part not in known)])
        for key, title, icon in entries
    ]
