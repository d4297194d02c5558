"""Calls are set up, published, opened and closed by the clock, extended and cancelled."""

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import AuditEvent
from core.clock import server_now
from core.errors import InvalidInput, StaleWrite, WrongState
from grants import checks, tasks
from grants.models import BudgetRules, Call, DeadlineChange, EligibilityRule, Programme, Question
from grants.registrations import _owes_signature, _owes_submission
from grants.services import calls, dues, forms, programmes
from grants.services.calls import NotReady
from notifications.models import Deadline, Notice
from tests.grants.stories import (
    MICRO,
    make_call,
    make_draft,
    make_fund_once,
    make_researcher,
    make_signer,
    make_user,
    stage_of,
)

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)
OPENS = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
CLOSES = dt.datetime(2026, 4, 1, 16, tzinfo=dt.UTC)
TEXTS = {
    "summary": "Models that anybody may use.",
    "description": "What we ask for.",
    "who_may_apply": "Universities.",
    "contact_email": "calls@fund.example",
}


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What higher apps need for a call (a rubric) is tested with them."""
    monkeypatch.setattr(checks, "_more", [])


def draft_call(officer: User, code: str = "EARTH-27", **fields: Any) -> Call:
    programme = Programme.objects.filter(code="models").first() or programmes.create_programme(
        code="models", name="Open models", summary="", fund=make_fund_once(), actor=officer, at=NOW
    )
    return calls.create_call(
        programme=programme,
        code=code,
        title="Open models for crops",
        opens_at=OPENS,
        closes_at=CLOSES,
        actor=officer,
        at=NOW,
        **{**TEXTS, **fields},
    )


def published(officer: User, **fields: Any) -> Call:
    return calls.publish_call(draft_call(officer, **fields), actor=officer, at=NOW)


def steps(call: Call) -> list[str]:
    return list(call.steps.values_list("state", flat=True))


# --- setting up -----------------------------------------------------------------------------------------------------
def test_create_call_gives_a_draft_with_a_stage_a_form_and_budget_rules(officer: User) -> None:
    call = draft_call(officer)
    stage = call.stages.get()
    assert (call.status, stage.opens_at, stage.closes_at, stage.form) == ("draft", OPENS, CLOSES, call.forms.get())
    assert call.budget_rules.excluded == ["equipment"]
    assert Question.objects.filter(section__form=stage.form).count() == 9
    assert AuditEvent.objects.filter(verb="call.created", target_id=str(call.pk)).count() == 1


def test_create_call_with_a_code_that_is_taken_names_the_field(officer: User) -> None:
    draft_call(officer)
    with pytest.raises(InvalidInput) as refused:
        draft_call(officer)
    assert (refused.value.field, Call.objects.count()) == ("code", 1)


def test_update_call_by_two_people_keeps_the_first_and_shows_both(officer: User) -> None:
    call = draft_call(officer)
    read = call.version
    calls.update_call(call, version=read, fields={"title": "First"}, actor=officer, at=NOW)
    with pytest.raises(StaleWrite) as refused:
        calls.update_call(call, version=read, fields={"title": "Second"}, actor=officer, at=NOW)
    call.refresh_from_db()
    assert (call.title, refused.value.data["fields"]) == ("First", {"title": {"mine": "Second", "theirs": "First"}})


def test_update_call_once_published_changes_words_but_not_money(officer: User) -> None:
    call = published(officer)
    call = calls.update_call(call, version=call.version, fields={"summary": "Clearer."}, actor=officer, at=NOW)
    with pytest.raises(WrongState):
        calls.update_call(
            call, version=call.version, fields={"award_ceiling": Decimal(1_000_000)}, actor=officer, at=NOW
        )
    call.refresh_from_db()
    assert (call.summary, call.award_ceiling) == ("Clearer.", Decimal(500_000))


def test_call_whose_envelope_holds_no_award_is_refused_by_service_and_database(officer: User) -> None:
    call = draft_call(officer)
    with pytest.raises(InvalidInput) as refused:
        calls.update_call(call, version=call.version, fields={"envelope": Decimal(1)}, actor=officer, at=NOW)
    assert refused.value.field == "envelope"
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.filter(pk=call.pk).update(envelope=1)


def test_copy_call_takes_everything_but_dates_and_proposals(officer: User) -> None:
    call = draft_call(officer, award_ceiling=Decimal(120_000), longest_months=12)
    calls.set_eligibility(call, "most_per_university", {"most": 2}, actor=officer, at=NOW)
    calls.set_budget_rules(
        call,
        categories=["personnel", "travel"],
        base="total_direct",
        caps={"travel": Decimal(9000)},
        actor=officer,
        at=NOW,
    )
    forms.set_form(call, [forms.SectionSpec("One", [forms.QuestionSpec("Why?", words=50)])], actor=officer, at=NOW)
    copy = calls.copy_call(call, code="EARTH-28", actor=officer, at=NOW)
    rules = BudgetRules.objects.get(call=copy)
    assert (copy.status, copy.award_ceiling, copy.longest_months, copy.title) == ("draft", 120_000, 12, call.title)
    assert (rules.categories, rules.base, rules.caps) == (
        ["personnel", "travel"],
        "total_direct",
        {"travel": "9000.00"},
    )
    assert [rule.params for rule in copy.eligibility_rules.all()] == [{"most": 2}]
    assert [one.questions[0].label for one in forms.specs_of(copy.forms.get())] == ["Why?"]
    assert BudgetRules.objects.get(call=call).categories == ["personnel", "travel"]


def test_set_eligibility_takes_away_and_refuses_what_means_nothing(officer: User) -> None:
    call = draft_call(officer)
    calls.set_eligibility(call, "country", {"countries": ["de", "FR"]}, actor=officer, at=NOW)
    assert call.eligibility_rules.get().params == {"countries": ["DE", "FR"]}
    for kind, params in (("country", {"countries": ["XX"]}), ("most_per_pi", {"most": 0}), ("most_per_pi", {})):
        with pytest.raises(InvalidInput):
            calls.set_eligibility(call, kind, params, actor=officer, at=NOW)
    calls.set_eligibility(call, "country", None, actor=officer, at=NOW)
    assert not EligibilityRule.objects.exists()


# --- the form -------------------------------------------------------------------------------------------------------
def test_set_form_makes_keys_that_stay_when_the_form_is_set_again(officer: User) -> None:
    call = draft_call(officer)
    asked = [forms.QuestionSpec("What is new?", words=100), forms.QuestionSpec("What is new?", words=100)]
    form = forms.set_form(call, [forms.SectionSpec("One", asked)], actor=officer, at=NOW)
    first = [one.key for one in forms.specs_of(form)[0].questions]
    turned = forms.SectionSpec("One", forms.specs_of(form)[0].questions[::-1])
    form = forms.set_form(call, [turned], actor=officer, at=NOW)
    assert first == ["what_is_new", "what_is_new_2"]
    assert [one.key for one in forms.specs_of(form)[0].questions] == ["what_is_new_2", "what_is_new"]


def test_set_form_refuses_a_choice_without_answers_and_keeps_the_form(officer: User) -> None:
    call = draft_call(officer)
    bad = forms.SectionSpec("One", [forms.QuestionSpec("Which?", "choice", options=["Only one"])])
    with pytest.raises(InvalidInput) as refused:
        forms.set_form(call, [bad], actor=officer, at=NOW)
    assert (refused.value.field, Question.objects.count()) == ("s1-q1-options", 9)


def test_set_form_once_published_is_refused(officer: User) -> None:
    call = published(officer)
    with pytest.raises(WrongState):
        forms.set_form(call, [], actor=officer, at=NOW)
    assert Question.objects.count() == 9


# --- publishing -----------------------------------------------------------------------------------------------------
def test_publish_call_refuses_with_every_reason_at_once(officer: User) -> None:
    call = draft_call(officer, summary="", contact_email="", envelope=Decimal(200_000_000))
    forms.set_form(call, [], actor=officer, at=NOW)
    late = CLOSES + dt.timedelta(days=1)
    with pytest.raises(NotReady) as refused:
        calls.publish_call(call, actor=officer, at=late)
    problems = {one["code"]: one for one in refused.value.data["problems"]}
    assert list(problems) == [
        "summary_missing",
        "contact_email_missing",
        "deadline_past",
        "envelope_too_large",
        "form_empty",
    ]
    assert problems["summary_missing"]["path"] == "/calls/EARTH-27/edit/?step=basics#id_summary"
    assert problems["envelope_too_large"]["message"] == (
        "The envelope is 200,000,000.00 USD, but the fund's years have 100,000,000.00 USD left (free or not yet "
        "appropriated): 2026 50,000,000.00 USD; 2027 50,000,000.00 USD."
    )
    call.refresh_from_db()
    assert (call.status, Deadline.objects.count(), steps(call)) == ("draft", 0, ["draft"])


def test_publish_call_freezes_the_form_and_sets_both_deadlines(officer: User) -> None:
    call = published(officer)
    stage = call.stages.get()
    due = dict(Deadline.objects.filter(subject_id=stage.pk).values_list("kind", "due_at"))
    assert (call.status, call.published_at, call.forms.get().frozen_at) == ("published", NOW, NOW)
    assert due == {"proposal.submission": CLOSES, "proposal.signoff": CLOSES}
    assert steps(call) == ["draft", "published"]


def test_publish_call_twice_leaves_one_step_and_one_event(officer: User) -> None:
    call = published(officer)
    calls.publish_call(call, actor=officer, at=NOW + dt.timedelta(seconds=1))
    call.refresh_from_db()
    assert (steps(call), call.published_at) == (["draft", "published"], NOW)
    assert AuditEvent.objects.filter(verb="call.published").count() == 1


def test_publish_call_after_its_opening_opens_it_at_once(officer: User) -> None:
    call = calls.publish_call(draft_call(officer), actor=officer, at=OPENS)
    assert (call.status, steps(call)) == ("open", ["draft", "published", "open"])


# --- the clock ------------------------------------------------------------------------------------------------------
def test_open_and_close_at_the_instants_and_twice(officer: User) -> None:
    call = published(officer)
    assert calls.open_and_close(at=OPENS - MICRO) == (0, 0)
    assert (calls.open_and_close(at=OPENS), calls.open_and_close(at=OPENS)) == ((1, 0), (0, 0))
    assert calls.open_and_close(at=CLOSES - MICRO) == (0, 0)
    assert (calls.open_and_close(at=CLOSES), calls.open_and_close(at=CLOSES)) == ((0, 1), (0, 0))
    assert steps(call) == ["draft", "published", "open", "closed"]
    assert not Deadline.objects.open().exists()
    told = Notice.objects.filter(kind__startswith="call.", recipient=officer).order_by("created_at", "id")
    assert [notice.kind for notice in told] == ["call.opened", "call.closed"]
    assert told[1].body == "The call “Open models for crops” has closed with 0 proposals."


def test_open_and_close_after_a_long_sleep_does_both(officer: User) -> None:
    call = published(officer)
    assert calls.open_and_close(at=CLOSES + dt.timedelta(days=3)) == (1, 1)
    assert steps(call) == ["draft", "published", "open", "closed"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Etc/GMT+12", "Australia/Lord_Howe"])
def test_deadline_over_a_change_of_the_clocks_is_the_instant_of_its_zone(officer: User, zone: str) -> None:
    """29 March 2026, 03:30 by the clock of the zone, is one instant; the call is open up to it and not at it."""
    closes = dt.datetime(2026, 3, 29, 3, 30, tzinfo=zoneinfo.ZoneInfo(zone))
    call = draft_call(officer)
    calls.set_stage(call, opens_at=OPENS, closes_at=closes, zone=zone, actor=officer, at=NOW)
    calls.publish_call(call, actor=officer, at=NOW)
    calls.open_and_close(at=OPENS)
    stage = call.stages.select_related("call").get()
    instant = closes.astimezone(dt.UTC)
    assert stage.closes_at == instant
    assert (stage.is_open(instant - MICRO), stage.is_open(instant)) == (True, False)
    assert (calls.open_and_close(at=instant - MICRO), calls.open_and_close(at=instant)) == ((0, 0), (0, 1))


# --- extending ------------------------------------------------------------------------------------------------------
def test_extend_deadline_moves_deadlines_tells_and_records_why(officer: User) -> None:
    call = make_call(status="open")
    draft = make_draft(call, pi=make_researcher())
    stage, later = stage_of(call), CLOSES + dt.timedelta(days=7)
    dues.set_dues(stage, NOW)
    sign_until = stage.sign_off_until
    assert sign_until is not None
    calls.extend_deadline(stage, later, reason="The site was down.", actor=officer, at=CLOSES - MICRO)
    stage.refresh_from_db()
    deadline = Deadline.objects.get(kind="proposal.submission", subject_id=stage.pk)
    change = DeadlineChange.objects.get()
    assert (stage.closes_at, stage.sign_off_until) == (later, sign_until + dt.timedelta(days=7))
    assert (deadline.due_at, deadline.sequence) == (later, 2)
    assert (change.before, change.after, change.reason, change.actor) == (CLOSES, later, "The site was down.", officer)
    told = Notice.objects.get(kind="call.extended", recipient=draft.pi)
    assert "The site was down." in told.body


def test_extend_deadline_of_a_closed_call_opens_it_again(officer: User) -> None:
    call = published(officer)
    calls.open_and_close(at=CLOSES)
    later = CLOSES + dt.timedelta(days=2)
    stage = calls.extend_deadline(
        call.stages.get(), later, reason="Storm.", actor=officer, at=CLOSES + dt.timedelta(hours=1)
    )
    assert steps(call) == ["draft", "published", "open", "closed", "open"]
    assert stage.is_open(later - MICRO)
    assert Deadline.objects.open().filter(subject_id=stage.pk, due_at=later).count() == 2
    assert calls.open_and_close(at=later) == (0, 1)


def test_extend_deadline_backwards_or_without_reason_changes_nothing(officer: User) -> None:
    stage = published(officer).stages.get()
    with pytest.raises(InvalidInput):
        calls.extend_deadline(stage, CLOSES - MICRO, reason="Sooner.", actor=officer, at=NOW)
    with pytest.raises(InvalidInput):
        calls.extend_deadline(stage, CLOSES + MICRO, reason="  ", actor=officer, at=NOW)
    stage.refresh_from_db()
    assert (stage.closes_at, DeadlineChange.objects.count()) == (CLOSES, 0)


# --- cancelling, review -----------------------------------------------------------------------------------------------
def test_cancel_call_ends_deadlines_and_tells_whoever_wrote(officer: User) -> None:
    call = make_call(status="open")
    draft = make_draft(call, pi=make_researcher())
    dues.set_dues(stage_of(call), NOW)
    calls.cancel_call(call, reason="No money.", actor=officer, at=NOW)
    call.refresh_from_db()
    assert (call.status, Deadline.objects.open().count()) == ("cancelled", 0)
    assert Notice.objects.filter(kind="call.cancelled", recipient=draft.pi).count() == 1


def test_start_review_while_offices_may_sign_is_refused(officer: User) -> None:
    call = make_call(status="closed")
    last = stage_of(call).last_sign_off()
    with pytest.raises(WrongState):
        calls.start_review(call, actor=officer, at=last - MICRO)
    assert calls.start_review(call, actor=officer, at=last).status == "in_review"


def test_decided_call_can_not_be_cancelled(officer: User) -> None:
    call = make_call(status="in_review")
    calls.mark_decided(call, actor=officer, at=CLOSES)
    with pytest.raises(WrongState):
        calls.cancel_call(call, reason="Too late.", actor=officer, at=CLOSES)
    assert calls.archive_call(call, actor=officer, at=CLOSES).status == "archived"


# --- who owes, who sees ---------------------------------------------------------------------------------------------
def test_who_owes_a_proposal_are_the_writers_of_drafts(officer: User) -> None:
    call = make_call(status="open")
    draft = make_draft(call, pi=make_researcher())
    make_signer()
    dues.set_dues(stage_of(call), NOW)
    submission = Deadline.objects.get(kind="proposal.submission")
    assert list(_owes_submission(submission)) == [draft.pi]
    assert list(_owes_signature(Deadline.objects.get(kind="proposal.signoff"))) == []


def test_visible_to_hides_drafts_and_unpublished_cancelled_calls_from_the_public(officer: User) -> None:
    hidden, shown = draft_call(officer), published(officer, code="SEED-27")
    gone = calls.cancel_call(draft_call(officer, code="GONE-27"), reason="Never mind.", actor=officer, at=NOW)
    for reader in (None, make_researcher()):
        assert set(Call.objects.visible_to(reader)) == {shown}
    assert set(Call.objects.visible_to(officer)) == {hidden, shown, gone}


def test_task_lets_calls_follow_the_clock_of_the_database(officer: User) -> None:
    now = server_now()
    call = make_call(status="published", opens_at=now - dt.timedelta(days=1), closes_at=now + dt.timedelta(days=9))
    late = make_call("LATE-26", status="open", opens_at=now - dt.timedelta(days=9), closes_at=now, sign_off_until=None)
    tasks.open_and_close()
    tasks.open_and_close()
    assert (steps(call), steps(late)) == (["published", "open"], ["open", "closed"])
