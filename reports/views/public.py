"""What anybody may read: what was funded, and the fund's money in plain figures."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from core.clock import server_now
from core.lists import render_list
from core.prose import prose
from funds.models import Fund
from funds.queries import cash_position
from reports import budget, published
from reports.lists import FUNDED


@require_safe
def funded(request: HttpRequest) -> HttpResponse:
    return render_list(request, FUNDED, "reports/funded.html")


@require_safe
def funded_award(request: HttpRequest, number: str) -> HttpResponse:
    rows = published.published().select_related("university", "fund", "pi", "proposal__call__programme")
    award = get_object_or_404(rows, number=number)
    others = published.published().filter(proposal__call=award.proposal.call_id).exclude(pk=award.pk)
    context = {
        "award": award,
        "lead": award.pi.name if award.pi else award.proposal.pi_name,
        "call": award.proposal.call,
        "abstract": prose(award.proposal.abstract),
        "others": others.select_related("university", "fund").order_by("-offered_at", "-id")[:3],
    }
    return render(request, "reports/funded_award.html", context)


@require_safe
def money(request: HttpRequest) -> HttpResponse:
    day = server_now().date()
    funds = Fund.objects.order_by("-created_at", "-pk")
    return render(request, "reports/money.html", {"funds": [_money_of(fund, day) for fund in funds]})


def _money_of(fund: Fund, day: Any) -> dict[str, Any]:
    glance = published.glance(day, fund)
    assert glance is not None
    return {
        "glance": glance,
        "chart": budget.simple_chart(fund, glance.years),
        "cash": cash_position(fund),
        "cells": published.members_by_kind(fund, day),
        "chart_id": f"money-{fund.code}",
    }
