"""How fast an officer's board, a list of proposals and the search answer at 100,000 proposals, and with how many queries."""

import datetime as dt
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, RoleGrant, User
from bench import servers
from bench.figures.road import PROPOSALS, signed_in
from bench.multiplying import Share, largest_university, multiply, seal
from bench.registry import CannotRun, Measured, NotHere, figure, once
from core.lists.keyset import encode_cursor, in_order
from core.lists.query import ListQuery
from core.lists.spec import get_spec
from funds.services import YearPlan, create_fund
from grants.models import BudgetRules, Call, FormVersion, Programme, Stage
from universities.models import OfficeMember

ROWS = 100_000
REPEATS = 12
SEALED_EVERY = 997
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CALLS = (  # code, state, percent of all, states of its proposals
    ("OPEN-26", "open", 12, ("draft", "draft", "awaiting_sign_off", "submitted", "submitted")),
    ("LARGE-26", "closed", 55, (*["submitted"] * 6, *["eligible"] * 12, *["ineligible"] * 2)),
    ("PANEL-26", "in_review", 18, (*["under_review"] * 5, "recommended", "not_recommended", "withdrawn")),
    ("PAST-25", "decided", 15, ("awarded", "declined", "declined", "declined", "reserve_list")),
)


# --- the world --------------------------------------------------------------------------------------------------------
def make_calls() -> list[Share]:
    """One in each state, with the part of all proposals that it gets."""
    plan = YearPlan(dt.date(2026, 1, 1), dt.date(2027, 1, 1), Decimal(900_000_000))
    fund = create_fund(code="bench", name="Fund of many", currency="USD", years=[plan], actor=None, at=LONG_AGO)
    programme = Programme.objects.create(code="bench", name="Many", fund=fund)
    shares = []
    for code, status, percent, states in CALLS:
        call = Call.objects.create(
            programme=programme,
            code=code,
            title=f"A call that is {status.replace('_', ' ')}",
            status=status,
            award_ceiling=Decimal(90_000_000),
            envelope=Decimal(900_000_000),
            created_at=LONG_AGO,
            published_at=LONG_AGO,
        )
        BudgetRules.objects.create(call=call)
        form = FormVersion.objects.create(call=call, frozen_at=LONG_AGO)
        closes = LONG_AGO + dt.timedelta(days=2_000)
        Stage.objects.create(call=call, form=form, opens_at=LONG_AGO, closes_at=closes)
        shares.append(Share(call, percent, states))
    return shares


def import_real(call: str) -> None:
    if not PROPOSALS.exists():
        raise NotHere(f"{PROPOSALS.name} is not beside this checkout, in ../shared/data")
    told = io.StringIO()
    try:
        call_command("import_proposals", str(PROPOSALS), call=call, stdout=told, stderr=told)
    except CommandError as error:
        raise CannotRun(f"The real proposals could not be imported: {error}\n{told.getvalue()}") from error


def make_readers() -> tuple[User, User]:
    """An officer with a few conflicts, and somebody of the office of the university with most proposals."""
    officer = User.objects.create_user("officer@alliance.example", name="Olive Officer")
    RoleGrant.objects.create(user=officer, role=Role.PROGRAMME_OFFICER, starts_at=LONG_AGO)
    seal(officer, SEALED_EVERY)
    office = User.objects.create_user("office@alliance.example", name="Otto Office")
    OfficeMember.objects.create(user=office, university=largest_university(), starts_at=LONG_AGO)
    return officer, office


# --- the pages --------------------------------------------------------------------------------------------------------
BOARD, LIST = "board", "list"
SEARCHES = (
    *("q=zebrafish", "q=soil", "q=soil&sort=title", "q=learning+network", "q=learning+network&sort=university"),
    *(
        "q=research",
        "q=research&sort=-submitted_at",
        "q=univers",
        "q=Berg",
        "q=%22climate+change%22+-ocean",
        "q=LARGE-26-01",
    ),
)
DEPTHS = (0.0, 0.99)  # share of the rows that lie before the page


@dataclass(frozen=True)
class Page:
    """A page as one person asks for it; `kind` is the figure that it belongs to."""

    kind: str
    spec: str
    path: str
    query: str
    email: str
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True)
class Timed:
    """A page asked for many times, in milliseconds."""

    page: Page
    took: tuple[float, ...]
    queries: int

    @property
    def p95(self) -> float:
        return sorted(self.took)[ceil(0.95 * len(self.took)) - 1]


