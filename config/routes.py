"""Which app answers under which path; each names its own addresses in `urls.py` and `api_urls.py`."""

from django.urls import URLResolver, include, path

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


def pages() -> list[URLResolver]:
    return [path(prefix, include(f"{app}.urls")) for app, prefix in PAGES.items()]


def api() -> list[URLResolver]:
    """All at the root: the nouns of the apps do not clash."""
    return [path("", include(f"{app}.api_urls")) for app in PAGES]
