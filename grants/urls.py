from django.urls import URLPattern

from grants import urls_calls, urls_dates, urls_proposals, urls_triage

app_name = "grants"
urlpatterns: list[URLPattern] = [
    *urls_calls.urlpatterns,
    *urls_dates.urlpatterns,
    *urls_proposals.urlpatterns,
    *urls_triage.urlpatterns,
]
