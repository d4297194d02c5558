"""A call as it is read: its stages, money, rules and form in words, and what the reader may do next."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from core.money import format_money
from core.prose import prose
from grants import eligibility
from grants.costing import rules_of
from grants.models import BudgetRules, Call, Category, Programme, Proposal, ProposalAccess, Section, Stage

Status = Call.Status
MOST_WORDS = 10
SEARCHED = ("title", "code", "summary", "description", "who_may_apply", "programme__name")


# --- lists ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Shown:
    """A call on the list: `stage` is the one that counts now; `mine` the reader's own proposals under it."""

    call: Call
    stage: Stage
    mine: Sequence[Proposal]


@dataclass(frozen=True)
class Board:
    """Calls by what a reader can do with them: open ones by deadline, coming ones by opening, past ones newest first."""

    open: list[Shown]
    coming: list[Shown]
    past: list[Shown]

    @property
    def all(self) -> int:
        return len(self.open) + len(self.coming) + len(self.past)


def board(user: Any, at: dt.datetime, *, words: str = "", programme: str = "") -> Board:
    """Three queries. Drafts are in the staff's own list, not here; what was cancelled is no longer offered.

    `words` must all be in what a call says of itself; `programme` is a code. A paused call stays where it was.
    """
    calls = Call.objects.visible_to(user).exclude(status__in=[Status.DRAFT, Status.CANCELLED])
    if programme:
        calls = calls.filter(programme__code=programme)
    for word in words.split()[:MOST_WORDS]:
        calls = calls.filter(_says(word))
    rows = list(with_stages(calls).select_related("programme__fund"))
    mine = _mine(user, rows)
    found = Board([], [], [])
    for call in rows:
        one = Shown(call, current_stage(call, at), mine.get(call.pk, []))
        if call.status not in {Status.PUBLISHED, Status.OPEN} or one.stage.closes_at <= at:
            found.past.append(one)
        elif one.stage.opens_at > at:
            found.coming.append(one)
        else:
            found.open.append(one)
    found.open.sort(key=lambda one: (one.stage.closes_at, one.call.code))
    found.coming.sort(key=lambda one: (one.stage.opens_at, one.call.code))
    found.past.sort(key=lambda one: (one.stage.closes_at, one.call.code), reverse=True)
    return found


def _says(word: str) -> Q:
    found = Q()
    for field in SEARCHED:
        found |= Q(**{f"{field}__icontains": word})
    return found


def programmes_of(user: Any) -> QuerySet[Programme]:
    """Those under which this reader may see a call, for the filter."""
    offered = Call.objects.visible_to(user).exclude(status__in=[Status.DRAFT, Status.CANCELLED])
    return Programme.objects.filter(pk__in=offered.values("programme")).order_by("name")


