"""Who may do what with members, seats and resolutions: None for yes, else the reason why not."""

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import Role, User
from alliance.effects import effect_of, withheld
from alliance.kinds import kinds
from alliance.models import BoardSeat, Resolution, Vote
from alliance.readers import is_staff, reads_members, reads_money_of_all

MANAGERS = (Role.FINANCE_OFFICER, Role.ADMINISTRATOR)
OFFICERS = (Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.ADMINISTRATOR)
Status = Resolution.Status


def can_read_members(user: User) -> str | None:
    return None if reads_members(user) else _("The members are open to staff, the board and members' representatives.")


def can_read_contributions(user: User) -> str | None:
    return can_read_members(user)


def can_read_resolutions(user: User) -> str | None:
    """Seats of boards are checked row by row; this closes the list to those who have none."""
    if is_staff(user) or "board" in user.personas:
        return None
    return _("Resolutions are open to staff and the board.")


def can_manage_members(user: User) -> str | None:
    return None if user.has_role(*MANAGERS) else _("Members are managed by finance officers and administrators.")


def can_pledge(user: User) -> str | None:
    return None if user.has_role(*MANAGERS) else _("Pledges are entered by finance officers and administrators.")


def can_receive(user: User) -> str | None:
    return None if user.has_role(*MANAGERS) else _("Contributions are recorded by finance officers and administrators.")


def can_manage_board(user: User) -> str | None:
    return None if user.has_role(Role.ADMINISTRATOR) else _("Seats of the board are given and ended by administrators.")


def can_propose_appropriation(user: User) -> str | None:
    if user.has_role(*OFFICERS):
        return None
    return _("Appropriations are proposed by programme officers and finance officers.")


def can_propose(user: User, kind: str) -> str | None:
    return effect_of(kind).may_propose(user)


def can_propose_anything(user: User) -> bool:
    return any(can_propose(user, kind) is None for kind, _label in kinds())


def _is_chair(user: User, resolution: Resolution) -> bool:
    return BoardSeat.objects.filter(fund=resolution.fund_id, user=user, chair=True).in_force().exists()


def can_open(user: User, resolution: Resolution) -> str | None:
    if resolution.status != Status.DRAFT:
        return _("Voting was opened already.")
    if user.has_role(*OFFICERS):
        return None
    return _("Voting is opened by programme officers, finance officers and administrators.")


def can_vote(user: User, resolution: Resolution, at: dt.datetime) -> str | None:
    opened, closes = resolution.opened_at, resolution.closes_at
    if resolution.status != Status.VOTING or opened is None or closes is None or at >= closes:
        return _("Voting on this resolution is not open.")
    seats = BoardSeat.objects.filter(fund=resolution.fund_id, user=user, voting=True)
    if not seats.in_force(opened).in_force(at).exists():
        return _("Only those vote who had a seat with a vote when voting opened.")
    if is_recused(user, resolution):
        return _("You recused yourself from this resolution.")
    return None


def can_decide(user: User, resolution: Resolution) -> str | None:
    """Counting is the same whoever asks for it; the service refuses while the result is open."""
    if resolution.status != Status.VOTING:
        return _("Voting is not open.")
    if is_recused(user, resolution):
        return _("You recused yourself from this resolution.")
    if apart := withheld(resolution, user):
        return apart
    if user.has_role(*OFFICERS) or _is_chair(user, resolution):
        return None
    return _("The chair or an officer has the votes counted.")


def can_withdraw(user: User, resolution: Resolution) -> str | None:
    if resolution.status not in (Status.DRAFT, Status.VOTING):
        return _("It is decided.")
    if elsewhere := effect_of(resolution.kind).withdraw_elsewhere:
        return str(elsewhere)
    if is_recused(user, resolution):
        return _("You recused yourself from this resolution.")
    if user.has_role(Role.ADMINISTRATOR) or (user.has_role(*OFFICERS) and resolution.proposed_by_id == user.pk):
        return None
    return _("A resolution is withdrawn by who proposed it, or by an administrator.")


def is_recused(user: User, resolution: Resolution) -> bool:
    return Vote.objects.filter(resolution=resolution, user=user, choice=Vote.Choice.RECUSED).exists()


def reads_all_money(user: User) -> bool:
    return reads_money_of_all(user)
