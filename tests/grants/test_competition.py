"""A university's own competition: at most N are picked, by the office alone, and only they start and hand in."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction

from audit.models import AuditEvent
from core.errors import InvalidInput, StaleWrite, WrongState
from grants import competition as reads
from grants.errors import CallNotOpen, Incomplete, NotPicked, PlacesTaken
from grants.models import Call, InternalEntry, Proposal
from grants.rules import competition as rules
from grants.rules import proposals as proposal_rules
from grants.services import competition as services
from grants.services import proposals, submission, triage
from notifications.models import Deadline, Notice
from notifications.registry import kind_of
from tests.grants.stories import (
    CLOSES,
    MICRO,
    NOON,
    complete,
    make_call,
    make_researcher,
    make_signer,
    make_university,
    make_user,
    sign,
    stage_of,
)
from tests.grants.stories_competition import UNTIL, make_entry, make_limited_call, make_picked, office_of

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def start(entry: InternalEntry, at: dt.datetime = NOON) -> Proposal:
    return proposals.start_proposal(
        stage_of(entry.call), title=entry.title, pi=entry.person, university=entry.university, actor=entry.person, at=at
    )


# --- putting forward --------------------------------------------------------------------------------------------------
def test_enter_then_the_office_is_told_and_the_same_twice_is_one():
    office = office_of()
    entry = make_entry()
    assert make_entry() == entry
    assert [(one.recipient, one.kind) for one in Notice.objects.all()] == [(office, "internal.entered")]
    with pytest.raises(WrongState, match="already"):
        make_entry(title="Another idea")


def test_enter_elsewhere_than_where_one_is_confirmed_is_refused():
    call, elsewhere = make_limited_call(), make_university("Southmoor")
    with pytest.raises(InvalidInput, match="Southmoor has not confirmed"):
        services.enter(
            call, person=make_researcher(), university=elsewhere, title="A", summary="B", actor=None, at=NOON
        )


@pytest.mark.parametrize(("at", "taken"), [(UNTIL - MICRO, True), (UNTIL, False)])
def test_ideas_are_taken_until_the_offices_pick(at, taken):
    make_limited_call()
    if taken:
        assert make_entry(at=at).status == "entered"
    else:
        with pytest.raises(CallNotOpen):
            make_entry(at=at)


def test_enter_under_a_call_without_a_limit_is_refused():
    with pytest.raises(WrongState, match="anybody may apply"):
        make_entry(make_call())


def test_change_while_it_waits_then_a_stale_write_is_refused_and_a_decided_one_too():
    entry = make_entry()
    how = {"actor": entry.person, "at": NOON}
    changed = services.change(entry, title="Better", summary="Text.", version=1, **how)
    assert (changed.title, changed.version) == ("Better", 2)
    with pytest.raises(StaleWrite):
        services.change(entry, title="Older", summary="Text.", version=1, **how)
    services.pick(entry, actor=office_of(), at=NOON)
    with pytest.raises(WrongState, match="decided"):
        services.change(entry, title="Late", summary="Text.", version=3, **how)


# --- picking ----------------------------------------------------------------------------------------------------------
def test_pick_then_the_researcher_is_told_and_may_start_and_nobody_beyond_the_limit_is_picked():
    call = make_limited_call(1)
    one, two = make_entry(call), make_entry(call, "Bo Second")
    picked = services.pick(one, note="Well done.", actor=office_of(), at=NOON)
    assert (picked.status, picked.slot, picked.note) == ("picked", 1, "Well done.")
    letter = Notice.objects.get(kind="internal.picked")
    assert (letter.recipient, letter.path, "Well done." in letter.body) == (
        one.person,
        "/proposals/start/SMALL-26/",
        True,
    )
    with pytest.raises(PlacesTaken, match="only place"):
        services.pick(two, actor=office_of(), at=NOON)
    assert start(picked).status == "draft"
    with pytest.raises(NotPicked, match="has not chosen yet"):
        start(two)


def test_universities_do_not_take_each_others_places():
    call, south = make_limited_call(1), make_university("Southmoor")
    make_picked(call)
    assert make_picked(call, "Bo Second", university=south).slot == 1


def test_unpick_with_a_reason_then_it_waits_again_and_its_draft_can_not_be_handed_in():
    call = make_limited_call(1)
    entry = make_picked(call)
    draft = complete(start(entry))
    services.un_pick(entry, reason="A better one came.", actor=office_of(), at=NOON)
    entry.refresh_from_db()
    assert (entry.status, entry.slot, entry.note) == ("entered", None, "A better one came.")
    with pytest.raises(Incomplete) as refused:
        submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
    assert [one["code"] for one in refused.value.data["findings"]] == ["not_picked"]
    services.pick(entry, actor=office_of(), at=NOON)
    assert submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON).status == "awaiting_sign_off"


def test_place_is_used_for_good_once_something_was_handed_in():
    entry = make_picked(make_limited_call(1))
    draft = complete(start(entry))
    submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
    for act in (
        lambda: services.un_pick(entry, reason="No.", actor=office_of(), at=NOON),
        lambda: services.withdraw(entry, actor=entry.person, at=NOON),
    ):
        with pytest.raises(WrongState, match=draft.number):
            act()


def test_withdrawn_place_is_free_again_and_who_was_not_picked_may_get_it():
    call = make_limited_call(1)
    one, two = make_picked(call), make_entry(call, "Bo Second")
    services.not_pick(two, note="Next time.", actor=office_of(), at=NOON)
    services.withdraw(one, actor=one.person, at=NOON)
    assert Notice.objects.filter(kind="internal.given_up").count() == 1
    assert services.pick(two, actor=office_of(), at=UNTIL + DAY).slot == 1


def test_not_pick_without_a_word_and_unpick_without_a_reason_are_refused():
    call = make_limited_call(2)
    with pytest.raises(InvalidInput, match="researcher reads it"):
        services.not_pick(make_entry(call), note=" ", actor=office_of(), at=NOON)
    with pytest.raises(InvalidInput, match="researcher reads it"):
        services.un_pick(make_picked(call, "Bo Second"), reason="", actor=office_of(), at=NOON)


def test_nobody_decides_on_their_own_idea_not_even_by_sql():
    entry = make_entry()
    own = make_signer("Ada Example")
    assert own == entry.person
    assert rules.can_decide(own, entry) is not None
    with pytest.raises(WrongState, match="own idea"):
        services.pick(entry, actor=own, at=NOON)
    with pytest.raises(IntegrityError, match="oneself"), transaction.atomic():
        InternalEntry.objects.filter(pk=entry.pk).update(status="picked", slot=1, decided_by=own)


def test_database_refuses_a_slot_beyond_the_limit_and_a_limit_below_the_slots():
    call = make_limited_call(2)
    one, two = make_picked(call), make_picked(call, "Bo Second")
    three = make_entry(call, "Cy Third")
    with pytest.raises(IntegrityError, match="beyond"), transaction.atomic():
        InternalEntry.objects.filter(pk=three.pk).update(status="picked", slot=3)
    with pytest.raises(IntegrityError, match="internal_slot_once"), transaction.atomic():
        InternalEntry.objects.filter(pk=three.pk).update(status="picked", slot=two.slot)
    for limit in (1, None):
        with pytest.raises(IntegrityError, match="picked more"), transaction.atomic():
            Call.objects.filter(pk=call.pk).update(internal_limit=limit)
    assert (one.slot, two.slot) == (1, 2)


# --- starting ---------------------------------------------------------------------------------------------------------
def test_why_not_says_what_to_do_in_each_state():
    call, person = make_limited_call(), make_researcher()
    north = make_university()
    assert "Put your idea forward first" in reads.why_not(call, person, north)
    assert "Name your university first" in reads.why_not(call, person, None)
    entry = make_entry(call)
    assert "has not chosen yet" in reads.why_not(call, person, north)
    services.not_pick(entry, note="No.", actor=office_of(), at=NOON)
    assert "did not choose" in reads.why_not(call, person, north)
    services.pick(entry, actor=office_of(), at=NOON)
    assert reads.why_not(call, person, north) is None
    assert reads.why_not(make_call(), person, north) is None


def test_who_is_picked_at_one_of_two_universities_starts_there_only():
    call, south = make_limited_call(), make_university("Southmoor")
    person = make_researcher()
    make_researcher("Ada Example", south)
    make_picked(call, university=south)
    assert proposal_rules.can_start(person, stage_of(call), NOON) is None
    with pytest.raises(NotPicked):
        proposals.start_proposal(
            stage_of(call), title="A", pi=person, university=make_university(), actor=person, at=NOON
        )
    made = proposals.start_proposal(stage_of(call), title="A", pi=person, university=south, actor=person, at=NOON)
    assert made.university == south


def test_draft_moved_to_a_university_that_did_not_pick_can_not_be_handed_in():
    call, south = make_limited_call(), make_university("Southmoor")
    make_researcher("Ada Example", south)
    draft = complete(start(make_picked(call)))
    make_signer(university=south)
    draft = proposals.save_details(draft, version=draft.version, fields={"university": south}, actor=draft.pi, at=NOON)
    with pytest.raises(Incomplete):
        submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)


def test_a_place_is_for_one_proposal():
    call, south = make_limited_call(1), make_university("Southmoor")
    entry = make_picked(call)
    first = complete(start(entry))
    with pytest.raises(NotPicked, match=first.number):
        start(entry)
    assert first.number in proposal_rules.can_start(entry.person, stage_of(call), NOON)
    second = complete(start(make_picked(call, university=south)))
    second = proposals.save_details(
        second, version=second.version, fields={"university": make_university()}, actor=second.pi, at=NOON
    )
    submission.hand_in(first, version=first.version, actor=first.pi, at=NOON)
    with pytest.raises(Incomplete) as refused:
        submission.hand_in(second, version=second.version, actor=second.pi, at=NOON)
    assert [one["message"] for one in refused.value.data["findings"]] == [
        f"{first.number} was handed in on your place: it is for one proposal."
    ]
    submission.withdraw(first, reason="No.", actor=first.pi, at=NOON)
    assert submission.hand_in(second, version=second.version, actor=second.pi, at=NOON).status == "awaiting_sign_off"


# --- the call's limit and the deadline --------------------------------------------------------------------------------
def test_limit_of_a_published_call_only_rises_and_offices_only_get_more_time():
    call = make_limited_call(2)
    how = {"actor": make_user("Petra Officer", "programme_officer"), "at": NOON}
    for limit, until in ((1, UNTIL), (None, None), (2, UNTIL - DAY)):
        with pytest.raises(InvalidInput, match="published"):
            services.set_internal_competition(call, limit, until, **how)
    with pytest.raises(InvalidInput, match="before the call closes"):
        services.set_internal_competition(call, 2, CLOSES + DAY, **how)
    changed = services.set_internal_competition(call, 3, UNTIL + DAY, **how)
    assert (changed.internal_limit, changed.internal_until) == (3, UNTIL + DAY)
    due = Deadline.objects.get(kind="call.internal")
    assert (due.due_at, due.subject_id) == (UNTIL + DAY, call.pk)


def test_deadline_is_owed_by_offices_with_ideas_that_wait():
    call, south = make_limited_call(2), make_university("Southmoor")
    office_of(), office_of(south)
    entry = make_entry(call)
    services.follow_deadline(call, NOON)
    due = Deadline.objects.get(kind="call.internal")
    owes = kind_of("call.internal").who_owes
    assert list(owes(due)) == [office_of()]
    services.pick(entry, actor=office_of(), at=NOON)
    assert list(owes(due)) == []
    services.follow_deadline(call, NOON, on=False)
    assert Deadline.objects.filter(kind="call.internal", ended_at=None).count() == 0


# --- nobody else sees it ----------------------------------------------------------------------------------------------
def test_entries_are_seen_by_their_person_and_office_and_by_the_fund_once_picked():
    call, south = make_limited_call(), make_university("Southmoor")
    entry = make_entry(call)
    officer = make_user("Petra Officer", "programme_officer")
    auditor = make_user("Otto Auditor", "auditor")
    other, stranger = office_of(south), make_researcher("Bo Second", south)
    colleague = make_researcher("Cy Third")

    def seen_by(*people):
        return [InternalEntry.objects.visible_to(one).count() for one in people]

    assert seen_by(entry.person, office_of(), officer, auditor, other, stranger, colleague) == [1, 1, 0, 0, 0, 0, 0]
    services.pick(entry, actor=office_of(), at=NOON)
    assert seen_by(entry.person, office_of(), officer, auditor, other, stranger, colleague) == [1, 1, 1, 1, 0, 0, 0]


def test_fund_reads_no_trail_and_no_notice_of_an_idea_that_was_not_picked():
    call = make_limited_call()
    admin = make_user("Adi Admin", "administrator")

    def read():
        events = AuditEvent.objects.visible_to(admin).filter(verb__startswith="internal.").count()
        return events, Notice.objects.log_visible_to(admin).filter(kind__startswith="internal.").count()

    office_of()
    entry = make_entry(call)
    assert AuditEvent.objects.filter(verb="internal.entered").count() == 1
    assert read() == (0, 0)
    services.pick(entry, actor=office_of(), at=NOON)
    assert read() == (2, 2)


# --- races ------------------------------------------------------------------------------------------------------------
def at_once(acts):
    barrier, answers = threading.Barrier(len(acts)), []

    def run(act):
        try:
            barrier.wait(20)
            answers.append(act())
        except Exception as error:  # noqa: BLE001  (the answer of the race)
            answers.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.django_db(transaction=True)
def test_eight_picks_of_the_last_places_at_once_then_exactly_as_many_as_there_are():
    call = make_limited_call(3)
    entries = [make_entry(call, f"Person {letter}") for letter in "ABCDEFGH"]
    office = office_of()
    answers = at_once([lambda one=one: services.pick(one, actor=office, at=NOON).status for one in entries])
    assert sorted(answers) == ["PlacesTaken"] * 5 + ["picked"] * 3
    slots = InternalEntry.objects.filter(status="picked").order_by("slot").values_list("slot", flat=True)
    assert list(slots) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_law_the_same_race_gives_more_places_than_there_are():
    """What the row lock, the slots and the trigger are for: counting first and writing then is not enough."""
    call = make_limited_call(1)
    entries = [make_entry(call, f"Person {letter}") for letter in "ABCDEFGH"]
    together = threading.Barrier(len(entries))

    def naive(entry):
        with transaction.atomic():
            free = reads.places(call, entry.university).left
            together.wait(20)
            if not free:
                raise PlacesTaken("", 1)
            InternalEntry.objects.filter(pk=entry.pk).update(status="picked", slot=1)
        return "picked"

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX internal_slot_once")
    try:
        answers = at_once([lambda one=one: naive(one) for one in entries])
        assert answers.count("picked") > 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE grants_internalentry SET status = 'entered', slot = NULL")
            cursor.execute(
                "CREATE UNIQUE INDEX internal_slot_once ON grants_internalentry (call_id, university_id, slot) "
                "WHERE slot IS NOT NULL"
            )


@pytest.mark.django_db(transaction=True)
def test_taking_the_place_back_while_it_is_handed_in_then_one_of_both():
    for number in range(6):
        call = make_limited_call(1, f"RACE-{number}")
        entry = make_picked(call)
        draft = complete(start(entry))
        office = office_of()
        answers = at_once(
            [
                lambda draft=draft: submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON).status,
                lambda entry=entry, office=office: services.un_pick(entry, reason="No.", actor=office, at=NOON).status,
            ]
        )
        assert sorted(answers) in (["WrongState", "awaiting_sign_off"], ["Incomplete", "entered"])


# --- the whole road ---------------------------------------------------------------------------------------------------
def test_small_grants_call_from_three_ideas_to_an_eligible_proposal():
    call = make_limited_call(1, award_ceiling=500_000)
    office, officer = office_of(), make_user("Petra Officer", "programme_officer")
    ada, bo, cy = (make_entry(call, name) for name in ("Ada Example", "Bo Second", "Cy Third"))
    services.withdraw(cy, actor=cy.person, at=NOON)
    services.not_pick(bo, note="One place only.", actor=office, at=NOON)
    services.pick(ada, actor=office, at=NOON)
    with pytest.raises(NotPicked, match="did not choose"):
        start(bo)
    draft = complete(start(ada))
    submission.hand_in(draft, version=draft.version, actor=draft.pi, at=NOON)
    sign(Proposal.objects.get(pk=draft.pk), at=NOON)
    done = triage.mark_eligible(Proposal.objects.get(pk=draft.pk), actor=officer, at=CLOSES)
    assert (done.status, Proposal.objects.filter(call=call).count()) == ("eligible", 1)
    assert list(InternalEntry.objects.visible_to(officer).values_list("title", "status")) == [(ada.title, "picked")]


@pytest.mark.django_db(transaction=True)
def test_two_drafts_on_one_place_handed_in_at_once_then_one_is_in():
    for number in range(6):
        call, south = make_limited_call(1, f"RACE-{number}"), make_university("Southmoor")
        first = complete(start(make_picked(call)))
        second = complete(start(make_picked(call, university=south)))
        second = proposals.save_details(
            second, version=second.version, fields={"university": make_university()}, actor=second.pi, at=NOON
        )
        acts = [
            lambda one=one: submission.hand_in(one, version=one.version, actor=one.pi, at=NOON).status
            for one in (first, second)
        ]
        assert sorted(at_once(acts)) == ["Incomplete", "awaiting_sign_off"]


def test_what_the_office_writes_is_not_in_the_trail_that_staff_read():
    entry = make_entry(make_limited_call(2))
    note = "Not ripe: the pilot failed."
    services.not_pick(entry, note=note, actor=office_of(), at=NOON)
    services.pick(entry, note="Now it is.", actor=office_of(), at=NOON)
    trail = str(list(AuditEvent.objects.values_list("before", "after")))
    assert (note in trail, "Now it is." in trail) == (False, False)
    assert [step.reason for step in entry.steps.all()] == ["", note, "Now it is."]
