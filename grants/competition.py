"""A university's own competition as it is read: how many places there are, who holds them, and who may apply then.

A call with `internal_limit` takes so many proposals from each university. Its researchers put their ideas forward, its
research office picks. What was picked is asked where a proposal starts and where it is handed in.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from grants.models import Call, InternalEntry, Proposal
from universities.models import University
from universities.queries import confirmed_universities, offices_of

Status = InternalEntry.Status
RUNNING = (Call.Status.PUBLISHED, Call.Status.OPEN)


# --- places -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Places:
    """Of one university under one call: how many it has, gave away, and how many ideas wait for its word."""

    limit: int
    picked: int
    waiting: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.picked)


def places(call: Call, university: University) -> Places:
    return places_of(call, [university])[university.pk]


def places_of(call: Call, universities: Iterable[University]) -> dict[Any, Places]:
    """By the university's key, in one query."""
    keys = [one.pk for one in universities]
    rows = InternalEntry.objects.filter(call=call, university__in=keys).order_by().values_list("university")
    counted = rows.annotate(
        picked=Count("pk", filter=Q(status=Status.PICKED)), waiting=Count("pk", filter=Q(status=Status.ENTERED))
    )
    found = {university: (picked, waiting) for university, picked, waiting in counted}
    return {key: Places(call.internal_limit or 0, *found.get(key, (0, 0))) for key in keys}


# --- who may ----------------------------------------------------------------------------------------------------------
def entry_of(call: Call, person: User, university: University) -> InternalEntry | None:
    """The one that counts: what was withdrawn does not."""
    rows = InternalEntry.objects.filter(call=call, person=person, university=university)
    return rows.exclude(status=Status.WITHDRAWN).first()


def why_not(call: Call, person: User | None, university: University | None) -> str | None:
    """Why this person may not start or hand in a proposal of this university, as far as its competition goes."""
    if call.internal_limit is None:
        return None
    n = call.internal_limit
    if person is None or university is None:
        words = ngettext(
            "This call takes %(n)d proposal from each university, which chooses it itself. Name your university first.",
            "This call takes %(n)d proposals from each university, which chooses them itself. Name your university first.",
            n,
        )
        return words % {"n": n}
    entry = entry_of(call, person, university)
    if entry is not None and entry.status == Status.PICKED:
        return None
    names = {"university": university, "n": n}
    if entry is None:
        words = ngettext(
            "%(university)s may hand in %(n)d proposal under this call, and chooses it itself. Put your idea forward first.",
            "%(university)s may hand in %(n)d proposals under this call, and chooses them itself. Put your idea forward first.",
            n,
        )
        return words % names
    if entry.status == Status.ENTERED:
        return _("The research office of %(university)s has not chosen yet. Your idea is with it.") % names
    return _("The research office of %(university)s did not choose your idea for this call.") % names


def why_not_start(call: Call, person: User | None, university: University | None) -> str | None:
    """The same, and that a place is for one proposal: whoever has begun one on it goes on with that."""
    reason = why_not(call, person, university)
    if reason is not None or call.internal_limit is None or person is None:
        return reason
    begun = started(call, person).filter(university=university).first()
    words = _("You have begun %(number)s on your place: it is for one proposal.")
    return words % {"number": begun.number} if begun else None


def why_not_of(proposal: Proposal) -> str | None:
    """Why a proposal may not be handed in: no place, or one that another was handed in on. A full one went through with
    its expression of interest, an imported one elsewhere."""
    if proposal.follows_id or proposal.import_key or proposal.call.internal_limit is None:
        return None
    if reason := why_not(proposal.call, proposal.pi, proposal.university):
        return reason
    other = in_on_place(proposal.call_id, proposal.pi_id, proposal.university_id).exclude(pk=proposal.pk).first()
    words = _("%(number)s was handed in on your place: it is for one proposal.")
    return words % {"number": other.number} if other else None


def takes_entries(call: Call, at: dt.datetime) -> bool:
    """Whether ideas may be put forward now: from the call's publication until the offices pick."""
    if call.internal_limit is None or call.status not in RUNNING:
        return False
    return at < (call.internal_until or closes_at(call))


def closes_at(call: Call) -> dt.datetime:
    """When nobody can begin anything any more: with two stages the first, with cut-offs the last."""
    stages = sorted(call.stages.all(), key=lambda one: one.number)
    return stages[0].closes_at if call.shape == Call.Shape.TWO_STAGE else max(one.closes_at for one in stages)


# --- one reader -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Own:
    """A researcher at one of their universities: the entry that counts, and the proposal that came of it."""

    university: University
    places: Places
    entry: InternalEntry | None
    proposal: Proposal | None


@dataclass(frozen=True)
class Standing:
    """What a reader has to do with a call's competition: as a researcher, and as an office."""

    call: Call
    takes_entries: bool
    own: Sequence[Own]
    offices: Sequence[tuple[University, Places]]

    @property
    def may_enter(self) -> bool:
        return self.takes_entries and any(one.entry is None for one in self.own)

    @property
    def is_picked(self) -> bool:
        return any(one.entry is not None and one.entry.status == Status.PICKED for one in self.own)


def standing(call: Call, user: User, at: dt.datetime) -> Standing:
    """Six queries at most, whoever asks."""
    mine, offices = list(confirmed_universities(user)), list(offices_of(user))
    entries = {
        one.university_id: one
        for one in InternalEntry.objects.filter(call=call, person=user).exclude(status=Status.WITHDRAWN)
    }
    counted = places_of(call, {*mine, *offices})
    proposals = {one.university_id: one for one in started(call, user)} if entries else {}
    return Standing(
        call,
        takes_entries(call, at),
        [Own(one, counted[one.pk], entries.get(one.pk), proposals.get(one.pk)) for one in mine],
        [(one, counted[one.pk]) for one in offices],
    )


def started(call: Call, person: User) -> QuerySet[Proposal]:
    """The first-stage proposals of a person under a call that may still come to something, latest last."""
    rows = Proposal.objects.filter(call=call, pi=person, follows=None).exclude(status=Proposal.Status.WITHDRAWN)
    return rows.order_by("created_at", "id")


def handed_in(entry: InternalEntry) -> Proposal | None:
    """A proposal that this entry let in: with one, the place is taken for good."""
    return in_on_place(entry.call_id, entry.person_id, entry.university_id).first()


def in_on_place(call: Any, person: Any, university: Any) -> QuerySet[Proposal]:
    """What was handed in by this person for this university, with what waits for its signature."""
    rows = Proposal.objects.filter(call=call, pi=person, university=university, follows=None)
    return rows.exclude(status__in=[Proposal.Status.DRAFT, Proposal.Status.WITHDRAWN]).order_by("created_at", "id")
