"""Pages of the money: funds and their years, the ledger, an entry, the trial balance."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import signed_in
from accounts.models import User
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from core.money import ZERO
from funds import board, chart, queries, rules, services
from funds.forms import (
    AsOfForm,
    FundForm,
    ReasonForm,
    YearFormSet,
    first_years,
    known_currency,
    sum_of_ceilings,
    year_rows,
)
from funds.lists import ACCOUNTS, ENTRIES, FUNDS, LINES
from funds.models import Account, Entry, Fund, Line
from funds.readers import reads_entries

LATEST = 8


# --- funds ------------------------------------------------------------------------------------------------------------
@login_required
def fund_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    return render_list(request, FUNDS, "funds/fund_list.html", {"may_create": rules.can_create_fund(user) is None})


@login_required
def fund(request: HttpRequest, code: str) -> HttpResponse:
    """The fund as of now or of a past day: what its years hold, its cash, and (for those who read it) its latest entries."""
    user = signed_in(request)
    found = get_object_or_404(Fund.objects.visible_to(user), code=code)
    form = AsOfForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        return render(request, "funds/fund.html", {"fund": found, "form": form}, status=400)
    day = form.cleaned_data["as_of"] if form.is_bound else None
    return render(request, "funds/fund.html", {"form": form, **_fund_context(found, user, day)})


def _fund_context(found: Fund, user: User, day: dt.date | None) -> dict[str, Any]:
    instant, linked = queries.last_instant(day), reads_entries(user)
    years = queries.positions(found, as_of=instant)
    entries = ENTRIES.queryset(user, day).filter(fund=found).order_by("-sequence")
    return {
        "fund": found,
        "day": day,
        "linked": linked,
        "levels": [words for _name, words, _code in board.LEVELS],
        "rows": board.board_rows(found, years, day, linked=linked),
        "chart": board.board_chart(found, years),
        "ceiling": _sum(years, "ceiling"),
        "appropriated": _sum(years, "appropriated"),
        "reserved": _sum(years, "reserved"),
        "disbursed": _sum(years, "disbursed"),
        "free": _sum(years, "free"),
        "cash": queries.cash_position(found, instant),
        "cash_urls": {
            name: board.lines_url(found, code, None, day) if linked else "" for code, name in queries.OF_CASH.items()
        },
        "free_url": board.lines_url(found, chart.FREE, None, day) if linked else "",
        "disbursed_url": board.lines_url(found, chart.DISBURSED, None, day) if linked else "",
        "latest": [(entry, _moved(entry)) for entry in _with_lines(entries)[:LATEST]] if linked else [],
    }


def _sum(years: list[queries.YearPosition], name: str) -> Decimal:
    return sum((getattr(position, name) for position in years), ZERO)


def _with_lines(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    lines = Line.objects.select_related("account", "fund_year", "subaccount").order_by("pk")
    return entries.select_related("fund", "actor").prefetch_related(Prefetch("lines", lines))


def _moved(entry: Entry) -> Decimal:
    """What an entry moves: its debits in the authority book, or in the cash book where it touches that alone."""
    debits: dict[str, Decimal] = {}
    for line in entry.lines.all():
        if line.side == chart.DEBIT:
            debits[line.account.book] = debits.get(line.account.book, ZERO) + line.amount
    return debits.get(chart.AUTHORITY) or debits.get(chart.CASH) or ZERO


# --- a new fund -------------------------------------------------------------------------------------------------------
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """A fund with its years. "One more year" adds a row and keeps what was typed, with or without JavaScript."""
    user = signed_in(request)
    require(rules.can_create_fund(user))
    if request.method != "POST":
        return _fund_form(request, FundForm(), year_rows(initial=first_years(timezone.localdate())))
    data = request.POST
    currency = known_currency(data.get("currency", ""))
    if "one_more" in data:
        count = min(_rows(request.POST.get("years-TOTAL_FORMS", "")) + 1, services.MOST_YEARS)
        shown = FundForm(initial={name: data.get(name, "") for name in FundForm.base_fields})
        typed = [{name: data.get(f"years-{n}-{name}", "") for name in ("starts_on", "ceiling")} for n in range(count)]
        return _fund_form(request, shown, year_rows(initial=typed, currency=currency))
    form, years = FundForm(data), year_rows(data, currency=currency)
    if not years.is_valid():
        form.add_error(None, _("Something about the fiscal years needs attention: see below."))
    if form.is_valid() and (made := _created(form, years, user)):
        messages.success(request, _("The fund %(name)s is set up.") % {"name": made.name})
        return redirect("funds:fund", made.code)
    return _fund_form(request, form, years, status=422)


def _rows(text: str) -> int:
    short = text.isascii() and text.isdigit() and len(text) < 4
    return min(int(text), services.MOST_YEARS) if short else 0


def _created(form: FundForm, years: YearFormSet, user: User) -> Fund | None:
    try:
        return services.create_fund(**form.cleaned_data, years=years.plans(), actor=user, at=server_now())
    except DomainError as error:
        apply_domain_error(form, error)
        return None


def _fund_form(request: HttpRequest, form: FundForm, years: YearFormSet, *, status: int = 200) -> HttpResponse:
    currency = known_currency(str(form["currency"].value() or ""))
    values = {f"years-{n}-ceiling": row["ceiling"].value() for n, row in enumerate(years.forms)}
    total, count = sum_of_ceilings(values, currency)
    context = {
        "form": form,
        "years": years,
        "total": total,
        "count": count,
        "currency": currency,
        "full": len(years.forms) >= services.MOST_YEARS,
    }
    return render(request, "funds/fund_form.html", context, status=status)


@login_required
@require_POST
def ceilings_sum(request: HttpRequest) -> HttpResponse:
    """What the ceilings typed so far sum to: shown beside the form while it is filled in."""
    require(rules.can_create_fund(signed_in(request)))
    currency = known_currency(request.POST.get("currency", ""))
    total, count = sum_of_ceilings(request.POST, currency)
    return render(request, "funds/_ceilings_sum.html", {"total": total, "count": count, "currency": currency})


# --- the ledger -------------------------------------------------------------------------------------------------------
@login_required
def ledger(request: HttpRequest) -> HttpResponse:
    return render_list(request, ENTRIES, "funds/ledger.html", {"tab": "entries"})


@login_required
def lines(request: HttpRequest) -> HttpResponse:
    return render_list(request, LINES, "funds/ledger.html", {"tab": "lines"})


@login_required
def accounts(request: HttpRequest, code: str) -> HttpResponse:
    """The trial balance of a fund: every account, and the proof that debits and credits are the same."""
    user = signed_in(request)
    require(rules.can_read_entries(user))
    found = get_object_or_404(Fund.objects.visible_to(user), code=code)
    return render_list(request, ACCOUNTS, "funds/accounts.html", {"fund": found}, fixed={"fund": found.code})


@login_required
def entry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(_with_lines(Entry.objects.visible_to(user)), pk=pk)
    return render(request, "funds/entry.html", _entry_context(found, user, ReasonForm()))


@login_required
@require_POST
def reverse_entry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(_with_lines(Entry.objects.visible_to(user)), pk=pk)
    require(rules.can_reverse(user, found))
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            made = services.reverse(found, reason=form.cleaned_data["reason"], actor=user, at=server_now())
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("Entry %(number)s is reversed.") % {"number": found.sequence})
            return redirect("funds:entry", made.pk)
    return render(request, "funds/entry.html", _entry_context(found, user, form), status=422)


def _entry_context(found: Entry, user: User, form: ReasonForm) -> dict[str, Any]:
    debits = [line.amount for line in found.lines.all() if line.side == Account.Side.DEBIT]
    near = {e.sequence: e for e in Entry.objects.filter(fund=found.fund, sequence__in=_beside(found))}
    return {
        "entry": found,
        "form": form,
        "why_not": rules.can_reverse(user, found),
        "whole": queries.is_as_posted(found),
        "reversal": Entry.objects.filter(reverses=found).select_related("actor").first(),
        "reverses": found.reverses,
        "total": sum(debits, ZERO),
        "before": near.get(found.sequence - 1),
        "after": near.get(found.sequence + 1),
    }


def _beside(entry: Entry) -> tuple[int, int]:
    return entry.sequence - 1, entry.sequence + 1
