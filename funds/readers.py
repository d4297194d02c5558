"""Who reads what of the money: entries with the people behind them, or the positions alone."""

from accounts.models import Role, User

ENTRY_ROLES = (Role.ADMINISTRATOR, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER, Role.AUDITOR)
POSITION_PERSONAS = frozenset({"board", "member_rep"})


def reads_entries(user: User) -> bool:
    """Every entry, line and balance, and who posted them."""
    return user.has_role(*ENTRY_ROLES)


def reads_positions(user: User) -> bool:
    """What a fund's years hold at each level: those who run the programmes, govern the fund or pay into it."""
    if reads_entries(user) or user.has_role(Role.PROGRAMME_OFFICER):
        return True
    return not POSITION_PERSONAS.isdisjoint(user.personas)
