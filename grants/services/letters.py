"""The board's decision as applicants read it, in the transaction in which it falls. Verdicts of officers are told in the
words of a template: `letters_of_decisions`. About a call: `call_letters`."""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Proposal, ProposalStep
from grants.services.telling import office_of, team_of
from notifications.services import queue_notice

Status = Proposal.Status


# --- to applicants ----------------------------------------------------------------------------------------------------
def _write(
    people: Iterable[User], proposal: Proposal, step: ProposalStep, *, subject: str, body: str, at: dt.datetime
) -> None:
    for person in dict.fromkeys(people):
        queue_notice(
            kind=f"proposal.{step.state}",
            key=f"proposal:{proposal.pk}:step:{step.pk}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=proposal.get_absolute_url(),
            about=proposal,
        )


def _names(proposal: Proposal) -> dict[str, str]:
    return {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "lead": proposal.lead_name,
    }


def decided(proposal: Proposal, step: ProposalStep, at: dt.datetime) -> None:
    """The board's no, or not yet. A yes comes as the offer of the award."""
    names = _names(proposal)
    if step.state == Status.DECLINED:
        subject = _("Decision on %(number)s: %(title)s")
        body = _(
            "Dear %(lead)s,\n\nthe board has decided on the call “%(call)s”. Your proposal “%(title)s” (%(number)s) "
            "was not chosen. Thank you for the work that you put into it."
        )
    elif step.state == Status.RESERVE_LIST:
        subject = _("On the reserve list: %(number)s %(title)s")
        body = _(
            "Dear %(lead)s,\n\nthe board has decided on the call “%(call)s”. Your proposal “%(title)s” (%(number)s) "
            "is on the reserve list: should an award fall through, it may still be paid for. You will hear from us."
        )
    else:
        return
    people = [*team_of(proposal), *office_of(proposal)]
    _write(people, proposal, step, subject=subject % names, body=body % names, at=at)
