"""A researcher's part: what is due, what is missing, where the proposals stand; and the way in for somebody new."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from awards.models import Award, AwardReport
from funds.queries import subaccount_balances
from grants import windows
from grants.completeness import Finding, missing
from grants.models import Call, Proposal, ProposalAccess, Stage, TeamMember
from grants.models.proposals import TEAM
from grants.services.team import invitation_token
from reports.homes import applying
from reports.homes.base import Part, Task
from universities.models import Affiliation

MOST = 50  # proposals on the page; all of them are on their own list
SOON = dt.timedelta(days=60)  # a report is to be written from then on
MOST_FINDINGS = 5
WRITERS = frozenset({ProposalAccess.As.PI, ProposalAccess.As.EDITOR})
Status = Proposal.Status
NEXT = {
    Status.DRAFT: gettext_lazy("Yours to finish"),
    Status.AWAITING_SIGN_OFF: gettext_lazy("Your research office signs it"),
    Status.SUBMITTED: gettext_lazy("It is checked for eligibility"),
    Status.ELIGIBLE: gettext_lazy("Reviewers are asked"),
    Status.INELIGIBLE: gettext_lazy("It does not meet the call’s conditions"),
    Status.UNDER_REVIEW: gettext_lazy("Reviewers read it; the board decides"),
    Status.AWARDED: gettext_lazy("It is funded"),
    Status.DECLINED: gettext_lazy("It was not funded"),
    Status.RESERVE_LIST: gettext_lazy("It is funded if money becomes free"),
    Status.WITHDRAWN: gettext_lazy("You took it back"),
}


NEXT_OF_EXPRESSION = {
    **NEXT,
    Status.SUBMITTED: gettext_lazy("The fund decides whom it invites"),
    Status.INVITED: gettext_lazy("You are invited to a full proposal"),
    Status.DECLINED: gettext_lazy("It was not invited to a full proposal"),
}


@dataclass(frozen=True)
class Own:
    """A proposal of the reader's: the state that they may know, and what comes next."""

    proposal: Proposal
    status: str
    label: str
    comes_next: str
    writes: bool
    open: bool
    closes_at: dt.datetime  # extra time of its own included


@dataclass(frozen=True)
class Grant:
    """An award of the reader's: what it has drawn of its amount, and its next report."""

    award: Award
    disbursed: Decimal
    report: AwardReport | None

    @property
    def percent(self) -> Decimal:
        return self.disbursed * 100 / Decimal(self.award.amount)


@dataclass(frozen=True)
class Step:
    """A step of the way in. `state`: done, now or later."""

    title: str
    text: str
    state: str
    url: str = ""
    act: str = ""


@dataclass(frozen=True, kw_only=True)
class ResearcherHome(Part):
    template = "reports/home/_researcher.html"
    title = gettext_lazy("Your research")
    icon = "microscope"

    own: list[Own]
    draft: Own | None
    findings: list[Finding]
    grants: list[Grant]
    stages: list[Stage]
    steps: list[Step]

    @property
    def shown_findings(self) -> list[Finding]:
        return self.findings[:MOST_FINDINGS]

    @property
    def more_findings(self) -> int:
        return max(len(self.findings) - MOST_FINDINGS, 0)


def gather(user: User, at: dt.datetime) -> ResearcherHome:
    """What is missing is said in full of the draft that is due first."""
    affiliations = list(Affiliation.objects.filter(user=user).select_related("university").order_by("-claimed_at"))
    roles = dict(ProposalAccess.objects.filter(user=user, role__in=TEAM).values_list("proposal", "role"))
    own = own_proposals(user, roles, at)
    drafts = sorted((one for one in own if one.open and one.writes), key=lambda one: one.closes_at)
    draft = drafts[0] if drafts else None
    findings = missing(draft.proposal, at) if draft else []
    awards = grants_of(user, list(roles))
    stages = list(
        Stage.objects.open_at(at)
        .exclude(kind=Stage.Kind.FULL, call__shape=Call.Shape.TWO_STAGE)  # by invitation
        .select_related("call__programme__fund")
        .order_by("closes_at", "call__code")[:3]
    )
    return ResearcherHome(
        tasks=[
            *(_invitation(member) for member in invitations(user)),
            *applying.to_follow(user, at),
            *applying.picked(user),
            *(_draft(one, findings if one is draft else None, at) for one in drafts),
            *_reports(awards, at),
        ],
        own=own,
        draft=draft,
        findings=findings,
        grants=awards,
        stages=stages,
        steps=[] if own else way_in(affiliations, has_calls=bool(stages)),
    )


# --- proposals --------------------------------------------------------------------------------------------------------
def own_proposals(user: User, roles: Mapping[Any, str], at: dt.datetime) -> list[Own]:
    rows = Proposal.objects.shown_to(user).filter(pk__in=list(roles))
    rows = rows.select_related("stage__call", "call__programme__fund", "call__budget_rules", "university", "pi")
    words = dict(Status.choices)
    found, shown = [], list(rows.order_by("-updated_at", "-id")[:MOST])
    extra = windows.extra_of(shown, at)
    for proposal in shown:
        status = proposal.shown_status
        stage = proposal.stage
        closes_at = max(stage.closes_at, extra.get(proposal.pk, stage.closes_at))
        on = stage.call.status in windows.SIGNING and not windows.is_paused(stage.call, at)
        is_open = status == Status.DRAFT and on and at < closes_at
        comes_next = (NEXT_OF_EXPRESSION if proposal.is_expression else NEXT).get(Status(status), "")
        if status == Status.DRAFT and not is_open:
            comes_next = gettext_lazy("The deadline has passed")
        elif status == Status.DRAFT and at < stage.opens_at:
            comes_next = gettext_lazy("Yours to write; it is not taken yet")
        writes = roles[proposal.pk] in WRITERS
        found.append(Own(proposal, status, str(words[status]), str(comes_next), writes, is_open, closes_at))
    return found


