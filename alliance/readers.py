"""Who reads what of the alliance, as conditions that querysets share."""

from accounts.models import Role, User

BOARD = "board"
MEMBER_REP = "member_rep"


def is_staff(user: User) -> bool:
    return user.has_role(*Role.values)


def reads_members(user: User) -> bool:
    """The directory of members: staff, the board, and the members among themselves."""
    return is_staff(user) or not user.personas.isdisjoint({BOARD, MEMBER_REP})


def reads_money_of_all(user: User) -> bool:
    """What every member pledged and paid. A representative reads that of the own member alone."""
    return is_staff(user) or BOARD in user.personas
