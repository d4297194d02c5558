"""Two acts at once against the same money, and a control that shows the race is real."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction

from funds import services
from funds.errors import NotEnoughMoney
from funds.models import Entry
from funds.queries import faults, positions
from tests.funds.stories import NOON, funded, make_award, make_fund, year_of

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 60


def at_once(act: Callable[[], object], times: int = 2) -> list[str]:
    """Run `act` in `times` threads that start together; answers "ok" or the name of the error for each."""
    barrier, results = threading.Barrier(times), []

    def run() -> None:
        try:
            barrier.wait()
            act()
            results.append("ok")
        except Exception as error:  # noqa: BLE001  (whatever it is, the test compares its name)
            results.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_two_releases_racing_past_the_obligation_then_exactly_one_wins():
    fund = make_fund(100_000)
    year = year_of(fund)
    funded(fund, 100_000)
    outcomes = []
    for n in range(ROUNDS):
        award = make_award(fund, f"AW-{n}")
        services.commit(award, {year: Decimal(100)}, text="x", actor=None, at=NOON)
        services.obligate(award, {year: Decimal(100)}, text="x", actor=None, at=NOON)

        def pay(award=award) -> None:
            services.approve_payment(award, year, Decimal(60), text="x", actor=None, at=NOON)

        outcomes.append(at_once(pay))
    assert outcomes == [[NotEnoughMoney.__name__, "ok"]] * ROUNDS
    assert (positions(fund)[0].in_process, faults(fund)) == (Decimal(60 * ROUNDS), [])


def test_same_key_sent_eight_times_at_once_then_one_entry():
    fund = make_fund()
    year = year_of(fund)

    def send() -> None:
        services.appropriate(year, Decimal(10), text="x", actor=None, at=NOON, key="once")

    assert at_once(send, times=8) == ["ok"] * 8
    assert Entry.objects.filter(fund=fund, key="once").count() == 1


def test_control_when_the_guard_is_a_read_before_a_write_then_it_overspends():
    """The race that the tests above win is real: check-then-insert without a lock loses it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE naive (award int, amount int)")
    overspent = 0
    try:
        for n in range(ROUNDS):
            both_have_read = threading.Barrier(2)

            def pay(n=n, both_have_read=both_have_read) -> None:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT coalesce(sum(amount), 0) FROM naive WHERE award = %s", [n])
                    (paid,) = cursor.fetchone()
                    both_have_read.wait()
                    if paid + 60 <= 100:
                        cursor.execute("INSERT INTO naive VALUES (%s, 60)", [n])

            at_once(pay)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM (SELECT award FROM naive GROUP BY award HAVING sum(amount) > 100) x")
            (overspent,) = cursor.fetchone()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE naive")
    assert overspent == ROUNDS
