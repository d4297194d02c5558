"""Pages of the form builder: rows by buttons, refusals, two officers at once, revising a published form, versions, preview."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.asking.specs import Kind, QuestionSpec, SectionSpec
from grants.models import Answer, Call, FormVersion, KeptAnswer, Programme, Question, Stage
from grants.services import access, answers, calls, forms
from tests.grants.stories import make_call, make_draft, make_fund_once, make_researcher, make_user, stage_of
from tests.grants.stories_forms import sent_by
from tests.grants.test_call_pages import DAY

pytestmark = pytest.mark.django_db
EDIT = "/calls/NEW-27/edit/?step=form"


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What higher apps need for a call (a rubric) is tested with them."""
    monkeypatch.setattr(checks, "_more", [])


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def desk(officer: User) -> Client:
    return signed(officer)


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def draft(officer: User) -> Call:
    """A draft call with a small form."""
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    call = calls.create_call(programme=programme, code="NEW-27", title="New", actor=officer, at=server_now())
    forms.set_form(call, SMALL, actor=officer, at=server_now())
    return call


YES = {"key": "people", "op": "is", "value": True}
SMALL = (
    SectionSpec(
        "Why",
        (
            QuestionSpec("What is new?", Kind.LONG, "new", words=90),
            QuestionSpec("Are people involved?", Kind.YES_NO, "people"),
            QuestionSpec("How do they consent?", Kind.LONG, "consent", words=50, shown_if=YES),
        ),
    ),
)


def open_call() -> Call:
    at = server_now()
    return make_call(opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None)


def html(client: Client, path: str = EDIT) -> str:
    return str(client.get(path).content.decode())


# --- building -----------------------------------------------------------------------------------------------------------
def test_buttons_change_the_page_and_keep_nothing(draft: Call, desk: Client) -> None:
    page = html(desk)
    moved = desk.post(EDIT, sent_by(page, act="down:s1-q1"))
    assert [row.label for row in moved.context["draft"].rows][:2] == ["Are people involved?", "What is new?"]
    assert b"Not saved yet" in moved.content
    assert list(Question.objects.filter(section__form__call=draft).values_list("key", flat=True)) == [
        "new",
        "people",
        "consent",
    ]


def test_part_of_the_page_is_answered_alone(draft: Call, desk: Client) -> None:
    sent = sent_by(html(desk), **{"act": "show:s1-q1", "s1-q1-kind": "choice"})
    part = desk.post(EDIT, sent, headers={"HX-Request": "true", "HX-Target": "s1-q1"})
    assert (part.content.count(b'class="builder-question'), b"s1-q1-options" in part.content) == (1, True)
    whole = desk.post(EDIT, sent, headers={"HX-Request": "true", "HX-Target": "builder"})
    assert (whole.content.count(b'class="builder-question'), b'hx-swap-oob="innerHTML"' in whole.content) == (3, True)


def test_saved_form_is_the_one_that_was_typed(draft: Call, desk: Client) -> None:
    sent = sent_by(html(desk), **{"s1-q1-label": "What will be new?", "s1-q1-need": "never", "save": "1"})
    assert desk.post(EDIT, sent)["Location"] == EDIT
    form = forms.newest(draft)
    assert form is not None
    first, *others = forms.specs_of(form)[0].questions
    assert (first.key, first.label, first.required) == ("new", "What will be new?", False)
    assert others == list(SMALL[0].questions[1:])


