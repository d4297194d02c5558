import pytest
from django.contrib.sessions.models import Session
from django.db.models import F, Value

from accounts import personas
from accounts.models import RoleGrant, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def registry(monkeypatch):
    """None of the higher apps' personas: only what the test registers."""
    monkeypatch.setattr(personas, "_registered", {})
    return personas


def holders_of(role):
    return lambda user_id: RoleGrant.objects.filter(user_id=user_id, role=role)


def test_personas_when_several_are_registered_are_answered_by_one_query(person, registry, django_assert_num_queries):
    registry.register("reviewer", holders_of("auditor"))
    registry.register("board", holders_of("finance_officer"))
    registry.register(
        "researcher", lambda user_id: User.objects.annotate(one=Value(1)).filter(pk=user_id, one=F("one"))
    )
    user = User.objects.get(pk=person("Ada Lovelace", "auditor").pk)
    with django_assert_num_queries(1):
        assert user.personas == {"reviewer", "researcher"}
        assert user.personas == {"reviewer", "researcher"}


def test_personas_of_a_closed_account_are_none(person, registry):
    registry.register("reviewer", holders_of("auditor"))
    user = person("Ada Lovelace", "auditor")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert User.objects.get(pk=user.pk).personas == frozenset()


def test_personas_when_nobody_registered_ask_nothing(person, registry, django_assert_num_queries):
    user = person()
    with django_assert_num_queries(0):
        assert user.personas == frozenset()


@pytest.mark.parametrize("name", ["reviewer", "not a name"])
def test_register_of_a_second_meaning_or_of_no_name_is_refused(registry, name):
    registry.register("reviewer", lambda _user_id: Session.objects.none())
    with pytest.raises(ValueError, match="persona"):
        registry.register(name, lambda _user_id: Session.objects.none())
