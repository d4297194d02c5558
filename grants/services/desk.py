"""What every act of an officer on what came in begins with."""

from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotAllowed, WrongState
from grants.models import Proposal
from grants.services import drafts


def lock(proposal: Proposal, actor: User | None) -> Proposal:
    """The proposal, fresh and held. Refused to whoever has a conflict with it, is on its team, or of its office."""
    locked = drafts.lock(proposal)
    if actor is not None and not Proposal.objects.reviewable_by(actor).filter(pk=locked.pk).exists():
        raise NotAllowed(_("You have a conflict of interest with this proposal: a colleague decides."))
    return locked


def lock_handed_in(proposal: Proposal, actor: User | None) -> Proposal:
    """As `lock`, refusing what is not in: drafts are their writers' alone."""
    locked = lock(proposal, actor)
    if locked.status in {Proposal.Status.DRAFT, Proposal.Status.AWAITING_SIGN_OFF} or locked.submitted_at is None:
        raise WrongState(_("It is not handed in."), state=locked.told_status)
    return locked
