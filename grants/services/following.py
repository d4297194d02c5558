"""What a full proposal takes over from the expression of interest that it follows. The first one stays as it was."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput
from grants.asking import kinds
from grants.asking.versions import carried
from grants.models import Answer, Attachment, Proposal, ProposalAccess, ProposalSeal, Question, TeamMember
from grants.services import access, team
from notifications.services import queue_notice
from universities.models import University
from universities.queries import confirmed_universities

DETAILS = ("abstract", "keywords", "starts_on", "months")


def university_of(first: Proposal) -> University | None:
    """That of the expression of interest, while its PI is confirmed to work there."""
    if first.pi is None or first.university_id is None:
        return None
    return confirmed_universities(first.pi).filter(pk=first.university_id).first()


def carry_over(first: Proposal, full: Proposal, *, actor: User | None, at: dt.datetime) -> None:
    """Details, team, answers and files to questions that the full form asks as well; and the seals: whoever may not learn
    of the one may not learn of the other. The budget is new: the first asked only about how much."""
    for name in DETAILS:
        setattr(full, name, getattr(first, name))
    full.save(update_fields=DETAILS)
    _answers(first, full, actor, at)
    _seals(first, full, at)
    _team(first, full, actor=actor, at=at)


def _answers(first: Proposal, full: Proposal, actor: User | None, at: dt.datetime) -> None:
    asked = {one.key: one for one in Question.objects.filter(section__form=full.form_id)}
    before = {one.key: one for one in Question.objects.filter(section__form=first.form_id, key__in=asked)}
    rows = []
    for answer in Answer.objects.filter(proposal=first, key__in=before):
        value = _converted(before[answer.key], asked[answer.key], answer.value)
        if value is not None:
            rows.append(Answer(proposal=full, key=answer.key, value=value, updated_by=actor, updated_at=at))
    Answer.objects.bulk_create(rows)
    files = [key for key in before if before[key].kind == asked[key].kind == Question.Kind.FILE]
    Attachment.objects.bulk_create(_same_file(one, full) for one in first.attachments.filter(key__in=files))


def _converted(before: Question, now: Question, value: Any) -> Any:
    """The answer as the full form asks for it; None where it can't be one: it stays readable where it was given."""
    found = carried(before, now, value).value
    return None if kinds.is_empty(now, found) else found


def _same_file(one: Attachment, full: Proposal) -> Attachment:
    """The bytes are kept once, under their digest: another row names them."""
    kept = {name: getattr(one, name) for name in ("name", "sha256", "size", "content_type", "uploaded_by_id")}
    return Attachment(proposal=full, key=one.key, title=one.title, pages=one.pages, uploaded_at=one.uploaded_at, **kept)


def _seals(first: Proposal, full: Proposal, at: dt.datetime) -> None:
    for seal in ProposalSeal.objects.filter(proposal=first, lifted_at=None).select_related("user"):
        access.seal(full, seal.user, at=at)


def _team(first: Proposal, full: Proposal, *, actor: User | None, at: dt.datetime) -> None:
    """Who has joined stays on the team and is told; who has not is asked anew, by a link of the full proposal's own."""
    for member in first.team.select_related("user"):
        if member.user is None:
            _asked_again(member, full, actor=actor, at=at)
        elif member.user.is_active:
            _joined(member, full, at)


def _asked_again(member: TeamMember, full: Proposal, *, actor: User | None, at: dt.datetime) -> None:
    named: dict[str, Any] = {"name": member.name, "email": member.email, "part": member.part}
    try:
        team.add_member(full, **named, may_edit=member.may_edit, actor=actor, at=at)
    except InvalidInput:  # the address is the lead's own by now, or that of somebody who has joined
        return


def _joined(member: TeamMember, full: Proposal, at: dt.datetime) -> None:
    user = member.user
    assert user is not None
    role = ProposalAccess.As.EDITOR if member.may_edit else ProposalAccess.As.READER
    copied = ("name", "email", "university_id", "part", "may_edit", "invited_at", "accepted_at", "position")
    TeamMember.objects.create(proposal=full, user=user, **{name: getattr(member, name) for name in copied})
    access.grant(full, user, role, at=at)
    names = {"title": full.title, "number": full.number, "call": full.call.title, "lead": full.lead_name}
    queue_notice(
        kind="proposal.begun",
        key=f"proposal.begun:{full.pk}:{user.pk}",
        subject=_("The full proposal is begun: %(number)s %(title)s") % names,
        body=_(
            "%(lead)s has begun the full proposal “%(title)s” (%(number)s) under the call “%(call)s”. You are on its team, "
            "as you were for the expression of interest."
        )
        % names,
        at=at,
        recipient=user,
        path=full.get_absolute_url(),
        about=full,
    )
