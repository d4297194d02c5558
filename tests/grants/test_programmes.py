"""Programmes: their money by year, their page, who may change it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from core.errors import InvalidInput
from funds.models import FundYear
from grants.models import CallYear, Programme, ProgrammeYear
from grants.services import programmes
from tests.grants.stories import make_call, make_fund_once, make_user

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 1, 20, 10, tzinfo=dt.UTC)


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture
def programme() -> Programme:
    return Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())


def years(programme: Programme) -> list[FundYear]:
    return list(FundYear.objects.filter(fund=programme.fund).order_by("number"))


def give(programme: Programme, officer: User, *amounts: int) -> None:
    by_year = {year: Decimal(amount) for year, amount in zip(years(programme), amounts, strict=False)}
    programmes.set_programme_years(programme, by_year, actor=officer, at=NOW)


def amounts_of(programme: Programme) -> list[Decimal]:
    rows = ProgrammeYear.objects.filter(programme=programme).order_by("year__number")
    return list(rows.values_list("amount", flat=True))


def test_programme_gets_money_by_year_and_can_lose_it_again(programme: Programme, officer: User) -> None:
    give(programme, officer, 4_000_000, 0)
    give(programme, officer, 3_000_000)
    assert amounts_of(programme) == [3_000_000]
    give(programme, officer)
    assert amounts_of(programme) == []
    said = list(AuditEvent.objects.filter(verb="programme.years_set").order_by("id").values_list("before", "after"))
    label = years(programme)[0].label
    assert said[1] == ({label: "4000000.0000", years(programme)[1].label: "0.0000"}, {label: "3000000.00"})


def test_programmes_together_stay_under_the_ceiling_of_a_year(programme: Programme, officer: User) -> None:
    other = Programme.objects.create(code="other", name="Other", fund=programme.fund)
    give(other, officer, 30_000_000)
    with pytest.raises(InvalidInput) as refused:
        give(programme, officer, 20_000_001)
    year = years(programme)[0]
    assert (refused.value.field, str(refused.value.message)) == (
        f"year_{year.pk}",
        f"{year.label}: the ceiling is 50,000,000.00 USD, of which other programmes have 30,000,000.00 USD.",
    )
    give(programme, officer, 20_000_000)
    assert amounts_of(programme) == [20_000_000]


def test_programme_never_gets_less_than_its_published_calls_draw(programme: Programme, officer: User) -> None:
    call, (first, second) = make_call(programme=programme), years(programme)
    CallYear.objects.create(call=call, year=first, amount=5_000_000)
    with pytest.raises(InvalidInput) as refused:
        give(programme, officer, 4_999_999)
    assert refused.value.field == f"year_{first.pk}"
    with pytest.raises(InvalidInput):
        programmes.set_programme_years(programme, {second: Decimal(1)}, actor=officer, at=NOW)
    give(programme, officer, 5_000_000)
    assert amounts_of(programme) == [5_000_000]


def test_years_of_another_fund_are_refused(programme: Programme, officer: User) -> None:
    foreign = years(Programme(fund=make_fund_once("JPY")))[0]
    with pytest.raises(InvalidInput):
        programmes.set_programme_years(programme, {foreign: Decimal(1)}, actor=officer, at=NOW)


def test_page_of_a_programme_shows_what_its_calls_draw_and_saves(programme: Programme, desk: Client) -> None:
    call, (first, _second) = make_call(programme=programme), years(programme)
    CallYear.objects.create(call=call, year=first, amount=5_000_000)
    page = desk.get("/programmes/main/")
    assert [(one.code, amounts) for one, amounts in page.context["calls"]] == [("AI-26", [Decimal(5_000_000), None])]
    low = desk.post("/programmes/main/years/", {f"year_{first.pk}": "4,000,000"})
    assert (low.status_code, list(low.context["years_form"].errors)) == (422, [f"year_{first.pk}"])
    assert b"4,000,000" in low.content
    assert desk.post("/programmes/main/years/", {f"year_{first.pk}": "6,000,000"}).status_code == 302
    row = desk.get("/programmes/main/").context["years"][0]
    assert (row.amount, row.drawn, row.left) == (6_000_000, 5_000_000, 1_000_000)
    desk.post("/programmes/main/", {"name": "Open AI for all", "summary": "Models."})
    assert Programme.objects.values_list("name", "summary").get() == ("Open AI for all", "Models.")
    assert desk.post("/programmes/main/", {"name": "", "summary": ""}).status_code == 422


def test_list_of_programmes_has_their_totals(programme: Programme, officer: User, desk: Client) -> None:
    give(programme, officer, 6_000_000, 2_000_000)
    CallYear.objects.create(call=make_call(programme=programme), year=years(programme)[0], amount=5_000_000)
    Programme.objects.create(code="other", name="Other", fund=programme.fund)
    (shown, _other) = desk.get("/programmes/").context["page"].rows
    assert (shown.values["all_calls"], shown.values["running"], shown.values["amount"], shown.values["drawn"]) == (
        1,
        1,
        8_000_000,
        5_000_000,
    )


@pytest.mark.parametrize(
    ("role", "seen", "changed"),
    [("", 403, 403), ("auditor", 200, 403), ("finance_officer", 200, 403), ("programme_officer", 200, 302)],
)
def test_programmes_are_changed_by_officers_and_read_by_staff(
    role: str, seen: int, changed: int, programme: Programme
) -> None:
    client = Client()
    client.force_login(make_user("Somebody Else", *filter(None, [role])))
    assert [client.get(path).status_code for path in ("/programmes/", "/programmes/main/")] == [seen, seen]
    acts = [client.post("/programmes/main/years/", {}), client.post("/programmes/main/", {"name": "N", "summary": ""})]
    assert [answer.status_code for answer in acts] == [changed, changed]


@pytest.mark.parametrize("many", [1, 3])
def test_page_of_a_programme_takes_the_same_queries_for_any_number_of_calls(
    many: int, programme: Programme, desk: Client, django_assert_num_queries: Any
) -> None:
    for n in range(many):
        call = make_call(f"AI-{n}", programme=programme)
        CallYear.objects.create(call=call, year=years(programme)[0], amount=1000)
    desk.get("/programmes/main/")
    with django_assert_num_queries(12):
        desk.get("/programmes/main/")
