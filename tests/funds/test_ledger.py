"""The laws of the ledger, with the attack in each test."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.models import AuditEvent
from core.errors import InvalidInput, NotAllowed
from funds import chart, services
from funds.errors import AlreadyReversed, KeyReused, NotEnoughMoney
from funds.models import Balance, Entry, Line
from funds.queries import faults, positions
from tests.funds.stories import NOON, funded, make_award, make_fund, make_user, year_of

pytestmark = pytest.mark.django_db
HOW = {"text": "A test", "actor": None, "at": NOON}


def levels(fund, number=1):
    p = positions(fund)[number - 1]
    return tuple(
        int(x) for x in (p.ceiling, p.appropriated, p.free, p.committed, p.obligated, p.in_process, p.disbursed)
    )


def test_the_road_when_a_pledge_becomes_a_settled_payment_then_every_level_moves():
    fund = make_fund(1000, 1000)
    year, award = year_of(fund), make_award(fund)
    assert levels(fund) == (1000, 0, 0, 0, 0, 0, 0)
    funded(fund, 600)
    assert levels(fund) == (1000, 600, 600, 0, 0, 0, 0)
    services.commit(award, {year: Decimal(500)}, **HOW)
    assert levels(fund) == (1000, 600, 100, 500, 0, 0, 0)
    services.obligate(award, {year: Decimal(500)}, **HOW)
    services.approve_payment(award, year, Decimal(200), **HOW)
    assert levels(fund) == (1000, 600, 100, 0, 300, 200, 0)
    services.settle_payment(award, year, Decimal(200), **HOW)
    assert levels(fund) == (1000, 600, 100, 0, 300, 0, 200)
    services.return_payment(award, year, Decimal(200), **HOW)
    services.deobligate(award, {year: Decimal(500)}, **HOW)
    assert levels(fund) == (1000, 600, 600, 0, 0, 0, 0)
    assert faults(fund) == []


def test_failed_payment_when_it_had_not_settled_then_the_obligation_has_its_money_back():
    fund = make_fund()
    year, award = year_of(fund), make_award(fund)
    funded(fund, 500)
    services.commit(award, {year: Decimal(500)}, **HOW)
    services.obligate(award, {year: Decimal(500)}, **HOW)
    services.approve_payment(award, year, Decimal(500), **HOW)
    services.fail_payment(award, year, Decimal(500), **HOW)
    with pytest.raises(NotEnoughMoney):
        services.fail_payment(award, year, Decimal(500), **HOW)
    assert levels(fund) == (1000, 500, 0, 0, 500, 0, 0)


def test_appropriation_above_the_ceiling_is_refused_and_posts_nothing():
    fund = make_fund(1000)
    before = Entry.objects.count()
    with pytest.raises(NotEnoughMoney):
        services.appropriate(year_of(fund), Decimal("1000.01"), **HOW)
    assert (Entry.objects.count(), levels(fund)) == (before, (1000, 0, 0, 0, 0, 0, 0))


def test_award_over_several_years_when_one_year_lacks_the_money_is_refused_whole():
    fund = make_fund(1000, 1000)
    award = make_award(fund)
    funded(fund, 300, number=1)
    funded(fund, 300, number=2)
    with pytest.raises(NotEnoughMoney):
        services.commit(award, {year_of(fund, 1): Decimal(300), year_of(fund, 2): Decimal(301)}, **HOW)
    assert (levels(fund, 1), levels(fund, 2)) == ((1000, 300, 300, 0, 0, 0, 0), (1000, 300, 300, 0, 0, 0, 0))


def test_award_never_pays_more_than_its_own_obligation_even_where_another_award_has_money():
    fund = make_fund()
    year, mine, other = year_of(fund), make_award(fund, "AW-1"), make_award(fund, "AW-2")
    funded(fund, 200)
    for award in (mine, other):
        services.commit(award, {year: Decimal(100)}, **HOW)
        services.obligate(award, {year: Decimal(100)}, **HOW)
    with pytest.raises(NotEnoughMoney):
        services.approve_payment(mine, year, Decimal(101), **HOW)


def test_payment_when_the_cash_has_not_arrived_can_not_settle():
    fund = make_fund()
    year, award = year_of(fund), make_award(fund)
    services.appropriate(year, Decimal(100), **HOW)
    services.commit(award, {year: Decimal(100)}, **HOW)
    services.obligate(award, {year: Decimal(100)}, **HOW)
    services.approve_payment(award, year, Decimal(100), **HOW)
    with pytest.raises(NotEnoughMoney):
        services.settle_payment(award, year, Decimal(100), **HOW)
    assert levels(fund) == (1000, 100, 0, 0, 0, 100, 0)


@pytest.mark.parametrize("table", ["funds_entry", "funds_line", "audit_auditevent"])
@pytest.mark.parametrize("verb", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
def test_append_only_tables_when_sql_attacks_them_then_the_database_refuses(table, verb):
    make_fund()
    connection.check_constraints()  # else TRUNCATE would be refused for the pending triggers alone
    with pytest.raises(DatabaseError, match="pgtrigger: Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table))


def test_balance_when_written_by_hand_is_refused():
    fund = make_fund()
    with pytest.raises(IntegrityError, match="balances follow from lines"), transaction.atomic():
        Balance.objects.filter(account__fund=fund).update(amount=5)


def test_entry_when_its_sides_differ_can_not_commit():
    fund = make_fund()
    year = year_of(fund)
    crooked = [
        services.Posting(chart.UNAPPROPRIATED, "D", Decimal(10), year),
        services.Posting(chart.FREE, "C", Decimal(11), year),
    ]
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        services.post(fund, "appropriation", crooked, **HOW)
        connection.check_constraints()


def test_entry_when_it_balances_only_across_years_can_not_commit():
    fund = make_fund()
    crooked = [
        services.Posting(chart.UNAPPROPRIATED, "D", Decimal(10), year_of(fund, 1)),
        services.Posting(chart.FREE, "C", Decimal(10), year_of(fund, 2)),
    ]
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        services.post(fund, "appropriation", crooked, **HOW)
        connection.check_constraints()


def test_ceilings_when_they_no_longer_sum_to_the_total_can_not_commit():
    fund = make_fund()
    more = services.transfer(chart.CEILING, chart.UNAPPROPRIATED, Decimal(1), year=year_of(fund))
    with pytest.raises(IntegrityError, match="ceilings do not sum"), transaction.atomic():
        services.post(fund, "ceiling.set", more, **HOW)
        connection.check_constraints()


def test_line_when_its_account_is_carried_by_year_but_no_year_is_named_is_refused():
    fund = make_fund()
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        services.post(fund, "x", services.transfer(chart.UNAPPROPRIATED, chart.FREE, Decimal(1)), **HOW)


def test_line_when_its_year_is_of_another_fund_is_refused():
    mine, theirs = make_fund(code="a"), make_fund(code="b")
    with pytest.raises(IntegrityError, match="does not fit"), transaction.atomic():
        postings = services.transfer(chart.UNAPPROPRIATED, chart.FREE, Decimal(1), year=year_of(theirs))
        services.post(mine, "appropriation", postings, **HOW)


@pytest.mark.parametrize("amount", ["0.001", "NaN", "1e20"])
def test_amount_when_it_is_no_amount_of_the_currency_is_refused(amount):
    fund = make_fund()
    with pytest.raises(InvalidInput):
        services.appropriate(year_of(fund), Decimal(amount), **HOW)


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_amount_when_it_is_not_positive_is_refused_by_the_database(amount):
    fund = make_fund()
    with pytest.raises(IntegrityError, match="line_amount_positive"), transaction.atomic():
        services.appropriate(year_of(fund), Decimal(amount), **HOW)


def test_post_when_the_key_comes_again_then_the_first_entry_answers():
    fund = make_fund()
    first = services.appropriate(year_of(fund), Decimal(10), key="k1", **HOW)
    again = services.appropriate(year_of(fund), Decimal(10), key="k1", **HOW)
    assert (again.pk, levels(fund)[1]) == (first.pk, 10)


def test_post_when_the_key_comes_again_with_another_amount_is_refused():
    fund = make_fund()
    services.appropriate(year_of(fund), Decimal(10), key="k1", **HOW)
    with pytest.raises(KeyReused):
        services.appropriate(year_of(fund), Decimal(11), key="k1", **HOW)
    assert levels(fund)[1] == 10


def test_reversal_when_a_colleague_makes_it_then_the_money_is_back_once():
    ada, bob = make_user("Ada Example"), make_user("Bob Example")
    fund = make_fund()
    entry = services.appropriate(year_of(fund), Decimal(10), text="Wrong year", actor=ada, at=NOON)
    services.reverse(entry, reason="Wrong year", actor=bob, at=NOON)
    with pytest.raises(AlreadyReversed):
        services.reverse(entry, reason="Again", actor=bob, at=NOON)
    assert (levels(fund)[1], faults(fund)) == (0, [])


def test_reversal_by_the_poster_or_without_a_reason_is_refused():
    ada, bob = make_user("Ada Example"), make_user("Bob Example")
    entry = services.appropriate(year_of(make_fund()), Decimal(10), text="x", actor=ada, at=NOON)
    with pytest.raises(NotAllowed):
        services.reverse(entry, reason="Mine", actor=ada, at=NOON)
    with pytest.raises(InvalidInput):
        services.reverse(entry, reason="  ", actor=bob, at=NOON)


def test_position_as_of_an_instant_gives_the_figures_it_gave_then():
    fund = make_fund()
    for hour in (1, 2):
        at = NOON + dt.timedelta(hours=hour)
        services.appropriate(year_of(fund), Decimal(100), text="x", actor=None, at=at)
    then = positions(fund, as_of=NOON + dt.timedelta(hours=1))[0]
    assert (then.appropriated, then.unappropriated) == (Decimal(100), Decimal(900))
    assert positions(fund, as_of=NOON + dt.timedelta(hours=3)) == positions(fund)


def test_positions_read_in_one_query_whatever_the_rows(django_assert_num_queries):
    fund = make_fund(1000, 1000, 1000)
    with django_assert_num_queries(1):
        positions(fund)


def test_posting_time_when_a_clock_is_behind_then_it_never_runs_backwards():
    fund = make_fund()
    late = services.appropriate(year_of(fund), Decimal(1), text="x", actor=None, at=NOON + dt.timedelta(hours=2))
    early = services.appropriate(year_of(fund), Decimal(1), text="x", actor=None, at=NOON)
    assert early.posted_at == late.posted_at


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE funds_entry SET text = 'other' WHERE sequence = 2",
        "UPDATE funds_entry SET posted_at = posted_at + interval '1 s' WHERE sequence = 2",
        "UPDATE funds_line SET amount = amount + 1 WHERE entry_id = (SELECT id FROM funds_entry WHERE sequence = 2)",
        "DELETE FROM funds_line WHERE entry_id = (SELECT id FROM funds_entry WHERE sequence = 2)",
    ],
)
def test_verifier_when_an_owner_of_the_database_tampers_then_it_names_the_entry(tamper):
    fund = make_fund()
    services.appropriate(year_of(fund), Decimal(10), **HOW)
    services.appropriate(year_of(fund), Decimal(20), **HOW)
    assert faults(fund) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(tamper)
        cursor.execute("SET session_replication_role = DEFAULT")
    assert faults(fund)[0].startswith("Entry 2 (")


def test_every_post_leaves_one_audit_event_and_a_refused_one_leaves_none():
    fund = make_fund()
    count = AuditEvent.objects.count()
    services.appropriate(year_of(fund), Decimal(10), **HOW)
    with pytest.raises(NotEnoughMoney):
        services.appropriate(year_of(fund), Decimal(5000), **HOW)
    new = AuditEvent.objects.order_by("id")[count:]
    assert [(event.verb, event.subject_id) for event in new] == [("ledger.appropriation", str(fund.pk))]


def test_fund_without_years_or_with_a_ceiling_of_zero_is_refused():
    with pytest.raises(InvalidInput):
        services.create_fund(code="x", name="X", currency="USD", years=[], actor=None, at=NOON)
    with pytest.raises(InvalidInput):
        make_fund(100, 0)
    assert Line.objects.count() == 0
