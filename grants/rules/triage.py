"""Who may know, and do, what of the triage of a proposal. Each answers None for yes, or the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import User
from grants.models import Proposal
from grants.rules.calls import can_see_intake


def can_see_triage(user: User, proposal: Proposal) -> str | None:
    """What officers found, wrote and asked: for staff of proposals, never with a conflict, on its team, of its office."""
    if (reason := can_see_intake(user)) is not None:
        return reason
    if Proposal.objects.filter(pk=proposal.pk).reviewable_by(user).exists():
        return None
    return _("You have a conflict of interest with this proposal: colleagues deal with it.")
