"""Pages of exports: the catalogue, one's own exports, one of them while it is made, and its file."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import signed_in
from core.clock import server_now
from core.lists import render_list
from reports import queries, services, tasks
from reports.files import export_file as file_of
from reports.lists import EXPORTS
from reports.models import ExportJob


def mine(request: HttpRequest, pk: uuid.UUID) -> ExportJob:
    return get_object_or_404(ExportJob.objects.visible_to(signed_in(request)), pk=pk)


@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """What is being made, what can be asked for, and everything asked for before."""
    user, now = signed_in(request), server_now()
    active = ExportJob.objects.visible_to(user).active().order_by("-created_at")
    extra = {
        "active": [(job, job.seconds_left(now)) for job in active],
        "catalogue": queries.catalogue(user),
        "now": now,
        "today": now.date(),
    }
    return render_list(request, EXPORTS, "reports/exports.html", extra)


@login_required
@require_POST
def export_list(request: HttpRequest, key: str) -> HttpResponse:
    """A list's tool bar posts its question as `query`; the catalogue posts a day as `as_of`."""
    question = QueryDict(request.POST.get("query", ""), mutable=True)
    if day := request.POST.get("as_of", ""):
        question["as_of"] = day
    job = services.request_export(
        key, question.urlencode(), request.POST.get("format", ""), actor=signed_in(request), at=server_now()
    )
    tasks.wake()
    return redirect("reports:export_job", job.pk)


@login_required
@require_GET
def export_job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    job, now = mine(request, pk), server_now()
    context = {
        "job": job,
        "seconds_left": job.seconds_left(now),
        "there": job.is_there(now),
        "question": queries.question_of(job, signed_in(request)),
    }
    return render(request, "reports/export_job.html", context)


@login_required
@require_GET
def export_progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The progress bar alone, asked for each second; once the export has ended the page around it is drawn again."""
    job = mine(request, pk)
    response = render(
        request, "reports/_export_progress.html", {"job": job, "seconds_left": job.seconds_left(server_now())}
    )
    if job.ended:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_GET
def export_file(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    return file_of(mine(request, pk), signed_in(request), server_now())


@login_required
@require_POST
def export_cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    job = services.cancel_export(mine(request, pk), actor=signed_in(request), at=server_now())
    messages.success(request, _("The export is cancelled."))
    return redirect("reports:export_job", job.pk)


@login_required
@require_POST
def export_retry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    job = services.retry_export(mine(request, pk), actor=signed_in(request), at=server_now())
    tasks.wake()
    return redirect("reports:export_job", job.pk)
