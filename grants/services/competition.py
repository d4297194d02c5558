"""A university's own competition: who puts an idea forward, and whom the research office picks, never more than the call's N.

Places are held by the call's row, by numbered slots unique in the database, and by a trigger that knows the limit.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, StaleWrite, WrongState
from core.text import clean_line, clean_text, given_reason
from grants import competition, transitions
from grants.errors import CallNotOpen, PlacesTaken
from grants.models import Call, InternalEntry, InternalEntryStep, Proposal
from grants.services import competition_letters as letters
from notifications.deadlines import end_deadline, set_deadline
from universities.models import University
from universities.queries import confirmed_universities

KIND = "call.internal"
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_NOTE, MOST_PLACES = 300, 6_000, 4_000, 100
Status = InternalEntry.Status
OVER = frozenset({Call.Status.DECIDED, Call.Status.ARCHIVED, Call.Status.CANCELLED})


# --- the call's limit -------------------------------------------------------------------------------------------------
@transaction.atomic
def set_internal_competition(
    call: Call, limit: int | None, until: dt.datetime | None = None, *, actor: User | None, at: dt.datetime
) -> Call:
    """How many proposals of one university the call takes (None: any number), and by when the offices pick.

    Once published only more is given: a larger number, a later instant. The offices' reminders follow.
    """
    locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    until = until if limit is not None else None
    before = {"internal_limit": locked.internal_limit, "internal_until": locked.internal_until}
    after = {"internal_limit": limit, "internal_until": until}
    if before == after:
        return locked
    if locked.status in OVER:
        raise WrongState(_("This call is over: nothing of it changes any more."), state=locked.status)
    if limit is not None and not 1 <= limit <= MOST_PLACES:
        words = _("Give a number from 1 to %(most)d.") % {"most": MOST_PLACES}
        raise InvalidInput(words, field="internal_limit")
    check_plausible(until, field="internal_until")
    if until is not None and locked.stages.exists() and until > competition.closes_at(locked):
        raise InvalidInput(_("Offices pick before the call closes."), field="internal_until")
    if locked.status != Call.Status.DRAFT:
        _only_more(locked, limit, until)
    locked.internal_limit, locked.internal_until = limit, until
    locked.version += 1
    locked.save(update_fields=["internal_limit", "internal_until", "version"])
    record(actor, "call.internal_competition_set", locked, at=at, before=before, after=after)
    follow_deadline(locked, at)
    return locked


def _only_more(call: Call, limit: int | None, until: dt.datetime | None) -> None:
    if limit is None or call.internal_limit is None or limit < call.internal_limit:
        words = _("The call was published: the number may rise, but not fall, come or go.")
        raise InvalidInput(words, field="internal_limit")
    if until is not None and (call.internal_until is None or until < call.internal_until):
        words = _("The call was published: the offices may get more time, but not less.")
        raise InvalidInput(words, field="internal_until")


def follow_deadline(call: Call, at: dt.datetime, *, on: bool = True) -> None:
    """The offices' deadline of a call that runs is what the call says; none while it is paused, or without a limit."""
    on = on and call.status in competition.RUNNING and call.paused_at is None and call.internal_limit is not None
    if not on or call.internal_until is None or call.internal_until <= at:
        end_deadline(kind=KIND, subject=call, at=at)
        return
    stage = call.stages.order_by("number").first()
    set_deadline(
        kind=KIND,
        subject=call,
        title=_("%(call)s: pick whom your university puts forward") % {"call": call.title},
        due_at=call.internal_until,
        zone=stage.zone if stage else "UTC",
        path=letters.desk_of(call),
        about=call,
        at=at,
    )


