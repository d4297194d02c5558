"""How fast the list pages answer, and with how many queries, with 691 real proposals among those of the demo world."""

import contextlib
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import servers
from bench.registry import CannotRun, Measured, NotHere, figure, once
from config.embedded import layout
from config.navigation import menu, standing
from core.lists import page as list_page
from core.lists.spec import ListSpec, all_specs

PROPOSALS = layout.ROOT.parent / "shared" / "data" / "nsf_awards_fy2026.csv"
REAL = 691  # rows of that file
REPEATS = 40
DEEPEST = 3  # pages of the menu, what they lead to, and what these lead to
NEEDED = ("load_demo", "demo_signins", "import_proposals")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True)
class Visit:
    """A list page as one person sees it."""

    spec: str
    path: str
    email: str
    milliseconds: float


@dataclass(frozen=True)
class Timed:
    """A list page asked for many times."""

    visit: Visit
    p95: float
    queries: int


class Links(HTMLParser):
    """Where a page leads within the site: paths, without their queries."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.paths: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = urlsplit(dict(attrs).get("href") or "") if tag == "a" else None
        if address and not address.netloc and address.path.startswith("/"):
            self.paths.add(address.path)


@contextlib.contextmanager
def noting_lists(seen: list[str]) -> Iterator[None]:
    """Write down which registered list each page draws."""
    draw = list_page.ListPage.__init__

    def noted(self: list_page.ListPage, spec: ListSpec, request: HttpRequest, **how: Any) -> None:
        seen.append(spec.key)
        draw(self, spec, request, **how)

    list_page.ListPage.__init__ = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        list_page.ListPage.__init__ = draw  # type: ignore[method-assign]


def load_world() -> list[User]:
    """The demo world and the real proposals; those who can sign in to it."""
    if missing := [name for name in NEEDED if name not in get_commands()]:
        raise CannotRun(f"There is no management command {', '.join(missing)}.")
    if not PROPOSALS.exists():
        raise NotHere(f"{PROPOSALS.name} is not beside this checkout, in ../shared/data")
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_demo", stdout=io.StringIO())
    _import_proposals()
    table = io.StringIO()
    call_command("demo_signins", stdout=table)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return list(User.objects.filter(email__in=EMAIL.findall(table.getvalue())).order_by("email"))


def _import_proposals() -> None:
    """All of them, into the demo's first call that takes them."""
    call = apps.get_model("grants", "Call")._base_manager.filter(status__in=("closed", "open")).order_by("code").first()
    if call is None:
        raise CannotRun("The demo world has no call, open or closed, for the real proposals.")
    proposals = apps.get_model("grants", "Proposal")._base_manager
    before, told = proposals.count(), io.StringIO()
    try:
        call_command("import_proposals", str(PROPOSALS), call=call.code, stdout=told, stderr=told)
    except CommandError as error:
        raise CannotRun(f"The real proposals could not be imported: {error}\n{told.getvalue()}") from error
    if (added := proposals.count() - before) != REAL:
        raise CannotRun(f"{added} real proposals were imported, of {REAL}.\n{told.getvalue()}")


def signed_in(user: User) -> Client:
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return client


def visits_of(user: User) -> Iterator[Visit]:
    """The list pages that this person comes to from the menu."""
    client, done, seen = signed_in(user), set(), list[str]()
    ahead = [entry["url"] for group in menu(standing(user), "/") for entry in group["items"]]
    with noting_lists(seen):
        for depth in range(1, DEEPEST + 1):
            found: set[str] = set()
            for path in dict.fromkeys(ahead):
                seen.clear()
                began = time.perf_counter()
                answer = client.get(path)
                took = 1000 * (time.perf_counter() - began)
                done.add(path)
                if answer.status_code >= 500:
                    raise CannotRun(f"{path} answers {answer.status_code} to {user.email}.")
                yield from (Visit(key, path, user.email, took) for key in dict.fromkeys(seen))
                if depth < DEEPEST and answer.get("Content-Type", "").startswith("text/html"):
                    found |= Links(answer.content.decode()).paths
            ahead = _first_of_each_kind(found - done)


def _first_of_each_kind(paths: set[str]) -> list[str]:
    """One address for each shape: two calls' pages of proposals are the same list."""
    shapes = {re.sub(r"[^/]*\d[^/]*", "…", path): path for path in sorted(paths, reverse=True)}
    return [path for path in shapes.values() if not path.startswith(("/accounts/logout", "/static/"))]


def timed(visit: Visit) -> Timed:
    """95 of 100 requests are no slower than `p95`, in milliseconds, on a warm process."""
    client = signed_in(User.objects.get(email=visit.email))
    with CaptureQueriesContext(connection) as captured:
        client.get(visit.path)
    queries = len(captured)  # now: the next request empties the log
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        client.get(visit.path)
        took.append(1000 * (time.perf_counter() - began))
    return Timed(visit, sorted(took)[ceil(0.95 * REPEATS) - 1], queries)


@once
def lists() -> list[Timed]:
    """Every list page, each as the person for whom it is slowest; once for both figures."""
    with servers.scratch():
        slowest: dict[tuple[str, str], Visit] = {}
        for user in load_world():
            for visit in visits_of(user):
                key = (visit.spec, re.sub(r"[^/]*\d[^/]*", "…", visit.path))
                if key not in slowest or slowest[key].milliseconds < visit.milliseconds:
                    slowest[key] = visit
        if not slowest:
            raise CannotRun("No page with a list was found.")
        return [timed(visit) for visit in slowest.values()]


def _conditions(worst: Timed) -> dict[str, Any]:
    reached = {one.visit.spec for one in lists()}
    return {
        "page": worst.visit.path,
        "as": worst.visit.email,
        "pages": len(lists()),
        "requests_each": REPEATS,
        "real_proposals": REAL,
        "lists_not_reached": sorted({spec.key for spec in all_specs()} - reached),
    }


@figure("road.lists.p95_ms", unit="ms", aim=200)
def slowest_list() -> Measured:
    """The worst list page of all: view, queries and rendering in one process, without the network."""
    worst = max(lists(), key=lambda one: one.p95)
    return Measured(worst.p95, _conditions(worst))


@figure("road.lists.queries", unit="queries", aim=20)
def most_queries() -> Measured:
    """The most queries of any list page; session and person are two of them."""
    worst = max(lists(), key=lambda one: one.queries)
    return Measured(worst.queries, _conditions(worst))
