import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role, RoleGrant, User

pytestmark = pytest.mark.django_db


def make_user(email="ada@example.org"):
    return User.objects.create_user(email, "a long password", name="Ada Example")


def test_email_when_written_in_capitals_is_the_same_account():
    assert make_user("Ada@Example.ORG").email == "ada@example.org"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("ADA@example.org")


def test_email_in_capitals_when_saved_past_the_manager_is_refused_by_the_database():
    with pytest.raises(IntegrityError, match="user_email_lower_case"), transaction.atomic():
        User.objects.create(email="Ada@example.org", name="Ada")


def test_key_of_a_user_is_a_version_7_uuid():
    assert make_user().pk.version == 7


def test_role_when_ended_or_not_begun_is_not_held():
    user, now = make_user(), timezone.now()
    day = dt.timedelta(days=1)
    RoleGrant.objects.create(user=user, role=Role.AUDITOR, starts_at=now - day, ends_at=now)
    RoleGrant.objects.create(user=user, role=Role.FINANCE_OFFICER, starts_at=now + day)
    RoleGrant.objects.create(user=user, role=Role.PROGRAMME_OFFICER, starts_at=now - day)
    assert user.roles == {"programme_officer"}
    assert (user.has_role(Role.PROGRAMME_OFFICER), user.has_role(Role.AUDITOR)) == (True, False)


def test_role_when_granted_to_oneself_is_refused_by_the_database():
    user = make_user()
    with pytest.raises(IntegrityError, match="role_grant_not_by_oneself"), transaction.atomic():
        RoleGrant.objects.create(user=user, role=Role.ADMINISTRATOR, starts_at=timezone.now(), granted_by=user)


def test_zone_when_it_is_no_time_zone_is_refused_with_its_name():
    user = make_user()
    user.zone = "Mars/Olympus"
    with pytest.raises(ValidationError, match="Mars/Olympus is not a time zone"):
        user.full_clean()
