"""The home page: one part for each role and persona of its reader, each with a constant number of queries."""

import datetime as dt
from collections.abc import Callable

from accounts.models import Role, User
from reports.homes import administrator, auditor, board, finance, member, office, officer, researcher, reviewer
from reports.homes.base import Part, Task, by_urgency

__all__ = ["Part", "Task", "by_urgency", "parts_of"]

Gather = Callable[[User, dt.datetime], Part]

# In the order of the page: who is several things begins with what has deadlines.
PARTS: tuple[tuple[frozenset[str], Gather], ...] = (
    (frozenset({Role.PROGRAMME_OFFICER}), officer.gather),
    (frozenset({Role.FINANCE_OFFICER, Role.FINANCE_APPROVER}), finance.gather),
    (frozenset({"board"}), board.gather),
    (frozenset({"reviewer"}), reviewer.gather),
    (frozenset({"research_office"}), office.gather),
    (frozenset({"researcher"}), researcher.gather),
    (frozenset({"member_rep"}), member.gather),
    (frozenset({Role.AUDITOR}), auditor.gather),
    (frozenset({Role.ADMINISTRATOR}), administrator.gather),
)


def parts_of(user: User, at: dt.datetime) -> list[Part]:
    """Who is nothing yet comes to write a proposal."""
    have = frozenset(map(str, user.roles)) | user.personas
    gathers = [gather for names, gather in PARTS if not names.isdisjoint(have)]
    return [gather(user, at) for gather in gathers or [researcher.gather]]
