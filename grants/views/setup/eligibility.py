"""Who may apply."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants.call_forms.eligibility import EligibilityForm
from grants.models import Call
from grants.services import calls as services
from grants.views.setup.frame import save_step


def eligibility(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    form = EligibilityForm(request.POST or None, call=call)

    def save(_given: dict[str, Any]) -> None:
        for kind, params in form.rules().items():
            services.set_eligibility(call, kind, params, actor=user, at=server_now())

    return save_step(request, call, "eligibility", form, save)
