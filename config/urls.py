"""Every address. Each app names its own in `urls.py` (with `app_name`) and `api_urls.py`; see `config/routes.py`."""

from collections.abc import Sequence

from allauth import urls as allauth_urls
from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health, styleguide
from config.routes import pages
from reports.views import home

# The admin has no door of its own: one sign-in, with its second factor, for everything.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# People, addresses and second factors are written by services and by their owners, never past the audit trail.
for model in [
    model for model in admin.site._registry if model._meta.app_label in {"accounts", "auth", "account", "mfa"}
]:
    admin.site.unregister(model)


def in_one_transaction(patterns: Sequence[URLPattern | URLResolver]) -> None:
    """The sign-in library's own changes and what the audit trail says of them stand or fall together."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            in_one_transaction(pattern.url_patterns)
        else:
            pattern.callback = transaction.atomic(pattern.callback)


in_one_transaction(allauth_urls.urlpatterns)

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include(allauth_urls)),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(), name="api-docs"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("styleguide/progress/<int:done>/", styleguide.progress, name="styleguide-progress"),
    path("", home.front, name="front"),
    path("home/", home.home, name="home"),
    *pages(),
]
