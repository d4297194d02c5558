"""The public's and the officers' addresses; `grants.urls` adds those of proposals."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
