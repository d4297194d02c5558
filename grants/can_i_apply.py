"""What the rules of a call say of its reader, before a word is written: the card "Can I apply?" on its page."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from accounts.models import Role, User
from grants import calling, eligibility
from grants.models import Call, Stage
from universities.models import University
from universities.queries import home_university


@dataclass(frozen=True)
class Standing:
    """What can be said of `university` and the reader, for a stage that takes proposals or will."""

    stage: Stage
    university: University | None
    findings: list[eligibility.Finding]

    @property
    def stops(self) -> list[eligibility.Finding]:
        return [one for one in self.findings if one.stops]

    @property
    def open(self) -> list[eligibility.Finding]:
        """What can't be said yet, or is only pointed out."""
        return [one for one in self.findings if one.met is None or (one.met is False and not one.blocks)]


def standing_for(call: Call, user: Any, at: dt.datetime) -> Standing | None:
    """None for whoever can't apply anyway (staff, the public), and once nothing is taken any more."""
    if not isinstance(user, User) or user.has_role(*Role.values):
        return None
    stage = calling.current_stage(call, at)
    if call.status not in {Call.Status.PUBLISHED, Call.Status.OPEN} or at >= stage.closes_at:
        return None
    university = home_university(user)
    return Standing(stage, university, eligibility.for_applicant(stage, user, university, at))
