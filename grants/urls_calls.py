"""The public's and the officers' addresses; `grants.urls` adds those of proposals."""

from django.urls import URLPattern, path

from grants.views import calls, imports, intake, programmes
from grants.views.setup import basics, edit, form, publishing

urlpatterns: list[URLPattern] = [
    path("calls/", calls.calls, name="calls"),
    path("calls/all/", calls.calls_table, name="calls_table"),
    path("calls/new/", basics.new, name="call_new"),
    path("calls/import/", imports.upload, name="import"),
    path("calls/import/<uuid:pk>/", imports.job, name="import_job"),
    path("calls/import/<uuid:pk>/progress/", imports.progress, name="import_progress"),
    path("calls/<slug:code>/", calls.call, name="call"),
    path("calls/<slug:code>/edit/", edit.edit, name="call_edit"),
    path("calls/<slug:code>/preview/", form.preview, name="call_preview"),
    path("calls/<slug:code>/publish/", publishing.publish, name="call_publish"),
    path("calls/<slug:code>/extend/", calls.extend, name="call_extend"),
    path("calls/<slug:code>/cancel/", calls.cancel, name="call_cancel"),
    path("calls/<slug:code>/start-review/", calls.start_review, name="call_start_review"),
    path("calls/<slug:code>/decided/", calls.mark_decided, name="call_decided"),
    path("calls/<slug:code>/archive/", calls.archive, name="call_archive"),
    path("calls/<slug:code>/intake/", intake.intake, name="intake"),
    path("intake/eligible/", intake.mark_eligible, name="intake_eligible"),
    path("intake/<slug:number>/", intake.triage, name="triage"),
    path("programmes/", programmes.programmes, name="programmes"),
]
