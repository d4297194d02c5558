"""What goes along when two entries of the directory become one."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from universities.models import Affiliation, Domain, OfficeMember, University, UniversityName
from universities.services.affiliations import step

# Filled by higher apps in their `AppConfig.ready()`: `mover(duplicate, into, actor, at)` re-points their rows.
MOVERS: list[Callable[[University, University, User, dt.datetime], None]] = []
OPEN = (Affiliation.Status.CLAIMED, Affiliation.Status.CONFIRMED)


@dataclass(frozen=True)
class Moved:
    """By whom and when, for the rows that a merge writes."""

    actor: User
    at: dt.datetime

    def end(self, affiliation: Affiliation, reason: str) -> None:
        before = affiliation.status
        affiliation.status, affiliation.ended_at = Affiliation.Status.ENDED, self.at
        affiliation.save(update_fields=["status", "ended_at"])
        step(affiliation, actor=self.actor, at=self.at, reason=reason)
        record(
            self.actor,
            "affiliation.ended",
            affiliation,
            at=self.at,
            before={"status": before},
            after={"status": affiliation.status, "reason": reason},
        )


def move_parts(duplicate: University, into: University, *, actor: User, at: dt.datetime) -> None:
    """Names, domains, affiliations and office of `duplicate` become those of `into`."""
    names = {duplicate.name, *duplicate.other_names.values_list("name", flat=True)} - {into.name}
    UniversityName.objects.bulk_create(
        [UniversityName(university=into, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    Domain.objects.filter(university=duplicate).update(university=into)
    _move_affiliations(duplicate, into, Moved(actor, at))
    _move_office(duplicate, into, at)


def _move_affiliations(duplicate: University, into: University, moved: Moved) -> None:
    there = {a.user_id: a for a in Affiliation.objects.select_for_update().filter(university=into, status__in=OPEN)}
    for affiliation in Affiliation.objects.select_for_update().filter(university=duplicate):
        other = there.get(affiliation.user_id) if affiliation.status in OPEN else None
        if other is not None:
            confirmed_here = affiliation.status == Affiliation.Status.CONFIRMED
            weaker = other if confirmed_here and other.status == Affiliation.Status.CLAIMED else affiliation
            moved.end(weaker, _("The two entries of this university were merged."))
        affiliation.university = into
        affiliation.save(update_fields=["university"])


def _move_office(duplicate: University, into: University, at: dt.datetime) -> None:
    there = set(OfficeMember.objects.filter(university=into, ends_at=None).values_list("user_id", flat=True))
    for member in OfficeMember.objects.select_for_update().filter(university=duplicate):
        if member.ends_at is None and member.user_id in there:
            member.ends_at = at
        member.university = into
        member.save(update_fields=["ends_at", "university"])
