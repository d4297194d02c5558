"""Proposals from a file: upload, look, import, report."""

import contextlib
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from kombu.exceptions import OperationalError

from accounts.http import signed_in
from core import imports
from core.clock import server_now
from core.errors import DomainError, require
from core.forms import apply_domain_error
from core.lists import render_list
from grants import tasks
from grants.lists.calls import IMPORTS
from grants.models import Call, ImportJob
from grants.rules import calls as rules
from grants.services.import_rows import FIELDS
from grants.services.importing import TAKES_IMPORTS, reading_for, start_import


class UploadForm(imports.UploadForm):
    call = forms.ModelChoiceField(
        label=gettext_lazy("Into the call"), queryset=Call.objects.none(), to_field_name="code"
    )
    field_order = ("call", "file")

    def __init__(self, *args: Any, calls: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["call"]
        field.queryset = calls


def wake() -> None:
    """Tell a worker at once; with the broker down beat does so later."""
    with contextlib.suppress(OperationalError):
        tasks.run_imports.delay()


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    require(rules.can_run_calls(user))
    calls = (
        Call.objects.visible_to(user)
        .filter(status__in=TAKES_IMPORTS)
        .select_related("programme__fund")
        .order_by("code")
    )
    form = UploadForm(request.POST or None, request.FILES or None, calls=calls)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            how: dict[str, Any] = {"owner": user, "call": given["call"], "at": server_now()}
            job = imports.begin(ImportJob, given["file"], reading_for(given["call"]), **how)
        except DomainError as error:
            error.field = error.field or "file"
            apply_domain_error(form, error)
        else:
            return redirect("grants:import_job", job.pk)
    answer = render_list(request, IMPORTS, "grants/import.html", {"form": form, "fields": FIELDS})
    answer.status_code = 422 if form.errors else answer.status_code
    return answer


def _seen(request: HttpRequest, pk: uuid.UUID) -> ImportJob:
    jobs = ImportJob.objects.visible_to(signed_in(request)).select_related("owner", "call__programme__fund")
    return get_object_or_404(jobs, pk=pk)


@login_required
def job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Before the start: which column means what, the first rows, what is wrong. After it: progress and report."""
    user, found = signed_in(request), _seen(request, pk)
    require(rules.can_run_calls(user))
    if found.ready_at is not None:
        return render(request, "grants/import_job.html", _progress(found))
    reading = reading_for(found.call)
    with found.open() as file:
        look = imports.preview(file, reading, found.mapping)
    form = imports.MappingForm(request.POST or None, reading=reading, header=look.header, mapping=found.mapping)
    if request.method == "POST" and form.is_valid():
        if "look" in request.POST:
            ImportJob.objects.filter(pk=found.pk, ready_at=None).update(mapping=form.mapping)
            return redirect("grants:import_job", found.pk)
        try:
            with transaction.atomic():
                start_import(found, form.mapping, skip_bad=form.cleaned_data["skip_bad"], actor=user, at=server_now())
                transaction.on_commit(wake)
        except DomainError as error:
            apply_domain_error(form, error)
        else:
            messages.success(request, _("The import has started."))
            return redirect("grants:import_job", found.pk)
    context = {"job": found, "form": form, "preview": look, "fields": FIELDS}
    return render(request, "grants/import_job.html", context, status=422 if form.errors else 200)


@login_required
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return render(request, "imports/_progress.html", _progress(_seen(request, pk)))


def _progress(found: ImportJob) -> dict[str, Any]:
    return {
        "job": found,
        "report": imports.from_json(found.result) if found.result else None,
        "seconds_left": found.seconds_left(server_now()),
        "progress_url": f"/calls/import/{found.pk}/progress/",
    }
