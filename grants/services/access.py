"""Who may read a proposal, and who is sealed off from its review: the one writer of both tables.

No audit event of its own: what causes it (a team made, a reviewer's acceptance, a conflict) records it.
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotAllowed
from grants.access import is_sealed, is_team
from grants.models import Proposal, ProposalAccess, ProposalSeal

__all__ = ["grant", "is_sealed", "is_team", "lift_seal", "revoke", "seal"]

REVIEWING = (ProposalAccess.As.REVIEWER, ProposalAccess.As.CHAIR)


def _lock(proposal: Proposal) -> None:
    """Granting and sealing wait for each other: neither slips past the other."""
    Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


@transaction.atomic
def grant(proposal: Proposal, user: User, role: str, *, at: dt.datetime) -> ProposalAccess:
    """`user` may read it as `role` from now on; twice is harmless. Nobody sealed off or on its team gets to review it."""
    if role in REVIEWING:
        _lock(proposal)
        if is_sealed(proposal, user) or is_team(proposal, user):
            raise NotAllowed(_("This person has a conflict of interest with this proposal."))
    row, _created = ProposalAccess.objects.get_or_create(
        proposal=proposal, user=user, role=role, defaults={"granted_at": at}
    )
    return row


def revoke(proposal: Proposal, user: User, role: str) -> None:
    """The right to read it as `role` ends, if there was one."""
    ProposalAccess.objects.filter(proposal=proposal, user=user, role=role).delete()


@transaction.atomic
def seal(proposal: Proposal, user: User, *, at: dt.datetime) -> ProposalSeal:
    """Nothing of this proposal's review reaches `user` any more; what they held as a reviewer or chair ends."""
    _lock(proposal)
    row, _created = ProposalSeal.objects.get_or_create(
        proposal=proposal, user=user, lifted_at=None, defaults={"sealed_at": at}
    )
    ProposalAccess.objects.filter(proposal=proposal, user=user, role__in=REVIEWING).delete()
    return row


@transaction.atomic
def lift_seal(proposal: Proposal, user: User, *, at: dt.datetime) -> None:
    """The conflict turned out to be none. The row stays: that there was a seal, and until when."""
    _lock(proposal)
    ProposalSeal.objects.filter(proposal=proposal, user=user, lifted_at=None).update(lifted_at=at)
