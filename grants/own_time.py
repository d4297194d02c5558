"""Extra time as whoever has it sees it on the page of the call: for one's own eyes, in one query."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from grants import panels, windows
from grants.models import Call, LateAccess
from universities.models import Affiliation, OfficeMember, University


@dataclass(frozen=True)
class Given:
    """`university`: for everybody there; None: for the reader alone."""

    row: LateAccess
    university: University | None


def given_to(user: User, call: Call) -> list[Given]:
    """What the reader has now of extra time under a call: their own, and that of universities they work at or sign for."""
    if call.status not in windows.SIGNING:
        return []
    works_at = Affiliation.objects.confirmed().filter(user=user).values("university")
    signs_for = OfficeMember.objects.in_force().filter(user=user).values("university")
    theirs = Q(person=user) | Q(university__in=works_at) | Q(university__in=signs_for)
    rows = LateAccess.objects.filter(theirs, stage__call=call, ended_at=None, until__gt=Now()).select_related(
        "stage", "university"
    )
    return [Given(row, row.university) for row in rows.order_by("until", "pk") if row.until > row.stage.closes_at]


def extra_panel(user: User | None, call: Any) -> panels.Panel | None:
    found = given_to(user, call) if user is not None else []
    if not found:
        return None
    return panels.Panel(_("Extra time for you"), "grants/_extra_panel.html", {"given": found, "call": call}, order=5)
