"""The live answer is the answer at submission, over random worlds; and caps hold when many hand in at once."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance.models import Member
from grants.completeness import missing
from grants.eligibility import findings, for_applicant, stored
from grants.errors import Incomplete
from grants.models import Call, EligibilityRule, Proposal, TeamMember
from grants.services import submission
from tests.grants.stories import (
    LONG_AGO,
    NOON,
    make_call,
    make_proposal,
    make_researcher,
    make_signer,
    make_university,
    stage_of,
)
from tests.grants.stories_rules import at_once, no_lock, put, rule
from universities.models import Affiliation, University

DAY = dt.timedelta(days=1)
Kind = EligibilityRule.Kind
STATES = [
    *("awaiting_sign_off", "submitted", "eligible", "ineligible", "under_review", "recommended", "not_recommended"),
    *("awarded", "declined", "reserve_list", "withdrawn"),
]
small = st.integers(1, 3)
RULES = st.fixed_dictionaries(
    {},
    optional={
        Kind.COUNTRY: st.fixed_dictionaries({"countries": st.sampled_from([["GB"], ["DE"], ["DE", "GB"]])}),
        Kind.MEMBERSHIP: st.just({}),
        Kind.PI_RANK: st.fixed_dictionaries({"ranks": st.sampled_from([["professor"], ["professor", "postdoc"]])}),
        Kind.MOST_PER_UNIVERSITY: st.fixed_dictionaries(
            {"most": small}, optional={"each_cut_off": st.sampled_from([True])}
        ),  # type: ignore[arg-type]
        Kind.MOST_PER_PI: st.fixed_dictionaries({"most": small}),
        Kind.MOST_CONCURRENT: st.fixed_dictionaries({"most": small}),
        Kind.CO_INVESTIGATOR: st.fixed_dictionaries({"least": small}, optional={"elsewhere": st.sampled_from([True])}),  # type: ignore[arg-type]
        Kind.EARLIER_AWARD: st.fixed_dictionaries(
            {"mode": st.sampled_from(["none", "required"])},
            optional={"years": small},  # type: ignore[arg-type]
        ),
    },
)
OTHERS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATES),
            "mine": st.booleans(),
            "here": st.booleans(),
            "same_call": st.booleans(),
            "days": st.integers(1, 1500),
            "months": st.one_of(st.none(), st.integers(1, 60)),
        }
    ),
    max_size=5,
)
WORLDS = st.fixed_dictionaries(
    {
        "rules": RULES,
        "blocks": st.lists(st.booleans(), min_size=8, max_size=8),
        "others": OTHERS,
        "rank": st.sampled_from(["", "professor", "postdoc", "other"]),
        "member": st.sampled_from(["none", "here", "left", "leaves", "merged"]),
        "team": st.lists(st.sampled_from(["here", "there", "unknown"]), max_size=3),
    }
)


def build(world: dict[str, Any]) -> Proposal:
    """A complete draft of Ada's under a call with these rules, in a world in which these others came in before."""
    call, other_call = make_call(), make_call("OTHER-26")
    here, there = make_university(), make_university("Elsewhere College")
    ada, bea = make_researcher("Ada Example"), make_researcher("Bea Two")
    make_researcher("Ada Example", there)
    make_researcher("Bea Two", there)
    for (kind, params), blocks in zip(world["rules"].items(), world["blocks"], strict=False):
        rule(call, kind, blocks=blocks, **params)
    for one in world["others"]:
        put(
            call if one["same_call"] else other_call,
            pi=ada if one["mine"] else bea,
            university=here if one["here"] else there,
            status=one["status"],
            came=NOON - one["days"] * DAY,
            decided_at=NOON - (one["days"] - 1) * DAY if one["status"] in {"awarded", "declined"} else None,
            starts_on=(NOON - one["days"] * DAY).date() if one["months"] else None,
            months=one["months"],
        )
    Affiliation.objects.filter(user=ada, university=here).update(rank=world["rank"])
    _join(world["member"], here, there)
    draft = make_proposal(call, pi=ada, university=here)
    for number, place in enumerate(world["team"]):
        university = {"here": here, "there": there, "unknown": None}[place]
        address = f"{number}@team.example"
        TeamMember.objects.create(proposal=draft, name=address, email=address, university=university)
    return Proposal.objects.get(pk=draft.pk)


def _join(how: str, here: University, there: University) -> None:
    if how == "none":
        return
    if how == "merged":
        University.objects.filter(pk=here.pk).update(status="merged", merged_into=there)
    Member.objects.create(
        code="m",
        name="M",
        kind="university",
        country="GB",
        university=there if how == "merged" else here,
        joined_on=NOON.date() - 99 * DAY,
        left_on={"left": NOON.date(), "leaves": NOON.date() + DAY}.get(how),
        created_at=LONG_AGO,
    )


def check(world: dict[str, Any]) -> None:
    draft = build(world)
    assert draft.pi is not None
    live = findings(draft, NOON)
    told = [one for one in missing(draft, NOON) if one.code == "eligibility"]
    stops = [one for one in live if one.stops]
    assert len(told) == len(stops)
    before = for_applicant(stage_of(draft.call), draft.pi, draft.university, NOON)
    own = {Kind.CO_INVESTIGATOR, "amount", "months"}
    assert [one for one in before if one.code not in own] == [one for one in live if one.code not in own]
    if stops:
        with pytest.raises(Incomplete), transaction.atomic():
            submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
        return
    handed_in = submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
    assert findings(handed_in, NOON) == live
    receipt = submission.sign_off(handed_in, actor=make_signer(), at=NOON)
    assert stored(receipt) == live
    assert findings(Proposal.objects.get(pk=draft.pk), NOON + 30 * DAY) == live


@pytest.mark.django_db
@settings(max_examples=40)
@given(world=WORLDS)
def test_live_answer_is_the_answer_at_submission_over_random_worlds(world: dict[str, Any]) -> None:
    with transaction.atomic():
        check(world)
        transaction.set_rollback(True)


# --- at once --------------------------------------------------------------------------------------------------------------
CAP, MANY = 3, 8


def ready(code: str, kind: str, *, one_pi: bool) -> list[Proposal]:
    """Eight complete drafts that one cap is about."""
    call = make_call(code)
    rule(call, kind, most=CAP)
    pis = [make_researcher("Ada Example" if one_pi else f"Person {n}") for n in range(MANY)]
    return [make_proposal(call, pi=pi, title=f"Number {n}") for n, pi in enumerate(pis)]


def hand_in_all(drafts: list[Proposal]) -> int:
    """How many got in of those that were handed in at once."""

    def act(one: Proposal) -> Callable[[], object]:
        return lambda: submission.hand_in(one, version=one.version, actor=one.pi, at=NOON).status

    answers = at_once([act(one) for one in drafts])
    assert set(answers) <= {"awaiting_sign_off", "Incomplete"}
    return Proposal.objects.filter(call=drafts[0].call, status="awaiting_sign_off").count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("kind", "one_pi"), [("most_per_university", False), ("most_per_pi", True), ("most_concurrent", True)]
)
def test_eight_handed_in_at_once_under_a_cap_of_three_then_three_are_in(kind: str, one_pi: bool) -> None:
    assert hand_in_all(ready("CAP-26", kind, one_pi=one_pi)) == CAP


@pytest.mark.django_db(transaction=True)
def test_control_without_the_lock_more_than_three_get_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission.caps, "hold_counts", no_lock(MANY))
    got_in = [hand_in_all(ready(f"CAP-{n}", "most_per_university", one_pi=False)) for n in range(3)]
    assert max(got_in) > CAP
    assert Call.objects.count() == len(got_in)
