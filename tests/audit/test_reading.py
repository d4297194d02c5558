import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from audit import seals
from audit.models import AuditEvent
from audit.queries import changes, history_of
from audit.services import record
from core.lists import get_spec, rows_for_export

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
LIST_QUERIES = 7  # session, user, roles, personas, figures, rows, unread notices


def make_user(name, *roles, zone="UTC"):
    user = User.objects.create_user(f"{name.lower()}@example.org", name=name, zone=zone)
    for role in roles:
        RoleGrant.objects.create(user=user, role=role, starts_at=NOON)
    return user


@pytest.fixture
def auditor():
    return make_user("Amara", Role.AUDITOR, zone="Asia/Tokyo")


@pytest.fixture
def sealed(monkeypatch):
    """Seals everything about one thing from one person, as a conflict does."""
    monkeypatch.setattr(seals, "_excludes", [])

    def seal(thing, person):
        def exclude(events, user):
            if user.pk != person.pk:
                return events
            return events.exclude(subject_type=thing._meta.label_lower, subject_id=str(thing.pk))

        seals.register(exclude)

    return seal


def rows(response):
    return [row.values["target_label"] for row in response.context["page"].rows]


@pytest.mark.parametrize("roles", [[], [Role.PROGRAMME_OFFICER], [Role.FINANCE_OFFICER, Role.FINANCE_APPROVER]])
def test_trail_for_whoever_is_neither_administrator_nor_auditor_is_closed(client, roles):
    ben = make_user("Ben", *roles)
    event = record(ben, "user.renamed", ben, at=NOON)
    client.force_login(ben)
    assert client.get(reverse("audit:events")).status_code == 403
    assert client.get(reverse("audit:event", args=[event.pk])).status_code == 404
    assert client.get("/api/v1/audit/").status_code == 403
    assert history_of(ben, ben) == []


@pytest.mark.parametrize("more", [0, 3])
def test_trail_when_it_grows_takes_no_more_queries(client, auditor, django_assert_num_queries, more):
    for number in range(1 + more):
        record(auditor, "user.renamed", auditor, at=NOON + dt.timedelta(hours=number), before={"n": number})
    client.force_login(auditor)
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(reverse("audit:events"))
    assert len(rows(page)) == 1 + more


def test_sealed_subject_is_nowhere_for_that_person_and_everywhere_for_others(client, auditor, sealed):
    hidden, other = make_user("Hidden"), make_user("Other")
    event = record(None, "user.renamed", hidden, at=NOON)
    part = record(None, "role.granted", other, at=NOON, subject=hidden)
    record(None, "user.renamed", other, at=NOON)
    sealed(hidden, auditor)
    for person, seen in ((auditor, 1), (make_user("Boss", Role.ADMINISTRATOR), 3)):
        client.force_login(person)
        page = client.get(reverse("audit:events"))
        assert (len(rows(page)), page.context["page"].query.count) == (seen, (seen, True))
        assert len(rows(client.get(reverse("audit:events"), {"about": f"accounts.user:{hidden.pk}"}))) == seen - 1
        assert len(client.get("/api/v1/audit/").json()["results"]) == seen
        assert len(list(rows_for_export(get_spec("audit"), person, QueryDict()).rows)) == seen
        for row in (event, part):
            status = 404 if person == auditor else 200
            assert client.get(reverse("audit:event", args=[row.pk])).status_code == status
            assert client.get(f"/api/v1/audit/{row.pk}/").status_code == status
        assert len(history_of(hidden, person)) == (0 if person == auditor else 2)


def test_page_for_a_sealed_person_is_the_same_with_and_without_the_sealed_events(client, auditor, sealed):
    hidden, other = make_user("Hidden"), make_user("Other")
    record(None, "user.renamed", other, at=NOON)
    sealed(hidden, auditor)
    client.force_login(auditor)

    def seen():
        page = client.get(reverse("audit:events"), {"q": "e", "sort": "at"})
        return page.context["page"].count_text, rows(page), [str(f) for f in page.context["page"].filter_fields]

    before = seen()
    record(None, "review.conflict_declared", hidden, at=NOON)
    assert seen() == before


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"act": "role granted"}, ["B"]),
        ({"act": "role."}, ["B"]),
        ({"act": "ole"}, []),
        ({"by": "amara"}, ["A"]),
        ({"kind": "accounts.user"}, ["B", "A"]),
        ({"kind": "accounts.rolegrant"}, []),
        ({"since": "2026-03-02"}, ["B"]),  # 16:00 UTC on the first is the second in Tokyo
        ({"until": "2026-03-01"}, ["A"]),
        ({"q": "renamed"}, ["A"]),
    ],
)
def test_trail_filters_by_act_person_kind_and_the_readers_own_days(client, auditor, query, found):
    one, two = make_user("A"), make_user("B")
    record(auditor, "user.renamed", one, at=NOON)
    record(None, "role.granted", two, at=NOON + dt.timedelta(hours=4))
    client.force_login(auditor)
    assert rows(client.get(reverse("audit:events"), query)) == found
    text = QueryDict(mutable=True)
    text.update(query)
    assert [row[2] for row in rows_for_export(get_spec("audit"), auditor, text).rows] == found


def test_event_page_shows_what_differs_first_and_escapes_it(client, auditor):
    event = record(
        auditor,
        "user.renamed",
        auditor,
        at=NOON,
        before={"zone": "UTC", "name": "<b>Ada</b>", "list": [1]},
        after={"zone": "UTC", "name": "Ada & Co", "list": [1, 2]},
    )
    found = changes(event)
    assert [(change.name, change.differs) for change in found] == [("Name", True), ("List", True), ("Zone", False)]
    assert (found[0].before, found[0].after) == ("&lt;b&gt;Ada&lt;/b&gt;", "Ada &amp; Co")
    client.force_login(auditor)
    page = client.get(reverse("audit:event", args=[event.pk])).content.decode()
    assert ("<b>Ada</b>" in page, "&lt;b&gt;Ada&lt;/b&gt;" in page) == (False, True)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_trail_by_api_is_read_only(client, method):
    boss = make_user("Boss", Role.ADMINISTRATOR)
    event = record(boss, "user.renamed", boss, at=NOON)
    client.force_login(boss)
    assert getattr(client, method)(f"/api/v1/audit/{event.pk}/").status_code == 405
    assert client.post("/api/v1/audit/").status_code == 405


@pytest.mark.parametrize(
    "sql", ["UPDATE audit_auditevent SET verb = 'x'", "DELETE FROM audit_auditevent", "TRUNCATE audit_auditevent"]
)
def test_trail_when_something_rewrites_it_is_refused_by_the_database(auditor, sql):
    record(auditor, "user.renamed", auditor, at=NOON)
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
    assert AuditEvent.objects.get().verb == "user.renamed"


def test_deep_page_of_the_trail_is_read_from_an_index(auditor):
    record(auditor, "user.renamed", auditor, at=NOON)
    page = AuditEvent.objects.visible_to(auditor).order_by("-at", "-id")[:50]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "audit_by_time" in page.explain()
