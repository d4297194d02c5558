"""Addresses for testing what belongs to no app."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest, *args: str) -> HttpResponse:
    return HttpResponse("nothing")


reports = [path("<str:key>/export/", nothing, name="export_list")]
urlpatterns = [
    path("send/", nothing, name="send"),
    path("things/<str:code>/", nothing, name="thing"),
    path("reports/", include((reports, "reports"))),
]
