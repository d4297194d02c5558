"""`/api/v1/`: each app's `api_urls.py`, at the root, since the apps' nouns do not clash."""

from django.urls import URLPattern, URLResolver

from config.routes import API_APPS, api_of

urlpatterns: list[URLPattern | URLResolver] = [route for app in API_APPS for route in api_of(app)]
