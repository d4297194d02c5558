"""The proofs can fail: each is run against a database without the guard that it is there to prove."""

import pytest
from django.db import connection, transaction

from bench.proofs import ledger
from bench.proofs.append_only import append_only as prove
from bench.proofs.append_only import append_only_models
from bench.registry import Outcome


@pytest.mark.django_db
def test_append_only_tables_refuse_every_way_to_change_them():
    outcome = prove(0, 0)
    assert outcome == Outcome(17 * len(append_only_models()), [])
    assert {"audit.AuditEvent", "funds.Entry", "funds.Line"} <= {model._meta.label for model in append_only_models()}


@pytest.mark.django_db
def test_append_only_proof_when_a_trigger_is_missing_then_names_the_table_and_the_ways():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
    failures = prove(0, 0).failures
    assert len(failures) == 17
    assert {failure.split(",")[0] for failure in failures} == {"audit.AuditEvent"}
    assert "audit.AuditEvent, TRUNCATE: went through" in failures


@pytest.mark.django_db(transaction=True)
def test_races_proof_when_the_guard_is_gone_then_fails(monkeypatch):
    def unguarded(books, name, one):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS unguarded (round text, amount int)")
        return lambda: _spend(name, one.amount)

    monkeypatch.setattr(ledger.Books, "payments", unguarded)
    try:
        failures = ledger.races(20, seed=1).failures
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE unguarded")
    assert [failure for failure in failures if ", payments, " in failure or "unguarded" in failure] != []


def _spend(name: str, amount: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(amount), 0) FROM unguarded WHERE round = %s", [name])
        (given,) = cursor.fetchone()
        if given + amount > ledger.BALANCE:
            raise ledger.NotEnoughMoney("No more.")
        cursor.execute("INSERT INTO unguarded VALUES (%s, %s)", [name, amount])
