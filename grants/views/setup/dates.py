"""How a call runs, and when: typed by the clock of its zone, shown at once as the instants that are meant."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import server_now
from core.errors import InvalidInput
from grants import call_dates
from grants.call_forms.dates import SHAPES, TIMES, DatesForm, mark
from grants.models import Call
from grants.services import calls as services
from grants.services.cutoffs import MOST_CUT_OFFS
from grants.views.setup.frame import page, save_step


def dates(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    """Saving, choosing another shape, adding or taking away a row, or only looking at what is meant: nothing is kept
    before "Save"."""
    if request.method != "POST" or call.status != Call.Status.DRAFT:
        return page(request, call, "dates", _context(call, DatesForm(call=call)))
    act = request.POST.get("act", "")
    if act == "shape":
        return _change_shape(request, user, call)
    if act == "add" or act.startswith("remove-"):
        return page(request, call, "dates", _context(call, _other_rows(request, call, act), unsaved=True))
    form = DatesForm(request.POST, call=call)
    if act == "look":
        return _look(request, call, form)

    def save(given: dict[str, Any]) -> None:
        services.set_dates(call, form.dates(), zone=given["zone"], actor=user, at=server_now())

    context = _context(call, form)
    del context["form"]
    return save_step(request, call, "dates", form, save, **context)


def _context(call: Call, form: DatesForm, **more: Any) -> dict[str, Any]:
    kept = call_dates.dates_of(call, list(call.stages.all()), server_now())
    return {"form": form, "shapes": SHAPES, "may_add": form.n < MOST_CUT_OFFS, "seen": kept, **more}


def _change_shape(request: HttpRequest, user: User, call: Call) -> HttpResponse:
    shape = request.POST.get("shape", "")
    if shape not in Call.Shape.values:
        raise InvalidInput(_("Choose how the call runs."), field="shape")
    services.change_shape(call, shape, actor=user, at=server_now())
    messages.success(request, _("Saved. Look at the dates now."))
    return redirect(f"{reverse('grants:call_edit', args=[call.code])}?step=dates")


def _look(request: HttpRequest, call: Call, form: DatesForm) -> HttpResponse:
    """Asked by the page while one types; without a script by its button."""
    form.is_valid()
    seen = {"seen": form.seen(), "typing": True}
    if request.headers.get("HX-Target") == "seen":
        return render(request, "grants/_dates_seen.html", {"call": call, **seen})
    return page(request, call, "dates", _context(call, form, unsaved=True, **seen), 422 if form.errors else 200)


def _other_rows(request: HttpRequest, call: Call, act: str) -> DatesForm:
    """The same form with one cut-off more, or without one; what was typed stays typed."""
    sent = DatesForm(request.POST, call=call)
    typed = {name: request.POST.get(name, "") for name in sent.fields}
    gone = act.removeprefix("remove-")
    if not gone.isdecimal():
        return DatesForm(call=call, typed=typed, n=min(sent.n + 1, MOST_CUT_OFFS))
    return DatesForm(call=call, typed=_without(typed, int(gone), sent.n), n=max(sent.n - 1, 1))


def _without(typed: Mapping[str, str], gone: int, n: int) -> dict[str, str]:
    kept = [number for number in range(1, n + 1) if number != gone]
    found = {"zone": typed["zone"], "opens_at": typed["opens_at"]}
    for place, number in enumerate(kept, 1):
        for name in TIMES[1:]:
            found[f"{name}{mark(place)}"] = typed.get(f"{name}{mark(number)}", "")
    return found
