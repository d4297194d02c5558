"""Each kind of rule: when it is met, when it is not, when nothing can be said; before writing, and once in."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import User
from alliance.models import Member
from core.errors import InvalidInput
from grants import eligibility
from grants.completeness import missing
from grants.eligibility import checked_params, findings, findings_of, for_applicant, in_words, rules_in_words, stored
from grants.errors import Incomplete
from grants.models import Call, EligibilityRule, Proposal, TeamMember
from grants.services import submission, team
from tests.grants.stories import (
    LONG_AGO,
    NOON,
    make_call,
    make_draft,
    make_handed_in,
    make_member,
    make_proposal,
    make_researcher,
    make_signer,
    make_submitted,
    make_university,
    make_user,
    stage_of,
)
from tests.grants.stories_rules import put, rule
from universities.models import Affiliation, University

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def said(proposal: Proposal, at: dt.datetime = NOON) -> eligibility.Finding:
    """What the one rule of its call says."""
    return findings(Proposal.objects.get(pk=proposal.pk), at)[0]


def join(university: University, joined: dt.date, left: dt.date | None = None) -> Member:
    return Member.objects.create(
        code="uni", name="Uni", kind="university", country="GB", university=university, joined_on=joined, left_on=left, created_at=LONG_AGO
    )  # fmt: skip


def rank(user: User, value: str) -> None:
    Affiliation.objects.filter(user=user).update(rank=value)


# --- membership -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("joined", "left", "met"),
    [
        (NOON.date(), None, True),
        (NOON.date() + DAY, None, False),
        (NOON.date() - DAY, NOON.date(), False),
        (NOON.date() - DAY, NOON.date() + DAY, True),
    ],
)
def test_membership_counts_on_the_day_itself(joined: dt.date, left: dt.date | None, met: bool) -> None:
    call = make_call()
    rule(call, "membership")
    draft = make_draft(call)
    join(make_university(), joined, left)
    assert (said(draft).met, said(draft).rule) == (met, "Universities that are members of the alliance")


def test_membership_of_the_entry_that_the_university_was_merged_into_counts() -> None:
    call = make_call()
    rule(call, "membership")
    draft, stays = make_draft(call), make_university("The one that stays")
    join(stays, NOON.date())
    assert said(draft).met is False
    University.objects.filter(pk=make_university().pk).update(status="merged", merged_into=stays)
    assert said(draft).met is True


def test_membership_is_judged_on_the_day_of_the_signature_ever_after() -> None:
    call = make_call()
    rule(call, "membership")
    member = join(make_university(), NOON.date() - 400 * DAY)
    proposal = make_submitted(call, at=NOON)
    Member.objects.filter(pk=member.pk).update(left_on=NOON.date() + DAY)
    assert said(proposal, NOON + 30 * DAY).met is True


# --- rank -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "met"), [("postdoc", True), ("assistant", True), ("professor", False), ("", None)])
def test_rank_is_that_at_the_university_and_not_stated_stops_nobody(value: str, met: bool | None) -> None:
    call = make_call()
    rule(call, "pi_rank", ranks=["assistant", "postdoc"])
    draft = make_draft(call)
    assert draft.pi is not None
    rank(draft.pi, value)
    found = said(draft)
    words = "The principal investigator is: assistant professor or lecturer or postdoctoral researcher"
    assert (found.met, found.rule, found.stops) == (met, words, met is False)


def test_rank_at_another_university_does_not_count() -> None:
    call = make_call()
    rule(call, "pi_rank", ranks=["professor"])
    draft = make_draft(call)
    make_researcher("Ada Example", make_university("Elsewhere College"))
    Affiliation.objects.filter(university__name="Elsewhere College").update(rank="professor")
    assert said(draft).met is None


# --- counted --------------------------------------------------------------------------------------------------------------
def test_cap_of_a_university_counts_what_came_in_under_an_entry_merged_into_it() -> None:
    call = make_call()
    rule(call, "most_per_university", most=1)
    double = make_university("Northmoor (double)")
    put(call, pi=make_researcher("Bea Two", double), university=double, status="submitted", came=NOON - DAY)
    draft = make_draft(call)
    assert said(draft).met is True
    University.objects.filter(pk=double.pk).update(status="merged", merged_into=make_university())
    assert (said(draft).met, said(draft).detail) == (False, "1 other came in before.")


def test_cap_for_each_cut_off_counts_its_own_stage_alone() -> None:
    call = make_call()
    one = rule(call, "most_per_pi", most=1, each_cut_off=True)
    pi = make_researcher()
    first = put(call, pi=pi, status="submitted", came=NOON - DAY)
    stage = stage_of(call)
    second = call.stages.create(
        number=2, opens_at=stage.closes_at, closes_at=stage.closes_at + 90 * DAY, form=stage.form
    )
    draft = make_draft(call, pi=pi)
    Proposal.objects.filter(pk=draft.pk).update(stage=second)
    assert said(draft).met is True
    EligibilityRule.objects.filter(pk=one.pk).update(params={"most": 1})
    assert said(draft).met is False
    assert said(first).met is True


def test_caps_count_expressions_of_interest_among_themselves() -> None:
    call, pi = make_call(), make_researcher()
    rule(call, "most_per_pi", most=1)
    stage = stage_of(call)
    full = call.stages.create(number=2, opens_at=stage.closes_at, closes_at=stage.closes_at + 90 * DAY, form=stage.form)
    call.stages.filter(number=1).update(kind="eoi")
    Call.objects.filter(pk=call.pk).update(shape="two_stage")
    draft = make_draft(call, pi=pi)
    put(call, pi=pi, status="declined", came=NOON - DAY, decided_at=NOON)
    assert said(draft).met is False
    invited = put(call, pi=pi, status="submitted", came=NOON - DAY)
    Proposal.objects.filter(pk=invited.pk).update(status="invited")
    Proposal.objects.filter(pk=draft.pk).update(stage=full, follows=invited)
    assert said(draft).met is True


@pytest.mark.parametrize(
    ("status", "more", "counts"),
    [
        ("awaiting_sign_off", {}, True),
        ("submitted", {}, True),
        ("eligible", {}, True),
        ("under_review", {}, True),
        ("recommended", {}, True),
        ("not_recommended", {}, True),
        ("awarded", {}, True),
        ("awarded", {"starts_on": dt.date(2024, 1, 1), "months": 27}, True),
        ("awarded", {"starts_on": dt.date(2024, 1, 1), "months": 26}, False),
        ("declined", {}, False),
        ("reserve_list", {}, False),
        ("withdrawn", {}, False),
        ("ineligible", {}, False),
    ],
)
def test_at_a_time_counts_what_is_not_decided_and_awards_that_run(
    status: str, more: dict[str, Any], counts: bool
) -> None:
    other, pi = make_call("OTHER-26"), make_researcher()
    call = make_call()
    rule(call, "most_concurrent", most=1)
    put(other, pi=pi, status=status, came=NOON - 9 * DAY, **more)
    assert said(make_draft(call, pi=pi)).met is not counts


def test_at_a_time_tells_nobody_what_the_panel_thinks() -> None:
    other, call, pi = make_call("OTHER-26"), make_call(), make_researcher()
    rule(call, "most_concurrent", most=1)
    draft, known = make_draft(call, pi=pi), put(other, pi=pi, status="under_review", came=NOON - DAY)
    answers = set()
    for status in ("under_review", "recommended", "not_recommended"):
        Proposal.objects.filter(pk=known.pk).update(status=status)
        answers.add(said(draft))
    assert len(answers) == 1


def test_at_a_time_stops_at_the_fund() -> None:
    other, call, pi = make_call("OTHER-26", currency="JPY"), make_call(), make_researcher()
    rule(call, "most_concurrent", most=1)
    put(other, pi=pi, status="submitted", came=NOON - DAY)
    assert said(make_draft(call, pi=pi)).met is True


@pytest.mark.parametrize(
    ("params", "years_ago", "met"),
    [
        ({"mode": "none"}, 9, False),
        ({"mode": "none", "years": 5}, 6, True),
        ({"mode": "none", "years": 5}, 4, False),
        ({"mode": "required"}, 9, True),
        ({"mode": "required", "years": 5}, 6, False),
        ({"mode": "required", "years": 5}, 4, True),
        ({"mode": "none"}, None, True),
        ({"mode": "required"}, None, False),
    ],
)
def test_earlier_award_is_counted_from_the_decision(params: dict[str, Any], years_ago: int | None, met: bool) -> None:
    call, pi = make_call(), make_researcher()
    rule(call, "earlier_award", **params)
    if years_ago:
        decided = NOON.replace(year=NOON.year - years_ago)
        put(make_call("OLD-20"), pi=pi, status="awarded", came=decided - DAY, decided_at=decided)
    assert said(make_draft(call, pi=pi)).met is met


# --- the team -------------------------------------------------------------------------------------------------------------
def test_co_investigators_elsewhere_count_once_their_university_is_known() -> None:
    call = make_call()
    rule(call, "co_investigator", least=1, elsewhere=True)
    draft = make_draft(call)
    make_researcher("Ben Near")
    make_researcher("Cem Far", make_university("Elsewhere College"))
    make_member(draft, "Ben Near")
    assert said(draft).met is False
    make_member(draft, "Cem Far")
    assert (said(draft).met, said(draft).detail) == (True, "1 of another university is named.")
    University.objects.filter(name="Elsewhere College").update(status="merged", merged_into=make_university())
    assert said(draft).met is False


def test_co_investigator_who_has_not_accepted_has_no_university_yet() -> None:
    call = make_call()
    rule(call, "co_investigator", least=1, elsewhere=True)
    draft = make_draft(call)
    team.add_member(draft, name="Dee Far", email="dee@far.example", actor=draft.pi, at=draft.created_at)
    words = "Nobody of another university is named yet. Of 1 more the university is not known: it counts once they have accepted."
    assert (said(draft).met, said(draft).detail) == (False, words)
    assert TeamMember.objects.get().university is None


# --- amount and length ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("months", "met"), [(11, False), (12, True), (36, True), (37, False)])
def test_length_is_held_against_both_ends(months: int, met: bool) -> None:
    draft = make_draft(make_call(shortest_months=12))
    Proposal.objects.filter(pk=draft.pk).update(months=months)
    found = findings(Proposal.objects.get(pk=draft.pk), NOON)[-1]
    assert (found.met, found.rule) == (met, "From 12 to 36 months")
    words = [one.code for one in missing(Proposal.objects.get(pk=draft.pk), NOON) if one.anchor == "field-months"]
    assert words == ([] if met else ["months_missing" if months < 12 else "months_over"])


# --- stopping -------------------------------------------------------------------------------------------------------------
def test_rule_that_blocks_stops_handing_in_with_its_reason_and_place() -> None:
    call = make_call()
    rule(call, "country", countries=["DE"])
    proposal = make_proposal(call)
    (found,) = missing(proposal, NOON)
    assert (found.code, found.part, found.anchor) == ("eligibility", "details", "field-university")
    assert found.message == ("This call asks for: Universities in Germany. University of Northmoor, United Kingdom")
    with pytest.raises(Incomplete):
        submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=NOON)
    assert Proposal.objects.get().status == "draft"


def test_rule_that_only_flags_stops_nothing_and_the_receipt_keeps_it() -> None:
    call = make_call()
    rule(call, "country", blocks=False, countries=["DE"])
    proposal = make_submitted(call, at=NOON)
    kept = stored(proposal.submissions.get())
    assert kept == findings(proposal, NOON + DAY)
    assert [(one.code, one.met, one.blocks) for one in kept] == [
        ("country", False, False),
        ("amount", True, True),
        ("months", True, True),
    ]


def test_rule_that_no_longer_holds_is_refused_at_the_signature() -> None:
    call = make_call()
    rule(call, "membership")
    member = join(make_university(), NOON.date() - DAY)
    proposal = make_handed_in(call, at=NOON)
    Member.objects.filter(pk=member.pk).update(left_on=NOON.date())
    with pytest.raises(Incomplete) as refused:
        submission.sign_off(proposal, actor=make_signer(), at=NOON)
    assert refused.value.message == (
        "The rules of the call no longer allow it: Universities that are members of the alliance. "
        "University of Northmoor is not a member."
    )
    assert Proposal.objects.get().status == "awaiting_sign_off"


# --- before a word is written ---------------------------------------------------------------------------------------------
def test_applicant_learns_before_writing_what_is_not_met() -> None:
    call, pi = make_call(), make_researcher()
    rule(call, "country", countries=["DE"])
    rule(call, "most_per_pi", most=1)
    rule(call, "co_investigator", least=1)
    put(call, pi=pi, status="submitted", came=NOON - DAY)
    found = for_applicant(stage_of(call), pi, make_university(), NOON)
    assert [(one.code, one.met) for one in found] == [
        ("country", False),
        ("most_per_pi", False),
        ("co_investigator", None),
    ]


def test_applicant_without_a_university_is_told_what_can_be_said() -> None:
    call, somebody = make_call(), make_user("New Comer")
    rule(call, "country", countries=["DE"])
    rule(call, "earlier_award", mode="none")
    found = for_applicant(stage_of(call), somebody, None, NOON)
    assert [(one.code, one.met) for one in found] == [("country", None), ("earlier_award", True)]


# --- as data --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "params", "field"),
    [
        ("country", {"countries": []}, "countries"),
        ("country", {"countries": ["XX"]}, "countries"),
        ("pi_rank", {"ranks": []}, "pi_rank"),
        ("pi_rank", {"ranks": ["king"]}, "pi_rank"),
        ("most_per_pi", {"most": "0"}, "most_per_pi"),
        ("most_per_pi", {"most": "1e9999"}, "most_per_pi"),
        ("most_concurrent", {}, "most_concurrent"),
        ("co_investigator", {"least": 41}, "co_investigator"),
        ("earlier_award", {"mode": "maybe"}, "earlier_award"),
        ("earlier_award", {"mode": "none", "years": 31}, "earlier_award"),
    ],
)
def test_checked_params_refuse_what_can_not_be_meant_beside_its_field(
    kind: str, params: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_params(kind, params)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("kind", "params", "kept", "words"),
    [
        ("most_per_pi", {"most": "2", "x": 1}, {"most": 2}, "At most 2 proposals led by one person"),
        (
            "most_per_university",
            {"most": 1, "each_cut_off": True},
            {"most": 1, "each_cut_off": True},
            "At most 1 proposal from one university at each cut-off date",
        ),
        (
            "co_investigator",
            {"least": 1, "elsewhere": True},
            {"least": 1, "elsewhere": True},
            "At least 1 co-investigator of another university",
        ),
        ("earlier_award", {"mode": "none", "years": ""}, {"mode": "none"}, "No earlier award from this fund"),
        (
            "earlier_award",
            {"mode": "required", "years": "3"},
            {"mode": "required", "years": 3},
            "An award from this fund within the last 3 years",
        ),
        ("pi_rank", {"ranks": ["postdoc"]}, {"ranks": ["postdoc"]}, "The principal investigator is: postdoctoral researcher"),
    ],
)  # fmt: skip
def test_rules_are_kept_clean_and_read_plainly(
    kind: str, params: dict[str, Any], kept: dict[str, Any], words: str
) -> None:
    assert (checked_params(kind, params), in_words(kind, kept)) == (kept, words)


def test_rules_of_a_call_are_read_in_one_order_with_its_limits() -> None:
    call = make_call(shortest_months=6)
    rule(call, "most_per_pi", most=1)
    rule(call, "membership")
    assert rules_in_words(call) == [
        "Universities that are members of the alliance",
        "At most 1 proposal led by one person",
        "Up to 500,000.00 USD",
        "From 6 to 36 months",
    ]


# --- queries --------------------------------------------------------------------------------------------------------------
def test_findings_of_many_by_every_kind_of_rule_take_seven_queries(django_assert_num_queries: Any) -> None:
    call = make_call()
    kinds: tuple[tuple[str, dict[str, Any]], ...] = (
        ("country", {"countries": ["GB"]}),
        ("membership", {}),
        ("pi_rank", {"ranks": ["postdoc"]}),
        ("most_per_university", {"most": 1}),
        ("most_per_pi", {"most": 1}),
        ("most_concurrent", {"most": 1}),
        ("co_investigator", {"least": 1, "elsewhere": True}),
        ("earlier_award", {"mode": "none"}),
    )
    for kind, params in kinds:
        rule(call, kind, **params)
    for n in range(3):
        make_draft(call, pi=make_researcher(f"Person {n}"), title=f"Number {n}")
    rows = Proposal.objects.select_related("call__programme__fund", "university", "pi").prefetch_related(
        "call__eligibility_rules"
    )
    for many in (1, 3):
        found = list(rows[:many])
        with django_assert_num_queries(7):
            findings_of(found, NOON)
