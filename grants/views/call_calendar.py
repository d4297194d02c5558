"""A call's deadlines for the reader's own calendar: fetched once, or subscribed to."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.clock import server_now
from grants.call_calendar import calendar_of
from grants.views.calls import call_for


@require_safe
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    found = call_for(request.user, code)
    response = HttpResponse(
        calendar_of(found, list(found.stages.all()), server_now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{found.code}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
