"""A published form is revised while drafts are written to it: nothing is lost, everybody is told, and what is in stays."""

import datetime as dt
import random
import threading
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from bench.proofs import forms as proof
from core.errors import InvalidInput, WrongState
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.models import Answer, Attachment, Call, FormVersion, KeptAnswer, Proposal
from grants.services import answers, attachments, calls, carrying, forms, proposals, submission
from notifications.models import Notice
from tests.grants.stories import (
    NOON,
    make_call,
    make_draft,
    make_handed_in,
    make_member,
    make_proposal,
    make_submitted,
    pdf,
    stage_of,
)
from tests.grants.stories_asking import EVERY_KIND, FAIR, asking_call, asking_draft, officer, revised

pytestmark = pytest.mark.django_db
HOW: dict[str, Any] = {"actor": None, "at": NOON}
IDEA = QuestionSpec("What do you want to find out?", "long", "idea", words=60)
OTHER = QuestionSpec("Who will use it?", "short", "users")


def fill(proposal: Proposal, values: dict[str, Any] = FAIR) -> None:
    answers.save_answers(proposal, values, actor=proposal.pi, at=NOON)


def standing(proposal: Proposal) -> dict[str, Any]:
    return dict(Answer.objects.filter(proposal=proposal).values_list("key", "value"))


def kept(proposal: Proposal) -> dict[str, Any]:
    return dict(KeptAnswer.objects.filter(proposal=proposal).values_list("key", "value"))


# --- setting and copying ---------------------------------------------------------------------------------------------
def test_a_form_of_every_kind_is_set_read_and_copied_as_it_is():
    call = asking_call()
    (section,) = forms.specs_of(forms.in_force(call))
    assert [one.key for one in section.questions] == [one.key for one in EVERY_KIND]
    copy = calls.copy_call(call, code="COPY-1", actor=officer(), at=NOON)
    assert forms.specs_of(forms.newest(copy)) == [section]


def test_the_forms_of_both_stages_are_set_frozen_and_copied_each_by_itself():
    call = make_call()
    short = [SectionSpec("The idea", (IDEA,))]
    eoi = forms.set_form(call, short, kind="eoi", actor=officer(), at=NOON)
    assert (eoi.number, eoi.frozen_at, stage_of(call).form.kind) == (1, None, "full")
    copy = calls.copy_call(call, code="COPY-1", actor=officer(), at=NOON)
    assert forms.specs_of(forms.newest(copy, "eoi")) == forms.specs_of(eoi)
    assert forms.specs_of(forms.newest(copy)) == forms.specs_of(forms.newest(call))


def test_a_revision_can_be_begun_changed_thrown_away_and_begun_again():
    call = make_call()
    first = forms.revise_form(call, **HOW)
    assert (first.number, forms.specs_of(first)) == (2, forms.specs_of(forms.in_force(call)))
    assert forms.revise_form(call, **HOW) == first
    forms.set_form(call, [SectionSpec("One", (IDEA,))], **HOW)
    assert (stage_of(call).form.number, forms.in_force(call).number) == (1, 1)
    forms.discard_revision(first, **HOW)
    forms.discard_revision(first, **HOW)
    with pytest.raises(WrongState):
        forms.discard_revision(forms.in_force(call), **HOW)
    assert [one.number for one in FormVersion.objects.filter(call=call)] == [1]


@pytest.mark.parametrize("status", ["closed", "in_review", "decided", "cancelled"])
def test_the_form_of_a_call_that_takes_nothing_more_stays(status):
    call = make_call()
    form = forms.revise_form(call, **HOW)
    Call.objects.update(status=status)
    with pytest.raises(WrongState):
        forms.publish_form(form, **HOW)
    forms.discard_revision(form, **HOW)
    with pytest.raises(WrongState):
        forms.revise_form(call, **HOW)


def test_a_version_that_changes_nothing_is_not_published():
    form = forms.revise_form(make_call(), **HOW)
    with pytest.raises(InvalidInput) as refused:
        forms.publish_form(form, **HOW)
    assert refused.value.code == "no_changes"


# --- carried over -----------------------------------------------------------------------------------------------------
def test_publishing_carries_drafts_over_and_new_drafts_are_written_to_the_new_form():
    draft = make_proposal()
    before = draft.version
    form = revised(draft.call, [IDEA, OTHER], note="Two questions less.")
    draft.refresh_from_db()
    assert (form.number, form.frozen_by, draft.form, draft.version) == (2, officer(), form, before + 1)
    assert (standing(draft), kept(draft)) == (
        {"idea": "About idea."},
        {"method": "About method.", "outputs": "About outputs."},
    )
    assert {one.form.number for one in KeptAnswer.objects.all()} == {1}
    assert make_draft(draft.call, title="A later one").form == form
    assert forms.publish_form(form, **HOW) == form
    assert AuditEvent.objects.filter(verb="form.published").count() == 1


def test_every_answer_of_every_kind_stays_where_its_question_stays():
    draft = asking_draft()
    fill(draft)
    revised(draft.call, [*EVERY_KIND[::-1][:1], *EVERY_KIND[:-1]])
    assert (standing(draft), kept(draft)) == (FAIR, {})


def test_every_answer_whose_question_went_is_kept_beside_with_its_exact_value():
    draft = asking_draft()
    fill(draft)
    revised(draft.call, [OTHER])
    assert (standing(draft), kept(draft)) == ({}, FAIR)


def test_a_lower_limit_leaves_the_text_and_is_found():
    draft = make_proposal()
    revised(draft.call, [QuestionSpec("What?", "long", "idea", words=1)])
    assert standing(draft)["idea"] == "About idea."
    fresh = Proposal.objects.get(pk=draft.pk)
    with pytest.raises(InvalidInput) as refused:
        submission.hand_in(fresh, version=fresh.version, actor=draft.pi, at=NOON)
    assert [one["code"] for one in refused.value.data["findings"]] == ["answer_over"]


