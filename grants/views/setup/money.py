"""How much it may award, and what budgets may hold."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.call_forms.money import MoneyForm
from grants.costing import rules_of
from grants.models import Call
from grants.services import calls as services
from grants.views.setup.frame import save_step


def money(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = MoneyForm(request.POST or None, call=call, rules=rules_of(call))

    def save(given: dict[str, Any]) -> None:
        at = server_now()
        amounts = ("envelope", "award_floor", "award_ceiling", "longest_months")
        fields = {name: given[name] for name in amounts}
        services.update_call(call, version=given["version"], fields=fields, actor=user, at=at)
        services.set_budget_rules(
            call,
            categories=given["categories"],
            base=given["base"],
            excluded=given["excluded"],
            subaward_threshold=given["subaward_threshold"],
            rate_cap=given["rate_cap"] / 100,
            caps=form.caps(),
            actor=user,
            at=at,
        )

    return save_step(request, call, "money", form, save, money=checks.money_of(call, server_now()))
