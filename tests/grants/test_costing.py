"""Budget rules: caps by category and year, the base and the rate, cost share; each breach with its place."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from core.errors import InvalidInput, StaleWrite
from grants import budgeting, costing
from grants.completeness import missing
from grants.models import BudgetLine, BudgetRules, Call, Programme, Proposal
from grants.services import budget, call_rules, calls, submission
from grants.services.budget import LineSpec
from grants.services.call_rules import Caps
from tests.grants.stories import NOON, make_call, make_draft, make_fund_once, make_university, make_user
from universities.models import IndirectRate

OPEN = budgeting.Limits(Decimal(0), Decimal(10**9), "USD", periods=3)


def line(period: int, category: str, amount: object, description: str = "x") -> BudgetLine:
    return BudgetLine(period=period, category=category, description=description, amount=Decimal(str(amount)))


def found(
    lines: Sequence[BudgetLine], rate: str | None = None, *, limits: budgeting.Limits = OPEN, **rules: Any
) -> list[tuple[str, str]]:
    """(code, place) of each breach."""
    given = BudgetRules(**{"base": "total_direct", "rate_cap": Decimal(1), **rules})
    working = budgeting.work_out(lines, given, Decimal(rate) if rate else None, limits.currency)
    return [(one.code, one.place) for one in budgeting.breaches(lines, working, given, limits)]


# --- caps ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("second", "places"), [("40.00", []), ("40.01", [("budget_cap", "travel-total")])])
def test_cap_of_a_category_counts_all_years_and_allows_its_last_cent(second: str, places: list[Any]) -> None:
    assert found([line(1, "travel", 60), line(2, "travel", second)], caps={"travel": "100"}) == places


def test_cap_of_a_category_in_one_year_names_the_cell() -> None:
    lines = [line(1, "travel", 100), line(2, "travel", 60), line(2, "travel", "40.01"), line(2, "compute", 999)]
    assert found(lines, period_caps={"travel": "100"}) == [("budget_period_cap", "travel-2")]


def test_cap_of_a_year_counts_indirect_costs_too() -> None:
    lines = [line(1, "travel", 100), line(2, "travel", "90.91")]
    assert found(lines, "0.10", period_cap=Decimal(110)) == []
    assert found(lines, "0.21", period_cap=Decimal(110)) == [("budget_period_cap", "total-1")]


def test_every_breach_is_found_at_once_in_the_order_of_the_page() -> None:
    lines = [line(1, "travel", 200), line(4, "equipment", 900)]
    limits = budgeting.Limits(Decimal(0), Decimal(1000), "USD", periods=3)
    rules: dict[str, Any] = {
        "categories": ["travel"],
        "caps": {"travel": "100"},
        "period_caps": {"travel": "150"},
        "period_cap": Decimal(500),
        "cost_share": "required",
        "cost_share_least": Decimal("0.1"),
    }
    assert found(lines, limits=limits, **rules) == [
        ("budget_category", ""),
        ("budget_cap", "travel-total"),
        ("budget_period_cap", "travel-1"),
        ("budget_period_cap", "total-4"),
        ("budget_period", ""),
        ("budget_over", "total-total"),
        ("cost_share_missing", ""),
    ]


def test_breach_says_what_is_asked_and_what_is_paid() -> None:
    rules = BudgetRules(base="total_direct", period_caps={"travel": "100"})
    lines = [line(2, "travel", 150)]
    working = budgeting.work_out(lines, rules, None, "USD")
    (breach,) = budgeting.breaches(lines, working, rules, OPEN)
    assert (breach.message, breach.anchor) == (
        "Year 2, Travel: 150.00 USD, where this call pays at most 100.00 USD a year.",
        "cell-travel-2",
    )


# --- base and rate ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rules", "indirect"),
    [
        ({"base": "total_direct", "rate_cap": "1"}, "360.00"),  # 0.40 × 900
        ({"base": "total_direct", "rate_cap": "0.25"}, "225.00"),  # capped by the call
        ({"base": "modified_total_direct", "rate_cap": "1", "excluded": ["equipment"]}, "160.00"),  # 0.40 × 400
        (
            {"base": "modified_total_direct", "rate_cap": "1", "excluded": ["equipment"], "subaward_threshold": 100},
            "80.00",
        ),  # of the subaward 100 of 300
    ],
)
def test_indirect_costs_follow_the_base_of_the_call_and_its_cap(rules: dict[str, Any], indirect: str) -> None:
    lines = [
        line(1, "travel", 100),
        line(1, "equipment", 500),
        line(1, "subaward", 200, "Lab"),
        line(2, "subaward", 100, "Lab"),
    ]
    given = BudgetRules(**{**rules, "rate_cap": Decimal(rules["rate_cap"])})
    assert str(budgeting.work_out(lines, given, Decimal("0.40"), "USD").indirect) == indirect


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_on", "rate"), [("2026-12-31", "0.40000"), ("2027-01-01", "0.10000"), ("2028-01-01", None)]
)
def test_rate_is_the_agreement_in_force_when_the_project_starts(starts_on: str, rate: str | None) -> None:
    university = make_university()
    IndirectRate.objects.update(ends_before=dt.date(2027, 1, 1))
    IndirectRate.objects.create(
        university=university,
        rate=Decimal("0.10"),
        starts_on=dt.date(2027, 1, 1),
        ends_before=dt.date(2028, 1, 1),
        set_at=NOON,
    )
    draft = make_draft(university=university)
    Proposal.objects.filter(pk=draft.pk).update(starts_on=starts_on)
    now = costing.current_rate(Proposal.objects.get(), NOON.date())
    assert (str(now) if now is not None else None) == rate


# --- cost share ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "least", "given", "breaks"),
    [
        ("none", "0", 0, False),
        ("voluntary", "0", 0, False),
        ("required", "0.125", "12.49", True),
        ("required", "0.125", "12.50", False),
        ("required", "1.5", "149.99", True),
        ("required", "1.5", "150", False),
    ],
)
def test_cost_share_is_held_against_what_is_asked_for(kind: str, least: str, given: object, breaks: bool) -> None:
    limits = budgeting.Limits(Decimal(0), Decimal(1000), "USD", 3, cost_share=Decimal(str(given)))
    codes = found([line(1, "travel", 100)], limits=limits, cost_share=kind, cost_share_least=Decimal(least))
    assert codes == ([("cost_share_missing", "")] if breaks else [])


def test_cost_share_is_rounded_half_up_to_the_currency() -> None:
    rules = BudgetRules(cost_share="required", cost_share_least=Decimal("0.25"))
    assert [str(budgeting.cost_share_least(Decimal(n), rules, "JPY")) for n in (101, 102, 103)] == ["25", "26", "26"]


def sharing(kind: str = "voluntary", least: str = "0") -> Proposal:
    return make_draft(make_call(rules={"cost_share": kind, "cost_share_least": Decimal(least), "excluded": []}))


@pytest.mark.django_db
def test_cost_share_is_saved_with_the_budget_and_left_alone_without_it() -> None:
    draft, lines = sharing(), [LineSpec(1, "travel", "Trip", Decimal(1000))]
    budget.set_lines(draft, lines, cost_share=Decimal(300), actor=draft.pi, at=NOON)
    version = Proposal.objects.get().version
    budget.set_lines(draft, lines, cost_share=Decimal(300), actor=draft.pi, at=NOON)
    budget.set_lines(draft, lines, actor=draft.pi, at=NOON)
    assert (Proposal.objects.get().cost_share, Proposal.objects.get().version) == (300, version)
    with pytest.raises(StaleWrite):
        budget.set_lines(draft, lines, version=version - 1, cost_share=Decimal(9), actor=draft.pi, at=NOON)
    assert Proposal.objects.get().cost_share == 300


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "share"), [("none", "1"), ("voluntary", "-1"), ("voluntary", "0.001"), ("voluntary", "NaN")]
)
def test_cost_share_that_can_not_be_is_refused_beside_its_field(kind: str, share: str) -> None:
    draft = sharing(kind)
    with pytest.raises(InvalidInput) as refused:
        budget.set_lines(draft, [], cost_share=Decimal(share), actor=draft.pi, at=NOON)
    assert (refused.value.field, Proposal.objects.get().cost_share) == ("cost_share", 0)


@pytest.mark.django_db
def test_cost_share_that_is_required_stops_handing_in_until_it_is_there() -> None:
    draft = sharing("required", "0.25")
    lines = [LineSpec(1, "travel", "Trip", Decimal(1000))]
    budget.set_lines(draft, lines, actor=draft.pi, at=NOON)
    place = [
        (one.part, one.anchor) for one in missing(Proposal.objects.get(), NOON) if one.code == "cost_share_missing"
    ]
    assert place == [("budget", "id_cost_share")]
    least = budgeting.cost_share_least(Proposal.objects.get().requested, draft.call.budget_rules, "USD")
    budget.set_lines(draft, lines, cost_share=least, actor=draft.pi, at=NOON)
    assert "cost_share_missing" not in [one.code for one in missing(Proposal.objects.get(), NOON)]


@pytest.mark.django_db
def test_receipt_keeps_the_cost_share_where_there_is_one() -> None:
    draft = sharing()
    assert "cost_share" not in submission.frozen_content(Proposal.objects.get())["budget"]
    budget.set_lines(draft, [], cost_share=Decimal(300), actor=draft.pi, at=NOON)
    assert submission.frozen_content(Proposal.objects.get())["budget"]["cost_share"] == "300.0000"


# --- rules as they are set ----------------------------------------------------------------------------------------------
@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


def draft_call(officer: User) -> Call:
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    return calls.create_call(programme=programme, code="NEW-27", title="New", actor=officer, at=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"categories": []}, "categories"),
        ({"categories": ["gold"]}, "categories"),
        ({"base": "nothing"}, "base"),
        ({"rate_cap": Decimal("2.1")}, "rate_cap"),
        ({"rate_cap": Decimal("0.12345")}, "rate_cap"),
        ({"rate_cap": Decimal("NaN")}, "rate_cap"),
        ({"subaward_threshold": Decimal(-1)}, "subaward_threshold"),
        ({"caps": {"travel": Decimal("0.001")}}, "cap_travel"),
        ({"caps": Caps(by_year={"travel": Decimal("0.001")})}, "year_cap_travel"),
        ({"caps": Caps(year=Decimal(-1))}, "period_cap"),
        ({"caps": Caps({"gold": Decimal(1)})}, "categories"),
        ({"cost_share": "maybe"}, "cost_share"),
        ({"cost_share": "required"}, "cost_share_least"),
        ({"cost_share": "required", "cost_share_least": Decimal("5.1")}, "cost_share_least"),
    ],
)
def test_budget_rules_that_can_not_be_are_refused_beside_their_field(
    given: dict[str, Any], field: str, officer: User
) -> None:
    call = draft_call(officer)
    rules: dict[str, Any] = {"categories": ["travel"], "base": "total_direct", **given}
    before = call.version
    with pytest.raises(InvalidInput) as refused:
        call_rules.set_budget_rules(call, **rules, actor=officer, at=NOON)
    assert (refused.value.field, Call.objects.get(pk=call.pk).version) == (field, before)


@pytest.mark.django_db
def test_budget_rules_set_twice_leave_one_trace(officer: User) -> None:
    call = draft_call(officer)
    rules: dict[str, Any] = {
        "categories": ["travel"],
        "base": "total_direct",
        "caps": Caps({"travel": Decimal(9)}, {"travel": Decimal(3)}, Decimal(100)),
    }
    versions = []
    for _again in range(2):
        call_rules.set_budget_rules(call, **rules, actor=officer, at=NOON)
        versions.append(Call.objects.get(pk=call.pk).version)
    assert versions[0] == versions[1]
