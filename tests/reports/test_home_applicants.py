"""What a researcher, a research office and a reviewer find on their home page."""

import datetime as dt
from decimal import Decimal

import pytest

from awards import gate
from awards.models import Instalment
from awards.services import reports
from grants.completeness import missing
from grants.models import Proposal, TeamMember
from grants.services import decisions, team
from reports.homes import office, researcher, reviewer
from reports.homes.base import Task, by_urgency
from reviews.services import reviewing
from tests.awards.stories import (
    DECIDED,
    STARTED,
    first_part,
    first_report,
    make_active,
    make_offered,
    make_requested,
    signer,
)
from tests.grants.stories import (
    CLOSES,
    LONG_AGO,
    NOON,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_handed_in,
    make_proposal,
    make_researcher,
    make_signer,
    make_university,
    make_user,
)
from tests.reviews.stories import AFTER, DUE, assign, make_eligible, make_officer, make_reviewer, submitted
from universities import services
from universities.models import Affiliation

pytestmark = pytest.mark.django_db


def titles(part):
    return [task.title for task in part.tasks]


# --- a researcher -----------------------------------------------------------------------------------------------------
def test_researcher_when_new_is_led_to_the_university_then_to_a_call():
    make_call()
    user = make_user("Nora New")
    first = researcher.gather(user, NOON)
    assert [(step.title, step.state) for step in first.steps] == [
        ("Name your university", "now"),
        ("Find a call", "later"),
        ("Write your proposal", "later"),
    ]
    Affiliation.objects.create(user=user, university=make_university(), claimed_at=NOON)
    assert [step.state for step in researcher.gather(user, NOON).steps] == ["done", "now", "later"]
    assert first.tasks == []


def test_researcher_with_a_draft_reads_what_is_missing_of_it_and_by_when():
    draft = make_draft()
    part = researcher.gather(draft.pi, NOON)
    assert part.findings == missing(draft, NOON)
    assert [(task.title, task.due_at) for task in part.tasks] == [("Finish “Open models of soil”", CLOSES)]
    assert part.tasks[0].detail.endswith(f"{len(part.findings)} things are missing")
    assert part.steps == []


def test_researcher_with_a_complete_draft_is_asked_to_hand_it_in():
    assert titles(researcher.gather(make_proposal().pi, NOON)) == ["Hand in “Open models of soil”"]


def test_researcher_whose_draft_was_left_too_late_has_nothing_to_do():
    draft = make_draft()
    part = researcher.gather(draft.pi, CLOSES)
    assert (part.tasks, [one.comes_next for one in part.own]) == ([], ["The deadline has passed"])


def test_researcher_reads_under_review_while_the_board_has_not_decided():
    proposal = make_eligible()
    submitted(proposal, make_reviewer())
    decisions.recommend(Proposal.objects.get(pk=proposal.pk), actor=make_officer(), at=DECIDED)
    part = researcher.gather(proposal.pi, DECIDED)
    assert [(one.status, one.label) for one in part.own] == [("under_review", "Under review")]


def test_researcher_named_in_a_proposal_is_asked_to_answer_until_they_did():
    draft = make_draft()
    ben = make_user("Ben Coauthor")
    team.add_member(draft, name="Ben", email=ben.email, actor=draft.pi, at=NOON)
    assert titles(researcher.gather(ben, NOON)) == ["Answer the invitation to “Open models of soil”"]
    assert titles(researcher.gather(make_user("Eve Else"), NOON)) == []
    team.accept_invitation(TeamMember.objects.get(email=ben.email), actor=ben, at=NOON)
    assert titles(researcher.gather(ben, NOON)) == ["Finish “Open models of soil”"]


def test_researcher_with_an_overdue_report_is_told_in_red():
    award = make_active()
    report = first_report(award)
    before = researcher.gather(award.pi, report.due_at - dt.timedelta(days=61))
    after = researcher.gather(award.pi, report.due_at)
    assert before.tasks == []
    assert [(task.title, task.tone) for task in after.tasks] == [
        (f"Write the progress report of {award.number}", "danger")
    ]
    assert [(one.award, one.report) for one in after.grants] == [(award, report)]


@pytest.mark.parametrize("count", [1, 3])
def test_researcher_home_makes_the_same_queries_for_one_draft_and_for_three(count, django_assert_num_queries):
    call, pi = make_call(), make_researcher()
    for n in range(count):
        make_draft(call, title=f"Draft {n}", pi=pi)
    reader = make_user("Ada Example")
    with django_assert_num_queries(21):
        researcher.gather(reader, NOON)


# --- a research office --------------------------------------------------------------------------------------------------
def test_office_sees_what_waits_but_only_who_may_sign_is_asked_to():
    proposal = make_handed_in()
    clerk = make_signer("Carla Clerk", make_university(), may_sign=False)
    asked, seen = office.gather(signer(), NOON), office.gather(clerk, NOON)
    assert [(task.title, task.due_at) for task in asked.tasks] == [("Sign “Open models of soil”", SIGN_UNTIL)]
    assert (seen.tasks, seen.to_sign) == ([], [proposal])
    assert office.gather(signer(), SIGN_UNTIL).to_sign == []


