import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import ApiToken, Role
from core.errors import InvalidInput

DAY = dt.timedelta(days=1)
ME = "/api/v1/me/"


def ask(secret, path=ME, **more):
    return Client(enforce_csrf_checks=True).get(path, headers={"Authorization": f"Bearer {secret}"}, **more)


@pytest.fixture
def ada(person):
    return person("Ada Lovelace", Role.AUDITOR)


def test_token_opens_the_api_as_its_owner_and_only_a_digest_is_kept(ada, now):
    token, secret = services.create_token(ada, name="script", at=now)
    assert (ask(secret).status_code, ask(secret).json()["email"]) == (200, "ada@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM accounts_apitoken t")
        (row,) = cursor.fetchone()
    assert (secret in row, secret.removeprefix("alf_") in row) == (False, False)
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_token_gives_the_rights_that_its_owner_has_now(ada, boss, now):
    _token, secret = services.create_token(ada, name="script", at=now)
    assert len(ask(secret, "/api/v1/people/").json()["results"]) == 2
    services.end_role(ada.role_grants.get(), actor=boss, at=now)
    assert [row["email"] for row in ask(secret, "/api/v1/people/").json()["results"]] == ["ada@example.org"]


@pytest.mark.parametrize("end", ["revoked", "closed", "expired", "never made", "empty"])
def test_token_when_it_opens_nothing_is_refused_the_same_way_every_time(ada, boss, now, end):
    at = now - 40 * DAY if end == "expired" else now
    token, secret = services.create_token(ada, name="script", at=at, life=30 * DAY)
    if end == "revoked":
        services.revoke_token(token, actor=ada, at=now)
    elif end == "closed":
        services.deactivate(ada, actor=boss, at=now)
    answer = ask({"never made": "alf_" + "x" * 43, "empty": ""}.get(end, secret))
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer.json()["error"] == {
        "code": "authentication_failed",
        "message": "This token does not open anything: it is unknown, revoked or expired.",
    }


def test_token_when_bad_is_not_outweighed_by_a_session(ada, client):
    client.force_login(ada)
    assert client.get(ME, headers={"Authorization": "Bearer alf_wrong"}).status_code == 401


def test_write_by_token_needs_no_csrf_and_by_session_does(ada, now):
    _token, secret = services.create_token(ada, name="script", at=now)
    client = Client(enforce_csrf_checks=True)
    body = {"name": "Ada King"}
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.patch(ME, body, content_type="application/json", headers=headers).status_code == 200
    client.force_login(ada)
    assert client.patch(ME, body, content_type="application/json").status_code == 403
    ada.refresh_from_db()
    assert ada.name == "Ada King"


def test_me_when_a_field_is_not_ones_own_to_write_keeps_it(ada, now):
    _token, secret = services.create_token(ada, name="script", at=now)
    body = {"email": "x@evil.example", "roles": ["administrator"], "is_active": False, "zone": "Europe/Paris"}
    headers = {"Authorization": f"Bearer {secret}"}
    answer = Client().patch(ME, body, content_type="application/json", headers=headers)
    assert (answer.json()["email"], answer.json()["roles"], answer.json()["zone"]) == (
        "ada@example.org",
        ["auditor"],
        "Europe/Paris",
    )


def test_tokens_by_api_are_listed_and_revoked_but_never_made(ada, person, now):
    token, secret = services.create_token(ada, name="script", at=now)
    other, _ = services.create_token(person("Ben Bold"), name="his", at=now)
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().post("/api/v1/tokens/", {"name": "more"}, headers=headers).status_code == 405
    assert Client().post(f"/api/v1/tokens/{other.pk}/revoke/", headers=headers).status_code == 403
    assert Client().post(f"/api/v1/tokens/{token.pk}/revoke/", headers=headers).status_code == 200
    assert ask(secret).status_code == 401


@pytest.mark.parametrize("days", [0, 367])
def test_token_when_it_would_live_too_long_or_not_at_all_is_refused(ada, now, days):
    with pytest.raises(InvalidInput, match="a day at least and a year at most"):
        services.create_token(ada, name="script", at=now, life=days * DAY)


def test_secret_in_the_place_of_its_digest_is_refused_by_the_database(ada, now):
    with pytest.raises(IntegrityError, match="api_token_digest_only"), transaction.atomic():
        ApiToken.objects.create(user=ada, name="x", digest="alf_secret", created_at=now, expires_at=now + DAY)


def test_token_page_asks_for_the_password_again_and_shows_the_secret_once(ada, client):
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": "a long password"})
    new = reverse("accounts:token_new")
    assert client.get(new).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": "a long password"})
    page = client.post(new, {"name": "script", "days": 30})
    secret = page.context["secret"]
    assert (page.status_code, page["Cache-Control"], ask(secret).status_code) == (200, "no-store, private", 200)
    assert secret not in client.get(reverse("accounts:profile")).content.decode()
    assert secret not in str(dict(client.session.items()))


def test_schema_names_the_token_among_the_ways_to_sign_in(client, ada):
    client.force_login(ada)
    schema = client.get(reverse("schema"), headers={"Accept": "application/json"}).json()
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
