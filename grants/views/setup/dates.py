"""When it opens and closes."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants import calling
from grants.call_forms.dates import DatesForm
from grants.models import Call
from grants.services import calls as services
from grants.views.setup.frame import save_step


def dates(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    stage = calling.current_stage(call, server_now())
    form = DatesForm(request.POST or None, stage=stage)

    def save(given: dict[str, Any]) -> None:
        services.set_stage(call, **given, number=stage.number, actor=user, at=server_now())

    return save_step(request, call, "dates", form, save)
