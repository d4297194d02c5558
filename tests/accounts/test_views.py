import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts import services
from accounts.models import Role, User
from core.lists import get_spec, rows_for_export

PEOPLE = "/people/"
LIST_QUERIES = 9  # session, user, clock, roles, holders of roles, personas, figures, rows, unread notices


def rows(response):
    return [row.values["name"] for row in response.context["page"].rows]


@pytest.mark.parametrize("more", [0, 3])
def test_people_when_there_are_more_takes_no_more_queries(client, boss, person, django_assert_num_queries, more):
    for number in range(more):
        person(f"P{number} Person", Role.AUDITOR, Role.FINANCE_OFFICER)
    client.force_login(boss)
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(PEOPLE)
    assert len(rows(page)) == 1 + more


def test_people_filters_by_role_and_state_and_exports_the_same(client, boss, person, now):
    person("Ada Lovelace", Role.AUDITOR)
    person("Ben Bold")
    services.deactivate(person("Cleo Closed"), actor=boss, at=now)
    client.force_login(boss)
    assert rows(client.get(PEOPLE, {"role": "auditor"})) == ["Ada Lovelace"]
    assert rows(client.get(PEOPLE, {"role": "none", "state": "active"})) == ["Ben Bold"]
    assert rows(client.get(PEOPLE, {"state": "inactive"})) == ["Cleo Closed"]
    assert rows(client.get(PEOPLE, {"q": "ben@"})) == ["Ben Bold"]
    export = rows_for_export(get_spec("people"), boss, QueryDict("role=auditor"))
    assert [(row[0], row[2]) for row in export.rows] == [("Ada Lovelace", "Auditor")]


def test_people_and_persons_are_closed_to_all_but_administrators_and_auditors(client, boss, person):
    ada = person("Ada Lovelace", Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.FINANCE_APPROVER)
    client.force_login(ada)
    assert client.get(PEOPLE).status_code == 403
    assert client.get(reverse("accounts:person", args=[boss.pk])).status_code == 404
    assert client.get(reverse("accounts:person", args=[ada.pk])).status_code == 200
    assert [user["email"] for user in client.get("/api/v1/people/").json()["results"]] == ["ada@example.org"]
    assert client.get(f"/api/v1/people/{boss.pk}/").status_code == 404
    assert {row["user"] for row in client.get("/api/v1/roles/").json()["results"]} == {str(ada.pk)}


def test_auditor_reads_people_and_changes_nothing(client, boss, person):
    ada, ben = person("Ada Lovelace", Role.AUDITOR), person("Ben Bold")
    client.force_login(ada)
    page = client.get(reverse("accounts:person", args=[ben.pk]))
    assert (page.status_code, b"Grant the role" in page.content, b"Close account" in page.content) == (
        200,
        False,
        False,
    )
    grant = boss.role_grants.get()
    for path in [
        reverse("accounts:grant_role", args=[ben.pk]),
        reverse("accounts:deactivate", args=[ben.pk]),
        reverse("accounts:reactivate", args=[ben.pk]),
        reverse("accounts:end_role", args=[grant.pk]),
        f"/api/v1/people/{ben.pk}/roles/",
        f"/api/v1/people/{ben.pk}/close/",
        f"/api/v1/people/{ben.pk}/reopen/",
        f"/api/v1/roles/{grant.pk}/end/",
    ]:
        assert (path, client.post(path, {"role": "auditor", "reason": "x"}).status_code) == (path, 403)
    assert (User.objects.get(pk=ben.pk).is_active, boss.role_grants.get().ends_at) == (True, None)


def test_person_page_grants_and_ends_a_role(client, boss, person):
    ada = person()
    client.force_login(boss)
    page = reverse("accounts:person", args=[ada.pk])
    assert client.post(reverse("accounts:grant_role", args=[ada.pk]), {"role": "auditor"}).url == page
    assert b"since" in client.get(page).content
    again = client.post(reverse("accounts:grant_role", args=[ada.pk]), {"role": "auditor"})
    assert (again.status_code, again.context["grant_form"].errors["role"]) == (
        422,
        ["Ada Lovelace holds the role Auditor then already."],
    )
    assert client.post(reverse("accounts:end_role", args=[ada.role_grants.get().pk])).url == page
    assert User.objects.get(pk=ada.pk).roles == frozenset()


def test_person_page_when_an_account_is_closed_without_a_reason_says_so(client, boss, person):
    ada = person()
    client.force_login(boss)
    answer = client.post(reverse("accounts:deactivate", args=[ada.pk]), {"reason": ""})
    assert (answer.status_code, User.objects.get(pk=ada.pk).is_active) == (422, True)
    client.post(reverse("accounts:deactivate", args=[ada.pk]), {"reason": "Left."})
    assert User.objects.get(pk=ada.pk).is_active is False


def test_own_roles_when_an_administrator_reaches_for_them_are_refused(client, boss):
    client.force_login(boss)
    assert client.post(reverse("accounts:grant_role", args=[boss.pk]), {"role": "auditor"}).status_code == 403
    answer = client.post(f"/api/v1/people/{boss.pk}/roles/", {"role": "auditor"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed")


def test_profile_when_a_name_is_refused_keeps_what_was_typed(client, person):
    client.force_login(person())
    answer = client.post(reverse("accounts:profile"), {"name": "<Ada>", "zone": "Europe/Paris"})
    assert (answer.status_code, answer.context["form"]["name"].value()) == (422, "<Ada>")
    client.post(reverse("accounts:profile"), {"name": "Ada King", "zone": "Europe/Paris"})
    ada = User.objects.get()
    assert (ada.name, ada.zone) == ("Ada King", "Europe/Paris")


def test_django_admin_offers_nothing_that_services_write(client, boss):
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    client.force_login(User.objects.get(pk=boss.pk))
    page = client.get(reverse("admin:index"))
    assert (page.status_code, page.context["app_list"]) == (200, [])
