"""Pages of notices: one's own alone, what staff may read, what they may do, and constant queries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from audit.models import AuditEvent
from core.lists import ListPage
from notifications import delivery, seals, services
from notifications.lists import DEADLINES, INBOX, LOG
from notifications.models import Attempt, Deadline, Heartbeat, Notice, ReminderRule
from notifications.reminders import plan_reminders
from notifications.unread import unread_label
from tests.notifications.stories import DAY, HOUR, NOON, due_in, make_user, queue

pytestmark = pytest.mark.django_db
OFFICER, FINANCE, AUDITOR = Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.AUDITOR


def shown(rf, user, spec, query=""):
    request = rf.get(f"/x/?{query}")
    request.user = user
    return ListPage(spec, request)


def subjects(rf, user, spec, query=""):
    return [row.values["subject"] for row in shown(rf, user, spec, query).rows]


# --- one's own ----------------------------------------------------------------------------------------------------------
def test_inbox_shows_ones_own_and_nothing_that_is_held_called_off_or_secret(client, rf):
    ada, bob = make_user("Ada"), make_user("Bob")
    queue("a", recipient=ada, subject="Mine")
    queue("b", recipient=bob, subject="Not mine")
    queue("c", recipient=ada, subject="Held", not_before=timezone.now() + DAY)
    queue("d", recipient=ada, subject="Key", secret=True)
    off = queue("e", recipient=ada, subject="Off")
    services.cancel_notice(off, actor=bob, at=NOON)
    client.force_login(ada)
    assert client.get("/notices/").status_code == 200
    assert (subjects(rf, ada, INBOX), unread_label(ada, timezone.now())) == (["Mine"], "1")
    hidden = Notice.objects.exclude(subject="Mine")
    assert {client.get(reverse("notifications:mine", args=[one.pk])).status_code for one in hidden} == {404}


def test_notice_when_its_mail_waits_for_a_second_try_is_in_the_inbox_all_the_same(rf, smtp):
    queue(subject="Soon")
    smtp.answer = "451 later"
    delivery.deliver_due(timezone.now())
    assert subjects(rf, make_user("Ada"), INBOX) == ["Soon"]


def test_notice_when_opened_leads_to_its_page_and_is_read(client):
    ada = make_user("Ada")
    first, second = queue("a", recipient=ada, path="/calls/?q=x"), queue("b", recipient=ada)
    client.force_login(ada)
    where = [client.get(reverse("notifications:open", args=[one.pk])).url for one in (first, second)]
    assert where == ["/calls/?q=x", f"/notices/mine/{second.pk}/"]
    assert (unread_label(ada, timezone.now()), Notice.objects.filter(read_at=None).count()) == ("", 0)
    client.post(reverse("notifications:read", args=[first.pk]), {"unread": "1"})
    assert unread_label(ada, timezone.now()) == "1"


@pytest.mark.parametrize(
    "path", ["//evil.example/", "https://evil.example/", "/\\evil.example", "evil", "javascript:x"]
)
def test_path_when_it_leads_elsewhere_is_no_path(path):
    assert services.safe_path(path) == ""


def test_all_when_marked_as_read_then_others_keep_theirs(client):
    ada, bob = make_user("Ada"), make_user("Bob")
    for n, person in enumerate([ada, ada, bob]):
        queue(f"k{n}", recipient=person)
    client.force_login(ada)
    client.post("/notices/read/")
    assert (unread_label(ada, timezone.now()), unread_label(bob, timezone.now())) == ("", "1")


def test_unread_when_there_are_many_is_counted_up_to_99(django_assert_num_queries):
    ada = make_user("Ada")
    values = {"recipient": ada, "kind": "x", "subject": "s", "body": "b", "created_at": NOON, "not_before": NOON}
    Notice.objects.bulk_create(Notice(key=f"k{n}", address=ada.email, **values) for n in range(120))
    with django_assert_num_queries(1):
        assert unread_label(ada, timezone.now()) == "99+"


def test_bar_shows_how_many_are_unread(client):
    queue()
    client.force_login(make_user("Ada"))
    assert '<span class="count-dot">1<' in client.get("/notices/").content.decode()


# --- the staff's log ----------------------------------------------------------------------------------------------------
@pytest.fixture
def sealed():
    """A seal as a higher app registers one: nobody named Sealed learns of subject 1."""
    excludes = list(seals._excludes)
    subject = make_user("Subject")

    def exclude(rows, user):
        return rows.exclude(subject_type="accounts.user", subject_id=str(subject.pk)) if user.name == "Sealed" else rows

    seals.register(exclude)
    yield subject
    seals._excludes[:] = excludes


def test_log_when_a_subject_is_sealed_then_no_page_count_or_filter_knows_of_it(client, rf, sealed, debtors):
    debtors.add(make_user("Ada"))
    queue("open", subject="Open")
    queue("sealed", subject="Sealed", about=sealed)
    due = due_in(7, subject=make_user("S"), about=sealed, title="Sealed deadline")
    plan_reminders(NOON)
    Notice.objects.update(state="failed")
    officer, knows_not = make_user("Olga", OFFICER), make_user("Sealed", OFFICER)
    assert sorted(subjects(rf, officer, LOG)) == ["Due in 7 days: Sealed deadline", "Open", "Sealed"]
    assert (subjects(rf, knows_not, LOG), subjects(rf, knows_not, LOG, "q=sealed")) == (["Open"], [])
    assert [shown(rf, user, DEADLINES).query.count[0] for user in (officer, knows_not)] == [1, 0]
    client.force_login(knows_not)
    hidden = Notice.objects.exclude(subject="Open")
    addresses = [one.get_absolute_url() for one in hidden] + [due.get_absolute_url()]
    addresses += [f"/api/v1/notice-log/{one.pk}/" for one in hidden] + [f"/api/v1/deadlines/{due.pk}/"]
    assert {client.get(address).status_code for address in addresses} == {404}
    assert client.post(f"/notices/log/{hidden[0].pk}/again/").status_code == 404
    assert client.get("/notices/log/").context["figures"]["failed"] == 1
    assert client.get("/notices/deadlines/").context["figures"]["to_come"] == 0
    assert (
        "Sealed deadline" not in client.get(f"/notices/reminders/{ReminderRule.objects.first().pk}/").content.decode()
    )


@pytest.mark.parametrize(("role", "seen"), [(OFFICER, 3), (AUDITOR, 3), (FINANCE, 1), (Role.FINANCE_APPROVER, 1)])
def test_log_of_proposals_and_of_who_reviews_them_is_not_for_finance(rf, role, seen):
    queue("a", kind="review.invited")
    queue("c", kind="proposal.declined")
    queue("b", kind="payment.requested")
    assert shown(rf, make_user("Sam", role), LOG).query.count == (seen, True)


def test_the_trail_of_a_notice_sent_again_names_nobody_it_went_to():
    notice = queue(kind="review.invited")
    Notice.objects.filter(pk=notice.pk).update(state=Notice.State.FAILED)
    services.try_again(notice, actor=make_user("Olga", OFFICER), at=NOON)
    assert AuditEvent.objects.get(verb="notice.tried_again").target_label == "review.invited of 2026-03-01 12:00"


def test_log_is_closed_to_whoever_is_no_staff(client):
    client.force_login(make_user("Ada"))
    notice = queue()
    answers = [client.get(url).status_code for url in ("/notices/log/", "/notices/deadlines/", "/notices/reminders/")]
    assert (answers, client.get(notice.get_absolute_url()).status_code) == ([403, 403, 403], 404)
    assert client.get("/api/v1/notice-log/").status_code == 403


def test_secret_text_is_on_no_page_of_the_staff(client):
    notice = queue(kind="account", body="KEY-IN-TEXT", secret=True)
    client.force_login(make_user("Olga", Role.ADMINISTRATOR))
    pages = [notice.get_absolute_url(), "/notices/log/", f"/api/v1/notice-log/{notice.pk}/", "/api/v1/notice-log/"]
    assert ["KEY-IN-TEXT" in client.get(page).content.decode() for page in pages] == [False] * 4


def test_failed_notice_when_an_officer_tries_again_is_sent_and_written_down(client, smtp):
    notice = queue()
    smtp.answer = "550 no"
    delivery.deliver_due(NOON)
    for role, status in ((AUDITOR, 403), (FINANCE, 403), (OFFICER, 302)):
        client.force_login(make_user(f"With{role}", role))
        assert client.post(reverse("notifications:try_again", args=[notice.pk])).status_code == status
    smtp.answer = "250 OK"
    delivery.deliver_due(timezone.now())
    page = client.get(notice.get_absolute_url()).content.decode()
    assert ("550 no" in page, "Accepted by the mail server" in page, len(smtp.mails)) == (True, True, 1)
    assert list(AuditEvent.objects.filter(verb__startswith="notice.").values_list("verb", flat=True)) == [
        "notice.tried_again"
    ]
    assert client.post(reverse("notifications:try_again", args=[notice.pk])).status_code == 403  # it is sent now


def test_waiting_notice_when_called_off_is_not_sent(client, mailoutbox):
    notice = queue()
    client.force_login(make_user("Olga", OFFICER))
    client.post(reverse("notifications:cancel", args=[notice.pk]))
    delivery.deliver_due(timezone.now())
    notice.refresh_from_db()
    assert (notice.state, mailoutbox) == ("cancelled", [])


@pytest.mark.parametrize(
    ("beat", "worker", "status", "words"),
    [
        (None, None, 503, "Nobody is sending at the moment"),
        (6 * HOUR, 0 * HOUR, 503, "The scheduler is not running"),
        (0 * HOUR, 0 * HOUR, 200, None),
    ],
)
def test_log_when_nobody_is_at_work_says_so(client, beat, worker, status, words):
    now = timezone.now()
    for name, ago in ((Heartbeat.BEAT, beat), (Heartbeat.WORKER, worker)):
        if ago is not None:
            services.heartbeat(name, now - DAY)
            services.heartbeat(name, now - ago)
    assert client.get("/notices/health").status_code == status
    client.force_login(make_user("Olga", OFFICER))
    page = client.get("/notices/log/").content.decode()
    known = ["Nobody is sending at the moment", "The scheduler is not running"]
    assert [title for title in known if title in page] == ([words] if words else [])


# --- deadlines and rules ------------------------------------------------------------------------------------------------
def test_deadline_page_names_who_still_owes_it_and_its_reminders(client, debtors, mailoutbox):
    debtors.add(make_user("Ada"), make_user("Bob"))
    now = timezone.now()
    due = due_in(3, at=now, set_at=now - 30 * DAY)
    plan_reminders(now)
    delivery.deliver_due(now)
    client.force_login(make_user("Olga", OFFICER))
    answer = client.get(due.get_absolute_url())
    assert [person.name for person in answer.context["people"]] == ["Ada", "Bob"]
    assert [one.state for one in answer.context["reminders"]] == ["done", "scheduled", "scheduled"]
    assert [one.state for one in answer.context["notices"]] == ["sent", "sent"]
    row = client.get("/notices/deadlines/?state=scheduled").context["page"].rows[0]
    assert (row.values["next_reminder"], row.values["state"]) == (due.due_at - DAY, "scheduled")


def test_rule_when_edited_by_a_page_with_an_unknown_place_is_refused_and_keeps_what_was_typed(client, debtors):
    due_in(7)
    rule = ReminderRule.objects.get(offset=DAY)
    url = reverse("notifications:rule", args=[rule.pk])
    client.force_login(make_user("Olga", OFFICER))
    answer = client.post(url, {"subject": "{secret}", "body": "In {left}", "active": "on"})
    assert (answer.status_code, answer.context["form"].errors["subject"]) == (
        422,
        ["Nothing is known to put in place of {secret}."],
    )
    looked = client.post(url, {"subject": "Only {left}!", "body": "{title}", "active": "on", "preview": "1"})
    assert (looked.context["preview"]["subject"], ReminderRule.objects.get(pk=rule.pk).subject) == (
        "Only 24 hours!",
        rule.subject,
    )
    client.post(url, {"subject": "Only {left}!", "body": "{title}", "active": "on"})
    assert ReminderRule.objects.get(pk=rule.pk).subject == "Only {left}!"


def test_rule_when_added_twice_is_refused_beside_its_field(client, debtors):
    due_in(7)
    url = reverse("notifications:rule_add", args=["test.due"])
    client.force_login(make_user("Aud", AUDITOR))
    assert client.post(url, {"amount": 2, "unit": "days"}).status_code == 403
    client.force_login(make_user("Olga", OFFICER))
    answers = [client.post(url, {"amount": 2, "unit": "days"}).status_code for _ in range(2)]
    assert (answers, ReminderRule.objects.filter(kind="test.due").count()) == ([302, 422], 4)


# --- queries ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 4])
def test_lists_make_as_many_queries_for_one_row_as_for_more(client, debtors, rows):
    debtors.add(make_user("Ada"))
    for n in range(rows):
        queue(f"k{n}", recipient=make_user("Olga"))
        due_in(7, subject=make_user(f"S{n}"))
    plan_reminders(NOON)
    notice = Notice.objects.filter(deadline__isnull=False).first()
    Attempt.objects.bulk_create(Attempt(notice=notice, at=NOON, result="deferred") for _ in range(rows))
    client.force_login(make_user("Olga", Role.ADMINISTRATOR))
    counted = {}
    for name, address in (
        ("inbox", "/notices/"),
        ("log", "/notices/log/"),
        ("notice", notice.get_absolute_url()),
        ("deadlines", "/notices/deadlines/"),
        ("deadline", Deadline.objects.first().get_absolute_url()),
        ("reminders", "/notices/reminders/"),
        ("api notices", "/api/v1/notices/"),
        ("api log", "/api/v1/notice-log/"),
        ("api deadlines", "/api/v1/deadlines/"),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counted[name] = len(queries)
    assert counted == {
        "inbox": 8,
        "log": 14,  # the kinds in use, and which of them the reader may read of
        "notice": 8,
        "deadlines": 10,
        "deadline": 11,
        "reminders": 6,
        "api notices": 3,
        "api log": 5,
        "api deadlines": 4,
    }


def test_api_when_used_by_its_owner_reads_and_marks(client):
    ada = make_user("Ada")
    first = queue("a", recipient=ada, subject="One")
    queue("b", recipient=ada, subject="Two")
    queue("c", recipient=make_user("Bob"))
    client.force_login(ada)
    assert [row["subject"] for row in client.get("/api/v1/notices/?read=new").json()["results"]] == ["Two", "One"]
    assert client.post(f"/api/v1/notices/{first.pk}/read/").json()["read_at"] is not None
    assert client.post("/api/v1/notices/read_all/").json() == {"count": 1}
    assert client.post(f"/api/v1/notices/{Notice.objects.get(key='c').pk}/read/").status_code == 404


def test_api_when_used_by_staff_steers_notices_and_rules(client, debtors):
    due_in(7)
    notice = queue()
    client.force_login(make_user("Olga", OFFICER))
    assert client.post(f"/api/v1/notice-log/{notice.pk}/cancel/").json()["state"] == "cancelled"
    again = client.post(f"/api/v1/notice-log/{notice.pk}/try-again/")
    assert (again.status_code, again.json()["error"]["code"]) == (403, "not_allowed")
    rule = ReminderRule.objects.get(offset=DAY)
    changed = client.patch(f"/api/v1/reminders/{rule.pk}/", {"active": False}, content_type="application/json")
    assert (changed.json()["active"], ReminderRule.objects.get(pk=rule.pk).active) == (False, False)
    wrong = client.patch(f"/api/v1/reminders/{rule.pk}/", {"body": "{x}"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["error"]["fields"]) == (
        422,
        {"body": ["Nothing is known to put in place of {x}."]},
    )


def test_deadline_when_overdue_is_first_in_the_list(rf, debtors):
    now = timezone.now()
    for n, days in enumerate([5, -2, 1]):
        due_in(days, at=now, subject=make_user(f"S{n}"), title=str(days), set_at=now - dt.timedelta(days=40))
    rows = shown(rf, make_user("Olga", OFFICER), DEADLINES).rows
    assert [(row.values["title"], row.values["state"]) for row in rows] == [
        ("-2", "overdue"),
        ("1", "scheduled"),
        ("5", "scheduled"),
    ]
