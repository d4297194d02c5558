"""Who sees what of the money, and what the database refuses whoever asks."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import personas
from accounts.models import Role, RoleGrant, User
from core.errors import InvalidInput, WrongState
from funds import chart, rules, services
from funds.models import Account, Entry, Fund, FundYear, Line
from funds.queries import cash_position, last_instant, subaccount_balances
from tests.funds.stories import NOON, funded, make_award, make_fund, make_user, year_of

pytestmark = pytest.mark.django_db
HOW = {"text": "A test", "actor": None, "at": NOON}


def with_role(role: str, name: str = "Finn Office") -> User:
    user = make_user(name)
    RoleGrant.objects.create(user=user, role=role, starts_at=NOON - dt.timedelta(days=900))
    return user


def seen_by(user: User) -> tuple[bool, ...]:
    tables = (Fund, FundYear, Account, Entry, Line)
    return tuple(model.objects.visible_to(user).exists() for model in tables)


ALL, POSITIONS, NONE = (True,) * 5, (True, True, False, False, False), (False,) * 5


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.ADMINISTRATOR, ALL),
        (Role.FINANCE_OFFICER, ALL),
        (Role.FINANCE_APPROVER, ALL),
        (Role.AUDITOR, ALL),
        (Role.PROGRAMME_OFFICER, POSITIONS),
    ],
)
def test_money_when_a_role_looks_then_it_sees_what_is_its_own(role, seen):
    make_fund()
    assert (seen_by(with_role(role)), seen_by(make_user("Nobody Special"))) == (seen, NONE)


@pytest.mark.parametrize("persona", ["board", "member_rep", "researcher"])
def test_money_when_a_persona_looks_then_positions_are_all_it_sees(persona, monkeypatch):
    make_fund()
    user = make_user()
    monkeypatch.setattr(personas, "_registered", {persona: lambda key: User.objects.filter(pk=key)})
    assert seen_by(user) == (NONE if persona == "researcher" else POSITIONS)


def test_role_when_it_has_ended_then_nothing_is_seen():
    make_fund()
    user = with_role(Role.AUDITOR)
    user.role_grants.update(ends_at=NOON - dt.timedelta(days=1))
    assert seen_by(User.objects.get(pk=user.pk)) == NONE


def test_can_reverse_when_asked_by_each_then_only_a_colleague_in_finance_may():
    ada, bob = with_role(Role.FINANCE_OFFICER, "Ada Example"), with_role(Role.FINANCE_APPROVER, "Bob Example")
    fund = make_fund()
    entry = services.appropriate(year_of(fund), Decimal(10), text="x", actor=ada, at=NOON)
    ceilings = Entry.objects.get(event="ceiling.set")
    assert rules.can_reverse(bob, entry) is None
    refused = [
        rules.can_reverse(ada, entry),
        rules.can_reverse(bob, ceilings),
        rules.can_reverse(with_role(Role.AUDITOR, "Eve Example"), entry),
    ]
    assert refused == [
        "You posted this entry: a colleague has to reverse it.",
        "The ceilings sum to the fund's total: they can't be taken back.",
        "Entries are reversed by finance officers and finance approvers.",
    ]
    services.reverse(entry, reason="Wrong year", actor=bob, at=NOON)
    assert rules.can_reverse(bob, entry) == "This entry is reversed already."


def test_can_reverse_when_the_entry_follows_an_award_then_it_is_undone_there():
    fund = make_fund()
    funded(fund, 500)
    entry = services.commit(make_award(fund), {year_of(fund): Decimal(5)}, **HOW)
    assert rules.can_reverse(with_role(Role.FINANCE_OFFICER), entry) is not None


def test_ceilings_when_a_service_would_reverse_them_are_refused():
    make_fund()
    with pytest.raises(WrongState):
        services.reverse(Entry.objects.get(), reason="No", actor=make_user(), at=NOON)


# --- the database itself ----------------------------------------------------------------------------------------------
def reversal_by_hand(entry: Entry, actor: User | None, fund: Fund | None = None) -> None:
    """What a service never writes: a reversal as bare rows."""
    fund = fund or entry.fund
    postings = services.transfer(chart.FREE, chart.UNAPPROPRIATED, Decimal(10), year=year_of(fund))
    services.post(fund, "reversal", postings, text="By hand", actor=actor, at=NOON, reverses=entry)


def test_reversal_when_the_poster_writes_it_past_the_service_then_the_database_refuses():
    ada, bob = make_user("Ada Example"), make_user("Bob Example")
    fund = make_fund()
    entry = services.appropriate(year_of(fund), Decimal(10), text="x", actor=ada, at=NOON)
    for actor in (ada, None):
        with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
            reversal_by_hand(entry, actor)
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        reversal_by_hand(entry, bob, make_fund(code="other"))
    reversal_by_hand(entry, bob)
    assert Entry.objects.filter(reverses=entry).count() == 1


@pytest.mark.parametrize(
    ("currency", "amount", "fits"),
    [("USD", "1.00", True), ("USD", "1.001", False), ("JPY", "1", True), ("JPY", "0.5", False), ("KWD", "0.001", True)],
)
def test_line_when_its_amount_is_finer_than_the_currency_then_the_database_refuses(currency, amount, fits):
    fund = make_fund(currency=currency)
    entry = Entry.objects.get()
    accounts = {account.code: account for account in Account.objects.all()}

    def by_hand() -> None:
        with transaction.atomic():
            for code, side in ((chart.UNAPPROPRIATED, "D"), (chart.FREE, "C")):
                Line.objects.create(
                    entry=entry, account=accounts[code], fund_year=year_of(fund), side=side, amount=Decimal(amount)
                )
            connection.check_constraints()

    if fits:
        by_hand()
    else:
        with pytest.raises(IntegrityError, match="finer than the currency"):
            by_hand()


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"minor_units": 3}])
def test_fund_when_its_currency_is_changed_then_the_database_refuses(change):
    make_fund()
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Fund.objects.update(**change)
    assert Fund.objects.update(name="Another name") == 1


# --- a new fund -------------------------------------------------------------------------------------------------------
def plan(start: int, end: int, ceiling: str = "100") -> services.YearPlan:
    return services.YearPlan(dt.date(start, 1, 1), dt.date(end, 1, 1), Decimal(ceiling))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "af"}, "code"),
        ({"code": "ledger"}, "code"),
        ({"currency": "ZZZ"}, "currency"),
        ({"years": []}, "years"),
        ({"years": [plan(2026, 2027), plan(2026, 2027)]}, "years"),
        ({"years": [plan(2027, 2026)]}, "years"),
        ({"years": [plan(2026, 2027, "0")]}, "years"),
        ({"years": [plan(2026, 2027, "0.001")]}, "years"),
        ({"years": [plan(2000 + n, 2001 + n) for n in range(13)]}, "years"),
    ],
)
def test_create_fund_when_something_can_not_be_used_is_refused_beside_its_field(changes, field):
    make_fund(code="af")
    asked = {"code": "new-one", "name": "New", "currency": "USD", "years": [plan(2026, 2027)], **changes}
    with pytest.raises(InvalidInput) as refused:
        services.create_fund(**asked, actor=None, at=NOON)
    assert (refused.value.field, Fund.objects.count()) == (field, 1)


# --- reads ------------------------------------------------------------------------------------------------------------
def test_subaccount_balances_when_asked_for_several_then_one_query_answers(django_assert_num_queries):
    fund = make_fund()
    year, award, idle = year_of(fund), make_award(fund, "AW-1"), make_award(fund, "AW-2")
    funded(fund, 500)
    services.commit(award, {year: Decimal(300)}, **HOW)
    services.obligate(award, {year: Decimal(200)}, **HOW)
    services.approve_payment(award, year, Decimal(80), **HOW)
    services.settle_payment(award, year, Decimal(80), text="x", actor=None, at=NOON + dt.timedelta(days=1))
    unknown = uuid.uuid4()
    for as_of, expected in ((None, (100, 120, 0, 80)), (last_instant(NOON.date()), (100, 120, 80, 0))):
        with django_assert_num_queries(1):
            found = subaccount_balances([award.pk, idle.pk, unknown], as_of)
        held = found[award.pk]
        assert (held.committed, held.obligated, held.in_process, held.disbursed) == expected
        assert (held.obligated_in_all, found[idle.pk].reserved, found[unknown].reserved) == (200, 0, 0)


def test_cash_position_when_money_came_and_went_then_each_figure_follows():
    fund = make_fund()
    year, award = year_of(fund), make_award(fund)
    funded(fund, 500)
    more = services.open_subaccount(fund, kind="pledge", code="P-9", label="Another member")
    for act in (services.commit, services.obligate):
        act(award, {year: Decimal(100)}, **HOW)
    for pay in (services.approve_payment, services.settle_payment):
        pay(award, year, Decimal(100), **HOW)
    services.pledge(more, year, Decimal(50), text="x", actor=None, at=NOON + dt.timedelta(days=1))
    now, then = cash_position(fund), cash_position(fund, last_instant(NOON.date()))
    assert (now.bank, now.pledged, now.received, now.receivable, now.paid) == (400, 550, 500, 50, 100)
    assert (then.bank, then.pledged, then.received, then.receivable, then.paid) == (400, 500, 500, 0, 100)
