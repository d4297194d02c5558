"""What this app tells lower ones, and its own card on the page of a proposal. Imported once at start."""

import datetime as dt
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import audit.seals
import notifications.seals
from accounts.models import User
from core.clock import server_now
from grants import access, eligibility, panels
from grants.inviting import to_begin
from grants.models import LateAccess, Proposal, ProposalAccess, ProposalEnquiry
from grants.own_time import extra_panel
from grants.rules import calls as rules
from grants.services import enquiries
from grants.services.invitations import triaged, verdicts_of
from grants.services.merging import follow_merge
from notifications.registry import register_kind
from universities.models import OfficeMember
from universities.services.moves import MOVERS

audit.seals.register(access.without_sealed)
audit.seals.register(access.without_hidden_likenesses)
notifications.seals.register(access.without_sealed)
MOVERS.append(follow_merge)

WRITERS = (ProposalAccess.As.PI, ProposalAccess.As.EDITOR)


def _writers_of(drafts: QuerySet[Proposal]) -> QuerySet[User]:
    rows = ProposalAccess.objects.filter(proposal__in=drafts, role__in=WRITERS)
    found: QuerySet[User] = User.objects.filter(pk__in=rows.values("user"), is_active=True)
    return found


def _offices_of(waiting: QuerySet[Proposal]) -> QuerySet[User]:
    members = OfficeMember.objects.in_force().filter(university__in=waiting.values("university"))
    found: QuerySet[User] = User.objects.filter(pk__in=members.values("user"), is_active=True)
    return found


def _with_longer(deadline: Any) -> Q:
    """Proposals whose extra time goes beyond this deadline: they are reminded by that, not by this."""
    return _with_longer_than(deadline.subject_id, deadline.due_at)


def _with_longer_than(stage: Any, until: dt.datetime) -> Q:
    longer = LateAccess.objects.filter(stage=stage, ended_at=None, until__gt=until)
    people = longer.exclude(person=None).values("person")
    return Q(pi__in=people) | Q(university__in=longer.exclude(university=None).values("university"))


def _owes_submission(deadline: Any) -> QuerySet[User]:
    """Who leads or writes a draft of this stage, and who was invited to it and has not begun."""
    drafts = Proposal.objects.filter(stage=deadline.subject_id, status=Proposal.Status.DRAFT)
    invited = to_begin(deadline.subject_id).exclude(_with_longer(deadline))
    leads = User.objects.filter(pk__in=invited.values("pi"), is_active=True)
    return _writers_of(drafts.exclude(_with_longer(deadline))) | leads


def _owes_signature(deadline: Any) -> QuerySet[User]:
    """The offices of universities with something of this stage that waits for a signature."""
    waiting = Proposal.objects.filter(stage=deadline.subject_id, status=Proposal.Status.AWAITING_SIGN_OFF)
    return _offices_of(waiting.exclude(_with_longer(deadline)))


def _owes_late(deadline: Any) -> QuerySet[User]:
    """Whoever writes a draft, or signs one, that this grant of extra time is for."""
    row = LateAccess.objects.filter(pk=deadline.subject_id).first()
    if row is None or row.ended_at is not None:
        return User.objects.none()
    whose = Q(pi=row.person) if row.person_id else Q(university=row.university)
    theirs = Proposal.objects.filter(whose, stage=row.stage).exclude(_with_longer_than(row.stage_id, row.until))
    return _writers_of(theirs.filter(status=Proposal.Status.DRAFT)) | _offices_of(
        theirs.filter(status=Proposal.Status.AWAITING_SIGN_OFF)
    )


register_kind("proposal.submission", label=gettext_lazy("Handing in a proposal"), who_owes=_owes_submission)
register_kind("proposal.signoff", label=gettext_lazy("Signing proposals off"), who_owes=_owes_signature)
register_kind("proposal.late", label=gettext_lazy("Extra time to hand in"), who_owes=_owes_late)
register_kind(enquiries.KIND, label=gettext_lazy("Answering a question of the fund"), who_owes=enquiries.owes_answer)


def _triage_panel(user: User | None, proposal: Any) -> panels.Panel | None:
    """What the rules say, and the verdict, for staff who may know of it."""
    if user is None or rules.can_see_intake(user) is not None or proposal.status not in triaged(proposal):
        return None
    if not Proposal.objects.filter(pk=proposal.pk).reviewable_by(user).exists():
        return None
    verdicts = proposal.steps.filter(state__in=verdicts_of(proposal)).select_related("actor")
    context = {
        "proposal": proposal,
        "findings": eligibility.findings(proposal, server_now()),
        "verdict": verdicts.last() if proposal.status != Proposal.Status.SUBMITTED else None,
        "may_decide": rules.can_triage(user, proposal) is None,
    }
    title = _("Is it invited?") if proposal.is_expression else _("Is it eligible?")
    return panels.Panel(title, "grants/_triage_panel.html", context, order=10)


def _enquiries_panel(user: User | None, proposal: Any) -> panels.Panel | None:
    """The fund's questions, for the team who answers, the office who reads along, and staff who may know of them."""
    if user is None:
        return None
    rows = ProposalEnquiry.objects.visible_to(user).filter(proposal=proposal).select_related("answered_by")
    found = list(rows)
    if not found:
        return None
    over = proposal.status in enquiries.OVER
    context = {
        "proposal": proposal,
        "enquiries": found,
        "may_answer": not over and enquiries.why_no_answer(user, found[0]) is None,
    }
    return panels.Panel(_("Questions of the fund"), "grants/_enquiries_panel.html", context, order=5)


panels.register("call", extra_panel)
panels.register("proposal", _triage_panel)
panels.register("proposal", _enquiries_panel)
