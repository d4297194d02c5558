"""The research office of a university: who acts for it."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import WrongState
from universities import notices
from universities.errors import AlreadyInOffice, OwnMatter
from universities.models import OfficeMember, University


@transaction.atomic
def add_office_member(
    university: University, user: User, *, role: str = OfficeMember.Kind.OFFICER, actor: User, at: dt.datetime
) -> OfficeMember:
    """`user` acts for the university from now on. Nobody adds themselves; another role ends the former one."""
    if user.pk == actor.pk:
        raise OwnMatter(_("Nobody adds themselves to a research office."), field="email")
    University.objects.select_for_update(no_key=True).get(pk=university.pk)
    now = OfficeMember.objects.filter(user=user, university=university, ends_at=None).first()
    if now is not None and now.role == role:
        raise AlreadyInOffice(_("%(person)s is in this office already.") % {"person": user}, field="email")
    if now is not None:
        now.ends_at = at
        now.save(update_fields=["ends_at"])
    member = OfficeMember.objects.create(user=user, university=university, role=role, starts_at=at, added_by=actor)
    record(
        actor,
        "office_member.added",
        member,
        at=at,
        subject=university,
        before={"role": now.role} if now else None,
        after={"user": user.email, "role": role},
    )
    notices.office_member_added(member, at=at)
    return member


@transaction.atomic
def end_office_member(member: OfficeMember, *, actor: User, at: dt.datetime) -> OfficeMember:
    """`member` no longer acts for the university; what they signed stays signed."""
    locked = OfficeMember.objects.select_for_update(of=("self",)).select_related("user", "university").get(pk=member.pk)
    if locked.ends_at is not None:
        raise WrongState(_("%(person)s has left this office already.") % {"person": locked.user})
    locked.ends_at = at
    locked.save(update_fields=["ends_at"])
    record(actor, "office_member.ended", locked, at=at, subject=locked.university, after={"user": locked.user.email})
    return locked
