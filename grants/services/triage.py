"""Whether what was handed in goes to review. A person decides; the rules' findings stand beside it.

Expressions of interest are invited or not (`grants.services.invitations`); many at once: `grants.services.triage_many`.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Role, RoleGrant, User
from audit.services import record
from core.errors import DomainError, InvalidInput
from core.text import clean_text, given_reason
from grants import transitions
from grants.models import Proposal
from grants.services import checklists, desk
from grants.services import letters_of_decisions as letters
from grants.services.letters_of_decisions import Letter
from grants.services.moves import move
from notifications.services import queue_notice

Status = Proposal.Status
OPEN_TO_VERDICT = frozenset({Status.SUBMITTED, Status.ELIGIBLE, Status.INELIGIBLE})


# --- verdicts ---------------------------------------------------------------------------------------------------------
@transaction.atomic
def mark_eligible(
    proposal: Proposal,
    *,
    note: str = "",
    letter: Letter | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """It goes to review, and the team is told. Also readmits what was found ineligible by mistake. Twice is harmless.

    Refused while a required item of the checklist was not looked at. `letter`: other words than the template's.
    """
    locked = desk.lock(proposal, actor)
    if locked.status == Status.ELIGIBLE:
        return locked
    transitions.check(locked, Status.ELIGIBLE)
    checklists.must_be_done(locked)
    note = clean_text(note, field="reason", longest=4000).strip()
    step = move(locked, Status.ELIGIBLE, verb="proposal.eligible", actor=actor, at=at, reason=note, decided_at=None)
    letters.send(locked, step, letters.Kind.ELIGIBLE, letter=letter, actor=actor, at=at)
    return locked


@transaction.atomic
def mark_ineligible(
    proposal: Proposal,
    *,
    reason: str,
    letter: Letter | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """It ends here. The reason is kept and the applicants get it, so there must be one. Twice is harmless."""
    locked = desk.lock(proposal, actor)
    if locked.status == Status.INELIGIBLE:
        return locked
    reason = given_reason(reason, _("Write the reason: the applicants read it."))
    step = move(locked, Status.INELIGIBLE, verb="proposal.ineligible", actor=actor, at=at, reason=reason, decided_at=at)
    letters.send(locked, step, letters.Kind.INELIGIBLE, letter=letter, actor=actor, at=at)
    return locked


@transaction.atomic
def mark_many_eligible(proposals: Iterable[Proposal], *, actor: User | None, at: dt.datetime) -> list[Proposal]:
    """All or none: a refusal names the proposal that it is about."""
    done = []
    for proposal in sorted(proposals, key=lambda one: one.pk):
        try:
            done.append(mark_eligible(proposal, actor=actor, at=at))
        except DomainError as error:
            raise InvalidInput(f"{proposal.number}: {error.message}", code=error.code) from error
    return done


# --- who works on it --------------------------------------------------------------------------------------------------
def officers(at: dt.datetime | Now) -> QuerySet[User]:
    """Whom a proposal can be given to: programme officers in office."""
    grants = RoleGrant.objects.in_force(at).filter(role=Role.PROGRAMME_OFFICER)
    found: QuerySet[User] = User.objects.filter(pk__in=grants.values("user"), is_active=True)
    return found.order_by("name", "id")


@transaction.atomic
def assign(proposal: Proposal, handler: User | None, *, actor: User | None, at: dt.datetime) -> Proposal:
    """Give it to an officer to work on (None: to nobody); they get a notice, unless they took it themselves.

    Refused for who is no officer, or has a conflict with it. Applicants never see who works on it, nor that it changed.
    """
    locked = desk.lock_handed_in(proposal, actor)
    if locked.handler_id == (handler.pk if handler else None):
        return locked
    if handler is not None:
        _may_handle(locked, handler, at)
    before = str(locked.handler or "")
    locked.handler = handler
    locked.save(update_fields=["handler"])
    after = {"handler": str(handler or "")}
    record(actor, "proposal.assigned", locked, at=at, before={"handler": before}, after=after)
    if handler is not None and handler != actor:
        _tell(locked, handler, actor, at)
    return locked


def _may_handle(locked: Proposal, handler: User, at: dt.datetime) -> None:
    if not officers(at).filter(pk=handler.pk).exists():
        raise InvalidInput(_("Choose a programme officer."), field="handler")
    if not Proposal.objects.reviewable_by(handler).filter(pk=locked.pk).exists():
        raise InvalidInput(_("This colleague can't work on it. Choose another."), field="handler")


def _tell(locked: Proposal, handler: User, actor: User | None, at: dt.datetime) -> None:
    names = {
        "number": locked.number,
        "title": locked.title,
        "call": locked.call.title,
        "who": str(actor or _("The fund")),
    }
    queue_notice(
        kind="proposal.assigned",
        key=f"proposal:{locked.pk}:assigned:{handler.pk}:{at.isoformat()}",
        subject=_("Yours to check: %(number)s %(title)s") % names,
        body=_("%(who)s gave you “%(title)s” (%(number)s) to check, under the call “%(call)s”.") % names,
        at=at,
        recipient=handler,
        path=reverse("grants:triage", args=[locked.number]),
        about=locked,
    )
