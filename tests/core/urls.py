"""Addresses for testing what belongs to no app."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest, *args: str) -> HttpResponse:
    return HttpResponse("nothing")


urlpatterns = [
    path("send/", nothing, name="send"),
    path("things/<str:code>/", nothing, name="thing"),
    path("", include("config.urls")),  # the menus of the pages lead there
]