def pages(officer: User, office: User) -> Iterator[Page]:
    """The board of the largest call and the list of all, in each order and depth, filtered and searched."""
    board = ("intake", "/calls/LARGE-26/intake/", officer.email, (("call", "LARGE-26"),))
    everything, mine = ("proposals", "/proposals/", officer.email, ()), ("proposals", "/proposals/", office.email, ())
    university = largest_university()
    questions = {
        board: (
            "",
            "state=submitted",
            "state=ineligible",
            f"university={university.name.split()[-1]}",
            "handler=nobody",
        ),
        everything: ("", "state=under_review", "state=recommended", "call=PANEL-26", f"university={university.pk}"),
        mine: ("", "state=awarded"),
    }
    for place, asked in questions.items():
        key, path, email, fixed = place
        kind = BOARD if place == board else LIST
        for query in [*asked, *(f"sort={sort}" for sort in orders(key))]:
            for depth in DEPTHS:
                yield Page(kind, key, path, at_depth(key, email, query, dict(fixed), depth), email, fixed)
        for query in SEARCHES:
            yield Page("search", key, path, query, email, fixed)


def orders(key: str) -> list[str]:
    return [sign + column.key for column in get_spec(key).columns if column.sort for sign in ("", "-")]


def at_depth(key: str, email: str, query: str, fixed: dict[str, str], depth: float) -> str:
    """The question with a place in the list behind `depth` of its rows."""
    asked = ListQuery(get_spec(key), User.objects.get(email=email), QueryDict(query), fixed=fixed)
    rows = in_order(asked.annotated(), asked.order).values_list(*(one.alias for one in asked.order))
    before = int(depth * asked.exact_count)
    if not before:
        return query
    cursor = encode_cursor(asked.order_name, rows[before - 1])
    return f"{query}&after={cursor}" if query else f"after={cursor}"


def timed(page: Page, repeats: int) -> Timed:
    client = signed_in(User.objects.get(email=page.email))
    for warm in ("cold", "counted"):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(page.address)
        if answer.status_code != 200:
            raise CannotRun(f"{page.address} answers {answer.status_code} to {page.email}, {warm}.")
    queries, took = len(captured), []
    for _ in range(repeats):
        began = time.perf_counter()
        client.get(page.address)
        took.append(1000 * (time.perf_counter() - began))
    return Timed(page, tuple(took), queries)


# --- the figures ------------------------------------------------------------------------------------------------------
def build(rows: int) -> tuple[User, User]:
    """The calls, the real proposals and their copies, and who reads them."""
    shares = make_calls()
    import_real("LARGE-26")
    multiply(rows, shares)
    readers = make_readers()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return readers


@once
def measured() -> list[Timed]:
    """Every page, once for all figures."""
    with servers.scratch():
        began = time.monotonic()
        call_command("collectstatic", interactive=False, verbosity=0)
        readers = build(ROWS)
        print(f"  {ROWS:,} proposals made in {time.monotonic() - began:.0f} s")
        return [timed(page, REPEATS) for page in pages(*readers)]


def worst_of(kind: str) -> Measured:
    """The page of that kind that is slowest at its 95th percentile, with what all of them took."""
    found = [one for one in measured() if one.page.kind == kind]
    worst = max(found, key=lambda one: one.p95)
    every = sorted(took for one in found for took in one.took)
    conditions = {
        "page": worst.page.address,
        "as": worst.page.email,
        "pages": len(found),
        "requests_each": REPEATS,
        "proposals": ROWS,
        "p50_ms": round(every[len(every) // 2], 1),
        "p95_of_all_ms": round(every[ceil(0.95 * len(every)) - 1], 1),
        "most_queries": max(one.queries for one in found),
    }
    print("  " + ", ".join(f"{name} {value}" for name, value in conditions.items()))
    return Measured(worst.p95, conditions)


@figure("calls.board.p95_ms", unit="ms", aim=100)
def slowest_board() -> Measured:
    """The board of a call with 55,000 proposals, at any depth, filter and order: the worst of its pages."""
    return worst_of(BOARD)


@figure("calls.list.p95_ms", unit="ms", aim=100)
def slowest_list() -> Measured:
    """The list of all proposals, for an officer with conflicts and for an office: the worst of its pages."""
    return worst_of(LIST)


@figure("calls.search.p95_ms", unit="ms", aim=100)
def slowest_search() -> Measured:
    """Searching board and lists for words that are rare, frequent, in nearly all, and unfinished."""
    return worst_of("search")


@figure("calls.list.queries", unit="queries", aim=15)
def most_queries() -> Measured:
    """The most queries of any of these pages; session, person and roles are among them."""
    worst = max(measured(), key=lambda one: one.queries)
    return Measured(worst.queries, {"page": worst.page.address, "as": worst.page.email, "proposals": ROWS})
