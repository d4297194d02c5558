"""Every address. Each app names its own in `urls.py` (with `app_name`) and `api_urls.py`; see `config/routes.py`."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health
from config.routes import PAGES, pages_of

# The admin has no door of its own: one sign-in, with its second factor, for everything.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="api-docs"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    *(route for app in PAGES for route in pages_of(app)),
]
