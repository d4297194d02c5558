"""Money of a call: its years against what the fund and the programme can still give, also with two publishing at once."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.errors import InvalidInput, WrongState
from funds.models import FundYear
from grants import checks
from grants.call_money import money_of
from grants.models import BudgetRules, Call, CallYear, Programme
from grants.services import call_money, calls, programmes
from grants.services import calls as call_services
from tests.funds.stories import make_fund
from tests.grants.stories import make_user
from tests.grants.stories_rules import at_once, no_lock

NOW = dt.datetime(2026, 1, 20, 10, tzinfo=dt.UTC)
TEXTS = {"summary": "S", "description": "D", "who_may_apply": "W", "contact_email": "a@b.example"}


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_more", [])


def programme(code: str = "main") -> Programme:
    """Of a fund of two years with a ceiling of ten million each."""
    fund = Programme.objects.first().fund if Programme.objects.exists() else make_fund(10_000_000, 10_000_000)
    return Programme.objects.get_or_create(code=code, defaults={"name": f"Programme {code}", "fund": fund})[0]


def draft(officer: User, code: str = "NEW-27", *, envelope: int = 4_000_000, of: str = "main", **fields: Any) -> Call:
    given = {**TEXTS, "envelope": Decimal(envelope), **fields}
    return calls.create_call(programme=programme(of), code=code, title="New", actor=officer, at=NOW, **given)


def years(call: Call) -> list[FundYear]:
    return list(FundYear.objects.filter(fund=call.programme.fund).order_by("number"))


def split(call: Call, officer: User, *amounts: int) -> None:
    by_year = {year: Decimal(amount) for year, amount in zip(years(call), amounts, strict=False)}
    call_money.set_years(call, by_year, actor=officer, at=NOW)


def stored(call: Call) -> list[Decimal]:
    return list(CallYear.objects.filter(call=call).order_by("year__number").values_list("amount", flat=True))


def publish(call: Call, officer: User) -> Call:
    return calls.publish_call(call, actor=officer, at=NOW)


def problems(call: Call) -> dict[str, str]:
    return {one.code: one.message for one in checks.call_problems(Call.objects.get(pk=call.pk), NOW)}


# --- years of a call ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_years_add_up_to_the_envelope_or_are_refused(officer: User) -> None:
    call = draft(officer)
    with pytest.raises(InvalidInput) as refused:
        split(call, officer, 1_000_000, 2_000_000)
    assert (refused.value.field, str(refused.value.message)) == (
        "envelope",
        "The years add up to 3,000,000.00 USD; the envelope is 4,000,000.00 USD.",
    )
    split(call, officer, 1_000_000, 3_000_000)
    assert stored(call) == [1_000_000, 3_000_000]
    split(call, officer, 0, 4_000_000)
    assert stored(call) == [4_000_000]
    split(call, officer)
    assert stored(call) == []


@pytest.mark.django_db
def test_years_of_a_published_call_stay(officer: User) -> None:
    call = publish(draft(officer), officer)
    with pytest.raises(WrongState):
        split(call, officer, 4_000_000)
    assert stored(call) == [4_000_000]


@pytest.mark.django_db
def test_envelope_changed_after_its_years_were_set_stops_publishing(officer: User) -> None:
    call = draft(officer)
    split(call, officer, 4_000_000)
    fields = {"envelope": Decimal(5_000_000)}
    call = calls.update_call(call, version=Call.objects.get().version, fields=fields, actor=officer, at=NOW)
    assert problems(call) == {"years_sum": "The years add up to 4,000,000.00 USD; the envelope is 5,000,000.00 USD."}


@pytest.mark.django_db
def test_call_without_years_takes_the_earliest_that_still_have_money(officer: User) -> None:
    assert stored(publish(draft(officer, "A-27", envelope=8_000_000), officer)) == [8_000_000]
    assert stored(publish(draft(officer, "B-27", envelope=4_000_000), officer)) == [2_000_000, 2_000_000]
    closing = {"opens_at": NOW + dt.timedelta(days=300), "closes_at": NOW + dt.timedelta(days=400)}
    later = draft(officer, "C-27", envelope=3_000_000, **closing)
    assert stored(publish(later, officer)) == [3_000_000]
    assert CallYear.objects.get(call=later).year.number == 2


@pytest.mark.django_db
def test_moving_a_draft_to_another_fund_takes_its_years_away(officer: User) -> None:
    call = draft(officer)
    split(call, officer, 4_000_000)
    elsewhere = Programme.objects.create(code="yen", name="Yen", fund=make_fund(10**9, currency="JPY", code="af-jpy"))
    version = Call.objects.get().version
    calls.update_call(call, version=version, fields={"programme": elsewhere}, actor=officer, at=NOW)
    assert stored(call) == []


# --- against the fund ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_publish_is_refused_where_a_year_has_less_than_is_asked_and_names_both(officer: User) -> None:
    publish(draft(officer, "A-27", envelope=7_000_000), officer)
    call = draft(officer)
    split(call, officer, 3_500_000, 500_000)
    with pytest.raises(calls.NotReady) as refused:
        publish(call, officer)
    (problem,) = refused.value.data["problems"]
    year = years(call)[0]
    assert (problem["code"], problem["path"]) == (
        "year_too_large",
        f"/calls/NEW-27/edit/?step=money#id_year_{year.pk}",
    )
    assert problem["message"] == (
        f"{year.label}: the call asks for 3,500,000.00 USD, the fund has 3,000,000.00 USD left. "
        "Other calls have announced 7,000,000.00 USD of it already."
    )
    split(call, officer, 3_000_000, 1_000_000)
    assert publish(call, officer).status == "published"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "left"),
    [
        ("published", 3_000_000),
        ("open", 3_000_000),
        ("closed", 3_000_000),
        ("in_review", 3_000_000),
        ("decided", 10_000_000),
        ("archived", 10_000_000),
        ("cancelled", 10_000_000),
    ],
)
def test_only_calls_that_nobody_has_decided_on_count_as_announced(status: str, left: int, officer: User) -> None:
    other = publish(draft(officer, "A-27", envelope=7_000_000), officer)
    Call.objects.filter(pk=other.pk).update(status=status)
    money = money_of(draft(officer), NOW)
    assert money.years[0].left == left


@pytest.mark.django_db
def test_year_that_is_over_gives_nothing(officer: User) -> None:
    call = draft(officer)
    split(call, officer, 4_000_000)
    Call.objects.filter(pk=call.pk).update(envelope=4_000_000)
    later = NOW.replace(year=2027)
    call.stages.update(opens_at=later + dt.timedelta(days=10), closes_at=later + dt.timedelta(days=20))
    found = [one.code for one in checks.call_problems(Call.objects.get(pk=call.pk), later)]
    assert found == ["year_over"]


# --- against the programme ----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_publish_is_refused_where_the_programme_has_less_than_is_asked(officer: User) -> None:
    call = draft(officer, envelope=4_000_000)
    (first, second), how = years(call), {"actor": officer, "at": NOW}
    programmes.set_programme_years(call.programme, {first: Decimal(3_000_000)}, **how)
    split(call, officer, 3_500_000, 500_000)
    found = [one.message for one in checks.call_problems(Call.objects.get(pk=call.pk), NOW)]
    assert found == [
        f"{first.label}: the call asks for 3,500,000.00 USD, the programme Programme main has 3,000,000.00 USD left.",
        f"{second.label}: the call asks for 500,000.00 USD, the programme Programme main has 0.00 USD left.",
    ]
    programmes.set_programme_years(call.programme, {first: Decimal(3_500_000), second: Decimal(500_000)}, **how)
    assert publish(call, officer).status == "published"


@pytest.mark.django_db
def test_programme_bounds_its_own_calls_alone_and_decided_ones_still_draw(officer: User) -> None:
    main, other = programme(), programme("other")
    year = FundYear.objects.filter(fund=main.fund).order_by("number")[0]
    programmes.set_programme_years(main, {year: Decimal(5_000_000)}, actor=officer, at=NOW)
    first = publish(draft(officer, "A-27", envelope=4_000_000), officer)
    Call.objects.filter(pk=first.pk).update(status="decided")
    tight = draft(officer, "B-27", envelope=2_000_000)
    assert list(problems(tight)) == ["envelope_too_large"]
    assert "may still give 1,000,000.00 USD" in problems(tight)["envelope_too_large"]
    assert problems(draft(officer, "C-27", envelope=6_000_000, of=other.code)) == {}


# --- two at once --------------------------------------------------------------------------------------------------------
def race(officer: User, code: str) -> list[object]:
    """Two officers publish at once: either call fits into the year, the two together don't."""
    both = [draft(officer, f"{code}-{n}", envelope=6_000_000) for n in range(2)]
    for call in both:
        split(call, officer, 6_000_000)
    acts: list[Callable[[], object]] = [
        lambda call=call: publish(call, officer).status  # type: ignore[misc]
        for call in both
    ]
    return sorted(map(str, at_once(acts)))


