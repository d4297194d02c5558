"""The checklist of a call, and what officers found of it for each proposal. Nothing of it is ever the applicants'."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite, WrongState
from core.text import clean_line
from grants.models import Call, ChecklistItem, ChecklistTick, Proposal
from grants.services import desk

MOST_ITEMS = 40
Found = ChecklistTick.Finding


@dataclass(frozen=True)
class ItemSpec:
    """One line of a checklist as it should be; `pk` where it is there already."""

    text: str
    required: bool = True
    pk: UUID | None = None


# --- of a call --------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_checklist(call: Call, specs: Sequence[ItemSpec], *, actor: User | None, at: dt.datetime) -> list[ChecklistItem]:
    """The items in this order, and no others. One that is left out is retired: what was ticked of it stays.

    May change while the call runs: a new required item must be looked at for every proposal that is still to be decided.
    """
    locked = Call.objects.select_for_update().get(pk=call.pk)
    if locked.status in {Call.Status.DECIDED, Call.Status.ARCHIVED, Call.Status.CANCELLED}:
        raise WrongState(_("This call is over: nothing of it changes any more."), state=locked.status)
    if len(specs) > MOST_ITEMS:
        raise InvalidInput(_("At most %(most)s items: split the work otherwise.") % {"most": MOST_ITEMS})
    there = {item.pk: item for item in locked.checklist.all()}
    before = _plain(there.values())
    kept = [_placed(locked, there, spec, place) for place, spec in enumerate(specs, 1)]
    gone = [item for item in there.values() if item.retired_at is None and item not in kept]
    for item in gone:
        item.retired_at = at
        item.save(update_fields=["retired_at"])
    if (after := _plain(kept)) != before:
        record(actor, "call.checklist_set", locked, at=at, before={"items": before}, after={"items": after})
    return kept


def _placed(call: Call, there: Mapping[Any, ChecklistItem], spec: ItemSpec, place: int) -> ChecklistItem:
    text = clean_line(spec.text, field="text", longest=200)
    if not text:
        raise InvalidInput(_("Write what is to be looked at."), field="text")
    if spec.pk is None:
        return ChecklistItem.objects.create(call=call, position=place, text=text, required=spec.required)
    item = there.get(spec.pk)
    if item is None:
        raise InvalidInput(_("This item is not of this call's checklist."), field="text")
    item.position, item.text, item.required, item.retired_at = place, text, spec.required, None
    item.save(update_fields=["position", "text", "required", "retired_at"])
    return item


def _plain(items: Iterable[ChecklistItem]) -> list[dict[str, Any]]:
    return [{"text": one.text, "required": one.required} for one in items if one.retired_at is None]


def copy_checklist(source: Call, target: Call) -> None:
    """For a call that is made from another. Its act is recorded by whoever copies."""
    rows = source.checklist.filter(retired_at=None)
    ChecklistItem.objects.bulk_create(
        ChecklistItem(call=target, position=one.position, text=one.text, required=one.required) for one in rows
    )


# --- of a proposal ----------------------------------------------------------------------------------------------------
@transaction.atomic
def tick(
    proposal: Proposal,
    item: ChecklistItem,
    finding: str,
    *,
    was: str | None = None,
    actor: User | None,
    at: dt.datetime,
) -> Proposal:
    """What was found of `item`; "" takes a tick back. Twice is harmless.

    `was`: what the reader had before their eyes. Where a colleague has found something else since, it is refused, so that
    nobody overwrites what they have not seen. What was decided keeps its ticks as they were.
    """
    locked = desk.lock_handed_in(proposal, actor)
    if finding not in {"", *Found.values}:
        raise InvalidInput(_("Say whether it holds, does not, or does not apply."), field="finding")
    if item.call_id != locked.call_id or item.retired_at is not None:
        raise InvalidInput(_("This is not asked for this call (any more)."), field="item")
    there = ChecklistTick.objects.filter(proposal=locked, item=item).first()
    now = there.finding if there else ""
    if now == finding:
        return locked
    if was is not None and was != now:
        raise StaleWrite(
            _("A colleague has looked at “%(item)s” meanwhile: what they found is shown now.") % {"item": item.text},
            finding=now,
        )
    _keep(locked, item, finding, there, actor, at)
    words = {"item": item.text, "finding": finding}
    record(actor, "proposal.checked", locked, at=at, before={**words, "finding": now}, after=words)
    return locked


def _keep(  # noqa: PLR0917 - one row's values
    locked: Proposal,
    item: ChecklistItem,
    finding: str,
    there: ChecklistTick | None,
    actor: User | None,
    at: dt.datetime,
) -> None:
    if not finding:
        ChecklistTick.objects.filter(proposal=locked, item=item).delete()
    elif there is None:
        ChecklistTick.objects.create(proposal=locked, item=item, finding=finding, at=at, by=actor)
    else:
        there.finding, there.at, there.by = finding, at, actor
        there.save(update_fields=["finding", "at", "by"])


# --- reads ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Line:
    """An item beside what was found of it. `retired`: no longer asked, but somebody had looked."""

    item: ChecklistItem
    tick: ChecklistTick | None

    @property
    def finding(self) -> str:
        return self.tick.finding if self.tick else ""

    @property
    def retired(self) -> bool:
        return self.item.retired_at is not None


def lines_of(proposal: Proposal) -> list[Line]:
    """For whoever may know of its triage: the caller has asked."""
    ticks = {one.item_id: one for one in ChecklistTick.objects.filter(proposal=proposal).select_related("by")}
    items = ChecklistItem.objects.filter(call=proposal.call_id)
    return [Line(one, ticks.get(one.pk)) for one in items if one.retired_at is None or one.pk in ticks]


def left_undone(proposals: Iterable[Proposal]) -> dict[Any, list[str]]:
    """By key of each proposal the required items that nobody has looked at yet. Two queries, however many they are."""
    rows = list(proposals)
    asked = ChecklistItem.objects.filter(call__in={one.call_id for one in rows}, retired_at=None, required=True)
    items: dict[Any, list[ChecklistItem]] = {}
    for item in asked:
        items.setdefault(item.call_id, []).append(item)
    if not items:
        return {one.pk: [] for one in rows}
    seen = set(ChecklistTick.objects.filter(proposal__in=rows).values_list("proposal", "item"))
    return {one.pk: [item.text for item in items.get(one.call_id, []) if (one.pk, item.pk) not in seen] for one in rows}


def undone_in_words(undone: Sequence[str]) -> str:
    return _("The checklist is not done: %(items)s.") % {"items": "; ".join(undone)}


def must_be_done(locked: Proposal) -> None:
    """Refuse a yes to a proposal that was not looked at in full."""
    if undone := left_undone([locked])[locked.pk]:
        raise WrongState(undone_in_words(undone), code="checklist_incomplete", items=undone)


def looked_at() -> Coalesce:
    """Of a proposal: how many items that are still asked were looked at."""
    ticks = ChecklistTick.objects.filter(proposal=OuterRef("pk"), item__retired_at=None)
    return _counted(ticks, "proposal")


def asked() -> Coalesce:
    """Of a proposal: how many items its call asks."""
    return _counted(ChecklistItem.objects.filter(call=OuterRef("call"), retired_at=None), "call")


def _counted(rows: QuerySet[Any], by: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


def undone() -> Q:
    """A condition on proposals: a required item of their call was not looked at. Calls that ask nothing are told apart
    first, by a set that is read once."""
    ticked = ChecklistTick.objects.filter(proposal=OuterRef(OuterRef("pk")), item=OuterRef("pk"))
    asked = ChecklistItem.objects.filter(retired_at=None, required=True)
    return Q(call__in=asked.order_by().values("call")) & Q(
        Exists(asked.filter(~Q(Exists(ticked)), call=OuterRef("call")))
    )