def test_refusal_stands_beside_each_field_and_on_top_and_nothing_typed_is_lost(draft: Call, desk: Client) -> None:
    wrong = {"s1-q1-label": "", "s1-q1-words": "many", "s1-q1-help": "Typed\r\nwords", "save": "1"}
    answer = desk.post(EDIT, sent_by(html(desk), **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#(id_[^"]*)">', page) == ["id_s1-q1-words", "id_s1-q1-label"]
    again = sent_by(page)
    assert (again["s1-q1-words"], again["s1-q1-help"]) == (["many"], ["Typed\r\nwords"])


def test_form_of_a_stage_begins_with_the_usual_questions_or_the_library(officer: User, desk: Client) -> None:
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    call = calls.create_call(programme=programme, code="NEW-27", title="New", actor=officer, at=server_now())
    forms.set_form(call, [], actor=officer, at=server_now())
    usual = desk.post(EDIT, sent_by(html(desk), act="usual"))
    assert usual.context["draft"].questions == sum(len(one.questions) for one in forms.DEFAULT)
    shelf = desk.post(EDIT, sent_by(usual.content.decode(), act="library:data"))
    assert shelf.context["draft"].blocks[-1].title == "Data"
    one = desk.post(EDIT, sent_by(shelf.content.decode(), act="library:letters", into="s1"))
    assert one.context["draft"].blocks[0].rows[-1].key == "support_letters"
    assert desk.post(EDIT, sent_by(one.content.decode(), save="1")).status_code == 302


def test_two_stages_have_a_form_each_under_tabs(draft: Call, officer: User, desk: Client) -> None:
    stage = Stage.objects.get(call=draft)
    Stage.objects.filter(pk=stage.pk).update(number=2)
    Stage.objects.create(
        call=draft, number=1, kind="eoi", opens_at=stage.opens_at, closes_at=stage.closes_at - DAY, zone="UTC"
    )
    page = html(desk)
    assert re.findall(r'<a class="tab" href="([^"]*)"', page) == [
        "/calls/NEW-27/edit/?step=form",
        "/calls/NEW-27/edit/?step=form&amp;kind=full",
    ]
    built = sent_by(desk.post(EDIT, sent_by(page, act="usual")).content.decode(), on="1")
    assert desk.post(EDIT, built)["Location"] == f"{EDIT}&kind=full"
    kinds = FormVersion.objects.filter(call=draft).order_by("kind").values_list("kind", "stages__kind")
    assert list(kinds) == [("eoi", "eoi"), ("full", "full")]
    assert desk.get(f"{EDIT}&kind=none").status_code == 404


# --- two officers -------------------------------------------------------------------------------------------------------
def test_stale_save_is_refused_and_both_forms_are_kept(draft: Call, desk: Client) -> None:
    mine, theirs = sent_by(html(desk)), sent_by(html(desk))
    colleague = signed(make_user("Ben Officer", "programme_officer"))
    assert colleague.post(EDIT, {**theirs, "s1-q1-label": "Theirs?", "save": "1"}).status_code == 302
    refused = desk.post(EDIT, {**mine, "s1-q1-label": "Mine?", "save": "1"})
    page = refused.content.decode()
    assert (refused.status_code, sent_by(page)["s1-q1-label"]) == (409, ["Mine?"])
    assert "Ben Officer saved another form meanwhile" in page
    assert "“Mine?”: it was “Theirs?” before." in page
    assert Question.objects.filter(section__form__call=draft, label="Theirs?").exists()
    force = re.search(r'name="force" value="([^"]*)"', page)
    assert force is not None
    assert desk.post(EDIT, {**sent_by(page), "force": force[1]}).status_code == 302
    assert Question.objects.filter(section__form__call=draft, label="Mine?").exists()


def test_same_form_saved_by_two_is_no_conflict(draft: Call, desk: Client) -> None:
    mine = sent_by(html(desk), **{"s1-q1-label": "Both?", "save": "1"})
    assert [desk.post(EDIT, mine).status_code, desk.post(EDIT, mine).status_code] == [302, 302]


# --- a published form -----------------------------------------------------------------------------------------------------
def revise(client: Client, call: Call) -> str:
    """Begin a revision; gives the builder's page."""
    where = client.post(f"/calls/{call.code}/form/full/revise/")["Location"]
    return html(client, where)


def test_published_form_is_shown_and_changed_by_a_revision_that_nobody_sees(desk: Client) -> None:
    call = open_call()
    edit = f"/calls/{call.code}/edit/?step=form"
    assert "The form in force: version 1" in html(desk, edit)
    page = revise(desk, call)
    sent = sent_by(page, **{"s1-q1-label": "What will you find?", "on": "1"})
    assert desk.post(edit, sent)["Location"] == f"/calls/{call.code}/form/full/publish/"
    assert stage_of(call).form == forms.in_force(call)
    assert "What do you want to find out?" in html(Client(), call.get_absolute_url())
    assert "What will you find?" not in html(signed(make_researcher()), f"/calls/{call.code}/preview/")


def test_form_of_a_call_that_takes_nothing_more_stays(desk: Client) -> None:
    call = open_call()
    Call.objects.filter(pk=call.pk).update(status="closed")
    assert "/form/full/revise/" not in html(desk, f"/calls/{call.code}/edit/?step=form")
    assert desk.post(f"/calls/{call.code}/form/full/revise/").status_code == 409


def test_page_of_changes_counts_drafts_and_answers_without_a_place_then_publishes(desk: Client) -> None:
    call = open_call()
    draft, waiting = make_draft(call), make_draft(call, pi=make_researcher("Bea Two"))
    for one in (draft, waiting):
        answers.save_answer(one, "method", "By hand.", version=0, actor=one.pi, at=server_now())
    page = desk.post(f"/calls/{call.code}/edit/?step=form", sent_by(revise(desk, call), act="remove:s1-q2")).content
    desk.post(f"/calls/{call.code}/edit/?step=form", sent_by(page.decode(), save="1"))
    path = f"/calls/{call.code}/form/full/publish/"
    shown = desk.get(path)
    effects = shown.context["effects"]
    assert (effects.drafts, effects.waiting, [(one.key, one.drafts) for one in effects.homeless]) == (
        2,
        0,
        [("method", 2)],
    )
    sent = {"read": shown.context["read"], "note": "Fewer questions."}
    assert desk.post(path, sent)["Location"] == f"/calls/{call.code}/edit/?step=form"
    draft.refresh_from_db()
    assert (draft.form, KeptAnswer.objects.count(), Answer.objects.count()) == (forms.in_force(call), 2, 0)
    assert FormVersion.objects.get(call=call, number=2).note == "Fewer questions."


def test_revision_that_a_colleague_changed_after_one_read_it_is_not_published(desk: Client) -> None:
    call = open_call()
    edit, path = f"/calls/{call.code}/edit/?step=form", f"/calls/{call.code}/form/full/publish/"
    desk.post(edit, sent_by(revise(desk, call), **{"s1-q1-label": "One?", "save": "1"}))
    read = desk.get(path).context["read"]
    desk.post(edit, sent_by(html(desk, edit), **{"s1-q1-label": "Two?", "save": "1"}))
    assert desk.post(path, {"read": read, "note": "Mine"}).status_code == 422
    assert forms.in_force(call) == forms.newest(call) or forms.newest(call).frozen_at is None  # type: ignore[union-attr]


def test_discarded_revision_leaves_the_form_as_it_is_and_what_was_typed_on_the_page(desk: Client) -> None:
    call = open_call()
    page = revise(desk, call)
    assert desk.post(f"/calls/{call.code}/form/full/discard/").status_code == 302
    assert desk.post(f"/calls/{call.code}/form/full/discard/").status_code == 302  # twice is harmless
    late = desk.post(f"/calls/{call.code}/edit/?step=form", sent_by(page, **{"s1-q1-label": "Late?", "save": "1"}))
    assert (late.status_code, sent_by(late.content.decode())["s1-q1-label"]) == (409, ["Late?"])
    assert FormVersion.objects.filter(call=call).count() == 1


def test_versions_page_tells_what_each_changed(desk: Client) -> None:
    call = open_call()
    edit = f"/calls/{call.code}/edit/?step=form"
    desk.post(edit, sent_by(revise(desk, call), **{"s1-q1-words": "70", "save": "1"}))
    publish = f"/calls/{call.code}/form/full/publish/"
    desk.post(publish, {"read": desk.get(publish).context["read"], "note": ""})
    shown = desk.get(f"/calls/{call.code}/form/full/versions/").context["versions"]
    told = [(one.version.number, [str(change) for change in one.changes]) for one in shown]
    assert told == [(2, ["“What do you want to find out?”: at most 70 words."]), (1, [])]
    old = html(desk, f"/calls/{call.code}/preview/?version=1")
    assert ("At most 60 words." in old, "At most 70 words." in old) == (True, False)


# --- the preview ------------------------------------------------------------------------------------------------------------
def test_preview_shows_and_hides_by_what_is_answered_and_keeps_nothing(draft: Call, desk: Client) -> None:
    path = "/calls/NEW-27/preview/"
    assert desk.get(path).context["asked"]["hidden"] == ["consent"]
    tried = desk.post(path, {"value-people": "yes"}, headers={"HX-Request": "true"})
    assert b'data-hidden=""' in tried.content
    checked = desk.post(path, {"value-people": "yes", "value-new": "word " * 91, "check": "1"})
    assert [one.anchor for one in checked.context["findings"]] == ["field-new", "field-consent"]
    assert Answer.objects.count() == 0


def test_preview_of_what_is_not_saved_yet(draft: Call, desk: Client) -> None:
    sent = sent_by(html(desk), **{"s1-q1-label": "Not saved?", "look": "1"})
    seen = desk.post("/calls/NEW-27/preview/?kind=full", sent)
    assert ("Not saved?" in seen.content.decode(), Question.objects.filter(label="Not saved?").exists()) == (
        True,
        False,
    )
    again = desk.post("/calls/NEW-27/preview/?kind=full", sent_by(seen.content.decode(), form="preview"))
    assert "Not saved?" in again.content.decode()
    wrong = desk.post("/calls/NEW-27/preview/?kind=full", {**sent, "s1-q1-label": ""})
    assert "This question has no text." in wrong.content.decode()


# --- who ------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        ("programme_officer", [200, 302, 302, 302, 200, 200, 200]),
        ("auditor", [403, 403, 403, 403, 200, 200, 200]),
        ("", [403, 403, 403, 403, 403, 200, 404]),
    ],
)
def test_who_may_open_which_page(role: str, wanted: list[int]) -> None:
    call = open_call()
    client = signed(make_user("Some Body", *filter(None, [role])))
    FormVersion.objects.create(call=call, number=2)
    at = f"/calls/{call.code}"
    answers = [
        client.get(f"{at}/edit/?step=form"),
        client.post(f"{at}/form/full/revise/"),
        client.post(f"{at}/form/full/discard/"),
        client.get(f"{at}/form/full/publish/"),
        client.get(f"{at}/form/full/versions/"),
        client.get(f"{at}/preview/"),
        client.get(f"{at}/preview/?version=2") if role != "programme_officer" else client.get(f"{at}/preview/"),
    ]
    assert [one.status_code for one in answers] == wanted
    assert Client().get(f"{at}/form/full/versions/").status_code == 302


