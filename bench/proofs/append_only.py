"""Tables that are only ever added to: every way to change or remove a row is tried on each, and must be refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.db import DatabaseError, InternalError, connection, models, transaction
from django.db.models import F

from bench.registry import Outcome, proof
from core.models import StateChange

REFUSAL = "pgtrigger: Cannot "
TRIGGERS = """
    SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname LIKE 'pgtrigger\\_append\\_only\\_%' ORDER BY c.relname
"""
COLUMNS = """
    SELECT column_name, udt_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = %s AND is_nullable = 'NO' AND is_identity = 'NO'
"""
OTHER_TRIGGERS = """
    SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal
    AND tgname NOT LIKE 'pgtrigger\\_append\\_only\\_%%' AND tgname NOT LIKE 'pgtrigger\\_no\\_truncate\\_%%'
"""
CHECKS = "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'"
SAMPLES = {
    "uuid": "gen_random_uuid()",
    "timestamptz": "now()",
    "date": "current_date",
    "bool": "false",
    "jsonb": "'{}'",
    "varchar": "'x'",
    "text": "'x'",
    "bytea": "'x'",
    "inet": "'127.0.0.1'",
}
Attack = Callable[[], object]


def quoted(field: "models.Field[Any, Any] | None") -> str:
    """A field's column, as SQL names it."""
    assert field is not None
    assert field.column is not None
    return connection.ops.quote_name(field.column)


@dataclass(frozen=True)
class Table:
    """An append-only table with one row in it, as somebody who wants to change that row sees it."""

    model: type[models.Model]
    pk: Any

    @property
    def name(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def key(self) -> str:
        return quoted(self.model._meta.pk)

    @property
    def rows(self) -> "models.QuerySet[Any]":
        return self.model._base_manager.filter(pk=self.pk)

    def field(self) -> "models.Field[Any, Any]":
        """One that is not the key."""
        return next(field for field in self.model._meta.concrete_fields if not field.primary_key)

    def attacks(self) -> Iterator[tuple[str, Attack]]:
        field, row = self.field(), self.rows.get()
        column = quoted(field)
        yield "QuerySet.update", lambda: self.rows.update(**{field.attname: F(field.attname)})
        yield "save", lambda: row.save(force_update=True)
        yield "save of one field", lambda: row.save(update_fields=[field.attname])
        yield "bulk_update", lambda: self.model._base_manager.bulk_update([row], [field.name])
        yield "QuerySet._raw_delete", lambda: self.rows._raw_delete("default")
        yield "delete", lambda: models.Model.delete(self.rows.get())
        for name, statement in self.statements(column).items():
            yield name, partial(_execute, statement)

    def statements(self, column: str) -> dict[str, str]:
        where = f"{self.key} = '{self.pk}'"
        own, other = f"target.{self.key} = source.{self.key}", f"{self.name} AS source"
        sources = f"MERGE INTO {self.name} AS target USING {other} ON {own} WHEN MATCHED THEN"
        return {
            "UPDATE": f"UPDATE {self.name} SET {column} = {column} WHERE {where}",
            "UPDATE of all": f"UPDATE {self.name} SET {column} = {column}",
            "UPDATE FROM": f"UPDATE {self.name} AS target SET {column} = source.{column} FROM {other} WHERE {own}",
            "UPDATE in a WITH": f"WITH x AS (UPDATE {self.name} SET {column} = {column} RETURNING 1) SELECT 1 FROM x",
            "INSERT ON CONFLICT": f"INSERT INTO {self.name} SELECT * FROM {other} WHERE {where}"
            f" ON CONFLICT ({self.key}) DO UPDATE SET {column} = excluded.{column}",
            "MERGE … UPDATE": f"{sources} UPDATE SET {column} = source.{column}",
            "MERGE … DELETE": f"{sources} DELETE",
            "DELETE": f"DELETE FROM {self.name} WHERE {where}",
            "DELETE USING": f"DELETE FROM {self.name} AS target USING {other} WHERE {own}",
            "TRUNCATE": f"TRUNCATE {self.name} CASCADE",
            "TRUNCATE ONLY": f"TRUNCATE ONLY {self.name} RESTART IDENTITY CASCADE",
        }


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def append_only_models() -> list[type[models.Model]]:
    """The models whose tables carry the trigger: what the database says, not what the code means to have."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        names = {name for (name,) in cursor.fetchall()}
    return [model for model in apps.get_models() if model._meta.db_table in names]


@contextmanager
def one_row(model: type[models.Model]) -> Iterator[Table]:
    """A row of sample values, with nothing to guard it but the triggers in question: taken back at the end of the block."""
    with transaction.atomic():
        _execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no triggers
        _take_away_other_guards(connection.ops.quote_name(model._meta.db_table))
        pk = _insert_sample(model)
        _execute("SET LOCAL session_replication_role = origin")
        yield Table(model, pk)
        transaction.set_rollback(True)


def _take_away_other_guards(name: str) -> None:
    with connection.cursor() as cursor:
        for found, change in ((CHECKS, "DROP CONSTRAINT"), (OTHER_TRIGGERS, "DISABLE TRIGGER")):
            cursor.execute(found, [name])
            for (guard,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {name} {change} {connection.ops.quote_name(guard)}")


def _insert_sample(model: type[models.Model]) -> Any:
    name = connection.ops.quote_name(model._meta.db_table)
    key = quoted(model._meta.pk)
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [model._meta.db_table])
        columns = cursor.fetchall()
        names = ", ".join(connection.ops.quote_name(column) for column, _ in columns)
        values = ", ".join(SAMPLES.get(kind, "1") for _, kind in columns)
        cursor.execute(f"INSERT INTO {name} ({names}) VALUES ({values}) RETURNING {key}")
        (pk,) = cursor.fetchone()
    return pk


def attempt(attack: Attack) -> str:
    """What the database said to an attack: nothing, where it went through."""
    try:
        with transaction.atomic():
            attack()
            transaction.set_rollback(True)
    except InternalError as error:
        return str(error)
    except DatabaseError as error:
        return f"another error, so the attack proves nothing: {error}"
    return ""


@proof("ledger.append_only", cases=0)
def append_only(_cases: int, _seed: int) -> Outcome:
    """Each table × each way: refused. And as a control, with the triggers off each way goes through.

    There is nothing to draw by chance: the number of cases is the number of tables times the ways.
    """
    found = append_only_models()
    failures = [
        f"{model._meta.label} keeps steps, and its table is not append-only."
        for model in apps.get_models()
        if issubclass(model, StateChange) and model not in found
    ]
    tried = 0
    for model in found:
        with one_row(model) as table:
            for way, attack in table.attacks():
                tried += 1
                said = attempt(attack)
                if REFUSAL not in said:
                    failures.append(f"{model._meta.label}, {way}: {said or 'went through'}")
            failures += _control(table)
    return Outcome(tried, failures)


def _control(table: Table) -> list[str]:
    """The same ways with the table's triggers off, where foreign keys of other tables may stop nothing but TRUNCATE."""
    _execute("SET LOCAL session_replication_role = replica")
    answers = {way: attempt(attack) for way, attack in table.attacks() if not way.startswith("TRUNCATE")}
    _execute("SET LOCAL session_replication_role = origin")
    return [f"control: {table.model._meta.label}, {way}: {said}" for way, said in answers.items() if said]
