import datetime as dt

import pytest

from accounts import services
from accounts.models import Role
from core.clock import server_now

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _reachable(settings):
    """Pages of other apps are not this test's business."""
    settings.LOGIN_REDIRECT_URL = "accounts:profile"
    settings.LOGOUT_REDIRECT_URL = "account_login"
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def now(db):
    return server_now()


@pytest.fixture
def person(now):
    """Makes somebody with roles, by services, a month ago."""

    def make(name="Ada Lovelace", *roles, password="a long password"):
        email = f"{name.split()[0].lower()}@example.org"
        user = services.create_person(email=email, name=name, password=password, actor=None, at=now - 30 * DAY)
        for role in roles:
            services.grant_role(user, role, actor=None, at=now - 30 * DAY)
        return user

    return make


@pytest.fixture
def boss(person):
    return person("Ines Okafor", Role.ADMINISTRATOR)
