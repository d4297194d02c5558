"""Addresses of the dates of calls: changes, outages, extra time. `grants.urls` adds them to its own."""

from django.urls import URLPattern, path

from grants.views import late, life, outages

urlpatterns: list[URLPattern] = [
    path("calls/<slug:code>/dates/", life.dates, name="call_dates"),
    path("calls/<slug:code>/extend/", life.extend, name="call_extend"),
    path("calls/<slug:code>/cut-offs/", life.add_cut_off, name="call_cut_off"),
    path("calls/<slug:code>/pause/", life.pause, name="call_pause"),
    path("calls/<slug:code>/resume/", life.resume, name="call_resume"),
    path("calls/<slug:code>/cancel/", life.cancel, name="call_cancel"),
    path("calls/<slug:code>/extra-time/", late.late, name="late"),
    path("calls/<slug:code>/extra-time/give/", late.give, name="late_give"),
    path("extra-time/<uuid:pk>/end/", late.end, name="late_end"),
    path("outages/", outages.outages, name="outages"),
    path("outages/new/", outages.record, name="outage_new"),
    path("outages/<uuid:pk>/", outages.outage, name="outage"),
]
