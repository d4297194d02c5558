"""Members, their pledges, and the money that arrives: once, never more than promised, seen by whom it concerns."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from alliance.errors import AlreadyPledged
from alliance.lists import contributions
from alliance.models import Contribution, Member, Pledge, Representative
from alliance.queries import member_positions
from alliance.services import members
from audit.models import AuditEvent
from bench.racing import at_once
from core.errors import InvalidInput, WrongState
from funds import services as ledger
from funds.errors import KeyReused, NotEnoughMoney
from funds.models import Entry
from funds.queries import cash_position, still_stands
from notifications.models import Notice
from tests.alliance.stories import NOON, make_member, make_user, make_world, pledged, received, staff
from tests.funds.stories import make_fund, year_of
from universities.models import University

pytestmark = pytest.mark.django_db


def test_contribution_when_the_same_key_comes_twice_then_one_entry_and_with_other_facts_refused():
    pledge = pledged(make_world())
    assert received(pledge, 200) == received(pledge, 200)
    with pytest.raises(KeyReused):
        received(pledge, 201)
    assert (Entry.objects.filter(event="contribution").count(), members.outstanding(pledge)) == (1, 300)


@pytest.mark.django_db(transaction=True)
def test_contribution_when_eight_send_the_same_key_at_once_then_one():
    pledge = pledged(make_world())
    assert at_once(lambda: received(pledge, 200), times=8) == ["ok"] * 8
    assert (Contribution.objects.count(), members.outstanding(pledge)) == (1, 300)


def test_contribution_when_above_what_is_outstanding_then_refused_and_nothing_recorded():
    pledge = pledged(make_world())
    received(pledge, 400)
    with pytest.raises(NotEnoughMoney, match=r"only 100\.00 USD is outstanding"):
        received(pledge, "100.01", key="k2")
    assert Contribution.objects.count() == 1
    received(pledge, 100, key="k3")
    assert cash_position(pledge.fund_year.fund).bank == 500


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"received_on": NOON.date() + dt.timedelta(days=1)}, "received_on"),
        ({"reference": " "}, "reference"),
        ({"key": ""}, "key"),
    ],
)
def test_contribution_when_a_fact_can_not_be_then_refused_beside_it(change, field):
    pledge = pledged(make_world())
    facts = {"amount": Decimal(1), "received_on": NOON.date(), "reference": "R", "key": "k", **change}
    with pytest.raises(InvalidInput) as refusal:
        members.receive_contribution(pledge, facts.pop("amount"), actor=None, at=NOON, **facts)
    assert refusal.value.field == field


def test_contribution_when_received_then_representatives_are_told_and_the_ledger_has_its_day():
    pledge = pledged(make_world())
    members.add_representative(pledge.member, make_user("Rita Rep"), actor=None, at=NOON)
    made = received(pledge, 200)
    assert list(Notice.objects.filter(kind="contribution_received").values_list("subject", flat=True)) == [
        "200.00 USD of Nimbus has arrived"
    ]
    assert (made.entry.effective_on, made.entry.source, made.entry.key) == (NOON.date(), "SWIFT 1", "contribution:k1")


def test_pledge_when_made_twice_for_a_year_then_refused():
    world = make_world()
    pledged(world)
    with pytest.raises(AlreadyPledged):
        pledged(world, 1)


def test_pledges_of_several_years_when_one_is_refused_then_none_is_posted():
    world = make_world()
    pledged(world, 10, year=2)
    by_year = {year_of(world.fund, 1): Decimal(5), year_of(world.fund, 2): Decimal(5)}
    with pytest.raises(AlreadyPledged):
        members.make_pledges(Member.objects.get(), by_year, actor=world.officer, at=NOON)
    assert (Pledge.objects.count(), cash_position(world.fund).pledged) == (1, 10)


def test_database_when_a_pledge_points_to_a_subaccount_of_another_fund_then_refused():
    pledge = pledged(make_world())
    other = make_fund(100, code="other")
    with pytest.raises(IntegrityError, match="of another fund"), transaction.atomic():
        Pledge.objects.filter(pk=pledge.pk).update(fund_year=year_of(other))


def test_positions_when_asked_as_of_a_past_instant_then_what_was_known_then_in_one_query(django_assert_num_queries):
    world = make_world()
    received(pledged(world, 750, code="nimbus"), 300)
    later = NOON + dt.timedelta(days=2)
    members.make_pledge(make_member("vertex"), year_of(world.fund, 2), Decimal(250), actor=None, at=later)
    with django_assert_num_queries(1):
        now = member_positions(world.fund)
    with django_assert_num_queries(1):
        then = member_positions(world.fund, as_of=NOON)
    rows = [[(p.member.code, p.pledged, p.received, p.outstanding, p.share) for p in found] for found in (now, then)]
    assert rows == [
        [("nimbus", 750, 300, 450, Decimal("0.75")), ("vertex", 250, 0, 250, Decimal("0.25"))],
        [("nimbus", 750, 300, 450, 1)],
    ]


def test_representative_when_ended_then_no_longer_sees_the_pledges():
    world = make_world()
    pledged(world)
    pledged(world, 100, code="vertex")
    person = make_user("Rita Rep")
    made = members.add_representative(Member.objects.get(code="nimbus"), person, actor=None, at=NOON)
    assert list(Pledge.objects.visible_to(person).values_list("member__code", flat=True)) == ["nimbus"]
    with pytest.raises(WrongState):
        members.add_representative(made.member, person, actor=None, at=NOON)
    members.end_representative(made, actor=None, at=NOON + dt.timedelta(hours=1))
    assert (Pledge.objects.visible_to(person).count(), Representative.objects.in_force().count()) == (0, 0)


def test_pledges_when_read_by_a_board_of_another_fund_or_by_nobody_in_particular_then_none():
    world = make_world()
    pledged(world)
    other = make_world_of_another_fund()
    counts = [Pledge.objects.visible_to(u).count() for u in (world.chair, world.officer, other, make_user("Nobody"))]
    assert counts == [1, 1, 0, 0]


def make_world_of_another_fund():
    fund = make_fund(100, code="other")
    person = make_user("Omar Other")
    person.board_seats.create(fund=fund, starts_at=NOON)
    return person


def test_member_when_changed_then_only_what_changed_is_recorded():
    member = make_member()
    facts = {"name": "Nimbus Labs", "kind": "company", "country": "FR", "joined_on": member.joined_on}
    members.update_member(member, actor=None, at=NOON, **facts)
    members.update_member(member, actor=None, at=NOON, **facts)
    events = AuditEvent.objects.filter(verb="member.changed")
    assert [(e.before, e.after) for e in events] == [({"name": "Nimbus"}, {"name": "Nimbus Labs"})]


def test_members_university_when_its_entry_is_merged_then_follows_it():
    one, other = (
        University.objects.create(name=name, country="FR", created_at=NOON, search_text=name)
        for name in ("One", "Other")
    )
    member = make_member("uni", kind="university")
    Member.objects.filter(pk=member.pk).update(university=one)
    members.follow_merge(one, other, None, NOON)
    assert Member.objects.get().university == other


def test_contribution_when_reversed_in_the_ledger_then_no_list_counts_it_and_as_of_before_it_does():
    pledge = pledged(make_world())
    wrong = received(pledge, 200)
    clerk, later = staff("finance_approver"), NOON + dt.timedelta(days=2)
    ledger.reverse(wrong.entry, reason="Another member's", actor=clerk, at=later)
    right = received(pledge, 150, key="k2")
    reader = staff("auditor")
    listed = [contributions(reader, day) for day in (None, NOON.date())]
    assert [[row.pk for row in rows] for rows in listed] == [[right.pk], [right.pk, wrong.pk]]
    assert [row.pk for row in Contribution.objects.filter(still_stands())] == [right.pk]


def test_pledge_when_reversed_in_the_ledger_then_it_can_be_made_anew_and_public_figures_follow():
    pledge = pledged(make_world(), 500)
    member, year = pledge.member, pledge.fund_year
    ledger.reverse(pledge.entry, reason="A nought too few", actor=staff("finance_approver"), at=NOON)
    assert Pledge.objects.filter(still_stands()).count() == 0
    again = members.make_pledge(member, year, Decimal(400), actor=None, at=NOON)
    assert (again.pk, Pledge.objects.get().amount, cash_position(year.fund).pledged) == (pledge.pk, 400, 400)
    with pytest.raises(AlreadyPledged):
        members.make_pledge(member, year, Decimal(1), actor=None, at=NOON)
