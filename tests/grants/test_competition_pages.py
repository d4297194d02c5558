"""Pages of an internal competition: what each reader can do and read on them, and that nobody reads another university's."""

import pytest
from django.db import transaction
from django.test import Client

from grants.lists.competition import COMPETITIONS, ENTRIES, NUMBERS
from grants.models import InternalEntry, Proposal
from grants.services import access, competition
from tests.grants.stories import NOON, complete, make_call, make_researcher, make_university, make_user
from tests.grants.stories_competition import UNTIL, make_entry, make_limited_call, make_picked, office_of
from tests.grants.test_competition import start

pytestmark = pytest.mark.django_db
PAGE = "/calls/SMALL-26/internal-competition/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The call is open by the server's clock."""
    for place in ("views.competition", "views.starting", "views.proposals", "registrations_competition", "views.calls"):
        monkeypatch.setattr(f"grants.{place}.server_now", lambda: NOON)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


# --- researchers ------------------------------------------------------------------------------------------------------
def test_researcher_puts_an_idea_forward_changes_and_withdraws_it():
    make_limited_call(2)
    ada = client_of(make_researcher())
    assert "Put your idea forward" in ada.get("/calls/SMALL-26/").text
    assert ada.get("/proposals/start/SMALL-26/").url == PAGE
    university = make_university()
    done = ada.post(f"{PAGE}enter/", {"university": university.pk, "title": "Soil", "summary": "We map it."})
    assert (done.status_code, done.url) == (302, PAGE)
    entry = InternalEntry.objects.get()
    changed = {"title": "Soil maps", "summary": "We map it.", "version": 1}
    assert ada.post(f"/internal-competition/{entry.pk}/change/", changed).status_code == 302
    assert 'value="Soil maps"' in ada.get(PAGE).text
    assert ada.post(f"/internal-competition/{entry.pk}/withdraw/").status_code == 302
    entry.refresh_from_db()
    assert (entry.title, entry.status) == ("Soil maps", "withdrawn")


def test_refused_idea_stays_in_its_form():
    make_limited_call()
    ada = client_of(make_researcher())
    answer = ada.post(f"{PAGE}enter/", {"university": make_university().pk, "title": "", "summary": "Kept words."})
    assert (answer.status_code, "Kept words." in answer.text) == (422, True)


def test_stale_change_keeps_what_was_typed_beside_what_is_saved():
    entry = make_entry(make_limited_call())
    ada = client_of(entry.person)
    competition.change(entry, title="Saved", summary="Saved text.", version=1, actor=entry.person, at=NOON)
    sent = {"title": "Typed", "summary": "Typed text.", "version": 1}
    answer = ada.post(f"/internal-competition/{entry.pk}/change/", sent)
    assert answer.status_code == 422
    assert [words in answer.text for words in ("Typed text.", "Saved text.", 'name="version" value="2"')] == [True] * 3


def test_picked_researcher_is_led_to_the_proposal_and_others_are_not():
    call = make_limited_call(1)
    entry = make_picked(call)
    ada = client_of(entry.person)
    assert 'href="/proposals/start/SMALL-26/"' in ada.get(PAGE).text
    begun = ada.post("/proposals/start/SMALL-26/", {"title": "Soil", "university": entry.university_id})
    assert begun.url == f"/proposals/{Proposal.objects.get().number}/edit/"
    bo = client_of(make_researcher("Bo Second"))
    assert bo.post("/proposals/start/SMALL-26/", {"title": "Soil"}).status_code == 403


def test_page_of_a_call_without_a_limit_is_not_there():
    make_call("SMALL-26")
    assert client_of(make_researcher()).get(PAGE).status_code == 404


# --- the office -------------------------------------------------------------------------------------------------------
def test_office_picks_takes_back_and_says_no():
    call = make_limited_call(1)
    one, two = make_entry(call), make_entry(call, "Bo Second")
    olga = client_of(office_of())
    page = olga.get(PAGE).text
    assert ["Secret of Ada Example." in page, "Secret of Bo Second." in page, "1 place left" in page] == [True] * 3
    assert olga.post(f"/internal-competition/{one.pk}/pick/", {"note": "Good."}).url == PAGE
    assert "All places are given" in olga.get(PAGE).text
    full = olga.post(f"/internal-competition/{two.pk}/pick/", {"note": "Also."})
    assert (full.status_code, "The only place" in full.text) == (422, True)
    assert olga.post(f"/internal-competition/{one.pk}/take-back/", {"note": ""}).status_code == 422
    assert olga.post(f"/internal-competition/{one.pk}/take-back/", {"note": "Sorry."}).status_code == 302
    assert olga.post(f"/internal-competition/{two.pk}/not-pick/", {"note": "Next time."}).status_code == 302
    assert dict(InternalEntry.objects.values_list("person__name", "status")) == {
        "Ada Example": "entered",
        "Bo Second": "not_picked",
    }


