"""The five-year board of a fund, for those who run, govern and pay into it."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.http import signed_in
from accounts.models import User
from awards.models.awards import AWARD_STAFF
from core.errors import require
from funds import board, chart, queries, rules
from funds.forms import AsOfForm
from funds.models import Fund
from funds.readers import reads_entries
from reports import budget as reads
from reports.pictures import slices


@login_required
@require_safe
def budget(request: HttpRequest) -> HttpResponse:
    """As of now or of a past day; the fund asked for, or the newest."""
    user = signed_in(request)
    require(rules.can_read_positions(user))
    funds = list(Fund.objects.visible_to(user).order_by("-created_at", "-pk"))
    code = request.GET.get("fund", "")
    if code:
        fund = get_object_or_404(Fund.objects.visible_to(user), code=code)
    elif funds:
        fund = funds[0]
    else:
        return render(request, "reports/budget.html", {"fund": None})
    form = AsOfForm(request.GET if "as_of" in request.GET else None)
    context: dict[str, Any] = {"fund": fund, "funds": funds, "form": form}
    if form.is_bound and not form.is_valid():
        return render(request, "reports/budget.html", context, status=400)
    day = form.cleaned_data["as_of"] if form.is_bound else None
    return render(request, "reports/budget.html", {**context, **figures(fund, user, day)})


def figures(fund: Fund, user: User, day: dt.date | None) -> dict[str, Any]:
    """Four reads of the ledger, all as of the same instant."""
    instant, linked = queries.last_instant(day), reads_entries(user)
    years = queries.positions(fund, as_of=instant)
    programmes = reads.by_programme(fund, instant, day, linked=user.has_role(*AWARD_STAFF))
    pledges = reads.pledges_by_year(fund, years, instant, day, linked=linked)
    rows = board.board_rows(fund, years, day, linked=linked)
    return {
        "day": day,
        "linked": linked,
        "levels": [words for _name, words, _code in board.LEVELS],
        "rows": rows,
        "all": dict(zip([name for name, _words, _code in board.LEVELS], rows[-1].figures, strict=True)),
        "appropriated": rows[-1].appropriated,
        "bar": slices(years),
        "chart": board.board_chart(fund, years),
        "programmes": programmes,
        "programme_chart": reads.programme_chart(fund, programmes),
        "pledges": pledges,
        "pledge_chart": reads.pledge_chart(fund, pledges),
        "cash": queries.cash_position(fund, instant),
        "cash_urls": {
            name: board.lines_url(fund, code, None, day) if linked else "" for code, name in queries.OF_CASH.items()
        },
        "free_url": board.lines_url(fund, chart.FREE, None, day) if linked else "",
    }
