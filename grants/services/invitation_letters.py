"""What the fund writes about an expression of interest: the way to the full proposal, or why not."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Proposal, ProposalStep, Stage
from grants.services.telling import office_of, team_of
from notifications.services import queue_notice
from notifications.words import moment


def _write(
    people: list[User],
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


def names_of(proposal: Proposal, full: Stage | None = None) -> dict[str, str]:
    """What these letters name, in words that a template fills in."""
    names = {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "lead": proposal.lead_name,
        "contact": proposal.call.contact_email,
    }
    if full is not None:
        names |= {"opens": moment(full.opens_at, full.zone), "closes": moment(full.closes_at, full.zone)}
        names["sign_until"] = moment(full.last_sign_off(), full.zone)
    return names


def invited(proposal: Proposal, full: Stage, step: ProposalStep, at: dt.datetime) -> None:
    """The lead's link begins the full proposal; team and office read what was decided."""
    names = names_of(proposal, full)
    subject = _("Invited to a full proposal: %(number)s %(title)s") % names
    body = _(
        "Dear %(lead)s,\n\nthank you for your expression of interest “%(title)s” (%(number)s) under the call “%(call)s”. "
        "We invite you to hand in a full proposal.\n\n"
    )
    if full.opens_at > at:
        body += _("Taken from:     %(opens)s\n")
    body += _("Hand in before: %(closes)s\nSigned by your university until: %(sign_until)s\n\n")
    begin = body + _("You may begin to write now. What you wrote already is carried over. Start here:")
    look = body + _("%(lead)s begins the full proposal; whoever is on the team then writes along.")
    lead = [proposal.pi] if proposal.pi else []
    start = reverse("grants:proposal_follow", args=[proposal.number])
    _write(lead, proposal, step, subject=subject, body=begin % names, at=at, path=start)
    others = [person for person in [*team_of(proposal), *office_of(proposal)] if person not in lead]
    _write(others, proposal, step, subject=subject, body=look % names, at=at)


def not_invited(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    """Team and office get the reason."""
    names = {**names_of(proposal), "reason": step.reason}
    body = _(
        "Dear %(lead)s,\n\nthank you for your expression of interest “%(title)s” (%(number)s) under the call “%(call)s”. "
        "We do not invite a full proposal. The reason:\n\n%(reason)s"
    )
    people = [*team_of(proposal), *office_of(proposal)]
    subject = _("Not invited to a full proposal: %(number)s %(title)s") % names
    _write(people, proposal, step, subject=subject, body=body % names, at=at)


def readmitted(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = names_of(proposal)
    body = _(
        "Dear %(lead)s,\n\nwe looked again at your expression of interest “%(title)s” (%(number)s) under the call "
        "“%(call)s”: it is eligible after all. We write again when we have decided whom we invite."
    )
    people = [*team_of(proposal), *office_of(proposal)]
    subject = _("Readmitted: %(number)s %(title)s") % names
    _write(people, proposal, step, subject=subject, body=body % names, at=at)
