"""How a draft call runs, and its dates: one deadline, two stages, or cut-offs. Once published, `life` and `cutoffs` change them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from grants.models import Call, Stage
from grants.services import forms
from grants.services.call_setup import lock_draft, touch
from grants.services.cutoffs import MOST_CUT_OFFS
from grants.services.stage_dates import checked_dates

Shape = Call.Shape
_BETWEEN, _LASTS = dt.timedelta(days=28), dt.timedelta(days=60)


@dataclass(frozen=True)
class StageDates:
    """Of one stage, as instants. A cut-off after the first opens where the one before it closes."""

    closes_at: dt.datetime
    opens_at: dt.datetime | None = None
    sign_off_until: dt.datetime | None = None


@transaction.atomic
def set_dates(call: Call, rows: Sequence[StageDates], *, zone: str, actor: User | None, at: dt.datetime) -> list[Stage]:
    """All dates of a draft call at once, in the order of its stages, meant in `zone`. Its shape says how many there are.

    Refused: another number than the shape has, dates that don't follow each other. A cut-off that is not among them any
    more is gone. The same dates again leave no trace.
    """
    locked = lock_draft(call)
    wanted = _checked(locked, rows, zone)
    stages = {stage.number: stage for stage in locked.stages.select_for_update()}
    before = {number: _dates_of(stage) for number, stage in stages.items()}
    after = dict(enumerate(wanted, 1))
    if before == after:
        return list(locked.stages.all())
    kinds = _kinds(locked.shape, len(wanted))
    # From the last to the first: no row is ever in the way of another's new dates.
    Stage.objects.filter(call=locked, number__gt=len(wanted)).delete()
    for number, values in after.items():
        kind = kinds[number - 1]
        Stage.objects.update_or_create(
            call=locked,
            number=number,
            defaults={**values, "kind": kind},
            create_defaults={**values, "kind": kind, "form": _form(locked, kind)},
        )
    touch(locked)
    record(actor, "call.dates_set", locked, at=at, before=_plain(before), after=_plain(after))
    return list(locked.stages.all())


@transaction.atomic
def set_stage(
    call: Call,
    *,
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    zone: str,
    sign_off_until: dt.datetime | None = None,
    number: int = 1,
    actor: User | None,
    at: dt.datetime,
) -> Stage:
    """When one stage of a draft call opens and closes. The other stages keep theirs, in the same zone."""
    locked = lock_draft(call)
    rows = {
        stage.number: StageDates(stage.closes_at, stage.opens_at, stage.sign_off_until) for stage in locked.stages.all()
    }
    rows[number] = StageDates(closes_at, opens_at, sign_off_until)
    stages = set_dates(locked, [rows[key] for key in sorted(rows)], zone=zone, actor=actor, at=at)
    return stages[number - 1]


@transaction.atomic
def change_shape(call: Call, shape: str, *, actor: User | None, at: dt.datetime) -> Call:
    """Let a draft call run another way. The first stage keeps its dates; nothing that was written is lost.

    A two-stage call gets a form for expressions of interest; one that it had before is taken up again.
    """
    locked = lock_draft(call)
    if shape not in Shape.values:
        raise InvalidInput(_("Choose how the call runs."), field="shape")
    if shape == locked.shape:
        return locked
    before, locked.shape = locked.shape, shape
    locked.save(update_fields=["shape"])
    first = locked.stages.order_by("number")[0]
    rows = [StageDates(first.closes_at, first.opens_at, first.sign_off_until)]
    if shape == Shape.TWO_STAGE:
        if forms.newest(locked, Stage.Kind.EOI) is None:
            forms.set_form(locked, forms.DEFAULT_EOI, kind=Stage.Kind.EOI, actor=actor, at=at)
        opens = (first.sign_off_until or first.closes_at) + _BETWEEN
        rows.append(StageDates(opens + _LASTS, opens))
    record(actor, "call.shape_changed", locked, at=at, before={"shape": before}, after={"shape": shape})
    set_dates(locked, rows, zone=first.zone, actor=actor, at=at)
    for stage in locked.stages.all():
        kind = _kinds(shape, len(rows))[stage.number - 1]
        Stage.objects.filter(pk=stage.pk).update(kind=kind, form=_form(locked, kind))
    touch(locked)
    return locked


@transaction.atomic
def set_schedule(
    call: Call, shape: str, rows: Sequence[StageDates], *, zone: str, actor: User | None, at: dt.datetime
) -> Call:
    """How a draft call runs and all its dates, at once: both, or neither."""
    changed = change_shape(call, shape, actor=actor, at=at)
    set_dates(changed, rows, zone=zone, actor=actor, at=at)
    return changed


# --- checking ---------------------------------------------------------------------------------------------------------
def _kinds(shape: str, n: int) -> list[str]:
    return [Stage.Kind.EOI, Stage.Kind.FULL] if shape == Shape.TWO_STAGE else [Stage.Kind.FULL] * n


def _form(call: Call, kind: str) -> Any:
    return forms.newest(call, kind)


def _checked(call: Call, rows: Sequence[StageDates], zone: str) -> list[dict[str, Any]]:
    least, most = {Shape.TWO_STAGE: (2, 2), Shape.CUT_OFFS: (1, MOST_CUT_OFFS)}.get(Shape(call.shape), (1, 1))
    if not rows:
        raise InvalidInput(_("Say when it opens and closes."), field="closes_at")
    if not least <= len(rows) <= most:
        if call.shape == Shape.CUT_OFFS:
            raise InvalidInput(_("A call has at most %(most)d cut-offs.") % {"most": most}, field="closes_at")
        raise InvalidInput(_("This call has another number of stages."), field="closes_at")
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        mark = "" if number == 1 else f"_{number}"
        opens_at = row.opens_at
        if found and call.shape == Shape.CUT_OFFS:
            opens_at = found[-1]["closes_at"]
            if row.closes_at <= opens_at:
                raise InvalidInput(_("Each cut-off comes after the one before it."), field=f"closes_at{mark}")
        if opens_at is None:
            raise InvalidInput(_("Say when it opens."), field=f"opens_at{mark}")
        if found and opens_at < found[-1]["closes_at"]:
            raise InvalidInput(
                _("Full proposals are written once the expressions of interest have closed."), field=f"opens_at{mark}"
            )
        found.append(checked_dates(opens_at, row.closes_at, zone, row.sign_off_until, mark))
    return found


def _dates_of(stage: Stage) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in ("opens_at", "closes_at", "zone", "sign_off_until")}


def _plain(dates: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """As the audit trail keeps it: instants as text."""
    return {
        f"stage {number}": {name: value and str(value) for name, value in values.items()}
        for number, values in dates.items()
    }