def test_files_of_a_question_that_went_stay_with_the_proposal():
    draft = asking_draft()
    held = attachments.attach(draft, pdf(), key="plan", actor=draft.pi, at=NOON)
    revised(draft.call, [OTHER])
    assert (Attachment.objects.get().key, Attachment.objects.get().title) == ("", "A plan as a file")
    assert Attachment.objects.get().sha256 == held.sha256


def test_an_answer_whose_question_the_form_never_had_is_kept_too():
    draft = make_draft()
    Answer.objects.create(proposal=draft, key="imported", value="Old words", updated_at=NOON)
    revised(draft.call, [OTHER])
    assert kept(draft) == {"imported": "Old words"}


def test_what_waits_or_is_in_keeps_its_version_until_it_is_a_draft_again():
    call = make_call()
    waiting, inside = make_handed_in(call), make_submitted(call, title="Another")
    form = revised(call, [IDEA])
    assert {one.form.number for one in Proposal.objects.all()} == {1}
    assert KeptAnswer.objects.count() == Notice.objects.filter(kind="proposal.form_changed").count() == 0
    submission.return_for_correction(waiting, reason="Correct it.", **HOW)
    submission.take_back(inside, **HOW)
    for one in Proposal.objects.all():
        assert (one.status, one.form, set(kept(one))) == ("draft", form, {"method", "outputs"})
    assert AuditEvent.objects.filter(verb="proposal.carried_over").count() == 2
    assert Notice.objects.filter(kind="proposal.form_changed").count() == 2


# --- told -------------------------------------------------------------------------------------------------------------
def test_everybody_of_each_team_is_told_once_what_changed():
    draft = make_draft()
    make_member(draft)
    form = revised(draft.call, [IDEA, OTHER], note="We ask for less.")
    forms.publish_form(form, **HOW)
    notices = Notice.objects.filter(kind="proposal.form_changed")
    assert sorted(notices.values_list("address", flat=True)) == [
        "ada.example@people.example",
        "ben.coauthor@people.example",
    ]
    body = notices[0].body
    assert "We ask for less." in body
    assert "- “Who will use it?”: it is new." in body
    assert "- “How will you do it?”: it is no longer asked. What you wrote is kept." in body
    assert (notices[0].subject_id, notices[0].path) == (str(draft.pk), f"/proposals/{draft.number}/edit/")


def test_carrying_over_takes_as_many_statements_for_many_drafts_as_for_one(django_assert_num_queries):
    call = make_call()
    drafts = [make_draft(call, title=f"Draft {number}") for number in range(12)]
    for draft in drafts:
        answers.save_answers(draft, {"idea": "A", "method": "B"}, actor=draft.pi, at=NOON)
    form = forms.revise_form(call, **HOW)
    form = forms.set_form(call, [SectionSpec("One", (IDEA,))], **HOW)
    with django_assert_num_queries(8), transaction.atomic():
        carrying.carry(drafts, form, NOON)
    assert (KeptAnswer.objects.count(), Answer.objects.count()) == (12, 12)


# --- at the same moment -----------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_draft_that_comes_back_while_a_version_is_published_is_carried_over_all_the_same():
    """Whichever of the two is first, the draft ends with the new form."""
    for number in range(6):
        call = make_call(f"RACE-{number}")
        waiting = make_handed_in(call, title=f"Race {number}")
        forms.revise_form(call, **HOW)
        form = forms.set_form(call, [SectionSpec("One", (IDEA,))], **HOW)
        gate = threading.Barrier(2)

        def act(what: Any, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                what()
            finally:
                connection.close()

        back = threading.Thread(target=act, args=(lambda one=waiting: submission.take_back(one, **HOW),))
        out = threading.Thread(target=act, args=(lambda one=form: forms.publish_form(one, **HOW),))
        for thread in (back, out):
            thread.start()
        for thread in (back, out):
            thread.join()
        fresh = Proposal.objects.get(pk=waiting.pk)
        assert (fresh.status, fresh.form_id, set(kept(fresh))) == ("draft", form.pk, {"method", "outputs"})


# --- over random forms --------------------------------------------------------------------------------------------------
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_no_answer_is_ever_lost_over_random_versions(seed):
    """Two drafts through two versions each time; the proof `forms.versions` does the same ten thousand times."""
    world = proof.World.begun(random.Random(seed), drafts=2)
    for _version in range(2):
        world.write()
        assert world.revise() == []


def test_the_proof_sees_an_answer_that_is_thrown_away():
    assert proof.careless(random.Random(1)) > 0


def test_a_form_that_came_into_force_is_frozen_in_the_database():
    form = revised(make_call(), [IDEA])
    with pytest.raises(Exception, match="frozen"), transaction.atomic():
        form.sections.get().questions.all().delete()


def test_completing_and_handing_in_after_a_change_freezes_the_new_form():
    draft = make_proposal()
    revised(draft.call, [IDEA, OTHER])
    proposals.save_details(draft, version=99, fields={"title": "Later"}, actor=draft.pi, at=NOON)
    answers.save_answer(draft, "users", "Anybody", version=0, actor=draft.pi, at=NOON)
    fresh = Proposal.objects.get(pk=draft.pk)
    handed_in = submission.hand_in(fresh, version=fresh.version, actor=draft.pi, at=NOON + dt.timedelta(hours=1))
    content = submission.frozen_content(handed_in)
    assert (content["format"], content["form"]) == (2, {"kind": "full", "number": 2})
    asked = [one["key"] for section in content["sections"] for one in section["questions"]]
    assert asked == ["idea", "users"]
