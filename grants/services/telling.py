"""Who is told what about a proposal, in the transaction in which it happens. A notice's key makes it come once."""

import datetime as dt
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from grants import windows
from grants.errors import instant
from grants.models import Proposal, ProposalStep, Submission, TeamMember
from notifications.services import queue_notice
from universities.queries import office_people


def team_of(proposal: Proposal) -> list[User]:
    """The PI first, then everybody of the team with an account."""
    members = TeamMember.objects.filter(proposal=proposal, user__is_active=True).select_related("user")
    people = [proposal.pi, *(member.user for member in members)]
    return [person for person in dict.fromkeys(people) if person is not None]


def office_of(proposal: Proposal) -> list[User]:
    return list(office_people(proposal.university)) if proposal.university else []


def _tell(
    people: Iterable[User],
    proposal: Proposal,
    step: ProposalStep,
    *,
    subject: str,
    body: str,
    at: dt.datetime,
    path: str = "",
) -> None:
    for person in dict.fromkeys(people):
        queue_notice(
            kind=f"proposal.{step.state}",
            key=f"proposal:{proposal.pk}:step:{step.pk}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=path or proposal.get_absolute_url(),
            about=proposal,
        )


def _names(proposal: Proposal) -> dict[str, str]:
    return {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "university": str(proposal.university or ""),
        "lead": proposal.lead_name,
    }


def handed_in(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {**_names(proposal), "until": instant(windows.last_sign_off_for_proposal(proposal, at))}
    _tell(
        office_of(proposal),
        proposal,
        step,
        subject=_("To sign off: %(number)s %(title)s") % names,
        body=_(
            "%(lead)s hands in “%(title)s” under the call “%(call)s”.\n\n"
            "It needs the signature of an authorised representative until %(until)s (UTC)."
        )
        % names,
        at=at,
        path=reverse("grants:signoff", args=[proposal.number]),
    )
    _tell(
        team_of(proposal),
        proposal,
        step,
        subject=_("Sent for sign-off: %(number)s %(title)s") % names,
        body=_(
            "“%(title)s” now waits for the signature of %(university)s, which is needed until %(until)s (UTC). "
            "You will get the receipt when it is signed."
        )
        % names,
        at=at,
    )


def submitted(proposal: Proposal, submission: Submission, step: ProposalStep, at: dt.datetime) -> None:
    """The receipt goes to the PI, the team and the office."""
    names = {**_names(proposal), "receipt": submission.receipt, "sha256": submission.sha256, "at": instant(at)}
    _tell(
        [*team_of(proposal), *office_of(proposal)],
        proposal,
        step,
        subject=_("Receipt %(receipt)s: %(title)s is in") % names,
        body=_(
            "“%(title)s” (%(number)s) was received under the call “%(call)s”.\n\n"
            "Receipt:  %(receipt)s\n"
            "Received: %(at)s (UTC, by the server's clock)\n"
            "SHA-256:  %(sha256)s\n\n"
            "The receipt's page says how to verify the checksum:"
        )
        % names,
        at=at,
        path=reverse("grants:receipt", args=[submission.receipt]),
    )


def returned(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {**_names(proposal), "reason": step.reason, "until": instant(windows.closes_for_proposal(proposal, at))}
    _tell(
        team_of(proposal),
        proposal,
        step,
        subject=_("Returned for correction: %(number)s %(title)s") % names,
        body=_(
            "%(university)s returned “%(title)s” before signing it:\n\n%(reason)s\n\n"
            "It is a draft again. Proposals are taken until %(until)s (UTC)."
        )
        % names,
        at=at,
    )


def taken_back(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {**_names(proposal), "until": instant(windows.closes_for_proposal(proposal, at))}
    _tell(
        [*team_of(proposal), *office_of(proposal)],
        proposal,
        step,
        subject=_("Taken back: %(number)s %(title)s") % names,
        body=_(
            "“%(title)s” is a draft again and is not in until it is handed in and signed anew. "
            "Proposals are taken until %(until)s (UTC)."
        )
        % names,
        at=at,
    )


def withdrawn(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {**_names(proposal), "reason": step.reason}
    _tell(
        [*team_of(proposal), *office_of(proposal)],
        proposal,
        step,
        subject=_("Withdrawn: %(number)s %(title)s") % names,
        body=_("“%(title)s” was withdrawn:\n\n%(reason)s") % names,
        at=at,
    )
