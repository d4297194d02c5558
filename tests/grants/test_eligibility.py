"""Eligibility: what the rules say, the same for a draft being written and for what came in."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from grants.eligibility import findings, findings_of
from grants.models import Call, EligibilityRule, Proposal
from tests.grants.stories import (
    MICRO,
    NOON,
    make_call,
    make_draft,
    make_member,
    make_proposal,
    make_researcher,
    make_submitted,
    make_university,
    stage_of,
)

pytestmark = pytest.mark.django_db


def rule(call: Call, kind: str, *, blocks: bool = True, **params: object) -> None:
    EligibilityRule.objects.create(call=call, kind=kind, params=params, blocks=blocks)


def verdicts(proposal: Proposal) -> dict[str, bool | None]:
    return {one.code: one.met for one in findings(Proposal.objects.get(pk=proposal.pk), NOON)}


def test_findings_of_a_draft_say_nothing_where_nothing_can_be_said_yet() -> None:
    call = make_call()
    rule(call, "country", countries=["GB"])
    draft = make_draft(call)
    Proposal.objects.filter(pk=draft.pk).update(university=None)
    assert verdicts(draft) == {"country": None, "amount": None, "months": None}


def test_findings_name_the_country_and_whether_it_may() -> None:
    call = make_call()
    rule(call, "country", countries=["DE", "FR"])
    draft = make_draft(call)
    found = findings(Proposal.objects.get(pk=draft.pk), NOON)[0]
    assert (found.met, found.rule, found.detail) == (
        False,
        "Universities in France, Germany",
        "University of Northmoor, United Kingdom",
    )


@pytest.mark.parametrize(
    ("asked", "met"), [("99999.99", False), ("100000", True), ("500000", True), ("500000.01", False)]
)
def test_findings_hold_the_amount_against_both_ends(asked: str, met: bool) -> None:
    draft = make_draft(make_call(award_floor=Decimal(100_000)))
    Proposal.objects.filter(pk=draft.pk).update(requested=Decimal(asked), months=36)
    assert verdicts(draft) == {"amount": met, "months": True}


def test_findings_of_the_cap_of_a_university_count_only_what_came_in_before() -> None:
    call, at = make_call(), stage_of(make_call("OTHER-26")).opens_at
    rule(call, "most_per_university", blocks=False, most=1)
    first = make_submitted(call, pi=make_researcher("Ada One"), at=at + dt.timedelta(hours=1))
    second = make_submitted(call, pi=make_researcher("Bea Two"), at=at + dt.timedelta(hours=2))
    draft = make_proposal(call, pi=make_researcher("Cem Three"))
    elsewhere = make_draft(call, pi=make_researcher("Dana Four", make_university("Elsewhere College")))
    met = {one.pk: verdicts(one)["most_per_university"] for one in (first, second, draft, elsewhere)}
    assert met == {first.pk: True, second.pk: False, draft.pk: False, elsewhere.pk: True}


def test_findings_no_longer_count_what_was_found_ineligible() -> None:
    call = make_call()
    rule(call, "most_per_pi", most=1)
    pi = make_researcher()
    first = make_submitted(call, pi=pi, title="First")
    second = make_draft(call, pi=pi, title="Second")
    assert verdicts(second)["most_per_pi"] is False
    Proposal.objects.filter(pk=first.pk).update(status="ineligible")
    assert verdicts(second)["most_per_pi"] is True


def test_findings_count_co_investigators_named() -> None:
    call = make_call()
    rule(call, "co_investigator", least=1)
    draft = make_draft(call)
    assert verdicts(draft)["co_investigator"] is False
    make_member(draft)
    assert verdicts(draft)["co_investigator"] is True


def test_findings_are_the_same_while_written_and_once_in() -> None:
    call = make_call()
    rule(call, "most_per_university", most=2)
    rule(call, "country", countries=["GB"])
    proposal = make_proposal(call)
    before = findings(Proposal.objects.get(pk=proposal.pk), NOON)
    Proposal.objects.filter(pk=proposal.pk).update(status="submitted", handed_in_at=NOON - MICRO, submitted_at=NOON)
    assert findings(Proposal.objects.get(pk=proposal.pk), NOON) == before


def test_findings_of_many_take_as_many_queries_as_of_one(django_assert_num_queries: Any) -> None:
    call = make_call()
    for kind, params in (
        ("most_per_university", {"most": 1}),
        ("most_per_pi", {"most": 1}),
        ("co_investigator", {"least": 1}),
    ):
        rule(call, kind, **params)
    for n in range(3):
        make_draft(call, pi=make_researcher(f"Person {n}"), title=f"Number {n}")
    rows = Proposal.objects.select_related("call__programme__fund", "university", "pi").prefetch_related(
        "call__eligibility_rules"
    )
    for many in (1, 3):
        found = list(rows[:many])
        with django_assert_num_queries(5):
            findings_of(found, NOON)