# --- researchers ------------------------------------------------------------------------------------------------------
@transaction.atomic
def enter(
    call: Call,
    *,
    person: User,
    university: University,
    title: str,
    summary: str,
    actor: User | None,
    at: dt.datetime,
) -> InternalEntry:
    """Put an idea forward at one's confirmed university. Its research office is told. The same idea twice is one entry."""
    locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    _must_take_entries(locked, at)
    texts = _texts(title, summary)
    if not confirmed_universities(person).filter(pk=university.pk).exists():
        words = _("%(university)s has not confirmed yet that you work there.")
        raise InvalidInput(words % {"university": university}, field="university")
    before = competition.entry_of(locked, person, university)
    if before is not None:
        if before.status == Status.ENTERED and texts == {"title": before.title, "summary": before.summary}:
            return before
        raise WrongState(_("You have put an idea forward at this university already."), state=before.status)
    entry = InternalEntry.objects.create(call=locked, university=university, person=person, entered_at=at, **texts)
    InternalEntryStep.objects.create(subject=entry, state=entry.status, at=at, actor=actor)
    record(actor, "internal.entered", entry, at=at, after={"call": locked.code, "university": str(university)})
    letters.entered(entry, at)
    return entry


def _must_take_entries(call: Call, at: dt.datetime) -> None:
    if call.internal_limit is None:
        raise WrongState(_("This call has no internal competition: anybody may apply."))
    if not competition.takes_entries(call, at):
        raise CallNotOpen(_("Ideas are no longer taken: the research offices pick now."), state=call.status)


def _texts(title: str, summary: str) -> dict[str, str]:
    title = clean_line(title, field="title", longest=LONGEST_TITLE)
    summary = clean_text(summary, field="summary", longest=LONGEST_SUMMARY).strip()
    if not title:
        raise InvalidInput(_("Give your idea a title."), field="title")
    if not summary:
        raise InvalidInput(_("Describe your idea in a few sentences."), field="summary")
    return {"title": title, "summary": summary}


@transaction.atomic
def change(
    entry: InternalEntry, *, title: str, summary: str, version: int, actor: User | None, at: dt.datetime
) -> InternalEntry:
    """Write it anew while the office has not decided. `version` is the one that the writer had read."""
    locked = _lock(entry)
    texts = _texts(title, summary)
    if locked.status != Status.ENTERED:
        raise WrongState(_("The office has decided: the idea can't be changed any more."), state=locked.status)
    _must_take_entries(locked.call, at)
    if texts == {"title": locked.title, "summary": locked.summary}:
        return locked
    if version != locked.version:
        raise StaleWrite(_("You changed it in another window. Look at it again."), version=locked.version)
    before = {"title": locked.title}
    locked.title, locked.summary, locked.version = texts["title"], texts["summary"], locked.version + 1
    locked.save(update_fields=["title", "summary", "version"])
    record(actor, "internal.changed", locked, at=at, before=before, after={"title": locked.title})
    return locked


@transaction.atomic
def withdraw(entry: InternalEntry, *, actor: User | None, at: dt.datetime) -> InternalEntry:
    """The researcher no longer wants to. A place that they held is free again, unless something was handed in on it."""
    locked = _lock(entry)
    if locked.status == Status.WITHDRAWN:
        return locked
    held = locked.status == Status.PICKED
    if held:
        _nothing_handed_in(locked)
    _move(locked, Status.WITHDRAWN, verb="withdrawn", actor=actor, at=at, slot=None)
    if held:
        letters.given_up(locked, at)
    return locked


# --- the office -------------------------------------------------------------------------------------------------------
@transaction.atomic
def pick(entry: InternalEntry, *, note: str = "", actor: User | None, at: dt.datetime) -> InternalEntry:
    """Give the researcher one of the university's places: they may start from now on, and are told with the office's note.

    Also after the day by which offices should pick, as long as the call takes proposals. Refused when all places are taken.
    """
    locked = _lock(entry)
    if locked.status == Status.PICKED:
        return locked
    transitions.check_entry(locked, Status.PICKED)
    _must_be_running(locked.call)
    note = clean_text(note, field="note", longest=LONGEST_NOTE).strip()
    slot = _free_slot(locked)
    fields = {"slot": slot, "note": note, "decided_at": at, "decided_by": actor}
    step = _move(locked, Status.PICKED, verb="picked", actor=actor, at=at, reason=note, **fields)
    letters.picked(locked, step, at)
    return locked


