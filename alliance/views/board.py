"""The page of a fund's board: who sits on it, who sat on it."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from alliance import rules
from alliance.forms import SeatForm
from alliance.models import BoardSeat
from alliance.services import board as services
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from funds.models import Fund


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The boards of all funds, and (for administrators) the form that gives a seat."""
    user = signed_in(request)
    require(rules.can_read_members(user))
    if request.method != "POST":
        return render(request, "alliance/board.html", _context(user, SeatForm()))
    require(rules.can_manage_board(user))
    form = SeatForm(request.POST)
    if form.is_valid():
        facts = {name: form.cleaned_data[name] for name in ("chair", "voting")}
        try:
            services.add_board_seat(form.cleaned_data["fund"], form.user, actor=user, at=server_now(), **facts)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("%(person)s has a seat on the board.") % {"person": form.user})
            return redirect("alliance:board")
    return render(request, "alliance/board.html", _context(user, form), status=422)


def _context(user: User, form: SeatForm) -> dict[str, Any]:
    at = server_now()
    seats = BoardSeat.objects.visible_to(user).select_related("user", "fund")
    rows = list(seats.order_by("-chair", "-voting", "user__name", "pk"))
    ended = [seat for seat in rows if seat.ends_at is not None and seat.ends_at <= at]
    held = [seat for seat in rows if seat not in ended]
    boards = [(fund, [seat for seat in held if seat.fund_id == fund.pk]) for fund in Fund.objects.order_by("name")]
    return {
        "boards": [(fund, of_fund, sum(seat.voting for seat in of_fund)) for fund, of_fund in boards],
        "ended": sorted(ended, key=lambda seat: seat.ends_at or at, reverse=True),
        "form": form,
        "may_manage": rules.can_manage_board(user) is None,
    }


@login_required
@require_POST
def end(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    seat = get_object_or_404(BoardSeat.objects.visible_to(user), pk=pk)
    require(rules.can_manage_board(user))
    ended = services.end_board_seat(seat, actor=user, at=server_now())
    messages.success(request, _("The seat of %(person)s has ended.") % {"person": ended.user})
    return redirect("alliance:board")
