"""Who is told what about a university's own competition: the researcher and the research office, and nobody else."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from grants.models import Call, InternalEntry, InternalEntryStep
from notifications.services import queue_notice
from notifications.words import moment
from universities.queries import office_people


def desk_of(call: Call) -> str:
    """Where a call's competition is, for whoever puts an idea forward and for the office alike."""
    return reverse("grants:competition", args=[call.code])


def _names(entry: InternalEntry) -> dict[str, str]:
    return {
        "title": entry.title,
        "call": entry.call.title,
        "who": str(entry.person),
        "university": str(entry.university),
        "note": entry.note,
    }


def _write(  # noqa: PLR0917  (a letter's parts)
    person: User, entry: InternalEntry, key: str, subject: str, body: str, at: dt.datetime, path: str = ""
) -> None:
    names = _names(entry)
    queue_notice(
        kind=f"internal.{key.split(':', maxsplit=1)[0]}",
        key=f"internal:{entry.pk}:{key}:{person.pk}",
        subject=subject % names,
        body=body % names,
        at=at,
        recipient=person,
        path=path or desk_of(entry.call),
        about=entry,
    )


def _office(entry: InternalEntry) -> list[User]:
    return [person for person in office_people(entry.university) if person.pk != entry.person_id]


def entered(entry: InternalEntry, at: dt.datetime) -> None:
    call, n = entry.call, entry.call.internal_limit or 0
    body = ngettext(
        "%(who)s puts “%(title)s” forward for the call “%(call)s”, which takes {n} proposal of %(university)s.",
        "%(who)s puts “%(title)s” forward for the call “%(call)s”, which takes {n} proposals of %(university)s.",
        n,
    ).replace("{n}", str(n))
    if call.internal_until is not None:
        stage = call.stages.order_by("number").first()
        until = moment(call.internal_until, stage.zone if stage else "UTC")
        body += "\n\n" + _("Please pick until {until}.").replace("{until}", until)
    for person in _office(entry):
        _write(person, entry, "entered", _("To pick from: %(title)s, for %(call)s"), body, at)


def picked(entry: InternalEntry, step: InternalEntryStep, at: dt.datetime) -> None:
    body = _(
        "%(university)s puts you forward for the call “%(call)s” with “%(title)s”. You may write your proposal now."
    )
    if entry.note:
        body += "\n\n" + _("Your research office adds:\n\n%(note)s")
    body += "\n\n" + _("Start here:")
    start = reverse("grants:proposal_start", args=[entry.call.code])
    _write(entry.person, entry, f"picked:{step.pk}", _("Picked: %(title)s, for %(call)s"), body, at, start)


def not_picked(entry: InternalEntry, step: InternalEntryStep, at: dt.datetime) -> None:
    body = _(
        "%(university)s does not put “%(title)s” forward for the call “%(call)s”. Your research office writes:\n\n%(note)s"
    )
    _write(entry.person, entry, f"not_picked:{step.pk}", _("Not picked: %(title)s, for %(call)s"), body, at)


def unpicked(entry: InternalEntry, step: InternalEntryStep, at: dt.datetime) -> None:
    body = _(
        "%(university)s took back that it puts “%(title)s” forward for the call “%(call)s”. Your idea waits for its word "
        "again; what you wrote is kept, but can't be handed in. Your research office writes:\n\n%(note)s"
    )
    _write(entry.person, entry, f"unpicked:{step.pk}", _("No longer picked: %(title)s, for %(call)s"), body, at)


def given_up(entry: InternalEntry, at: dt.datetime) -> None:
    body = _(
        "%(who)s no longer goes for the call “%(call)s” with “%(title)s”: a place of %(university)s is free again."
    )
    for person in _office(entry):
        _write(person, entry, "given_up", _("A place is free again: %(call)s"), body, at)
