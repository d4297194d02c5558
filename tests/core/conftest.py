from collections.abc import Iterator

import pytest
from django.db import connection

from tests.core.things import Owner, Thing


@pytest.fixture(scope="session")
def _thing_tables(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.execute("DROP TABLE IF EXISTS things_thing, things_owner")
        editor.create_model(Owner)
        editor.create_model(Thing)


@pytest.fixture
def things(_thing_tables: None, db: None) -> type[Thing]:
    return Thing


@pytest.fixture
def committed_things(_thing_tables: None, transactional_db: None) -> Iterator[type[Thing]]:
    """For code that opens a transaction of its own."""
    yield Thing
    Thing.objects.all().delete()
    Owner.objects.all().delete()
