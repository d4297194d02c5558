"""Who may do what in a university's own competition. Each answers None for yes, or the reason why not."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from grants import competition
from grants.models import Call, InternalEntry
from grants.models.proposals import PROPOSAL_STAFF
from universities.models import University
from universities.queries import confirmed_universities, is_office, offices_of

Status = InternalEntry.Status


def can_enter(user: User, call: Call, university: University | None, at: dt.datetime) -> str | None:
    """Put an idea forward at `university`; None asks for any of theirs."""
    if user.has_role(*Role.values):
        return _("Staff of the fund can't ask for its money.")
    mine = confirmed_universities(user)
    if not (mine.filter(pk=university.pk) if university else mine).exists():
        return _("No university has confirmed yet that you work there.")
    if not competition.takes_entries(call, at):
        return _("Ideas are no longer taken.")
    return None


def can_change(user: User, entry: InternalEntry) -> str | None:
    """Change or withdraw it; the service refuses what was decided."""
    return None if entry.person_id == user.pk else _("Only who put it forward can change it.")


def can_decide(user: User, entry: InternalEntry) -> str | None:
    """The research office of its university, never on one's own idea."""
    if not is_office(user, entry.university):
        return _("Only the university's research office picks.")
    return is_own(user, entry)


def is_own(user: User, entry: InternalEntry) -> str | None:
    """What keeps somebody of the office from deciding; asks nothing, for pages of many ideas."""
    if entry.person_id == user.pk:
        return _("This is your own idea: a colleague of the research office decides.")
    return None


def can_see_desk(user: Any) -> str | None:
    return None if offices_of(user).exists() else _("This is for the research offices of universities.")


def can_see_numbers(user: User) -> str | None:
    """How many each university has, and whom it picked."""
    if user.has_role(*PROPOSAL_STAFF):
        return None
    return _("These figures are for programme officers, administrators and auditors.")


def can_list_entries(user: User) -> str | None:
    return None if can_see_numbers(user) is None else can_see_desk(user)
