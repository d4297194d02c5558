"""A proposal as it is read: what its page, the sign-off page and the review beside it show, and to whom what."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from grants import costing, eligibility
from grants.answered import answered_sections
from grants.models import EligibilityRule, Proposal, ProposalStep
from grants.models.proposals import PROPOSAL_STAFF, TEAM, UNRELEASED
from grants.rules import proposals as rules

Status = Proposal.Status
# Steps of the applicants' own hands: who did them is shown. The fund's acts are the fund's, not a person's.
OWN_STEPS = frozenset({Status.DRAFT, Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.WITHDRAWN})
REASONS_SHOWN = frozenset({Status.DRAFT, Status.WITHDRAWN, Status.INELIGIBLE})
ROAD = (Status.DRAFT, Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.ELIGIBLE, Status.UNDER_REVIEW)
FIRST_ROAD = (Status.DRAFT, Status.AWAITING_SIGN_OFF, Status.SUBMITTED)  # of an expression of interest


# --- where it stands ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    state: str
    label: str
    at: dt.datetime | None = None
    actor: str = ""
    note: str = ""
    is_next: bool = False


def timeline(proposal: Proposal, *, inside: bool) -> list[Step]:
    """The way so far and what comes next, in words that an applicant understands.

    `inside`: the reader may know of the review; to everybody else what was not released never happened.
    """
    rows = list(proposal.steps.select_related("actor"))
    rows = [row for row in rows if inside or row.state not in UNRELEASED]
    steps = []
    for number, row in enumerate(rows):
        if number and row.state == rows[number - 1].state:
            continue
        before = rows[number - 1].state if number else ""
        if row.state == Status.SUBMITTED and before == Status.INELIGIBLE:
            steps.append(_readmitted(row, inside=inside))
        else:
            steps.append(_step(proposal, row, first=number == 0, inside=inside))
    last = rows[-1].state if rows else Status.DRAFT
    return [*steps, *(_ahead_of_expression(last) if proposal.is_expression else _ahead(last))]


def _readmitted(row: ProposalStep, *, inside: bool) -> Step:
    """The fund's act, though it leads back to a state of the applicants' own: nobody of the fund is named."""
    return Step(row.state, _("Readmitted: the fund looks at it again"), row.at, "", row.reason if inside else "")


def _step(proposal: Proposal, row: ProposalStep, *, first: bool, inside: bool) -> Step:
    state, label = row.state, str(Status(row.state).label)
    if row.state == Status.DRAFT:
        taken_back = row.actor_id == proposal.pi_id
        label = _("Begun") if first else _("Taken back to change it") if taken_back else _("Returned for correction")
        state = "draft" if first or taken_back else "returned"
    elif row.state == Status.AWAITING_SIGN_OFF:
        label = _("Sent to the research office")
    elif row.state == Status.SUBMITTED:
        label = _("Signed and handed in")
    elif row.state == Status.ELIGIBLE:
        label = _("Eligible: it goes to review")
    told = row.state in REASONS_SHOWN
    if proposal.is_expression and row.state == Status.DECLINED:
        label, told = _("Not invited to a full proposal"), True
    actor = str(row.actor or "") if row.state in OWN_STEPS else ""
    note = row.reason if inside or told else ""
    return Step(state, label, row.at, actor, "" if state == "draft" else note)


def _ahead(state: str) -> list[Step]:
    """What is still to come, as far as anybody can know it."""
    words = {
        Status.AWAITING_SIGN_OFF: _("The research office signs"),
        Status.SUBMITTED: _("Handed in, with a receipt"),
        Status.ELIGIBLE: _("The fund checks that it is eligible"),
        Status.UNDER_REVIEW: _("Reviewed"),
    }
    if state not in {*ROAD, *UNRELEASED}:
        return []
    place = ROAD.index(Status(state)) if state in ROAD else len(ROAD) - 1
    ahead = [Step(one, words[one], is_next=True) for one in ROAD[place + 1 :]]
    return [*ahead, Step("awarded", _("The board decides"), is_next=True)]


def _ahead_of_expression(state: str) -> list[Step]:
    if state not in FIRST_ROAD:
        return []
    words = {
        Status.AWAITING_SIGN_OFF: _("The research office signs"),
        Status.SUBMITTED: _("Handed in, with a receipt"),
    }
    place = FIRST_ROAD.index(Status(state))
    ahead = [Step(one, words[one], is_next=True) for one in FIRST_ROAD[place + 1 :]]
    return [*ahead, Step("invited", _("The fund decides whom it invites to a full proposal"), is_next=True)]


# --- the whole ------------------------------------------------------------------------------------------------------
def is_insider(user: User, proposal: Proposal) -> bool:
    """Of the team, of the university's office, or staff: reads how it came about. A reviewer reads what was handed in."""
    on_team = proposal.access.filter(user=user, role__in=TEAM).exists()
    return on_team or user.has_role(*PROPOSAL_STAFF) or rules.is_of_office(user, proposal)


def reading(proposal: Proposal, user: User) -> dict[str, Any]:
    """What every page that shows a whole proposal gives its template. `proposal` comes from `shown_to(user)`.

    Files name their authors, inside as well, so that they are left out with the people.
    """
    insider, people = is_insider(user, proposal), rules.may_see_people(user, proposal)
    members: Any = proposal.team.select_related("user", "university") if people else ()
    return {
        "proposal": proposal,
        "currency": proposal.currency,
        "sections": answered_sections(proposal, people=people),
        "table": costing.table(proposal),
        "lines": proposal.budget_lines.all(),
        "members": members,
        "files": proposal.attachments.filter(key="") if people else (),
        "insider": insider,
        "people": people,
        "submissions": list(proposal.submissions.all()) if insider else [],
        "shown_status": proposal.shown_status,
        "shown_status_label": Status(proposal.shown_status).label,
    }


def unmet(proposal: Proposal, at: dt.datetime) -> list[eligibility.Finding]:
    """Conditions of the call that it does not meet now. Those that block stop it; on the others the fund decides."""
    kinds = EligibilityRule.Kind.values
    return [one for one in eligibility.findings(proposal, at) if one.met is False and one.code in kinds]
