"""What stops a proposal from being handed in, each finding with its place in the editor. Nothing else ever stops it.

The deadline itself is not a finding: it is refused at the moment of handing in, by the server's clock.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.money import ZERO, format_money
from core.text import count_words
from grants import costing, eligibility
from grants.models import Answer, EligibilityRule, Proposal, Question, Section
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
    kinds = EligibilityRule.Kind
    found = []
    for one in eligibility.findings(proposal, at):
        if not one.stops or one.code not in kinds.values:
            continue
        of_team = one.code == kinds.CO_INVESTIGATOR
        place = ("team", "team") if of_team else ("field-university", "details")
        words = _("This call asks for: %(rule)s. %(detail)s") % {"rule": one.rule, "detail": one.detail}
        found.append(Finding("eligibility", words, *place, over=not of_team))
    return found


# --- the form -------------------------------------------------------------------------------------------------------
def sections_of(proposal: Proposal) -> list[Section]:
    """The sections of the form it is written to, with their questions."""
    if proposal.form_id is None:
        return []
    return list(Section.objects.filter(form=proposal.form_id).prefetch_related("questions"))


def section_part(section: Section) -> str:
    return f"section-{section.position}"


def _answers(proposal: Proposal) -> list[Finding]:
    answers = {answer.key: answer for answer in proposal.answers.all()}
    return [
        finding
        for section in sections_of(proposal)
        for question in section.questions.all()
        if (finding := _answer(section, question, answers.get(question.key))) is not None
    ]


def _answer(section: Section, question: Question, answer: Answer | None) -> Finding | None:
    value = answer.value if answer else None
    place = (f"field-{question.key}", section_part(section))
    empty = value is None or (isinstance(value, str) and not value.strip())
    if empty:
        words = _("“%(question)s” is not answered.") % {"question": question.label}
        return Finding("answer_missing", words, *place) if question.required else None
    if question.words and isinstance(value, str) and (count := count_words(value)) > question.words:
        words = _("“%(question)s” has %(count)s words; at most %(most)s are allowed.") % {
            "question": question.label,
            "count": f"{count:,}",
            "most": f"{question.words:,}",
        }
        return Finding("answer_over", words, *place, over=True)
    return None


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
