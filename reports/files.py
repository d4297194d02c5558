"""An export's file, given out: only to its owner, only while what it was drawn with still holds, each time recorded."""

import datetime as dt

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import NotAllowed, require
from core.files import CSV, XLSX, download
from core.lists import ListSpec, get_spec
from reports import services
from reports.errors import FileGone
from reports.models import ExportJob
from reports.rules import can_download

TYPES = {ExportJob.Format.CSV: f"{CSV}; charset=utf-8", ExportJob.Format.XLSX: XLSX}


def export_file(job: ExportJob, user: User, at: dt.datetime) -> FileResponse:
    """The file as a download. Refuses by the rule with its reason, and by `FileGone` where there is no file (any more)."""
    require(can_download(user, job, _spec_of(job)))
    gone = FileGone(_("This file is not kept any more. Make the export again: it takes a moment."))
    if not job.is_there(at):
        raise gone
    try:
        content = default_storage.open(job.stored_as, "rb")
    except FileNotFoundError:
        raise gone from None
    services.note_download(job, actor=user, at=at)
    response = download(content, job.file_name, TYPES[ExportJob.Format(job.format)])
    response["Content-Length"] = str(job.size)
    return response


def _spec_of(job: ExportJob) -> ListSpec:
    try:
        return get_spec(job.spec)
    except Http404:
        raise NotAllowed(_("This list is not there any more, nor who may read it.")) from None
