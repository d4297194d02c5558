"""Institutions from a file: upload, look, import, report."""

import contextlib
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from accounts.http import signed_in
from core import imports
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from universities import rules, tasks
from universities.importing import READING, start_import
from universities.lists import IMPORTS
from universities.models import ImportJob
from universities.views import posted


def wake() -> None:
    """Tell a worker at once; with the broker down beat does so later."""
    with contextlib.suppress(OperationalError):
        tasks.run_imports.delay()


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_manage_directory(user))
    form = imports.UploadForm(posted(request), request.FILES if request.method == "POST" else None)
    if form.is_valid():
        try:
            job = imports.begin(ImportJob, form.cleaned_data["file"], READING, owner=user, at=server_now())
        except DomainError as error:
            error.field = error.field or "file"
            apply_domain_error(form, error)
        else:
            return redirect("universities:import_job", job.pk)
    answer = render_list(request, IMPORTS, "universities/import.html", {"form": form, "fields": READING.fields})
    answer.status_code = 422 if form.errors else answer.status_code
    return answer


def _seen(request: HttpRequest, pk: uuid.UUID) -> ImportJob:
    jobs = ImportJob.objects.visible_to(signed_in(request)).select_related("owner")
    return get_object_or_404(jobs, pk=pk)


@login_required
def job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Before the start: which column means what, the first rows, what is wrong. After it: progress and report."""
    user, found = signed_in(request), _seen(request, pk)
    require(rules.can_manage_directory(user))
    if found.ready_at is not None:
        return render(request, "universities/import_job.html", _progress(found))
    with found.open() as file:
        look = imports.preview(file, READING, found.mapping)
    form = imports.MappingForm(posted(request), reading=READING, header=look.header, mapping=found.mapping)
    if form.is_valid():
        if "look" in request.POST:
            ImportJob.objects.filter(pk=found.pk, ready_at=None).update(mapping=form.mapping)
            return redirect("universities:import_job", found.pk)
        try:
            with transaction.atomic():
                start_import(found, form.mapping, skip_bad=form.cleaned_data["skip_bad"], actor=user, at=server_now())
                transaction.on_commit(wake)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The import has started."))
            return redirect("universities:import_job", found.pk)
    context = {"job": found, "form": form, "preview": look, "fields": READING.fields}
    return render(request, "universities/import_job.html", context, status=422 if form.errors else 200)


@login_required
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return render(request, "imports/_progress.html", _progress(_seen(request, pk)))


def _progress(found: ImportJob) -> dict[str, Any]:
    return {
        "job": found,
        "report": imports.from_json(found.result) if found.result else None,
        "seconds_left": found.seconds_left(server_now()),
        "progress_url": reverse("universities:import_progress", args=[found.pk]),
    }
