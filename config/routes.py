"""Which app answers under which path.

`pages_of` and `api_of` leave out an app that is not installed or has no such module yet, so that the apps arrive one by one. Once
all are there, replace them by plain `include`: then a missing module is an error at start, as it should be.
"""

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

PAGES = {
    "accounts": "people/",
    "audit": "audit/",
    "notifications": "notices/",
    "universities": "universities/",
    "funds": "funds/",
    "alliance": "alliance/",
    "grants": "",
    "reviews": "reviews/",
    "awards": "awards/",
    "reports": "reports/",
}
API_APPS = tuple(PAGES)


def _has(app: str, module: str) -> bool:
    return app in settings.OUR_APPS and find_spec(f"{app}.{module}") is not None


def pages_of(app: str) -> list[URLPattern | URLResolver]:
    return [path(PAGES[app], include(f"{app}.urls"))] if _has(app, "urls") else []


def api_of(app: str) -> list[URLPattern | URLResolver]:
    return [path("", include(f"{app}.api_urls"))] if _has(app, "api_urls") else []
