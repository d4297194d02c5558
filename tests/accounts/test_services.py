import datetime as dt
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts import acts, services
from accounts.models import Role, RoleGrant, User
from audit.models import AuditEvent
from core.clock import server_now
from core.errors import DomainError, InvalidInput, NotAllowed, WrongState
from notifications.models import Notice

DAY = dt.timedelta(days=1)


def trail(user):
    """(verb, by whom) of everything about this person, oldest first."""
    events = AuditEvent.objects.filter(subject_type="accounts.user", subject_id=str(user.pk)).order_by("at", "id")
    return [(event.verb, event.actor) for event in events]


def test_role_when_granted_and_ended_is_recorded_and_told_each_time(person, boss, now):
    ada = person()
    grant = services.grant_role(ada, Role.AUDITOR, actor=boss, at=now)
    assert User.objects.get(pk=ada.pk).roles == {"auditor"}
    services.end_role(grant, actor=boss, at=now + DAY)
    assert list(RoleGrant.objects.filter(user=ada).in_force(now + DAY)) == []
    assert trail(ada) == [("user.created", None), ("role.granted", boss), ("role.ended", boss)]
    notices = Notice.objects.filter(recipient=ada).order_by("created_at").values_list("subject", flat=True)
    assert list(notices) == ["You have the role Auditor", "You no longer have the role Auditor"]


def test_role_when_granted_to_oneself_is_refused_by_the_service_and_by_the_database(boss, now):
    with pytest.raises(NotAllowed, match="yourself"):
        services.grant_role(boss, Role.AUDITOR, actor=boss, at=now)
    with pytest.raises(IntegrityError, match="role_grant_not_by_oneself"), transaction.atomic():
        RoleGrant.objects.create(user=boss, role=Role.AUDITOR, starts_at=now, granted_by=boss)
    assert boss.role_grants.count() == 1


@pytest.mark.parametrize(
    ("spans", "refused"),
    [
        ([(0, None), (0, None)], True),
        ([(0, None), (5, 9)], True),
        ([(5, 9), (0, None)], True),
        ([(5, 9), (8, 12)], True),
        ([(0, 5), (5, 9)], False),
        ([(5, 9), (0, 5)], False),
    ],
)
def test_role_when_it_would_be_held_twice_at_once_is_refused(person, boss, now, spans, refused):
    ada = person()

    def grant(span):
        start, end = (None if day is None else now + day * DAY for day in span)
        services.grant_role(ada, Role.AUDITOR, actor=boss, at=now, starts_at=start, ends_at=end)

    grant(spans[0])
    if refused:
        with pytest.raises(services.RoleHeld):
            grant(spans[1])
    else:
        grant(spans[1])
    assert ada.role_grants.count() == (1 if refused else 2)


def test_role_when_it_begins_in_the_past_is_refused(person, boss, now):
    with pytest.raises(InvalidInput, match="past"):
        services.grant_role(person(), Role.AUDITOR, actor=boss, at=now, starts_at=now - DAY)


def test_role_when_ended_before_it_began_was_in_force_at_no_time(person, boss, now):
    grant = services.grant_role(person(), Role.AUDITOR, actor=boss, at=now, starts_at=now + 5 * DAY)
    ended = services.end_role(grant, actor=boss, at=now + DAY)
    assert (ended.ends_at, ended.state_at(now + DAY)) == (now + 5 * DAY, "scheduled")
    assert [RoleGrant.objects.filter(pk=grant.pk).in_force(now + n * DAY).count() for n in (0, 1, 5, 6)] == [0, 0, 0, 0]


def test_last_administrator_when_ended_or_closed_stays(person, boss, now):
    ada = person()
    with pytest.raises(services.LastAdministrator):
        services.end_role(boss.role_grants.get(), actor=boss, at=now)
    with pytest.raises(services.LastAdministrator):
        services.deactivate(boss, actor=ada, at=now)
    boss.refresh_from_db()
    assert (boss.is_active, boss.roles) == (True, {"administrator"})


