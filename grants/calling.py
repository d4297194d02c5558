"""A call as it is read: its stages, money, rules and form in words, and what the reader may do next."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from core.money import format_money
from core.prose import prose
from grants import eligibility
from grants.costing import rules_of
from grants.models import BudgetRules, Call, Category, Proposal, ProposalAccess, Section, Stage

Status = Call.Status


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


def board(user: Any, at: dt.datetime) -> Board:
    """Three queries. Drafts are in the staff's own list, not here; what was cancelled is no longer offered."""
    calls = Call.objects.visible_to(user).exclude(status__in=[Status.DRAFT, Status.CANCELLED])
    rows = list(with_stages(calls).select_related("programme__fund"))
    mine = _mine(user, rows)
    shown = [Shown(call, current_stage(call, at), mine.get(call.pk, [])) for call in rows]
    found = Board([], [], [])
    for one in shown:
        if one.stage.is_open(at):
            found.open.append(one)
        elif one.call.status in {Status.PUBLISHED, Status.OPEN} and one.stage.opens_at > at:
            found.coming.append(one)
        else:
            found.past.append(one)
    found.open.sort(key=lambda one: (one.stage.closes_at, one.call.code))
    found.coming.sort(key=lambda one: (one.stage.opens_at, one.call.code))
    found.past.sort(key=lambda one: (one.stage.closes_at, one.call.code), reverse=True)
    return found


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
    """A kind of costs: whether it is paid for, up to how much, whether indirect costs are counted on it."""

    label: str
    paid: bool
    cap: str
    in_base: bool


def cost_rows(rules: BudgetRules) -> list[CostRow]:
    return [
        CostRow(
            str(one.label),
            one.value in rules.categories,
            str(rules.caps.get(one.value, "")),
            rules.base == BudgetRules.Base.TOTAL_DIRECT or one.value not in rules.excluded,
        )
        for one in Category
    ]


def budget_in_words(call: Call, rules: BudgetRules) -> list[str]:
    """What the rules of budgets mean, sentence by sentence."""
    rate = f"{(rules.rate_cap * 100).normalize():f}"
    words = [_("Indirect costs are paid at your university's agreed rate, up to %(rate)s%%.") % {"rate": rate}]
    if rules.base == BudgetRules.Base.TOTAL_DIRECT:
        words.append(_("They are counted on all direct costs."))
    else:
        left_out = [str(Category(name).label).lower() for name in rules.excluded]
        if left_out:
            words.append(_("They are counted on direct costs without %(names)s.") % {"names": ", ".join(left_out)})
        else:
            words.append(_("They are counted on direct costs."))
        if rules.subaward_threshold is not None and Category.SUBAWARD in rules.categories:
            most = format_money(rules.subaward_threshold, call.currency)
            words.append(_("Of each subaward, the first %(most)s count.") % {"most": most})
    return words


def form_sections(stage: Stage) -> list[Section]:
    if stage.form_id is None:
        return []
    return list(Section.objects.filter(form=stage.form_id).prefetch_related("questions"))


def facts(call: Call, stage: Stage) -> dict[str, Any]:
    """What the public page of a call gives its template."""
    rules = rules_of(call)
    sections = form_sections(stage)
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
    if call.status == Status.PUBLISHED:
        return Next(_("It opens by itself"), "")
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
