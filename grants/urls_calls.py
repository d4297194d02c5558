"""The public's and the officers' addresses; `grants.urls` adds those of proposals."""

from django.urls import URLPattern, path

from grants.views import call_calendar, call_questions, calls, documents, feed, imports, programmes, templates
from grants.views.setup import basics, edit, form, form_versions, publishing

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
    path("calls/<slug:code>/form/<slug:kind>/revise/", form_versions.revise, name="call_form_revise"),
    path("calls/<slug:code>/form/<slug:kind>/discard/", form_versions.discard, name="call_form_discard"),
    path("calls/<slug:code>/form/<slug:kind>/publish/", form_versions.publish, name="call_form_publish"),
    path("calls/<slug:code>/form/<slug:kind>/versions/", form_versions.versions, name="call_form_versions"),
    path("calls/<slug:code>/publish/", publishing.publish, name="call_publish"),
    path("calls/<slug:code>/start-review/", calls.start_review, name="call_start_review"),
    path("calls/<slug:code>/decided/", calls.mark_decided, name="call_decided"),
    path("calls/<slug:code>/archive/", calls.archive, name="call_archive"),
    path("calls/feed.atom", feed.CallsFeed(), name="calls_feed"),
    path("calls/<slug:code>/calendar.ics", call_calendar.calendar, name="call_calendar"),
    path("calls/<slug:code>/documents/<uuid:pk>/", documents.download, name="call_document"),
    path("calls/<slug:code>/ask/", call_questions.ask, name="call_ask"),
    path("call-questions/", call_questions.questions, name="call_questions"),
    path("call-questions/<uuid:pk>/", call_questions.question, name="call_question"),
    path("call-questions/<uuid:pk>/answer/", call_questions.answer, name="call_question_answer"),
    path("call-questions/<uuid:pk>/publish/", call_questions.publish, name="call_question_publish"),
    path("call-questions/<uuid:pk>/unpublish/", call_questions.unpublish, name="call_question_unpublish"),
    path("programmes/", programmes.programmes, name="programmes"),
    path("programmes/<slug:code>/", programmes.programme, name="programme"),
    path("programmes/<slug:code>/years/", programmes.years, name="programme_years"),
    path("call-templates/", templates.templates, name="call_templates"),
    path("call-templates/<slug:code>/", templates.template, name="call_template"),
    path("call-templates/<slug:code>/delete/", templates.delete, name="call_template_delete"),
    path("calls/<slug:code>/keep/", templates.keep, name="call_keep"),
]
