"""Agreed rates of indirect costs, by time."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from universities.errors import RateOverlap
from universities.models import IndirectRate, University

HIGHEST = Decimal("1.5")


@transaction.atomic
def set_indirect_rate(
    university: University,
    *,
    base: str,
    rate: Decimal,
    starts_on: dt.date,
    ends_before: dt.date | None = None,
    reference: str = "",
    actor: User,
    at: dt.datetime,
) -> IndirectRate:
    """Agree a rate (a fraction) on a base from a day on. An open-ended earlier rate ends the day before.

    Refused where it would overlap another: rates that were used are never rewritten.
    """
    if not 0 <= rate <= HIGHEST:
        raise InvalidInput(_("The rate is between 0 % and 150 %."), field="rate")
    if ends_before is not None and ends_before <= starts_on:
        raise InvalidInput(_("The rate must end after it starts."), field="ends_before")
    University.objects.select_for_update(no_key=True).get(pk=university.pk)
    same = IndirectRate.objects.filter(university=university, base=base)
    former = _make_room(same, starts_on, ends_before)
    agreed = IndirectRate.objects.create(
        university=university,
        base=base,
        rate=rate,
        starts_on=starts_on,
        ends_before=ends_before,
        reference=reference.strip(),
        set_by=actor,
        set_at=at,
    )
    record(
        actor,
        "indirect_rate.set",
        agreed,
        at=at,
        subject=university,
        before={"ended": str(former.pk), "rate": former.rate} if former else None,
        after={"base": base, "rate": rate, "starts_on": starts_on, "ends_before": ends_before},
    )
    return agreed


def _make_room(same: QuerySet[IndirectRate], starts_on: dt.date, ends_before: dt.date | None) -> IndirectRate | None:
    """End the open rate before `starts_on` and answer it; refuse where another one is in the way."""
    former = same.filter(ends_before=None, starts_on__lt=starts_on).first()
    overlapping = same.filter(Q(ends_before=None) | Q(ends_before__gt=starts_on))
    if ends_before is not None:
        overlapping = overlapping.filter(starts_on__lt=ends_before)
    if former is not None:
        overlapping = overlapping.exclude(pk=former.pk)
    if (clash := overlapping.first()) is not None:
        raise RateOverlap(
            _("There is a rate on this base from %(day)s already.") % {"day": clash.starts_on.isoformat()},
            field="starts_on",
        )
    if former is not None:
        former.ends_before = starts_on
        former.save(update_fields=["ends_before"])
    return former
