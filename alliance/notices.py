"""What this app tells people, and whom: one function for each occasion. Called within the act's transaction.

Nothing here says how a vote stands or what a resolution is about beyond its title: a notice also reaches the recused.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Role, RoleGrant, User
from alliance.models import BoardSeat, Contribution, Representative, Resolution, Vote
from core.money import format_money
from notifications.deadlines import set_deadline
from notifications.services import queue_notice

VOTE_DUE = "resolution.vote"


def _tell(
    people: Iterable[User],
    kind: str,
    key: str,
    subject: str,
    body: str,
    *,
    path: str,
    at: dt.datetime,
    about: models.Model | None = None,
) -> None:
    for person in people:
        queue_notice(
            kind=kind,
            key=f"{key}:{person.pk}",
            subject=subject,
            body=body,
            at=at,
            recipient=person,
            path=path,
            about=about,
        )


def _path(name: str, *args: str) -> str:
    """The page, or none where pages are not served (a worker without them)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _instant(at: dt.datetime, person: User) -> str:
    with timezone.override(person.zone):
        return date_format(timezone.localtime(at), "j F Y, H:i ") + timezone.get_current_timezone_name()


def staff_of(resolution: Resolution, *roles: str, at: dt.datetime) -> list[User]:
    """Those who hold one of the roles, and who proposed it; none who recused themselves from it."""
    holders = RoleGrant.objects.in_force(at).filter(role__in=roles).values("user")
    recused = resolution.votes.filter(choice=Vote.Choice.RECUSED).values("user")
    concerned = Q(pk__in=holders) | Q(pk=resolution.proposed_by_id)
    return list(User.objects.filter(concerned, is_active=True).exclude(pk__in=recused))


def representative_added(made: Representative, *, at: dt.datetime) -> None:
    member = made.member
    _tell(
        [made.user],
        "representative_added",
        f"representative-added:{made.pk}",
        _("You represent %(member)s") % {"member": member.name},
        _("You now see what %(member)s pledged and paid, its share of the fund, and the fund's budget.")
        % {"member": member.name},
        path=_path("alliance:member", member.code),
        at=at,
    )


def contribution_received(made: Contribution, *, at: dt.datetime) -> None:
    member = made.pledge.member
    amount = format_money(made.amount, made.pledge.fund_year.fund.currency)
    speakers = Representative.objects.filter(member=member).in_force(at).select_related("user")
    _tell(
        [speaker.user for speaker in speakers],
        "contribution_received",
        f"contribution-received:{made.pk}",
        _("%(amount)s of %(member)s has arrived") % {"amount": amount, "member": member.name},
        _("We received %(amount)s on %(day)s (%(reference)s) for your pledge of %(year)s. Thank you.")
        % {
            "amount": amount,
            "day": date_format(made.received_on, "j F Y"),
            "reference": made.reference,
            "year": made.pledge.fund_year.label,
        },
        path=_path("alliance:member", member.code),
        at=at,
    )


def seat_given(seat: BoardSeat, *, at: dt.datetime) -> None:
    body = _("You sit on the board of %(fund)s. You see what is put to it, with the papers.")
    if seat.voting:
        body = _("You sit on the board of %(fund)s. You see what is put to it, with the papers, and vote on it.")
    _tell(
        [seat.user],
        "board_seat",
        f"board-seat:{seat.pk}",
        _("You have a seat on the board of %(fund)s") % {"fund": seat.fund.name},
        body % {"fund": seat.fund.name},
        path=_path("alliance:board"),
        at=at,
    )


def voting_opened(resolution: Resolution, voters: Iterable[User], *, actor: User | None, at: dt.datetime) -> None:
    assert resolution.closes_at is not None
    for person in voters:
        if actor is not None and person.pk == actor.pk:
            continue
        words = {"title": resolution.title, "until": _instant(resolution.closes_at, person)}
        _tell(
            [person],
            "resolution_opened",
            f"resolution-opened:{resolution.pk}",
            _("Please vote: %(title)s") % words,
            _("The board is asked to decide on “%(title)s”. Voting is open until %(until)s.") % words,
            path=_path("alliance:resolution", resolution.number),
            at=at,
            about=resolution,
        )


def set_vote_deadline(resolution: Resolution, *, at: dt.datetime) -> None:
    """Those who have not voted are reminded before voting closes."""
    assert resolution.closes_at is not None
    set_deadline(
        kind=VOTE_DUE,
        subject=resolution,
        title=f"{resolution.number} {resolution.title}",
        due_at=resolution.closes_at,
        zone="UTC",
        path=_path("alliance:resolution", resolution.number),
        at=at,
    )


def resolution_decided(resolution: Resolution, voters: Iterable[User], *, at: dt.datetime) -> None:
    people = {person.pk: person for person in voters}
    if resolution.proposed_by is not None:
        people[resolution.proposed_by.pk] = resolution.proposed_by
    words = {"number": resolution.number, "title": resolution.title, "state": resolution.get_status_display().lower()}
    _tell(
        people.values(),
        "resolution_decided",
        f"resolution-decided:{resolution.pk}",
        _("%(number)s is %(state)s: %(title)s") % words,
        _("The board's resolution %(number)s, “%(title)s”, is %(state)s.") % words,
        path=_path("alliance:resolution", resolution.number),
        at=at,
        about=resolution,
    )


def resolution_stuck(resolution: Resolution, *, at: dt.datetime) -> None:
    """To those who can do something about it: the proposer, and the officers."""
    words = {"number": resolution.number, "title": resolution.title}
    _tell(
        staff_of(resolution, Role.FINANCE_OFFICER, Role.PROGRAMME_OFFICER, at=at),
        "resolution_stuck",
        f"resolution-stuck:{resolution.pk}:{at.isoformat()}",
        _("%(number)s can't be carried out") % words,
        _("The board voted on “%(title)s”, but it could not be carried out, so nothing was decided. Its page says why.")
        % words,
        path=_path("alliance:resolution", resolution.number),
        at=at,
        about=resolution,
    )


def resolution_withdrawn(resolution: Resolution, voters: Iterable[User], *, at: dt.datetime) -> None:
    words = {"number": resolution.number, "title": resolution.title, "reason": resolution.reason}
    _tell(
        voters,
        "resolution_withdrawn",
        f"resolution-withdrawn:{resolution.pk}",
        _("%(number)s is withdrawn: %(title)s") % words,
        _("You voted on “%(title)s”. It is withdrawn: %(reason)s") % words,
        path=_path("alliance:resolution", resolution.number),
        at=at,
        about=resolution,
    )