def test_counts_of_drafts_leave_out_what_the_officer_is_sealed_off_from(officer: User, desk: Client) -> None:
    call = open_call()
    hidden, _shown = make_draft(call), make_draft(call, pi=make_researcher("Bea Two"))
    access.seal(hidden, officer, at=server_now())
    assert desk.get(f"/calls/{call.code}/edit/?step=form").context["drafts"] == 1


# --- queries ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("many", [1, 30])
def test_act_takes_the_same_queries_for_any_number_of_questions(
    many: int, draft: Call, officer: User, desk: Client, django_assert_num_queries: Any
) -> None:
    questions = tuple(QuestionSpec(f"Question {n}", key=f"q{n}", words=9) for n in range(many))
    forms.set_form(draft, [SectionSpec("One", questions)], actor=officer, at=server_now())
    sent = sent_by(html(desk), act="up:s1-q1")
    with django_assert_num_queries(8):
        desk.post(EDIT, sent, headers={"HX-Request": "true", "HX-Target": "builder"})


@pytest.mark.parametrize("many", [1, 3])
def test_page_of_changes_takes_the_same_queries_for_any_number_of_drafts(
    many: int, desk: Client, django_assert_num_queries: Any
) -> None:
    call = open_call()
    for n in range(many):
        one = make_draft(call, pi=make_researcher(f"Writer {n}"))
        answers.save_answer(one, "method", "By hand.", version=0, actor=one.pi, at=server_now())
    edit = f"/calls/{call.code}/edit/?step=form"
    page = desk.post(edit, sent_by(revise(desk, call), act="remove:s1-q2")).content.decode()
    desk.post(edit, sent_by(page, save="1"))
    with django_assert_num_queries(18):
        desk.get(f"/calls/{call.code}/form/full/publish/")
