"""What officers, finance, the board, members, auditors and administrators find on their home page."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import RoleGrant
from alliance.services import board as seats
from alliance.services import members, resolutions
from audit.models import AuditEvent
from awards.services import payments, slates
from core.errors import NotAllowed
from funds.models import FundYear
from funds.queries import cash_position
from grants.models import Call
from grants.services import access, submission
from notifications.models import Heartbeat
from reports.homes import administrator, auditor, board, finance, member, officer, parts_of
from reports.verifying import last_verified, verify_books
from tests.awards.stories import (
    DECIDED,
    STARTED,
    approver,
    fill,
    make_active,
    make_approved,
    make_offered,
    make_recommended,
    make_requested,
    make_sent,
    make_settled,
    make_slate,
)
from tests.awards.stories import officer as finance_officer
from tests.grants.stories import (
    LONG_AGO,
    make_call,
    make_fund_once,
    make_handed_in,
    make_researcher,
    make_submitted,
    make_user,
)
from tests.reviews.stories import AFTER, DUE, accepted, make_eligible, make_judged_call, make_officer, make_reviewer

pytestmark = pytest.mark.django_db


def titles(part):
    return [task.title for task in part.tasks]


def again(user):
    """The same person at the next request: roles and personas are read anew."""
    return make_user(user.name)


def close(call, status="closed"):
    """As beat does at its instant."""
    Call.objects.filter(pk=call.pk).update(status=status)


# --- a programme officer ------------------------------------------------------------------------------------------------
def figures(user, at=DUE):
    part = officer.gather(again(user), at)
    cards = [(card.bars, card.reviews, card.unassigned, card.to_triage) for card in part.cards]
    return cards, part.overdue, part.reports, part.conflicts, titles(part)


def test_officer_reads_where_a_call_stands_and_what_is_stuck():
    call = make_judged_call()
    proposal = make_eligible(call)
    accepted(proposal, make_reviewer())
    make_submitted(call, title="Another", pi=make_researcher("Zoe Other"))
    close(call)
    (card,) = officer.gather(make_officer(), DUE).cards
    assert [n for _name, n, _percent in card.bars] == [2, 2, 1, 1, 0]
    assert (card.to_triage, card.unassigned) == (1, 1)
    assert (card.reviews.outstanding, card.reviews.late, card.reviews.done) == (1, 1, 0)
    assert titles(officer.gather(make_officer(), AFTER)) == [
        "Check 1 proposal of “Open models for science”",
        "Find reviewers for 1 proposal of “Open models for science”",
    ]


def test_officer_with_a_conflict_reads_the_world_without_that_proposal():
    otto, deputy = make_officer(), make_officer("Dora Deputy")
    call = make_judged_call()
    accepted(make_eligible(call), make_reviewer())
    close(call)
    before = figures(otto)
    close(call, "open")
    hidden = make_eligible(call, title="Hidden", pi="Hanna Hidden")
    draft = make_handed_in(call, title="Hidden draft", pi=make_researcher("Hugo Hidden"))
    close(call)
    for proposal in (hidden, draft):
        access.seal(proposal, otto, at=AFTER)
    accepted(hidden, make_reviewer("Ralf Reviewer"))
    assert figures(otto) == before
    assert figures(deputy) != before


@pytest.mark.parametrize("count", [1, 3])
def test_officer_home_makes_the_same_queries_for_one_call_and_for_three(count, django_assert_num_queries):
    for n in range(count):
        call = make_call(f"AI-{n}")
        make_submitted(call, title=f"Proposal {n}")
        close(call)
    reader = make_officer()
    with django_assert_num_queries(12):
        officer.gather(reader, AFTER)


# --- finance --------------------------------------------------------------------------------------------------------------
def test_finance_is_shown_only_the_payments_that_oneself_may_move():
    payment = make_approved()
    anna, fred = approver(), finance_officer()
    assert titles(finance.gather(anna, STARTED)) == [f"Release {payment.number}"]
    assert titles(finance.gather(fred, STARTED)) == []
    RoleGrant.objects.create(user=fred, role="finance_approver", starts_at=LONG_AGO)
    assert titles(finance.gather(again(fred), STARTED)) == []  # who approved does not release
    queue = finance.gather(anna, STARTED).queues[1]
    assert (queue.state, queue.count, queue.mine) == ("approved", 1, 1)


def test_finance_reads_of_a_failed_payment_until_it_was_asked_for_again():
    payment = payments.fail(make_sent(), reason="Wrong number", actor=finance_officer(), at=STARTED)
    assert titles(finance.gather(finance_officer(), STARTED)) == [f"Payment {payment.number} failed"]
    once_more = make_requested(payment.award, key="k2")
    assert titles(finance.gather(finance_officer(), STARTED)) == [f"Approve {once_more.number}"]


def test_finance_reads_which_pledges_of_begun_years_have_not_arrived():
    fund = make_fund_once()
    nimbus = members.create_member(
        code="nimbus",
        name="Nimbus",
        kind="company",
        country="FR",
        joined_on=dt.date(2026, 1, 1),
        actor=None,
        at=DECIDED,
    )
    for year in FundYear.objects.filter(fund=fund):
        members.make_pledge(nimbus, year, Decimal(500), actor=None, at=DECIDED)
    part = finance.gather(finance_officer(), DECIDED)
    assert [(row.fund_year.number, row.outstanding) for row in part.late_pledges] == [(1, Decimal(500))]
    assert part.cash.receivable == Decimal(1000)


@pytest.mark.parametrize("count", [1, 3])
def test_finance_home_makes_the_same_queries_for_one_payment_and_for_three(count, django_assert_num_queries):
    payment = make_requested()
    for n in range(1, count):
        make_requested(make_active(title=f"Award {n}", pi=f"Pi {n}"), key=f"k-{n}")
    assert payment.status == "requested"
    reader = again(finance_officer())
    with django_assert_num_queries(8):
        finance.gather(reader, STARTED)


# --- the board ------------------------------------------------------------------------------------------------------------
def put_to_vote():
    proposal = make_recommended()
    fund = proposal.call.programme.fund
    fill(fund)
    people = [make_user(f"Vera Voter {n}") for n in range(3)]
    for person in people:
        seats.add_board_seat(fund, person, actor=None, at=DECIDED - dt.timedelta(days=400))
    slate = make_slate(proposal)
    proposed = slates.propose(slate, actor=make_officer(), at=DECIDED)
    closes = DECIDED + dt.timedelta(days=7)
    return resolutions.open_voting(proposed, closes_at=closes, actor=make_officer(), at=DECIDED), people, slate


def test_board_member_reads_what_to_vote_on_with_its_money_until_the_vote_is_cast():
    resolution, (vera, *_others), slate = put_to_vote()
    part = board.gather(again(vera), DECIDED)
    money = sum(line.amount for line in slate.lines.all())
    assert [(task.due_at, task.amount) for task in part.tasks] == [(resolution.closes_at, money)]
    assert (part.at_stake, part.to_vote[0].what) == (money, "1 award")
    resolutions.cast_vote(resolution, "for", actor=vera, at=DECIDED)
    after = board.gather(again(vera), DECIDED)
    assert (after.tasks, [motion.resolution.pk for motion in after.voted]) == ([], [resolution.pk])


def test_board_member_who_recused_reads_no_more_of_it():
    resolution, (vera, *_others), _slate = put_to_vote()
    resolutions.cast_vote(resolution, "recused", actor=vera, at=DECIDED)
    part = board.gather(again(vera), DECIDED)
    assert (part.tasks, part.to_vote, part.voted, part.decided) == ([], [], [], [])


def test_board_member_with_a_conflict_is_not_told_the_sum_of_a_slate():
    _resolution, (vera, *_others), slate = put_to_vote()
    access.seal(slate.lines.get().proposal, vera, at=DECIDED)
    part = board.gather(again(vera), DECIDED)
    assert [(task.amount, task.detail) for task in part.tasks] == [(None, "RES-2026-0001")]
    assert (part.at_stake, part.to_vote[0].moves, part.to_vote[0].what) == (0, None, "")


def test_board_home_makes_six_queries(django_assert_num_queries):
    _resolution, (vera, *_others), _slate = put_to_vote()
    reader = again(vera)
    with django_assert_num_queries(6):
        board.gather(reader, DECIDED)


# --- a member's representative --------------------------------------------------------------------------------------------
def make_paying(fund, code, paid):
    made = members.create_member(
        code=code,
        name=code.title(),
        kind="company",
        country="FR",
        joined_on=dt.date(2026, 1, 1),
        actor=None,
        at=DECIDED,
    )
    pledge = members.make_pledge(made, fund.years.get(number=1), Decimal(1000), actor=None, at=DECIDED)
    members.receive_contribution(
        pledge,
        Decimal(paid),
        received_on=DECIDED.date(),
        reference="R",
        key=f"key-{code}",
        actor=None,
        at=DECIDED,
    )
    return made


def test_member_reads_its_share_of_what_was_paid_out_and_all_shares_make_the_whole():
    award = make_settled().award
    rep = make_user("Remy Rep")
    paying = [make_paying(award.fund, code, paid) for code, paid in (("alpha", 100), ("beta", 100), ("gamma", 100))]
    members.add_representative(paying[0], rep, actor=None, at=DECIDED)
    part = member.gather(again(rep), STARTED)
    disbursed = cash_position(award.fund).paid
    parts = member.shares(disbursed, member.member_positions(award.fund), "USD")
    assert sum(parts.values()) == disbursed > 0
    assert max(parts.values()) - min(parts.values()) <= Decimal("0.01")
    assert (part.ours[0].made_possible, part.awards, part.latest) == (parts[paying[0].pk], 1, [award])
    assert [(task.title, task.amount) for task in part.tasks] == [("Pay the contribution for 2026", Decimal(900))]
    assert [row.member_id for one in part.ours for row in one.pledges] == [paying[0].pk]  # never another's


# --- an auditor -----------------------------------------------------------------------------------------------------------
def test_auditor_proves_the_books_and_the_proof_stands_in_the_trail():
    fund = make_fund_once()
    fill(fund)
    avery = make_user("Avery Auditor", "auditor")
    assert [book.proof for book in auditor.gather(avery, DECIDED).books] == [None]
    assert verify_books(fund, actor=avery, at=DECIDED) == []
    (book,) = auditor.gather(avery, DECIDED).books
    assert (book.proof.actor, book.proof.at, book.faults, book.since) == (avery, DECIDED, [], 0)
    with pytest.raises(NotAllowed):
        verify_books(fund, actor=make_officer(), at=DECIDED)


def test_auditor_is_told_when_the_books_are_not_whole():
    fund = make_fund_once()
    fill(fund)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE funds_entry SET text = 'Forged' WHERE sequence = 2")
        cursor.execute("SET session_replication_role = origin")
    found = verify_books(fund, actor=make_user("Avery Auditor", "auditor"), at=DECIDED)
    assert found[0].startswith("Entry 2 ")
    assert last_verified()[str(fund.pk)].after["faults"] == found


def test_auditor_with_a_conflict_reads_neither_its_late_review_nor_its_events():
    avery = make_user("Avery Auditor", "auditor")
    proposal = make_eligible()
    accepted(proposal, make_reviewer())
    seen = auditor.gather(avery, DUE)
    access.seal(proposal, avery, at=AFTER)
    sealed = auditor.gather(again(avery), DUE)
    assert ([one.count for one in seen.exceptions][2], [one.count for one in sealed.exceptions][2]) == (1, 0)
    about = AuditEvent.objects.filter(subject_id=str(proposal.pk))
    assert set(sealed.events) & set(about) == set()
    assert set(seen.events) & set(about) != set()


def test_auditor_home_makes_nine_queries(django_assert_num_queries):
    make_offered()
    make_user("Avery Auditor", "auditor")
    reader = make_user("Avery Auditor")
    with django_assert_num_queries(9):
        auditor.gather(reader, DECIDED)


# --- an administrator -----------------------------------------------------------------------------------------------------
def test_administrator_reads_who_is_unprotected_which_role_nobody_holds_and_who_is_at_work():
    root = make_user("Root Example", "administrator")
    part = administrator.gather(root, DECIDED)
    assert part.unprotected == [root]
    assert titles(part) == [
        "No worker is at work",
        "The scheduler is down",
        "Nobody is programme officer",
        "Nobody is finance officer",
        "Nobody is finance approver",
        "Nobody is auditor",
        "1 person with a role has no second factor",
    ]
    Heartbeat.objects.create(name=Heartbeat.BEAT, at=DECIDED)
    Heartbeat.objects.create(name=Heartbeat.WORKER, at=DECIDED)
    assert titles(administrator.gather(root, DECIDED))[0] == "Nobody is programme officer"


def test_administrator_with_a_conflict_is_not_told_what_a_decision_got_stuck_on():
    resolution, people, slate = put_to_vote()
    proposal = slate.lines.get().proposal
    submission.withdraw(proposal, reason="We moved on.", actor=proposal.pi, at=DECIDED)
    for person in people:
        resolutions.cast_vote(resolution, "for", actor=person, at=DECIDED)
    root = make_user("Root Example", "administrator")
    assert [one.problem for one in administrator.stuck_for(root)] == [
        "This proposal is withdrawn; it can't become awarded now."
    ]
    access.seal(proposal, root, at=DECIDED)
    assert administrator.stuck_for(again(root)) == []


def test_administrator_home_makes_thirteen_queries(django_assert_num_queries):
    for n in range(3):
        make_user(f"Root Example {n}", "administrator")
    reader = make_user("Root Example 0")
    with django_assert_num_queries(13):
        administrator.gather(reader, DECIDED)


# --- the page -------------------------------------------------------------------------------------------------------------
def test_home_of_somebody_who_is_everything_has_a_part_for_each(client):
    resolution, _people, _slate = put_to_vote()
    everything = make_user("Eva Everything", "programme_officer", "finance_officer", "auditor", "administrator")
    seats.add_board_seat(resolution.fund, everything, actor=None, at=DECIDED)
    assert [type(part).__name__ for part in parts_of(again(everything), DECIDED)] == [
        "OfficerHome",
        "FinanceHome",
        "BoardHome",
        "AuditorHome",
        "AdministratorHome",
    ]
    client.force_login(everything)
    page = client.get(reverse("home"))
    assert (page.status_code, page.content.decode().count('class="home-title"')) == (200, 5)


def test_home_of_nobody_in_particular_is_the_way_in(client):
    client.force_login(make_user("Nora New"))
    page = client.get(reverse("home"))
    assert [type(part).__name__ for part in page.context["parts"]] == ["ResearcherHome"]
    assert client.get(reverse("home")).status_code == 200


def test_home_when_not_signed_in_asks_to_sign_in(client):
    assert client.get(reverse("home")).status_code == 302
    assert client.post(reverse("reports:verify", args=["af"])).status_code == 302
