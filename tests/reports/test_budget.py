"""The five-year board: what it shows, as of then and now, and to whom."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from alliance.services import board as seats
from funds import queries
from reports.budget import by_programme, pledges_by_year
from reports.views.budget import figures
from tests.awards.stories import DECIDED, STARTED, approver, fill, make_active, make_settled, officer
from tests.funds.stories import make_fund, make_user
from tests.grants.stories import make_fund_once
from tests.grants.stories import make_user as make_person
from tests.reviews.stories import make_officer

pytestmark = pytest.mark.django_db
PAGE = "/reports/budget/"


def plain(context):
    """The figures of a page without their links."""
    return (
        [(row.year, row.appropriated, [figure.amount for figure in row.figures]) for row in context["rows"]],
        [(row.name, row.committed, row.obligated, row.disbursed) for row in context["programmes"]],
        [(row.label, row.pledged, row.received, row.outstanding) for row in context["pledges"]],
        context["cash"],
        [(one.name, one.amount) for one in context["bar"]],
    )


def test_budget_as_of_a_day_gives_the_figures_that_it_gave_then():
    award = make_active()
    reader = officer()
    then = plain(figures(award.fund, reader, None))
    make_settled(award)
    day = STARTED.date() - dt.timedelta(days=1)
    now = plain(figures(award.fund, reader, None))
    assert plain(figures(award.fund, reader, day)) == then
    assert plain(figures(award.fund, reader, STARTED.date())) == now != then


def test_programmes_and_pledges_sum_to_what_the_years_hold():
    award = make_settled().award
    years = queries.positions(award.fund)
    (programme,) = by_programme(award.fund, None, None, linked=True)
    assert programme.disbursed == sum(year.disbursed for year in years)
    assert programme.obligated == sum(year.obligated + year.in_process for year in years)
    assert [(call.code, call.all) for call in programme.calls] == [("AI-26", award.amount)]
    *_years, total = pledges_by_year(award.fund, years, None, None, linked=False)
    cash = queries.cash_position(award.fund)
    assert (total.pledged, total.received, total.outstanding) == (cash.pledged, cash.received, cash.receivable)


def test_budget_links_lead_to_lines_for_whoever_reads_lines_and_to_nothing_for_others(client):
    fund = make_active().fund
    programme_officer = make_officer()
    voter = make_person("Vera Voter")
    seats.add_board_seat(fund, voter, actor=None, at=DECIDED - dt.timedelta(days=400))
    told = {}
    for reader in (approver(), programme_officer, voter):
        client.force_login(reader)
        text = client.get(PAGE).content.decode()
        told[reader.name] = (reverse("funds:lines") in text, f"{reverse('awards:awards')}?call=" in text)
    assert list(told.values()) == [(True, True), (False, True), (False, False)]


def test_budget_is_closed_to_whoever_does_not_read_positions(client):
    make_fund()
    client.force_login(make_user())
    assert [client.get(path).status_code for path in (PAGE, "/api/v1/budget/af/positions/")] == [403, 403]


def test_budget_asked_for_an_unknown_fund_or_a_day_to_come_says_so(client):
    make_fund()
    client.force_login(approver())
    answers = [f"{PAGE}?fund=none", f"{PAGE}?as_of=2999-01-01", f"{PAGE}?as_of=never", f"{PAGE}?fund=af&as_of="]
    assert [client.get(path).status_code for path in answers] == [404, 400, 400, 200]


def test_budget_with_several_funds_offers_the_others(client):
    make_fund(1000, code="one")
    make_fund(2000, code="two")
    client.force_login(approver())
    assert client.get(f"{PAGE}?fund=one").context["fund"].code == "one"
    assert 'href="?fund=two"' in client.get(f"{PAGE}?fund=one").content.decode()


def test_budget_without_a_fund_is_an_empty_page(client):
    client.force_login(approver())
    assert client.get(PAGE).status_code == 200


def test_budget_of_programs_is_that_of_the_page(client):
    award = make_settled().award
    client.force_login(officer())
    found = client.get(f"/api/v1/budget/{award.fund.code}/positions/").json()
    page = client.get(f"{PAGE}?fund={award.fund.code}").context
    assert [Decimal(year["disbursed"]) for year in found["years"]] == [
        row.figures[-1].amount for row in page["rows"] if row.year
    ]
    assert Decimal(found["programmes"][0]["disbursed"]) == page["programmes"][0].disbursed
    past = client.get(f"/api/v1/budget/{award.fund.code}/positions/?as_of=2026-01-01").json()
    assert {Decimal(year["ceiling"]) for year in past["years"]} == {Decimal(0)}


@pytest.mark.parametrize("count", [1, 3])
def test_budget_makes_the_same_queries_for_one_award_and_for_three(count, django_assert_num_queries):
    fill(make_fund_once())
    for n in range(count):
        make_active(title=f"Award {n}", pi=f"Pi {n}")
    reader, fund = officer(), make_fund_once()
    with django_assert_num_queries(5):
        figures(fund, reader, None)
