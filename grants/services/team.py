"""Who writes a proposal together: inviting, accepting, leaving."""

import datetime as dt
import hashlib

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.text import clean_line
from grants.models import Proposal, ProposalAccess, TeamMember
from grants.services import access, drafts
from notifications.services import queue_notice
from universities.queries import home_university

MOST_MEMBERS = 40
_SALT = "grants.team.invitation"


def invitation_token(member: TeamMember) -> str:
    """What the mailed link holds: whoever opens it can read the address's mail. Good for this address alone.

    Of the address it holds a digest: a link is of one length, however long the address.
    """
    return signing.dumps([str(member.pk), _digest(member.email)], salt=_SALT, compress=True)


def _digest(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def invited_by_token(token: str) -> TeamMember | None:
    """The invitation behind a link, or None: altered, withdrawn, or the address was changed since."""
    try:
        pk, address = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return None
    members = TeamMember.objects.select_related("proposal__pi", "proposal__call", "proposal__university")
    member = members.filter(pk=pk).first()
    return member if member is not None and _digest(member.email) == address else None


@transaction.atomic
def add_member(
    proposal: Proposal,
    *,
    name: str,
    email: str,
    part: str = TeamMember.Part.CO_INVESTIGATOR,
    may_edit: bool = True,
    actor: User | None,
    at: dt.datetime,
) -> TeamMember:
    """Name somebody of the team and mail them a link. They read (and with `may_edit` write) once they accept."""
    locked = drafts.lock_draft(proposal)
    name = clean_line(name, field="name", longest=150)
    if not name:
        raise InvalidInput(_("Write the person's name."), field="name")
    email = _address(locked, email)
    if part not in TeamMember.Part.values:
        raise InvalidInput(_("Choose what the person is in this proposal."), field="part")
    if locked.team.count() >= MOST_MEMBERS:
        raise InvalidInput(_("A team has at most %(most)d people.") % {"most": MOST_MEMBERS})
    member = TeamMember.objects.create(
        proposal=locked,
        name=name,
        email=email,
        part=part,
        may_edit=may_edit,
        invited_at=at,
        position=locked.team.count() + 1,
    )
    drafts.touch(locked, at)
    after = {"name": name, "part": part, "may_edit": may_edit}
    record(actor, "proposal.member_invited", member, at=at, subject=locked, after=after)
    _invite(locked, member, actor, at)
    return member


def _address(proposal: Proposal, email: str) -> str:
    email = clean_line(email, field="email", longest=254).lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(_("Write an email address like name@university.edu."), field="email") from None
    if proposal.pi and email == proposal.pi.email:
        raise InvalidInput(_("This is the principal investigator's own address."), field="email")
    if proposal.team.filter(email=email).exists():
        raise InvalidInput(_("This person is on the team already."), field="email")
    return email


def _invite(proposal: Proposal, member: TeamMember, actor: User | None, at: dt.datetime) -> None:
    person = User.objects.filter(email=member.email, is_active=True).first()
    queue_notice(
        kind="proposal.invitation",
        key=f"proposal.invitation:{member.pk}:{at.isoformat()}",
        subject=_("You are named in a proposal: %(title)s") % {"title": proposal.title},
        body=_(
            "%(who)s names you as %(part)s in the proposal “%(title)s” (%(number)s) under the call “%(call)s”.\n\n"
            "Open the link to read what you are named in, and accept it:"
        )
        % {
            "who": actor or proposal.lead_name,
            "part": member.get_part_display().lower(),
            "title": proposal.title,
            "number": proposal.number,
            "call": proposal.call.title,
        },
        at=at,
        recipient=person,
        address=member.email,
        path=reverse("grants:invitation", args=[invitation_token(member)]),
        about=proposal,
        secret=True,
    )


@transaction.atomic
def accept_invitation(member: TeamMember, *, actor: User, at: dt.datetime) -> TeamMember:
    """The person of the link joins with the account that they are signed in with, and may read from now on.

    Accepting twice is harmless. Refused: the PI, somebody who is on the team already or reviews it, a proposal that was
    withdrawn.
    """
    proposal = drafts.lock(member.proposal)
    locked = TeamMember.objects.select_for_update().get(pk=member.pk)
    if locked.user_id == actor.pk:
        return locked
    if locked.user_id is not None:
        raise WrongState(_("Somebody else accepted this invitation already."))
    if proposal.status == Proposal.Status.WITHDRAWN:
        raise WrongState(_("This proposal was withdrawn."))
    if proposal.pi_id == actor.pk or proposal.team.filter(user=actor).exists():
        raise WrongState(_("You are on this team already."))
    if proposal.access.filter(user=actor, role__in=access.REVIEWING).exists():
        raise WrongState(_("You review this proposal. Recuse yourself before you join its team."))
    locked.user, locked.accepted_at, locked.university = actor, at, home_university(actor)
    locked.save(update_fields=["user", "accepted_at", "university"])
    access.grant(proposal, actor, _role(may_edit=locked.may_edit), at=at)
    record(actor, "proposal.member_accepted", locked, at=at, subject=proposal, after={"may_edit": locked.may_edit})
    if proposal.pi:
        queue_notice(
            kind="proposal.accepted",
            key=f"proposal.accepted:{locked.pk}",
            subject=_("%(who)s joined your proposal %(number)s") % {"who": actor, "number": proposal.number},
            body=_("%(who)s accepted to take part in “%(title)s”.") % {"who": actor, "title": proposal.title},
            at=at,
            recipient=proposal.pi,
            path=proposal.get_absolute_url(),
            about=proposal,
        )
    return locked


def _role(*, may_edit: bool) -> str:
    return ProposalAccess.As.EDITOR if may_edit else ProposalAccess.As.READER


@transaction.atomic
def set_rights(member: TeamMember, *, may_edit: bool, actor: User | None, at: dt.datetime) -> TeamMember:
    """Whether this person edits or only reads, from the next request on."""
    proposal = drafts.lock_draft(member.proposal)
    locked = TeamMember.objects.select_for_update(of=("self",)).select_related("user").get(pk=member.pk)
    if locked.may_edit == may_edit:
        return locked
    locked.may_edit = may_edit
    locked.save(update_fields=["may_edit"])
    if locked.user:
        access.revoke(proposal, locked.user, _role(may_edit=not may_edit))
        access.grant(proposal, locked.user, _role(may_edit=may_edit), at=at)
    before, after = {"may_edit": not may_edit}, {"may_edit": may_edit}
    record(actor, "proposal.member_rights", locked, at=at, subject=proposal, before=before, after=after)
    return locked


@transaction.atomic
def remove_member(member: TeamMember, *, actor: User | None, at: dt.datetime) -> Proposal:
    """Take somebody off the team. The link and the right to read end with it."""
    proposal = drafts.lock_draft(member.proposal)
    locked = TeamMember.objects.select_for_update(of=("self",)).select_related("user").filter(pk=member.pk).first()
    if locked is None:
        return proposal
    if locked.user:
        for may_edit in (True, False):
            access.revoke(proposal, locked.user, _role(may_edit=may_edit))
    before = {"name": locked.name, "part": locked.part}
    record(actor, "proposal.member_removed", locked, at=at, subject=proposal, before=before)
    locked.delete()
    drafts.touch(proposal, at)
    return proposal