def with_stages(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.prefetch_related(Prefetch("stages", Stage.objects.order_by("number").select_related("call")))


def current_stage(call: Call, at: dt.datetime) -> Stage:
    """The open stage, else the next one to open, else the last one."""
    stages = list(call.stages.all())
    for stage in stages:
        stage.call = call
    return next((one for one in stages if at < one.closes_at), stages[-1])


def _mine(user: Any, calls: Iterable[Call]) -> dict[Any, list[Proposal]]:
    found: dict[Any, list[Proposal]] = {}
    for proposal in own_proposals(user).filter(call__in=list(calls)):
        found.setdefault(proposal.call_id, []).append(proposal)
    return found


def own_proposals(user: Any) -> QuerySet[Proposal]:
    """Those that the reader leads or writes."""
    if not getattr(user, "is_authenticated", False):
        return Proposal.objects.none()
    roles = [ProposalAccess.As.PI, ProposalAccess.As.EDITOR]
    rows = ProposalAccess.objects.filter(user=user, role__in=roles).values("proposal")
    return Proposal.objects.shown_to(user).filter(pk__in=rows).order_by("-updated_at", "-id")


# --- one call ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class CostRow:
    """A kind of costs: whether it is paid for, up to how much in all and in one year, whether indirect costs count on it."""

    label: str
    paid: bool
    cap: str
    period_cap: str
    in_base: bool


def cost_rows(rules: BudgetRules) -> list[CostRow]:
    return [
        CostRow(
            str(one.label),
            one.value in rules.categories,
            str(rules.caps.get(one.value, "")),
            str(rules.period_caps.get(one.value, "")),
            rules.base == BudgetRules.Base.TOTAL_DIRECT or one.value not in rules.excluded,
        )
        for one in Category
    ]


def budget_in_words(call: Call, rules: BudgetRules) -> list[str]:
    """What the rules of budgets mean, sentence by sentence."""
    rate = f"{(rules.rate_cap * 100).normalize():f}"
    words = [_("Indirect costs are paid at your university's agreed rate, up to %(rate)s%%.") % {"rate": rate}]
    words += _base_in_words(call, rules)
    if rules.period_cap is not None:
        most = format_money(rules.period_cap, call.currency)
        words.append(_("In one year at most %(most)s is paid, indirect costs included.") % {"most": most})
    if rules.cost_share == BudgetRules.CostShare.REQUIRED:
        share = f"{(rules.cost_share_least * 100).normalize():f}"
        words.append(
            _("The university bears costs of its own: at least %(share)s%% of what it asks for.") % {"share": share}
        )
    elif rules.cost_share == BudgetRules.CostShare.VOLUNTARY:
        words.append(_("The university may name what it bears itself. It need not."))
    return words


def _base_in_words(call: Call, rules: BudgetRules) -> list[str]:
    if rules.base == BudgetRules.Base.TOTAL_DIRECT:
        return [_("They are counted on all direct costs.")]
    left_out = [str(Category(name).label).lower() for name in rules.excluded]
    if left_out:
        words = [_("They are counted on direct costs without %(names)s.") % {"names": ", ".join(left_out)}]
    else:
        words = [_("They are counted on direct costs.")]
    if rules.subaward_threshold is not None and Category.SUBAWARD in rules.categories:
        most = format_money(rules.subaward_threshold, call.currency)
        words.append(_("Of each subaward, the first %(most)s count.") % {"most": most})
    return words


def form_sections(stage: Stage) -> list[Section]:
    if stage.form_id is None:
        return []
    return list(Section.objects.filter(form=stage.form_id).prefetch_related("questions"))


def facts(call: Call, stage: Stage, sections: Sequence[Section] | None = None) -> dict[str, Any]:
    """A call in words, and what the form of `stage` asks (given where it is there already)."""
    rules = rules_of(call)
    sections = form_sections(stage) if sections is None else sections
    questions = [question for section in sections for question in section.questions.all()]
    return {
        "call": call,
        "stage": stage,
        "currency": call.currency,
        "description": prose(call.description),
        "who_may_apply": prose(call.who_may_apply),
        "conditions": eligibility.rules_in_words(call),
        "costs": cost_rows(rules),
        "budget_words": budget_in_words(call, rules),
        "sections": sections,
        "questions": len(questions),
        "words_in_all": sum(question.words or 0 for question in questions),
    }


@dataclass(frozen=True)
class Next:
    """The one likely next act of staff on a call, by its state."""

    words: str
    detail: str = ""


def next_act(call: Call, stage: Stage, to_triage: int, at: dt.datetime) -> Next:
    if call.status == Status.DRAFT:
        return Next(_("Publish it when it is ready"), _("What is still missing is listed on the way."))
    if call.paused_at is not None and call.status in {Status.PUBLISHED, Status.OPEN}:
        return Next(_("It is paused"), _("Nothing is started or handed in before you let it go on. Writing goes on."))
    if call.status == Status.PUBLISHED:
        return Next(_("It opens by itself"), "")
    if call.status == Status.OPEN and call.shape == Call.Shape.TWO_STAGE and to_triage:
        return Next(_("Decide whom to invite"), _("Expressions of interest wait for your answer."))
    if call.status == Status.OPEN:
        return Next(_("It closes by itself"), "")
    if to_triage:
        return Next(_("Check what came in"), "")
    if call.status == Status.CLOSED:
        if at < stage.last_sign_off():
            return Next(_("Universities may still sign"), "")
        return Next(_("Start the review"), _("Every proposal that is eligible can then be assigned."))
    if call.status == Status.IN_REVIEW:
        return Next(_("The review is on"), _("When the board has decided on every proposal, mark the call decided."))
    return Next(_("Nothing is left to do"), "")
