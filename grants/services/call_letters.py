"""What the fund writes about a call: to whoever it concerns, and to its own people, in the transaction of the act."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Role, RoleGrant, User
from grants.models import (
    Call,
    CallEnquiry,
    CallPause,
    DeadlineChange,
    InternalEntry,
    LateAccess,
    Proposal,
    ProposalAccess,
    Stage,
)
from grants.models.proposals import TEAM
from notifications.services import queue_notice
from notifications.words import moment
from universities.models import OfficeMember

Status = Proposal.Status
OVER = (Status.WITHDRAWN, Status.INELIGIBLE, Status.DECLINED)
COMPETING = (InternalEntry.Status.ENTERED, InternalEntry.Status.PICKED)


# --- to whom ----------------------------------------------------------------------------------------------------------
def concerned(call: Call) -> list[User]:
    """Whom a change of this call concerns, in one query however many they are.

    Whoever leads or writes a proposal that may still come to something, the offices of what was handed in, whoever puts
    an idea forward in a university's own competition with the office that picks, and who asked a question.
    """
    alive = Proposal.objects.filter(call=call).exclude(status__in=OVER)
    entries = InternalEntry.objects.filter(call=call, status__in=COMPETING)
    signing = alive.exclude(status=Status.DRAFT).values("university")
    offices = OfficeMember.objects.in_force().filter(
        Q(university__in=signing) | Q(university__in=entries.values("university"))
    )
    people = User.objects.filter(
        Q(pk__in=ProposalAccess.objects.filter(proposal__in=alive, role__in=TEAM).values("user"))
        | Q(pk__in=alive.values("pi"))
        | Q(pk__in=offices.values("user"))
        | Q(pk__in=entries.values("person"))
        | Q(pk__in=CallEnquiry.objects.filter(call=call).values("asked_by")),
        is_active=True,
    )
    return list(people.order_by("name", "pk"))


def contacts_of(call: Call, at: dt.datetime) -> list[User]:
    """The staff behind a call: who made it and whose address it gives; where nobody is left, all programme officers."""
    named = User.objects.filter(email=call.contact_email.lower()) if call.contact_email else User.objects.none()
    people = [person for person in [call.created_by, *named] if person is not None and person.is_active]
    if not people:
        officers = RoleGrant.objects.in_force(at).filter(role=Role.PROGRAMME_OFFICER).values("user")
        people = list(User.objects.filter(pk__in=officers, is_active=True))
    return list(dict.fromkeys(people))


def everybody(call: Call, at: dt.datetime) -> list[User]:
    return list(dict.fromkeys([*concerned(call), *contacts_of(call, at)]))


def _tell(people: Iterable[User], call: Call, key: str, *, subject: str, body: str, at: dt.datetime) -> None:
    for person in dict.fromkeys(people):
        queue_notice(
            kind=f"call.{key.split(':', maxsplit=1)[0]}",
            key=f"call:{call.pk}:{key}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=call.get_absolute_url(),
            about=call,
        )


def stage_words(stage: Stage) -> str:
    """`the deadline`, or which of several it is, within a sentence."""
    if stage.call.shape == Call.Shape.CUT_OFFS:
        return _("cut-off %(number)d") % {"number": stage.number}
    if stage.call.shape == Call.Shape.TWO_STAGE:
        eoi = stage.kind == Stage.Kind.EOI
        return _("the deadline for expressions of interest") if eoi else _("the deadline for full proposals")
    return _("the deadline")


# --- the clock --------------------------------------------------------------------------------------------------------
def opened(call: Call, stage: Stage, at: dt.datetime) -> None:
    names = {"call": call.title, "code": call.code, "until": moment(stage.closes_at, stage.zone)}
    _tell(
        contacts_of(call, at),
        call,
        f"opened:{stage.number}:{stage.opens_at.isoformat()}",
        subject=_("%(code)s is open: %(call)s") % names,
        body=_("The call “%(call)s” takes proposals until %(until)s.") % names,
        at=at,
    )


def closed(call: Call, at: dt.datetime) -> None:
    rows = call.proposals.full()
    handed_in = rows.handed_in().count()
    waiting = rows.filter(status=Status.AWAITING_SIGN_OFF).count()
    stage = max(call.stages.all(), key=lambda one: one.closes_at)
    names = {"call": call.title, "code": call.code, "n": handed_in, "waiting": waiting}
    body = ngettext(
        "The call “%(call)s” has closed with %(n)d proposal.",
        "The call “%(call)s” has closed with %(n)d proposals.",
        handed_in,
    )
    if waiting:
        body += " " + ngettext(
            "%(waiting)d more waits for its university's signature.",
            "%(waiting)d more wait for their universities' signatures.",
            waiting,
        )
    _tell(
        contacts_of(call, at),
        call,
        f"closed:{stage.closes_at.isoformat()}",
        subject=_("%(code)s has closed: %(call)s") % names,
        body=body % names,
        at=at,
    )


# --- changes of dates -------------------------------------------------------------------------------------------------
def _change_lines(changes: Sequence[DeadlineChange]) -> str:
    """Now and before of each deadline that moved; named where there are several."""
    lines = []
    for change in changes:
        stage = change.stage
        words = {
            "what": stage_words(stage),
            "after": moment(change.after, stage.zone),
            "before": moment(change.before, stage.zone),
        }
        if stage.call.shape != Call.Shape.ONE_DEADLINE:
            lines.append(_("This is about %(what)s.") % words)
        lines.append(_("Now: %(after)s") % words)
        lines.append(_("Before: %(before)s") % words + "\n")
    return "\n".join(lines).strip()


def extended(call: Call, changes: Sequence[DeadlineChange], at: dt.datetime) -> None:
    """One letter for an act, whatever number of deadlines of this call it moved."""
    if not changes:
        return
    names = {
        "call": call.title,
        "code": call.code,
        "lines": _change_lines(changes),
        "reason": changes[0].reason,
    }
    body = ngettext(
        "The deadline of “%(call)s” has been extended.\n\n%(lines)s\n\nWhy: %(reason)s\n\n"
        "What you have handed in already stays in.",
        "The deadlines of “%(call)s” have been extended.\n\n%(lines)s\n\nWhy: %(reason)s\n\n"
        "What you have handed in already stays in.",
        len(changes),
    )
    _tell(
        everybody(call, at),
        call,
        f"extended:{changes[0].pk}",
        subject=_("New deadline for %(code)s: %(call)s") % names,
        body=body % names,
        at=at,
    )


def signing_extended(stage: Stage, until: dt.datetime, reason: str, at: dt.datetime) -> None:
    """Only the offices have longer: those are told with something that waits for their signature."""
    waiting = Proposal.objects.filter(stage=stage, status=Status.AWAITING_SIGN_OFF)
    members = OfficeMember.objects.in_force().filter(university__in=waiting.values("university"))
    offices = User.objects.filter(pk__in=members.values("user"), is_active=True).order_by("name", "pk")
    call = stage.call
    names = {"call": call.title, "code": call.code, "until": moment(until, stage.zone), "reason": reason}
    _tell(
        [*offices, *contacts_of(call, at)],
        call,
        f"signing:{stage.pk}:{until.isoformat()}",
        subject=_("More time to sign for %(code)s: %(call)s") % names,
        body=_("What was handed in under the call “%(call)s” may be signed until %(until)s.\n\nWhy: %(reason)s")
        % names,
        at=at,
    )


def picking_extended(stage: Stage, until: dt.datetime, reason: str, at: dt.datetime) -> None:
    """Offices have longer to pick in their own competition, and researchers to put ideas forward."""
    call = stage.call
    names = {"call": call.title, "code": call.code, "until": moment(until, stage.zone), "reason": reason}
    _tell(
        everybody(call, at),
        call,
        f"picking:{call.pk}:{until.isoformat()}",
        subject=_("More time to pick for %(code)s: %(call)s") % names,
        body=_(
            "Universities put forward whom they pick for the call “%(call)s” until %(until)s now.\n\nWhy: %(reason)s"
        )
        % names,
        at=at,
    )


def shows_another_time(stage: Stage, at: dt.datetime) -> None:
    """The clocks of a zone follow other rules now, and would show an earlier time: the instant stays, its words differ."""
    call = stage.call
    names = {"call": call.title, "code": call.code, "until": moment(stage.closes_at, stage.zone), "zone": stage.zone}
    _tell(
        contacts_of(call, at),
        call,
        f"zone_rules:{stage.pk}:{at.isoformat()}",
        subject=_("The clocks in %(zone)s changed their rules: %(code)s") % names,
        body=_(
            "The rules of the clocks in %(zone)s were changed. The dates of “%(call)s” stay the same instants, so that "
            "nobody loses time; on the clocks there they read differently now. It closes %(until)s."
        )
        % names,
        at=at,
    )


def added(stage: Stage, at: dt.datetime) -> None:
    """A further cut-off of a call that is running."""
    call = stage.call
    names = {"call": call.title, "code": call.code, "until": moment(stage.closes_at, stage.zone)}
    _tell(
        everybody(call, at),
        call,
        f"cutoff:{stage.pk}",
        subject=_("One more cut-off for %(code)s: %(call)s") % names,
        body=_("The call “%(call)s” goes on: proposals are also taken for a further cut-off, %(until)s.") % names,
        at=at,
    )


def paused(call: Call, pause: CallPause, at: dt.datetime) -> None:
    names = {"call": call.title, "code": call.code, "reason": pause.reason}
    _tell(
        everybody(call, at),
        call,
        f"paused:{pause.pk}",
        subject=_("%(code)s is paused: %(call)s") % names,
        body=_(
            "The call “%(call)s” is paused. Until it goes on, nothing is handed in or signed; you can go on writing. "
            "What was handed in before stays in.\n\nWhy: %(reason)s\n\nYou will hear from us when it goes on, and "
            "until when proposals are taken then."
        )
        % names,
        at=at,
    )


def resumed(call: Call, pause: CallPause, changes: Sequence[DeadlineChange], at: dt.datetime) -> None:
    """It goes on: with the deadlines that are to come, moved or not."""
    names = {"call": call.title, "code": call.code, "lines": _change_lines(changes)}
    if changes:
        body = _("The call “%(call)s” goes on, and has new dates.\n\n%(lines)s")
    else:
        coming = [stage for stage in call.stages.all() if stage.closes_at > at]
        names["lines"] = "\n".join(moment(stage.closes_at, stage.zone) for stage in coming)
        if coming:
            body = _(
                "The call “%(call)s” goes on. Its dates stay as they were; proposals are taken until:\n\n%(lines)s"
            )
        else:
            body = _("The call “%(call)s” goes on. Its deadline has passed: no more proposals are taken.")
    _tell(
        everybody(call, at),
        call,
        f"resumed:{pause.pk}",
        subject=_("%(code)s goes on: %(call)s") % names,
        body=body % names,
        at=at,
    )


def cancelled(call: Call, reason: str, at: dt.datetime) -> None:
    names = {"call": call.title, "code": call.code, "reason": reason}
    _tell(
        everybody(call, at),
        call,
        "cancelled",
        subject=_("%(code)s is cancelled: %(call)s") % names,
        body=_("The call “%(call)s” is cancelled. The reason:\n\n%(reason)s\n\nNothing that you wrote is lost.")
        % names,
        at=at,
    )


# --- extra time -------------------------------------------------------------------------------------------------------
def _late_people(row: LateAccess) -> list[User]:
    """The person with whoever writes their draft, or the office and everybody who writes a draft of that university."""
    writing = Proposal.objects.filter(call=row.stage.call_id, status__in=[Status.DRAFT, Status.AWAITING_SIGN_OFF])
    if row.person is not None:
        mine = ProposalAccess.objects.filter(proposal__in=writing.filter(pi=row.person), role__in=TEAM)
        chosen = Q(pk=row.person.pk) | Q(pk__in=mine.values("user"))
    else:
        theirs = ProposalAccess.objects.filter(proposal__in=writing.filter(university=row.university), role__in=TEAM)
        office = OfficeMember.objects.in_force().filter(university=row.university)
        chosen = Q(pk__in=theirs.values("user")) | Q(pk__in=office.values("user"))
    return list(User.objects.filter(chosen, is_active=True).order_by("name", "pk"))


def _late_names(row: LateAccess) -> dict[str, str]:
    stage = row.stage
    return {
        "call": stage.call.title,
        "code": stage.call.code,
        "who": str(row.university or _("You")),
        "until": moment(row.until, stage.zone),
        "reason": row.reason,
    }


def late_given(row: LateAccess, at: dt.datetime) -> None:
    names = _late_names(row)
    if row.university is not None:
        body = _(
            "%(who)s has been given extra time for the call “%(call)s”: what its people hand in, and what its office "
            "signs, is taken until %(until)s.\n\nWhy: %(reason)s\n\nThis is for your university alone."
        )
    else:
        body = _(
            "You have been given extra time for the call “%(call)s”: what you hand in, and what your research office "
            "signs, is taken until %(until)s.\n\nWhy: %(reason)s\n\nThis is for you alone."
        )
    _tell(
        _late_people(row),
        row.stage.call,
        f"late:{row.pk}:{row.until.isoformat()}",
        subject=_("Extra time for %(code)s: %(call)s") % names,
        body=body % names,
        at=at,
    )


def late_ended(row: LateAccess, at: dt.datetime) -> None:
    names = _late_names(row)
    _tell(
        _late_people(row),
        row.stage.call,
        f"late_ended:{row.pk}",
        subject=_("Your extra time for %(code)s has ended: %(call)s") % names,
        body=_(
            "The extra time for the call “%(call)s” has ended earlier than we wrote. What was handed in before stays in. "
            "Nothing that you wrote is lost."
        )
        % names,
        at=at,
    )


# --- cut-offs ---------------------------------------------------------------------------------------------------------
def moved_on(proposal: Proposal, before: Stage, people: Iterable[User], at: dt.datetime) -> None:
    """A cut-off passed, or was given more time: the proposal counts for another one now."""
    stage = proposal.stage
    names = {
        "number": proposal.number,
        "title": proposal.title,
        "call": proposal.call.title,
        "before": moment(before.closes_at, before.zone),
        "until": moment(stage.closes_at, stage.zone),
    }
    if stage.number > before.number:
        subject = _("Now for the next cut-off: %(number)s %(title)s")
        body = _(
            "A cut-off of the call “%(call)s” has passed (%(before)s), and “%(title)s” was not in by then. Nothing is "
            "lost: it now counts for the next cut-off, %(until)s. You need not do anything but finish it."
        )
    else:
        subject = _("Back at the earlier cut-off: %(number)s %(title)s")
        body = _(
            "The earlier cut-off of the call “%(call)s” was given more time, so “%(title)s” counts for it again: "
            "proposals are taken until %(until)s."
        )
    for person in dict.fromkeys(people):
        queue_notice(
            kind="proposal.moved_on",
            key=f"proposal:{proposal.pk}:stage:{stage.pk}:{at.isoformat()}:{person.pk}",
            subject=subject % names,
            body=body % names,
            at=at,
            recipient=person,
            path=proposal.get_absolute_url(),
            about=proposal,
        )