@pytest.mark.django_db(transaction=True)
def test_two_calls_published_at_once_never_promise_more_than_a_year_has(officer: User) -> None:
    for number in range(5):
        assert race(officer, f"R{number}") == ["NotReady", "published"]
        Call.objects.filter(status="published").update(status="decided")


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_two_calls_published_at_once_promise_too_much(
    officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_services, "hold_money", no_lock(2))
    answers = []
    for number in range(10):
        answers.append(race(officer, f"R{number}"))
        Call.objects.filter(status="published").update(status="decided")
    assert ["published", "published"] in answers


# --- the page -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def money_form(call: Call, **changed: str) -> dict[str, str]:
    return {
        "version": str(Call.objects.get(pk=call.pk).version),
        "envelope": "4,000,000",
        "award_floor": "0",
        "award_ceiling": "500,000",
        "shortest_months": "6",
        "longest_months": "36",
        "categories": "travel",
        "base": "total_direct",
        "rate_cap": "20",
        "cost_share": "none",
        **changed,
    }


@pytest.mark.django_db
def test_money_step_saves_years_caps_and_cost_share(officer: User, desk: Client) -> None:
    call = draft(officer)
    first, second = years(call)
    sent = money_form(
        call,
        cap_travel="9,000",
        year_cap_travel="3,000",
        period_cap="200,000",
        cost_share="required",
        cost_share_least="12.5",
        **{f"year_{first.pk}": "1,000,000", f"year_{second.pk}": "3,000,000"},
    )
    assert desk.post("/calls/NEW-27/edit/?step=money", sent).status_code == 302
    rules = BudgetRules.objects.get(call=call)
    assert stored(call) == [1_000_000, 3_000_000]
    assert (rules.caps, rules.period_caps, rules.period_cap) == ({"travel": "9000.00"}, {"travel": "3000.00"}, 200_000)
    assert (rules.cost_share, rules.cost_share_least, rules.rate_cap) == ("required", Decimal("0.125"), Decimal("0.2"))
    shown = desk.get("/calls/NEW-27/edit/?step=money").content.decode()
    assert all(text in shown for text in ('value="1,000,000.00"', 'value="9,000.00"', 'value="12.5"'))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"award_ceiling": "5,000,000"}, "envelope"),
        ({"shortest_months": "40"}, "longest_months"),
        ({"cost_share": "required"}, "cost_share_least"),
        ({"categories": ""}, "categories"),
        ({"period_cap": "1.000,00"}, "period_cap"),
        ({"year_cap_travel": "-1"}, "year_cap_travel"),
    ],
)
def test_money_step_puts_each_refusal_beside_its_field_and_saves_nothing(
    changed: dict[str, str], field: str, officer: User, desk: Client
) -> None:
    call = draft(officer)
    answer = desk.post("/calls/NEW-27/edit/?step=money", money_form(call, **changed))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Call.objects.get().shortest_months == 1


@pytest.mark.django_db
def test_money_step_says_beside_the_envelope_that_years_do_not_add_up(officer: User, desk: Client) -> None:
    call = draft(officer)
    sent = money_form(call, **{f"year_{years(call)[0].pk}": "1,000,000"})
    answer = desk.post("/calls/NEW-27/edit/?step=money", sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["envelope"])
    assert b'value="1,000,000"' in answer.content
    assert stored(call) == []


@pytest.mark.django_db
def test_money_of_a_call_takes_five_queries_whatever_the_calls(officer: User, django_assert_num_queries: Any) -> None:
    for number in range(3):
        publish(draft(officer, f"A-{number}", envelope=1_000_000), officer)
    call = Call.objects.select_related("programme__fund").get(pk=draft(officer).pk)
    with django_assert_num_queries(6):  # with the dates that say from which year on
        money_of(call, NOW)
    split(call, officer, 4_000_000)
    with django_assert_num_queries(5):
        money_of(call, NOW)
