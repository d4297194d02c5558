"""What anybody may know, signed in or not: awards that the board decided on, and no more."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from alliance.services import members
from awards.services import awards, slates
from grants.models import Call
from reports.published import Cell, members_by_kind, without_small_cells
from tests.awards.stories import (
    DECIDED,
    adopt,
    fill,
    make_active,
    make_offered,
    make_recommended,
    make_settled,
    make_slate,
    signer,
)
from tests.funds.stories import make_fund
from tests.grants.stories import make_draft, make_fund_once, make_researcher
from tests.reviews.stories import make_eligible, make_judged_call

pytestmark = pytest.mark.django_db
SECRETS = ("Secret draft", "Secret proposal", "Secret choice", "Secret refusal", "Secret slate")
PAGES = (
    "/",
    "/reports/funded/",
    "/reports/funded/?q=Secret",
    "/reports/money/",
    "/api/v1/public/awards/",
    "/api/v1/public/fund/",
)


def make_secrets():
    """A draft, one under review, one chosen but not voted on, and one that the university declined."""
    call = make_judged_call()
    make_draft(call, title="Secret draft", pi=make_researcher("Dan Draft"))
    make_eligible(call, title="Secret proposal", pi="Pia Pending")
    refused = make_offered("Secret refusal", "Rufus Refused")
    awards.decline_award(refused, reason="We found other money.", actor=signer(), at=DECIDED)
    chosen = make_recommended("Secret choice", "Cora Chosen")
    slates.propose(make_slate(chosen), actor=None, at=DECIDED)


def test_public_pages_when_there_are_secrets_tell_none_of_them(client):
    shown = make_active(title="Open models of rain", pi="Ada Example")
    make_secrets()
    for path in PAGES:
        page = client.get(path)
        text = page.content.decode()
        assert (path, page.status_code) == (path, 200)
        assert [word for word in (*SECRETS, "Rufus", "Cora", "Pia Pending", "Dan Draft") if word in text] == []
    assert "Open models of rain" in client.get("/").content.decode()
    assert [row["number"] for row in client.get("/api/v1/public/awards/").json()["results"]] == [shown.number]


def test_public_figures_when_a_proposal_is_only_chosen_do_not_move(client):
    make_active()
    before = client.get("/api/v1/public/fund/").json()
    make_secrets()
    assert client.get("/api/v1/public/fund/").json() == before


def test_funded_award_when_declined_is_not_there(client):
    award = make_offered()
    address = reverse("reports:funded_award", args=[award.number])
    assert client.get(address).status_code == 200
    awards.decline_award(award, reason="No", actor=signer(), at=DECIDED)
    assert client.get(address).status_code == 404


def test_funded_award_tells_title_university_lead_amount_and_abstract_but_no_score(client):
    award = make_active()
    page = client.get(reverse("reports:funded_award", args=[award.number])).content.decode()
    told = [award.title, "University of Northmoor", "Ada Example", f"{award.amount:,.2f}", "We map soil."]
    assert [words for words in told if words not in page] == []
    assert [words for words in ("Good work.", "Sound.", "Reviewer of") if words in page] == []


def test_funded_list_searches_and_filters_by_call_country_and_year(client):
    award = make_active()
    year = award.starts_on.year

    def found(query):
        return len(client.get(f"/reports/funded/?{query}").context["page"].rows)

    asked = ["q=map+soil", "q=ada", "q=nothing", "country=GB", f"year={year}", "call=AI-26"]
    assert [found(query) for query in asked] == [1, 1, 0, 1, 1, 1]
    assert [found(query) for query in ("country=FR", "call=NONE", "year=1999")] == [0, 0, 0]


def test_funded_filters_never_name_a_call_without_awards(client):
    make_secrets()
    Call.objects.filter(code="AI-26").update(title="A call that awarded nothing")
    assert "A call that awarded nothing" not in client.get("/reports/funded/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("path", "queries"), [("/", 8), ("/reports/funded/", 5), ("/api/v1/public/awards/", 1)])
def test_public_pages_make_the_same_queries_for_one_award_and_for_three(
    client, count, path, queries, django_assert_num_queries
):
    for n in range(count):
        make_offered(f"Award {n}", f"Pi {n}")
    with django_assert_num_queries(queries):
        client.get(path)


def test_front_page_when_nothing_is_there_yet_says_so(client):
    page = client.get("/")
    assert (page.status_code, "No call is open now" in page.content.decode()) == (200, True)
    assert client.get("/reports/money/").status_code == 200
    assert client.get("/api/v1/public/fund/").status_code == 404


def test_public_export_buttons_are_for_the_signed_in_only(client):
    make_active()
    export = reverse("reports:export_list", args=["funded"])
    assert export not in client.get("/reports/funded/").content.decode()
    client.force_login(make_researcher())
    assert export in client.get("/reports/funded/").content.decode()


# --- the money --------------------------------------------------------------------------------------------------------
def test_money_page_tells_what_was_paid(client):
    payment = make_settled()
    found = client.get("/api/v1/public/fund/").json()
    assert Decimal(found["disbursed"]) == payment.amount
    assert Decimal(found["awarded"]) == payment.award.amount
    assert f"{payment.amount:,.2f}" in client.get("/reports/money/").content.decode()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"a": 9, "b": 7}, [("a", 9), ("b", 7)]),
        ({"a": 9, "b": 3, "c": 2}, [("a", 9), ("b / c", 5)]),
        ({"a": 9, "b": 7, "c": 1}, [("a", 9), ("b / c", 8)]),  # alone, c could be reckoned from the whole
        ({"a": 3, "b": 1}, []),
        ({"a": 6, "b": 1}, [("a / b", 7)]),
        ({}, []),
    ],
)
def test_cells_when_small_are_told_together_and_never_by_themselves(counts, expected):
    cells = without_small_cells(Cell(kind, n, Decimal(n)) for kind, n in counts.items())
    assert [(cell.label, cell.count) for cell in cells] == expected
    assert all(cell.pledged == cell.count for cell in cells)


def test_members_by_kind_never_show_one_members_pledge():
    fund = make_fund(10_000)
    for n in range(6):
        kind = "company" if n else "foundation"
        made = members.create_member(
            code=f"m{n}",
            name=f"Member {n}",
            kind=kind,
            country="FR",
            joined_on=dt.date(2026, 1, 1),
            actor=None,
            at=DECIDED,
        )
        members.make_pledge(made, fund.years.get(), Decimal(100 + n), actor=None, at=DECIDED)
    (cell,) = members_by_kind(fund, DECIDED.date())
    assert (cell.label, cell.count, cell.pledged) == ("Company / Foundation", 6, Decimal(615))


def test_adopted_slate_makes_an_award_public_at_once(client):
    fill(make_fund_once())
    proposal = make_recommended()
    resolution = slates.propose(make_slate(proposal), actor=None, at=DECIDED)
    assert client.get("/api/v1/public/awards/").json()["results"] == []
    adopt(resolution)
    (told,) = client.get("/api/v1/public/awards/").json()["results"]
    assert (told["title"], told["lead"], told["country"], told["currency"]) == (
        "Open models of soil",
        "Ada Example",
        "GB",
        "USD",
    )
