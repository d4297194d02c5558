"""Who may apply."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants.call_forms.eligibility import EligibilityForm
from grants.eligibility import rules_in_words
from grants.models import Call
from grants.services import call_rules as services
from grants.views.setup.frame import save_step


def eligibility(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = EligibilityForm(request.POST if request.method == "POST" else None, call=call)

    def save(_given: dict[str, Any]) -> None:
        at = server_now()
        for kind, params in form.rules().items():
            services.set_eligibility(call, kind, params, blocks=form.blocks(kind), actor=user, at=at)

    return save_step(request, call, "eligibility", form, save, conditions=rules_in_words(call))