def _must_be_running(call: Call) -> None:
    if call.status not in competition.RUNNING:
        raise CallNotOpen(_("This call takes no proposals now."), state=call.status)


def _free_slot(locked: InternalEntry) -> int:
    taken = set(
        InternalEntry.objects.filter(
            call=locked.call_id, university=locked.university_id, status=Status.PICKED
        ).values_list("slot", flat=True)
    )
    most = locked.call.internal_limit or 0
    free = next((slot for slot in range(1, most + 1) if slot not in taken), None)
    if free is None:
        raise PlacesTaken(str(locked.university), most)
    return free


@transaction.atomic
def un_pick(entry: InternalEntry, *, reason: str, actor: User | None, at: dt.datetime) -> InternalEntry:
    """Take the place back, with a reason that the researcher reads: it waits again. Not once something was handed in."""
    locked = _lock(entry)
    reason = given_reason(reason, _("Write the reason: the researcher reads it."))
    if locked.status != Status.PICKED:
        raise WrongState(_("Only what was picked can be taken back."), state=locked.status)
    _nothing_handed_in(locked)
    fields: dict[str, Any] = {"slot": None, "note": reason, "decided_at": None, "decided_by": None}
    step = _move(locked, Status.ENTERED, verb="unpicked", actor=actor, at=at, reason=reason, **fields)
    letters.unpicked(locked, step, at)
    return locked


@transaction.atomic
def not_pick(entry: InternalEntry, *, note: str, actor: User | None, at: dt.datetime) -> InternalEntry:
    """Say no, with a note that the researcher reads. Twice is harmless; it may still be picked when a place is free."""
    locked = _lock(entry)
    if locked.status == Status.NOT_PICKED:
        return locked
    note = given_reason(note, _("Write a sentence: the researcher reads it."), field="note")
    fields = {"note": note, "decided_at": at, "decided_by": actor}
    step = _move(locked, Status.NOT_PICKED, verb="not_picked", actor=actor, at=at, reason=note, **fields)
    letters.not_picked(locked, step, at)
    return locked


# --- rows -------------------------------------------------------------------------------------------------------------
def _lock(entry: InternalEntry) -> InternalEntry:
    """The call first: picks of one call wait for each other, and for whoever starts a proposal under it."""
    Call.objects.select_for_update(of=("self",)).get(pk=entry.call_id)
    rows = InternalEntry.objects.select_for_update(of=("self",))
    return rows.select_related("call__programme__fund", "university", "person").get(pk=entry.pk)


def _nothing_handed_in(locked: InternalEntry) -> None:
    """Held, so that handing in at this moment either comes first and is seen, or waits and finds no place."""
    begun = Proposal.objects.filter(call=locked.call_id, pi=locked.person_id, university=locked.university_id)
    list(begun.select_for_update(of=("self",)).order_by("pk"))
    if (proposal := competition.handed_in(locked)) is not None:
        words = _("%(number)s was handed in on this place: it can't be given up any more.")
        raise WrongState(words % {"number": proposal.number}, state=locked.status)


def _move(
    locked: InternalEntry,
    to: str,
    *,
    verb: str,
    actor: User | None,
    at: dt.datetime,
    reason: str = "",
    **fields: Any,
) -> InternalEntryStep:
    transitions.check_entry(locked, to)
    if actor is not None and to != Status.WITHDRAWN and actor.pk == locked.person_id:
        raise WrongState(_("Nobody decides on their own idea: a colleague of the research office does."))
    before = {"status": locked.status, "slot": locked.slot}
    for name, value in {**fields, "status": to, "version": locked.version + 1}.items():
        setattr(locked, name, value)
    locked.save(update_fields=[*fields, "status", "version"])
    step = InternalEntryStep.objects.create(subject=locked, state=to, at=at, actor=actor, reason=reason)
    # What the office writes stays between it and the researcher: the step keeps it, the trail that staff read does not.
    after = {"status": to, "slot": locked.slot}
    record(actor, f"internal.{verb}", locked, at=at, before=before, after=after)
    return step