def test_desk_lists_the_office_s_calls_with_its_own_figures(django_assert_num_queries):
    call, south = make_limited_call(2), make_university("Southmoor")
    make_entry(call)
    make_picked(call, "Bo Second")
    make_entry(call, "Cy Third", university=south)
    rows = COMPETITIONS.queryset(office_of(), None)
    assert list(rows.values_list("code", "waiting", "picked", "places")) == [("SMALL-26", 1, 1, 2)]
    page = client_of(office_of()).get("/internal-competition/")
    assert (page.status_code, "SMALL-26" in page.text) == (200, True)
    assert client_of(make_researcher()).get("/internal-competition/").status_code == 403


@pytest.mark.parametrize("ideas", [1, 3])
def test_page_of_the_office_asks_the_same_number_of_questions_whatever_the_ideas(ideas, django_assert_num_queries):
    call = make_limited_call(2)
    for letter in "ABC"[:ideas]:
        make_entry(call, f"Person {letter}")
    olga = client_of(office_of())
    olga.get(PAGE)
    with django_assert_num_queries(14):
        assert olga.get(PAGE).status_code == 200


# --- the fund ---------------------------------------------------------------------------------------------------------
def test_officer_of_the_fund_reads_numbers_and_what_was_picked_alone():
    call, south = make_limited_call(1), make_university("Southmoor")
    make_entry(call)
    make_picked(call, "Bo Second")
    make_entry(call, "Cy Third", university=south)
    petra = make_user("Petra Officer", "programme_officer")
    page = client_of(petra).get(PAGE).text
    assert ["Southmoor" in page, "The idea of" in page, "Secret" in page] == [True, False, False]
    rows = (
        NUMBERS.queryset(petra, None).order_by("university__name").values_list("university__name", "entered", "picked")
    )
    assert list(rows) == [("Southmoor", 1, 0), ("University of Northmoor", 2, 1)]
    assert list(ENTRIES.queryset(petra, None).values_list("title", flat=True)) == ["The idea of Bo Second"]
    ideas = client_of(petra).get("/internal-competition/ideas/").text
    assert ["The idea of Bo Second" in ideas, "The idea of Ada" in ideas, "Cy Third" in ideas] == [True, False, False]
    assert client_of(make_user("Fay Finance", "finance_officer")).get(PAGE).status_code == 403


def test_officer_with_a_conflict_is_not_told_by_the_pick_that_there_is_a_proposal():
    call = make_limited_call(2)
    entry, other = make_picked(call), make_picked(call, "Bo Second")
    petra = make_user("Petra Officer", "programme_officer")
    access.seal(start(entry), petra, at=NOON)
    assert list(ENTRIES.queryset(petra, None)) == [other]
    assert list(NUMBERS.queryset(petra, None).values_list("entered", "picked")) == [(1, 1)]


# --- two worlds -------------------------------------------------------------------------------------------------------
URLS = (PAGE, "/internal-competition/", "/internal-competition/ideas/", "/calls/SMALL-26/", "/")


def test_what_another_university_reads_is_the_same_bytes_with_and_without_an_idea():
    """Its office and its researchers learn nothing: not that there are entries, how many, or what became of them."""
    call, south = make_limited_call(2), make_university("Southmoor")
    readers = [client_of(office_of(south)), client_of(make_researcher("Bo Second", south))]

    def read():
        return [(reader.get(url).status_code, bare(reader.get(url).text)) for reader in readers for url in URLS]

    office_of()
    without = read()
    entry = make_picked(call)
    make_entry(call, "Dee Fourth")
    assert read() == without
    for reader in readers:
        for act in ("change", "withdraw", "pick", "take-back", "not-pick"):
            assert reader.post(f"/internal-competition/{entry.pk}/{act}/", {"note": "x"}).status_code == 404


def bare(text):
    """Without what differs by itself: the token of forms, the nonce of scripts, the hour."""
    own = ("csrf", "nonce", "server-time")
    return "\n".join(line for line in text.splitlines() if not any(word in line.lower() for word in own))


