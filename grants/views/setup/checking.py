"""What officers look at in each proposal before a verdict."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from core.clock import server_now
from grants.call_forms.triage import ChecklistForm
from grants.models import Call
from grants.services import checklists
from grants.views.setup.frame import save_step


def checking(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    """May change while the call runs: nothing that was ticked is lost."""
    form = ChecklistForm(request.POST or None, items=call.checklist.filter(retired_at=None))

    def save(_given: dict[str, Any]) -> None:
        checklists.set_checklist(call, form.specs(), actor=user, at=server_now())

    retired = call.checklist.exclude(retired_at=None)
    return save_step(request, call, "checking", form, save, retired=retired)