@pytest.mark.django_db(transaction=True)
def test_last_administrators_when_each_ends_the_other_at_once_leave_one(person, boss):
    second = person("Sofia Lindqvist", Role.ADMINISTRATOR)
    gate, outcomes = threading.Barrier(2), []

    def end(grant, actor):
        gate.wait()
        try:
            services.end_role(grant, actor=actor, at=server_now())
            outcomes.append("ended")
        except services.LastAdministrator:
            outcomes.append("refused")
        finally:
            connection.close()

    pairs = [(boss.role_grants.get(), second), (second.role_grants.get(), boss)]
    threads = [threading.Thread(target=end, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ended", "refused"]
    assert RoleGrant.objects.filter(role=Role.ADMINISTRATOR, ends_at=None).count() == 1


def test_profile_when_nothing_changes_leaves_no_event(person, now):
    ada = person()
    services.update_profile(ada, name=" Ada  Lovelace ", zone="UTC", at=now)
    services.update_profile(ada, name="Ada King", zone="Europe/London", at=now)
    event = AuditEvent.objects.get(verb="user.profile_changed")
    assert (event.before, event.after) == (
        {"name": "Ada Lovelace", "zone": "UTC"},
        {"name": "Ada King", "zone": "Europe/London"},
    )


@pytest.mark.parametrize(
    "name",
    [
        "Ada\x00Lovelace",
        "Ada \u202eecalevoL",
        "<b>Ada</b>",
        "Ada http://evil.example",
        "Ada www.evil.example",
        "Ada javascript:alert(1)",
        "  ",
        "12345",
        "a" * 151,
    ],
)
def test_name_when_a_mail_could_read_it_as_something_else_is_refused(person, now, name):
    with pytest.raises(InvalidInput) as refused:
        services.update_profile(person(), name=name, zone="UTC", at=now)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    "name", ["Łukasz Żółć", "李小龙", "Dr. O’Neill-Ångström (née Li)", "نیکا می\u200cخواهد", "Ada\r\nBcc: x"]
)
def test_name_when_people_have_it_is_kept_on_one_line(person, now, name):
    saved = services.update_profile(person(), name=name, zone="UTC", at=now).name
    assert saved == " ".join(saved.split())


def test_name_with_a_line_break_past_the_service_is_refused_by_the_database(person):
    with pytest.raises(IntegrityError, match="user_name_one_line"), transaction.atomic():
        User.objects.filter(pk=person().pk).update(name="Ada\r\nBcc: everybody@example.org")


def test_account_when_closed_and_opened_again_is_recorded_and_told(person, boss, now):
    ada = person("Ada Lovelace", Role.AUDITOR)
    closed = services.deactivate(ada, actor=boss, at=now, reason="Left.")
    assert (closed.is_active, closed.has_role(Role.AUDITOR)) == (False, False)
    with pytest.raises(WrongState):
        services.grant_role(ada, Role.FINANCE_OFFICER, actor=boss, at=now)
    with pytest.raises(WrongState):
        services.create_token(ada, name="script", at=now)
    assert services.reactivate(ada, actor=boss, at=now + DAY).has_role(Role.AUDITOR)
    assert trail(ada)[-2:] == [("user.deactivated", boss), ("user.reactivated", boss)]
    assert "Left." in Notice.objects.get(kind="account_closed").body


def test_act_when_nobody_would_record_it_changes_nothing(person, boss, now, monkeypatch):
    ada = person()
    monkeypatch.setattr(acts, "_recorders", [])
    with pytest.raises(acts.NobodyRecords):
        services.grant_role(ada, Role.AUDITOR, actor=boss, at=now)
    assert ada.role_grants.count() == 0


def test_create_admin_makes_the_first_one_and_says_why_not(db, monkeypatch):
    monkeypatch.setattr("sys.stdin.readline", lambda: "a very long password\n", raising=False)
    with pytest.raises(CommandError, match="Give --name"):
        call_command("create_admin", "root@example.org", verbosity=0)
    call_command("create_admin", "Root@Example.org", name="Ruth Root", password_stdin=True, verbosity=0)
    ruth = User.objects.get(email="root@example.org")
    assert (ruth.roles, ruth.is_superuser, ruth.check_password("a very long password")) == (
        {"administrator"},
        False,
        True,
    )
    with pytest.raises(CommandError, match="already"):
        call_command("create_admin", "root@example.org", verbosity=0)


def test_create_person_when_the_address_is_taken_is_refused(person, now):
    person()
    with pytest.raises(DomainError) as refused:
        services.create_person(email="ADA@example.org", name="Ada", actor=None, at=now)
    assert refused.value.field == "email"
