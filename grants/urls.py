from django.urls import URLPattern

from grants import urls_calls, urls_proposals

app_name = "grants"
urlpatterns: list[URLPattern] = [*urls_calls.urlpatterns, *urls_proposals.urlpatterns]
