"""What is new on a call's page, told to those who are writing under it: once for each thing, whoever reports it again."""

import datetime as dt
from collections.abc import Iterable

from accounts.models import User
from grants.models import Call, Proposal, ProposalAccess
from notifications.services import queue_notice

WRITERS = (ProposalAccess.As.PI, ProposalAccess.As.EDITOR)


def writers_of(call: Call) -> list[User]:
    """Who leads or writes something under this call that can still change."""
    drafts = Proposal.objects.filter(call=call, status=Proposal.Status.DRAFT)
    rows = ProposalAccess.objects.filter(proposal__in=drafts, role__in=WRITERS)
    return list(User.objects.filter(pk__in=rows.values("user"), is_active=True).order_by("pk"))


def tell(
    people: Iterable[User], call: Call, key: str, *, subject: str, body: str, at: dt.datetime, path: str = ""
) -> None:
    """One notice to each, once for each `key`, which begins with what kind of news it is. It leads to the call's page."""
    for person in dict.fromkeys(people):
        queue_notice(
            kind=f"call.{key.split(':', maxsplit=1)[0]}",
            key=f"call:{call.pk}:{key}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=path or call.get_absolute_url(),
            about=call,
        )
