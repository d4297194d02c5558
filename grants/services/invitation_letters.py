"""What the fund writes about an expression of interest that waits for a decision again."""

import datetime as dt

from django.utils.translation import gettext as _

from grants.models import Proposal, ProposalStep
from grants.services.telling import office_of, team_of
from notifications.services import queue_notice


def readmitted(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    names = {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "lead": proposal.lead_name,
    }
    body = _(
        "Dear %(lead)s,\n\nwe looked again at your expression of interest “%(title)s” (%(number)s) under the call "
        "“%(call)s”: it is eligible after all. We write again when we have decided whom we invite."
    )
    for person in dict.fromkeys([*team_of(proposal), *office_of(proposal)]):
        queue_notice(
            kind=f"proposal.{step.state}",
            key=f"proposal:{proposal.pk}:step:{step.pk}:{person.pk}",
            subject=_("Readmitted: %(number)s %(title)s") % names,
            body=body % names,
            at=at,
            recipient=person,
            path=proposal.get_absolute_url(),
            about=proposal,
        )