def invitations(user: User) -> list[TeamMember]:
    """Addresses are confirmed at sign-up, so whoever has the account may open what was mailed to it."""
    rows = TeamMember.objects.filter(email=user.email, user=None, accepted_at=None)
    return list(rows.exclude(proposal__status=Status.WITHDRAWN).select_related("proposal__call", "proposal__pi"))


def _invitation(member: TeamMember) -> Task:
    proposal = member.proposal
    words = _("%(who)s names you as %(part)s under “%(call)s”")
    said = {"who": proposal.lead_name, "part": member.get_part_display().lower(), "call": proposal.call.title}
    return Task(
        title=_("Answer the invitation to “%(title)s”") % {"title": proposal.title},
        detail=words % said,
        url=reverse("grants:invitation", args=[invitation_token(member)]),
        act=_("Read and answer"),
        icon="users-plus",
    )


def _draft(one: Own, findings: Sequence[Finding] | None, at: dt.datetime) -> Task:
    proposal = one.proposal
    parts = [proposal.number, proposal.call.title]
    if findings:
        count = len(findings)
        parts.append(ngettext("%(n)d thing is missing", "%(n)d things are missing", count) % {"n": count})
    ready = findings is not None and not findings and proposal.stage.opens_at <= at
    return Task(
        title=(_("Hand in “%(title)s”") if ready else _("Finish “%(title)s”")) % {"title": proposal.title},
        detail=" · ".join(parts),
        url=reverse("grants:proposal_hand_in" if ready else "grants:proposal_edit", args=[proposal.number]),
        act=_("Hand it in") if ready else _("Go on writing"),
        icon="pencil",
        due_at=one.closes_at,
    )


# --- awards -----------------------------------------------------------------------------------------------------------
def grants_of(user: User, proposals: Sequence[Any]) -> list[Grant]:
    """Three queries: the awards, what each has drawn, what each owes."""
    rows = Award.objects.visible_to(user).filter(proposal__in=proposals).exclude(status=Award.Status.DECLINED)
    awards = list(rows.select_related("fund", "university").order_by("-offered_at", "-id"))
    balances = subaccount_balances([award.subaccount_id for award in awards])
    owed = AwardReport.objects.filter(award__in=awards, status__in=["due", "returned"]).exclude(award__status="offered")
    first: dict[Any, AwardReport] = {}
    for report in owed.select_related("award").order_by("due_at", "id"):
        first.setdefault(report.award_id, report)
    return [Grant(award, balances[award.subaccount_id].disbursed, first.get(award.pk)) for award in awards]


def _reports(grants: Sequence[Grant], at: dt.datetime) -> list[Task]:
    tasks = []
    for grant in grants:
        report = grant.report
        if report is None or report.due_at > at + SOON:
            continue
        late = report.due_at <= at
        title = _("Write the %(report)s of %(award)s")
        tasks.append(
            Task(
                title=title % {"report": report.get_kind_display().lower(), "award": grant.award.number},
                detail=_("Overdue: the next instalment waits for it") if late else grant.award.title,
                url=reverse("awards:report", args=[report.pk]),
                act=_("Write it"),
                icon="report",
                due_at=report.due_at,
                tone="danger" if late else "",
            )
        )
    return tasks


# --- somebody new -----------------------------------------------------------------------------------------------------
def way_in(affiliations: Sequence[Affiliation], *, has_calls: bool) -> list[Step]:
    """Name your university, find a call, write."""
    confirmed = next((one for one in affiliations if one.status == Affiliation.Status.CONFIRMED), None)
    claimed = next((one for one in affiliations if one.status == Affiliation.Status.CLAIMED), None)
    calls = reverse("grants:calls")
    if confirmed:
        text = _("%(university)s has confirmed that you work there.") % {"university": confirmed.university}
        first = Step(_("Your university"), text, "done")
    elif claimed:
        text = _("%(university)s was asked to confirm that you work there. You may begin to write meanwhile.")
        first = Step(_("Your university"), text % {"university": claimed.university}, "done")
    else:
        text = _(
            "Proposals are handed in by universities. Say where you work: an address of theirs confirms it at once."
        )
        first = Step(
            _("Name your university"), text, "now", reverse("universities:affiliation"), _("Name your university")
        )
    state = "now" if first.state == "done" else "later"
    if has_calls:
        text = _("Read what is asked for, by when, and how proposals are judged.")
    else:
        text = _("No call is open now. The next ones are announced on the page of calls.")
    second = Step(_("Find a call"), text, state, calls, _("See the calls"))
    third = Step(
        _("Write your proposal"),
        _("Everything you type is kept. Your research office signs it, then it is in."),
        "later",
    )
    return [first, second, third]