def test_office_of_another_university_sees_nothing_of_it():
    make_handed_in()
    Affiliation.objects.create(user=make_user("Cleo Claims"), university=make_university(), claimed_at=NOON)
    part = office.gather(make_signer(university=make_university("Elsewhere College")), NOON)
    assert (part.tasks, part.to_sign, part.claims, part.due) == ([], [], [], [])


def test_office_is_asked_to_confirm_who_works_there_never_oneself():
    me = signer()
    Affiliation.objects.create(user=me, university=make_university(), claimed_at=NOON)
    assert titles(office.gather(me, NOON)) == []
    Affiliation.objects.create(user=make_user("Cleo Claims"), university=make_university(), claimed_at=NOON)
    assert titles(office.gather(me, NOON)) == ["Confirm that 1 person works here"]


def test_office_is_asked_to_accept_an_offer_until_its_day():
    award = make_offered()
    part = office.gather(signer(), DECIDED)
    assert [(task.title, task.due_at) for task in part.tasks if task.icon == "award"] == [
        (f"Accept the award {award.number}", award.accept_by)
    ]
    assert office.gather(signer(), award.accept_by).offers == []


def enter_bank_details(award):
    details = {"holder": "New", "iban": "DE89370400440532013000", "currency": "USD", "country": "DE"}
    return services.enter_bank_account(award.university, **details, actor=make_user("Eve Enters"), at=STARTED)


def change_bank_details(award):
    """Checked by a second person, and in the days in which nobody is paid to them yet."""
    services.confirm_bank_account(enter_bank_details(award), actor=make_user("Carl Confirms"), at=STARTED)


def accept_report(award):
    report = reports.submit_report(
        first_report(award), version=1, text="Good progress.", spent=Decimal(0), actor=award.pi, at=STARTED
    )
    reports.accept_report(report, actor=make_officer(), at=STARTED)


@pytest.mark.parametrize(
    ("change", "days"),
    [
        (None, 0),
        (None, -30),
        (None, 500),
        (make_requested, 0),
        (enter_bank_details, 0),
        (accept_report, 400),
        (change_bank_details, 0),
    ],
    ids=["due", "not due", "report overdue", "asked for", "new bank details", "report accepted", "cooling"],
)
def test_office_may_ask_for_exactly_what_the_gate_lets_through(change, days):
    award = make_active()
    if change:
        change(award)
    at = STARTED + dt.timedelta(days=days)
    open_ones = [
        part.number
        for part in Instalment.objects.filter(award=award)
        if all(condition.holds for condition in gate.of_instalment(part, at))
        and not part.disbursements.filter(status__in=["requested", "approved", "batched", "sent", "settled"]).exists()
    ]
    assert [part.number for part in office.requestable([award.university], at)] == open_ones


def test_office_reads_what_can_be_asked_for_and_that_there_is_a_first_one():
    award = make_active()
    part = office.gather(signer(), STARTED)
    assert (part.due, part.requestable) == ([first_part(award)], first_part(award).amount)
    assert titles(part) == [f"Ask for instalment 1 of {award.number}"]
    assert [bank.state for bank in part.banks] == ["usable"]


@pytest.mark.parametrize("count", [1, 3])
def test_office_home_makes_the_same_queries_for_one_proposal_and_for_three(count, django_assert_num_queries):
    call = make_call()
    for n in range(count):
        make_handed_in(call, title=f"Proposal {n}")
        Affiliation.objects.create(user=make_user(f"Cleo {n}"), university=make_university(), claimed_at=LONG_AGO)
    me = signer()
    reader = make_user(me.name)
    with django_assert_num_queries(9):
        office.gather(reader, NOON)


# --- a reviewer ---------------------------------------------------------------------------------------------------------
def test_reviewer_reads_what_is_left_by_when_and_how_long_it_takes():
    proposal, rita = make_eligible(), make_reviewer()
    review = assign(proposal, rita)
    part = reviewer.gather(rita, AFTER)
    assert [(task.title, task.due_at, task.tone) for task in part.tasks] == [
        ("Answer: will you review “Open models of soil”?", DUE, "")
    ]
    assert (part.minutes, part.invited, part.late, part.all) == (15, 1, 0, 1)
    assert [task.tone for task in reviewer.gather(rita, DUE).tasks] == ["danger"]
    reviewing.recuse(review, kind="collaborator", text="We wrote together.", actor=rita, at=AFTER)
    gone = reviewer.gather(make_user(rita.name), AFTER)
    assert (gone.tasks, gone.all) == ([], 0)


@pytest.mark.parametrize("count", [1, 3])
def test_reviewer_home_makes_the_same_queries_for_one_review_and_for_three(count, django_assert_num_queries):
    rita = make_reviewer()
    for n in range(count):
        assign(make_eligible(title=f"Proposal {n}", pi=f"Pi {n}"), rita)
    reader = make_user(rita.name)
    with django_assert_num_queries(2):
        reviewer.gather(reader, AFTER)


# --- in what order ------------------------------------------------------------------------------------------------------
def test_tasks_when_pressing_or_due_come_first():
    def task(title, **more):
        return Task(title=title, url="/", act="Go", icon="x", **more)

    tasks = [task("a"), task("b", due_at=CLOSES), task("c", tone="danger"), task("d", due_at=NOON)]
    assert [one.title for one in by_urgency(tasks)] == ["c", "d", "b", "a"]
