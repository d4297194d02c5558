"""The card "Can I apply?" on the page of a call: what its rules say of the reader, before a word is written."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Role, User
from core.clock import server_now
from grants import calling, eligibility, panels
from grants.models import Call, EligibilityRule, Stage
from universities.models import University
from universities.queries import home_university

COUNTED = frozenset(EligibilityRule.Kind.values)


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


def _panel(user: User | None, call: Any) -> panels.Panel | None:
    standing = standing_for(call, user, server_now())
    if standing is None or not standing.findings:
        return None
    return panels.Panel(_("Can I apply?"), "grants/_can_i_apply.html", {"standing": standing}, order=5)


panels.register("call", _panel)
