"""Seats on the board of a fund."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alliance import notices
from alliance.models import BoardSeat
from audit.services import record
from core.errors import NotAllowed, WrongState
from funds.models import Fund


@transaction.atomic
def add_board_seat(
    fund: Fund,
    user: User,
    *,
    actor: User | None,
    at: dt.datetime,
    chair: bool = False,
    voting: bool = True,
    starts_at: dt.datetime | None = None,
) -> BoardSeat:
    """A seat from `starts_at` (or now). One chair at a time, who votes; nobody takes a seat by their own hand."""
    if actor is not None and actor.pk == user.pk:
        raise NotAllowed(_("Nobody gives themselves a seat on the board: ask a colleague."))
    if chair and not voting:
        raise WrongState(_("The chair has a vote."), field="voting")
    Fund.objects.select_for_update(no_key=True).get(pk=fund.pk)
    seats = BoardSeat.objects.filter(fund=fund)
    if seats.filter(user=user).in_force(at).exists():
        raise WrongState(_("%(person)s has a seat on this board already.") % {"person": user}, field="email")
    if chair and (now := seats.filter(chair=True).in_force(at).select_related("user").first()):
        raise WrongState(_("%(person)s is the chair. End that seat first.") % {"person": now.user}, field="chair")
    try:
        with transaction.atomic():
            seat = BoardSeat.objects.create(fund=fund, user=user, chair=chair, voting=voting, starts_at=starts_at or at)
    except IntegrityError as error:
        raise WrongState(_("This seat is taken in that time.")) from error
    after = {"user": user.email, "chair": chair, "voting": voting}
    record(actor, "board_seat.added", seat, at=at, subject=fund, after=after)
    notices.seat_given(seat, at=at)
    return seat


@transaction.atomic
def end_board_seat(seat: BoardSeat, *, actor: User | None, at: dt.datetime) -> BoardSeat:
    """The seat ends now; votes given from it stay where the resolution is decided, and no longer count where it is not."""
    held = BoardSeat.objects.select_for_update(of=("self",)).select_related("fund", "user").get(pk=seat.pk)
    if held.ends_at is not None and held.ends_at <= at:
        raise WrongState(_("This seat has ended already."))
    held.ends_at = max(at, held.starts_at)
    held.save(update_fields=["ends_at"])
    record(actor, "board_seat.ended", held, at=at, subject=held.fund, after={"user": held.user.email})
    return held
