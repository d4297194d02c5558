"""What this app tells lower ones. Imported once at start."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

import audit.seals
import notifications.seals
from accounts.models import User
from grants import access
from grants.models import Proposal, ProposalAccess
from notifications.registry import register_kind
from universities.models import OfficeMember

audit.seals.register(access.without_sealed)
notifications.seals.register(access.without_sealed)

WRITERS = (ProposalAccess.As.PI, ProposalAccess.As.EDITOR)


def _owes_submission(deadline: Any) -> QuerySet[User]:
    """Who leads or writes a draft of this stage."""
    drafts = Proposal.objects.filter(stage=deadline.subject_id, status=Proposal.Status.DRAFT)
    rows = ProposalAccess.objects.filter(proposal__in=drafts, role__in=WRITERS)
    found: QuerySet[User] = User.objects.filter(pk__in=rows.values("user"), is_active=True)
    return found


def _owes_signature(deadline: Any) -> QuerySet[User]:
    """The offices of universities with something of this stage that waits for a signature."""
    waiting = Proposal.objects.filter(stage=deadline.subject_id, status=Proposal.Status.AWAITING_SIGN_OFF)
    members = OfficeMember.objects.in_force().filter(university__in=waiting.values("university"))
    found: QuerySet[User] = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return found


register_kind("proposal.submission", label=_("Handing in a proposal"), who_owes=_owes_submission)
register_kind("proposal.signoff", label=_("Signing proposals off"), who_owes=_owes_signature)
