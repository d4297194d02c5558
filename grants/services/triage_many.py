"""One act on many proposals: first what it would do to each, and why not; then to all of the chosen ones, or to none."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from core.errors import DomainError, InvalidInput
from core.text import given_reason
from grants import eligibility
from grants.models import LetterTemplate, Proposal, Stage
from grants.rules import calls as rules
from grants.services import checklists, enquiries, invitations, triage

MOST = 500
Status = Proposal.Status
Kind = LetterTemplate.Kind


@dataclass(frozen=True, kw_only=True)
class Act:
    """`to`: the state that it leads to. `letter`: which letter goes out. `yes`: it lets a proposal go on, so the checklist
    must be done, and a rule that speaks against it wants a second look. `stage`: the kind of proposals that it is for."""

    key: str
    label: Any
    to: str = ""
    letter: str = ""
    yes: bool = False
    stage: str = ""
    wants: tuple[str, ...] = ()


ACTS: Mapping[str, Act] = {
    act.key: act
    for act in (
        Act(
            key="eligible",
            label=gettext_lazy("Mark eligible"),
            to=Status.ELIGIBLE,
            letter=Kind.ELIGIBLE,
            yes=True,
            stage=Stage.Kind.FULL,
        ),
        Act(
            key="ineligible",
            label=gettext_lazy("Mark not eligible"),
            to=Status.INELIGIBLE,
            letter=Kind.INELIGIBLE,
            wants=("reason",),
        ),
        Act(
            key="invite",
            label=gettext_lazy("Invite"),
            to=Status.INVITED,
            letter=Kind.INVITED,
            yes=True,
            stage=Stage.Kind.EOI,
        ),
        Act(
            key="not_invite",
            label=gettext_lazy("Don't invite"),
            to=Status.DECLINED,
            letter=Kind.NOT_INVITED,
            stage=Stage.Kind.EOI,
            wants=("reason",),
        ),
        Act(key="assign", label=gettext_lazy("Give to"), wants=("handler",)),
        Act(key="ask", label=gettext_lazy("Ask the applicants"), letter=Kind.ENQUIRY, wants=("question", "due_at")),
    )
}


@dataclass(frozen=True)
class Given:
    """What the act needs besides the proposals; `anyway`: those to take along although a rule speaks against them."""

    reason: str = ""
    handler: User | None = None
    question: str = ""
    due_at: dt.datetime | None = None
    anyway: Collection[Any] = frozenset()


@dataclass(frozen=True)
class Planned:
    """What would happen to one: `done` (it is so already), `why_not` (it can't be), or `against` (rules that don't hold)."""

    proposal: Proposal
    why_not: str = ""
    done: bool = False
    against: tuple[eligibility.Finding, ...] = field(default=())

    @property
    def ready(self) -> bool:
        return not (self.why_not or self.done)


# --- what would happen ------------------------------------------------------------------------------------------------
def plan(
    act: Act, proposals: Iterable[Proposal], *, user: User, at: dt.datetime, handler: User | None = None
) -> list[Planned]:
    """By number. A handful of queries, however many they are. Proposals want what `eligibility.findings_of` wants, and
    their `stage`."""
    rows = sorted(proposals, key=lambda one: one.number)
    keys = [one.pk for one in rows]
    conflicts = _conflicts(keys, user, _("You have a conflict of interest with it: a colleague decides."))
    if handler is not None and handler != user:
        conflicts = {**_conflicts(keys, handler, _("This colleague can't work on it.")), **conflicts}
    undone = checklists.left_undone(rows) if act.yes else {}
    findings = eligibility.findings_of(rows, at) if act.yes else {}
    planned = []
    for one in rows:
        why = conflicts.get(one.pk) or _wrong_state(act, one)
        if not why and undone.get(one.pk):
            why = checklists.undone_in_words(undone[one.pk])
        against = tuple(found for found in findings.get(one.pk, ()) if found.met is False)
        done = one.pk not in conflicts and _is_done(act, one, handler)
        planned.append(Planned(one, "" if done else why, done, () if done or why else against))
    return planned


def _conflicts(keys: list[Any], user: User, words: str) -> dict[Any, str]:
    fine = set(Proposal.objects.filter(pk__in=keys).reviewable_by(user).values_list("pk", flat=True))
    return {key: words for key in keys if key not in fine}


def _is_done(act: Act, one: Proposal, handler: User | None) -> bool:
    if act.key == "assign":
        return handler is not None and one.handler_id == handler.pk
    return bool(act.to) and one.status == act.to


def _wrong_state(act: Act, one: Proposal) -> str:
    if act.stage and one.stage.kind != act.stage:
        if act.stage == Stage.Kind.EOI:
            return _("It is a full proposal: only expressions of interest are invited.")
        return _("It is an expression of interest: it is invited, or not.")
    if act.key == "ask":
        over = one.status in enquiries.OVER
    elif act.to:
        over = one.status != Status.SUBMITTED
    else:
        over = False
    return _("It is %(state)s.") % {"state": str(one.told_status.label).lower()} if over else ""


# --- doing it ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def carry_out(act: Act, proposals: Iterable[Proposal], given: Given, *, actor: User, at: dt.datetime) -> list[Proposal]:
    """All of them or none: a refusal names the proposal that it is about. A second click finds them done and is harmless.

    What a rule speaks against is refused unless it was chosen in so many words (`given.anyway`).
    """
    reason = rules.can_run_calls(actor)
    if reason is not None:
        raise InvalidInput(reason, code="not_allowed")
    rows = list(proposals)
    if len(rows) > MOST:
        raise InvalidInput(_("At most %(most)s at a time.") % {"most": MOST})
    _check(act, given)
    fresh = _locked(rows)
    done = []
    for one in plan(act, fresh, user=actor, at=at, handler=given.handler):
        if one.done:
            continue
        if one.why_not:
            raise InvalidInput(f"{one.proposal.number}: {one.why_not}", code="not_ready")
        if one.against and one.proposal.pk not in given.anyway:
            words = "; ".join(found.rule for found in one.against)
            raise InvalidInput(
                _("%(number)s: a rule speaks against it (%(rules)s). Take it out, or along in spite of it.")
                % {"number": one.proposal.number, "rules": words},
                code="rule_not_met",
            )
        done.append(_one(act, one.proposal, given, actor, at))
    return done


def _check(act: Act, given: Given) -> None:
    if "reason" in act.wants:
        given_reason(given.reason, _("Write the reason: the applicants read it."))
    if "handler" in act.wants and given.handler is None:
        raise InvalidInput(_("Choose a programme officer."), field="handler")
    if "question" in act.wants:
        given_reason(given.question, _("Write the question: the applicants read these words."), field="question")


def _locked(rows: list[Proposal]) -> list[Proposal]:
    """Fresh and held, in one order for everybody, so that two such acts never wait for each other."""
    keys = sorted(one.pk for one in rows)
    held = list(Proposal.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
    return for_planning(held)


def for_planning(keys: Iterable[Any]) -> list[Proposal]:
    """Proposals with what a plan and their letters look at."""
    related = ("call__programme__fund", "stage", "university", "pi")
    found = Proposal.objects.filter(pk__in=list(keys)).select_related(*related)
    return list(found.prefetch_related("call__eligibility_rules"))


def _one(act: Act, proposal: Proposal, given: Given, actor: User, at: dt.datetime) -> Proposal:
    try:
        return _DO[act.key](proposal, given, actor=actor, at=at)
    except DomainError as error:
        if error.field in act.wants or error.field == "due_at":  # what all of them share
            raise
        raise InvalidInput(f"{proposal.number}: {error.message}", code=error.code) from error


def _ask(proposal: Proposal, given: Given, *, actor: User, at: dt.datetime) -> Proposal:
    enquiries.ask(proposal, given.question, due_at=given.due_at, actor=actor, at=at)
    return proposal


_DO: Mapping[str, Callable[..., Proposal]] = {
    "eligible": lambda one, _given, **how: triage.mark_eligible(one, **how),
    "ineligible": lambda one, given, **how: triage.mark_ineligible(one, reason=given.reason, **how),
    "invite": lambda one, _given, **how: invitations.invite(one, **how),
    "not_invite": lambda one, given, **how: invitations.not_invite(one, reason=given.reason, **how),
    "assign": lambda one, given, **how: triage.assign(one, given.handler, **how),
    "ask": _ask,
}
