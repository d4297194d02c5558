"""How much it may award, out of which years, and what budgets may hold."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants.call_forms.money import MoneyForm
from grants.call_money import money_of
from grants.costing import rules_of
from grants.models import Call
from grants.services import call_money, call_rules
from grants.services import calls as services
from grants.views.setup.frame import save_step


def money(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    found = money_of(call, server_now())
    form = MoneyForm(request.POST if request.method == "POST" else None, call=call, rules=rules_of(call), money=found)

    def save(given: dict[str, Any]) -> None:
        how: dict[str, Any] = {"actor": user, "at": server_now()}
        changed = services.update_call(call, version=given["version"], fields=form.of_call(), **how)
        call_money.set_years(changed, form.years(), **how)
        call_rules.set_budget_rules(call, **form.budget_rules(), **how)

    return save_step(request, call, "money", form, save, money=found)
