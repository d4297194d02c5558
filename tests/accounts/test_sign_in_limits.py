"""Guessing a password is stopped for all web processes together, and costs its owner minutes, not the account."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limited(_reachable, settings):
    settings.ACCOUNT_RATE_LIMITS = {}  # the library's own


def sign_in(password: str) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": password})
    return client


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_after_five_wrong_passwords_the_right_one_waits_whatever_process_is_asked(person):
    person("Ada Lovelace")
    for guess in range(5):
        assert not signed_in(sign_in(f"wrong {guess}"))
    assert not signed_in(sign_in("a long password"))
    with connection.cursor() as cursor:  # what every process reads, and no process's own memory
        cursor.execute("SELECT count(*) FROM accounts_signinlimit WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone()[0] > 0
    caches["default"].clear()  # the minutes pass
    assert signed_in(sign_in("a long password"))