def test_colleague_of_the_same_university_reads_nothing_either():
    entry = make_entry(make_limited_call())
    cy = client_of(make_researcher("Cy Third"))
    page = cy.get(PAGE).text
    assert ["Secret" in page, "The idea of" in page] == [False, False]
    assert cy.post(f"/internal-competition/{entry.pk}/withdraw/").status_code == 404


def test_researcher_can_not_decide_and_the_office_can_not_change():
    entry = make_entry(make_limited_call())
    assert client_of(entry.person).post(f"/internal-competition/{entry.pk}/pick/", {"note": ""}).status_code == 403
    sent = {"title": "A", "summary": "B", "version": 1}
    assert client_of(office_of()).post(f"/internal-competition/{entry.pk}/change/", sent).status_code == 403


def test_staff_of_the_fund_put_nothing_forward(monkeypatch):
    make_limited_call()
    petra = make_user("Petra Officer", "programme_officer")
    make_researcher("Petra Officer")
    sent = {"university": make_university().pk, "title": "A", "summary": "B"}
    assert client_of(petra).post(f"{PAGE}enter/", sent).status_code == 403
    assert InternalEntry.objects.count() == 0


def test_after_the_last_day_nothing_is_put_forward(monkeypatch):
    make_limited_call()
    monkeypatch.setattr("grants.views.competition.server_now", lambda: UNTIL)
    ada = client_of(make_researcher())
    assert "no longer taken" in ada.get(PAGE).text
    sent = {"university": make_university().pk, "title": "A", "summary": "B"}
    assert ada.post(f"{PAGE}enter/", sent).status_code == 403


# --- each address, each reader ----------------------------------------------------------------------------------------
READERS = ("anonymous", "own", "colleague", "office", "elsewhere", "officer", "finance")
TABLE = {
    ("get", PAGE): (302, 200, 200, 200, 200, 200, 403),
    ("post", PAGE + "enter/"): (302, 422, 422, 404, 404, 404, 404),
    ("get", PAGE + "enter/"): (302, 405, 405, 405, 405, 405, 405),
    ("get", "/internal-competition/"): (302, 403, 403, 200, 403, 403, 403),
    ("get", "/internal-competition/ideas/"): (302, 403, 403, 200, 403, 200, 403),
    ("post", "/internal-competition/{pk}/change/"): (302, 422, 404, 403, 404, 404, 404),
    ("post", "/internal-competition/{pk}/withdraw/"): (302, 302, 404, 403, 404, 404, 404),
    ("post", "/internal-competition/{pk}/pick/"): (302, 403, 404, 302, 404, 404, 404),
    ("post", "/internal-competition/{pk}/take-back/"): (302, 403, 404, 422, 404, 404, 404),
    ("post", "/internal-competition/{pk}/not-pick/"): (302, 403, 404, 422, 404, 404, 404),
    ("get", "/internal-competition/{pk}/pick/"): (302, 405, 405, 405, 405, 405, 405),
}


@pytest.mark.parametrize(("method", "url"), TABLE)
def test_each_address_answers_each_reader_as_it_should(method, url):
    call, south = make_limited_call(1), make_university("Southmoor")
    entry = make_entry(call)
    people = {
        "own": entry.person,
        "colleague": make_researcher("Cy Third"),
        "office": office_of(),
        "elsewhere": make_researcher("Bo Second", south),
        "officer": make_user("Petra Officer", "programme_officer"),
        "finance": make_user("Fay Finance", "finance_officer"),
    }
    answers = []
    for reader in READERS:
        client = client_of(people[reader]) if reader in people else Client()
        savepoint = transaction.savepoint()
        sent = {"university": make_university().pk} if method == "post" else {}
        answers.append(getattr(client, method)(url.format(pk=entry.pk), sent).status_code)
        transaction.savepoint_rollback(savepoint)
    assert tuple(answers) == TABLE[method, url]


def test_hand_in_page_says_why_not_and_leads_to_the_competition():
    entry = make_picked(make_limited_call(1))
    draft = complete(start(entry))
    competition.un_pick(entry, reason="A mistake.", actor=office_of(), at=NOON)
    page = client_of(entry.person).get(f"/proposals/{draft.number}/hand-in/").text
    assert ["has not chosen yet" in page, f'href="{PAGE}#competition"' in page] == [True, True]
