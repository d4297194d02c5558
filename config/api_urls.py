"""`/api/v1/`: each app's `api_urls.py`."""

from django.urls import URLResolver

from config.routes import api

urlpatterns: list[URLResolver] = api()
