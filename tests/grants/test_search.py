"""Search: what a proposal is found by, kept by triggers; what was typed never fails; and it is no oracle.

`words(...)` are the numbers that an officer's search finds, in the order of the list.
"""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import grants.search as finding
from accounts.services import update_profile
from core.lists import get_spec
from grants.models import Proposal, ProposalSearch, TeamMember
from grants.search import MANY, expected, marked_html, search
from grants.services import access
from reviews.services import conflicts
from tests.crawling import Crawl, apart, differences
from tests.grants.stories import (
    NOON,
    make_call,
    make_draft,
    make_member,
    make_researcher,
    make_submitted,
    make_university,
    make_user,
)
from universities.models import University, UniversityName
from universities.services import add_name, merge, update_university

pytestmark = pytest.mark.django_db


def found(text: str, rows=None) -> list[str]:
    rows = Proposal.objects.all() if rows is None else rows
    return list(search(rows, text).order_by("number").values_list("number", flat=True))


def draft(title: str = "Open models of soil", abstract: str = "", keywords: tuple[str, ...] = (), **how) -> Proposal:
    proposal = make_draft(title=title, **how)
    Proposal.objects.filter(pk=proposal.pk).update(abstract=abstract, keywords=list(keywords))
    return Proposal.objects.get(pk=proposal.pk)


# --- what it is found by ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        *("soil", "SOILS", "Mapping soil", "map", "mapp", "mapping", "measured", "measure", "brain", "computer"),
        *("peatland", "peat-land", "Zoë", "zoe", "Søren", "soren", "Müller", "muller", "Northmoor", "universi"),
        *("université", "Will", "will smith", "soil Northmoor", '"soil of rivers"', "soil -ocean", "ocean or rivers"),
        *("AI-26-0001", "ai-26-0001", "AI-26", "AI-26-00", "0001", "soil AI-26-0001"),
    ],
)
def test_proposal_is_found_by_title_abstract_keywords_people_university_and_number(text):
    make_call()
    university = make_university("Université de Northmoor")
    pi = make_researcher("Zoe Muller", university)
    update_profile(pi, name="Zoë Müller", zone="UTC", at=NOON)
    proposal = draft(
        "Mapping the soil of rivers",
        "We measured what brain/computer interfaces do.Then we wrote.",
        ("peatland", "peat-land"),
        pi=pi,
    )
    for n, name in enumerate(("Søren Berg", "Will Smith")):
        TeamMember.objects.create(proposal=proposal, name=name, email=f"member{n}@people.example")
    assert found(text) == ["AI-26-0001"]


@pytest.mark.parametrize(
    "text", ["ocean", "soil ocean", '"rivers of soil"', "-soil", "soil -rivers", "AI-26-0002", "AI-27", "xyz", "ping"]
)
def test_proposal_is_not_found_by_what_it_does_not_have(text):
    make_call()
    draft("Mapping the soil of rivers")
    assert found(text) == []


def test_whole_number_finds_that_proposal_alone_where_another_names_it():
    first = draft("About one", call=make_call())
    draft("Following AI-26-0001 came this", call=first.call)
    assert found("ai-26-0001") == ["AI-26-0001"]
    assert found("following ai-26-0001") == ["AI-26-0002"]
    assert found("AI-26-00") == ["AI-26-0001", "AI-26-0002"]


def test_every_way_to_search_finds_the_same(monkeypatch):
    make_call()
    for title in ("Soil of rivers", "Rivers of soil", "Oceans"):
        draft(title)
    few = [found(text) for text in ("soil", "rivers -ocean", "AI-26", "oceans")]
    monkeypatch.setattr(finding, "MANY", 0)
    assert [found(text) for text in ("soil", "rivers -ocean", "AI-26", "oceans")] == few
    assert few[0] == ["AI-26-0001", "AI-26-0002"]
    assert expected(ProposalSearch.objects.filter(words=finding.Question("soil"))) < MANY


# --- kept by triggers -----------------------------------------------------------------------------------------------------
def test_words_follow_the_proposal_its_team_its_people_and_its_university():
    make_call()
    university = make_university("Northmoor")
    pi = make_researcher("Ada Example", university)
    proposal = draft("Soil", pi=pi)
    ben = make_member(proposal, "Ben Coauthor")
    assert [found(text) for text in ("soil", "ada", "ben", "northmoor")] == [["AI-26-0001"]] * 4

    Proposal.objects.filter(pk=proposal.pk).update(title="Rivers", abstract="Of silt", keywords=["mud"])
    update_profile(pi, name="Augusta King", zone="UTC", at=NOON)
    update_profile(ben, name="Benedikt Other", zone="UTC", at=NOON)
    admin = make_user("Adam Admin", "administrator")
    update_university(university, name="Southmoor", actor=admin, at=NOON)
    assert [found(text) for text in ("soil", "ada", "northmoor")] == [[]] * 3
    assert [found(text) for text in ("rivers", "silt", "mud", "augusta", "benedikt", "southmoor")] == [
        ["AI-26-0001"]
    ] * 6

    TeamMember.objects.filter(proposal=proposal).delete()
    assert found("benedikt") == []


def test_words_follow_other_names_of_a_university_and_the_one_that_it_was_merged_into():
    make_call()
    small, large = make_university("Moor College", rate=None), make_university("Northmoor")
    admin = make_user("Adam Admin", "administrator")
    draft("Soil", pi=make_researcher("Ada Example", small))
    add_name(small, "Collegium Paludis", actor=admin, at=NOON)
    assert found("paludis") == ["AI-26-0001"]
    UniversityName.objects.filter(name="Collegium Paludis").update(name="Collegium Lacus")
    assert (found("paludis"), found("lacus")) == ([], ["AI-26-0001"])
    UniversityName.objects.filter(name="Collegium Lacus").delete()
    assert found("lacus") == []
    merge(small, large, actor=admin, at=NOON)
    assert [found(text) for text in ("northmoor", "moor college")] == [["AI-26-0001"]] * 2
    University.objects.filter(pk=large.pk).update(name="Eastmoor")
    assert found("eastmoor") == ["AI-26-0001"]


def test_many_inserted_at_once_have_their_words_and_deleted_ones_leave_none():
    first = draft("Soil", call=make_call())
    copies = [Proposal.objects.get(pk=first.pk) for _ in range(5)]
    for n, copy in enumerate(copies):
        copy.pk, copy.number, copy.title = Proposal._meta.pk.get_default(), f"AI-26-1{n:03}", f"Copy {n}"
    Proposal.objects.bulk_create(copies)
    assert len(found("copy")) == 5
    Proposal.objects.filter(pk__in=[copy.pk for copy in copies]).delete()
    assert (found("copy"), ProposalSearch.objects.count()) == ([], 1)


def test_backfill_writes_what_the_triggers_write():
    proposal = draft("Mapping soil", "Long text", ("mud",), call=make_call())
    make_member(proposal, "Ben Coauthor")
    kept = ProposalSearch.objects.values_list("names", "words").get()
    ProposalSearch.objects.all().delete()
    with connection.cursor() as cursor:
        migration = __import__("importlib").import_module("grants.migrations.0007_words_of_proposals")
        cursor.execute(migration.BACKFILL)
    assert ProposalSearch.objects.values_list("names", "words").get() == kept


# --- what is typed --------------------------------------------------------------------------------------------------------
SIGNS = st.sampled_from(
    [*"\"'-:*&|!()<>\\/.,;_ %\0\ue000\ue001", "or", "OR", " ", "soil", "ŉ", "½", "İ", "日本", "e\u0301", "a-b"]
)


@given(text=st.lists(SIGNS | st.text(max_size=3), max_size=12).map("".join))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_can_be_typed_is_an_error(text):
    if "\ud800" <= max(text, default="") <= "\udfff":
        return
    list(search(Proposal.objects.all(), text))
    finding.marks([], text)


@pytest.mark.parametrize(
    "text", ["%00", "%22%22%22", "a%27%3A*", "%EE%80%80soil%EE%80%81", "soil%5C", "-", "or", "%F0%9F%8C%8D"]
)
def test_page_answers_whatever_is_searched_for(client, text):
    pi = make_researcher()
    draft("Open soil", call=make_call(), pi=pi)
    client.force_login(pi)
    assert client.get(f"/proposals/?q={text}").status_code in {200, 400}


# --- why it was found -----------------------------------------------------------------------------------------------------
def test_words_found_are_marked_in_the_list_and_nothing_that_was_written_becomes_html(client):
    pi = make_researcher("Ada Soilwright")
    evil = "<script>alert(1)</script> \ue000soil\ue001 & <b>soil</b>"
    draft(f"Soil {evil}", f"{evil} lies deep.", call=make_call(), pi=pi)
    client.force_login(pi)
    page = client.get("/proposals/?q=soil").content.decode()
    assert (
        "<mark>Soil</mark> &lt;script&gt;alert(1)&lt;/script&gt; <mark>soil</mark> &amp; &lt;b&gt;<mark>soil</mark>"
        in page
    )
    assert ("<script>alert" in page, "\ue000" in page, "<b>" in page.split("<tbody>")[1].split("</tbody>")[0]) == (
        False,
    ) * 3


def test_piece_of_the_abstract_or_of_the_names_tells_why_where_the_title_does_not(client):
    pi = make_researcher("Ada Example")
    proposal = draft("Rivers", "Many words come first. " * 30 + "Then peat follows.", call=make_call(), pi=pi)
    make_member(proposal, "Ben Coauthor")
    client.force_login(pi)
    marks = {text: finding.marks([proposal.pk], text)[proposal.pk] for text in ("peat", "coauthor", "rivers", "ada")}
    assert "Then <mark>peat</mark> follows" in marks["peat"].snippet
    assert "<mark>Coauthor</mark>" in marks["coauthor"].snippet
    assert (marks["rivers"].cells, marks["rivers"].snippet) == ({"title": "<mark>Rivers</mark>"}, "")
    assert (marks["ada"].cells, marks["ada"].snippet) == ({"lead": "<mark>Ada</mark> Example"}, "")
    page = client.get("/proposals/?q=peat").content.decode()
    assert '<span class="sub found">' in page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\ue000b\ue001c", "a<mark>b</mark>c"),
        ("\ue001a\ue000b", "ab"),
        ("\ue000a\ue000b\ue001", "a<mark>b</mark>"),
        ("<\ue000&\ue001>", "&lt;<mark>&amp;</mark>&gt;"),
    ],
)
def test_marks_are_whole_elements_or_nothing(text, html):
    assert marked_html(text) == html


# --- no oracle --------------------------------------------------------------------------------------------------------------
QUESTIONS = ("secret", "Hal", "Hidden", "Ben", "AI-26-0001", "peat", "-soil", "Otherland", "sec")


def hidden_world(*, there: bool) -> None:
    """A proposal of Otherland University in a call with two others, or another one in its place that has its words not."""
    call = make_call()
    pi = make_researcher("Hal Hidden" if there else "Nel Nobody", make_university("Otherland University"))
    title, abstract = ("The secret of peat", "Peat and silt.") if there else ("Nothing here", "Empty.")
    hidden = make_submitted(call, title=title, pi=pi)
    Proposal.objects.filter(pk=hidden.pk).update(abstract=abstract)
    if there:
        TeamMember.objects.create(proposal=hidden, name="Ben Coauthor", email="ben@people.example")
    make_submitted(
        call, title="First on soil", pi=make_researcher("Fay First", make_university("Plainland University"))
    )
    make_submitted(
        call, title="Second on soil", pi=make_researcher("Sam Second", make_university("Plainland University"))
    )


def answers(name: str, *roles: str, sealed: bool = False) -> dict[str, tuple[int, str]]:
    reader = make_user(name, *roles)
    if sealed:
        hidden = Proposal.objects.get(number="AI-26-0001")
        conflicts.declare(hidden, reader, kind="family", text="My brother.", actor=reader, at=NOON)
    orders = ("", "&sort=title", "&sort=-university", "&sort=requested", "&size=25")
    lists = ["/proposals/", *(["/calls/AI-26/intake/"] if roles else [])]
    pages = [f"{page}?q={text}{order}" for page in lists for text in QUESTIONS for order in orders]
    return Crawl(reader, lambda _path: False).fetch(pages)


@pytest.mark.parametrize(
    ("name", "roles", "sealed"),
    [
        ("Cleo Conflicted", ("programme_officer",), True),
        ("Cleo Conflicted", ("auditor",), True),
        ("Fay First", (), False),
        ("Olga Plainland University", (), False),
    ],
)
def test_no_search_order_or_count_tells_what_a_hidden_proposal_says(name, roles, sealed):
    worlds = [
        apart(lambda: hidden_world(there=there), lambda _none: answers(name, *roles, sealed=sealed))  # noqa: B023
        for there in (True, False)
    ]
    assert differences(*worlds) == ""
    assert {status for status, _text in worlds[0].values()} == {200}


def test_the_same_searches_by_an_officer_without_the_conflict_differ():
    """The control: what is compared above could leak."""
    worlds = [
        apart(lambda: hidden_world(there=there), lambda _none: answers("Otto Officer", "programme_officer"))  # noqa: B023
        for there in (True, False)
    ]
    assert differences(*worlds) != ""


def test_reviewer_finds_nothing_by_names(client):
    """Who only reviews has no list to search: a blind call stays blind."""
    proposal = make_submitted(make_call(), title="Soil", pi=make_researcher("Ada Example"))
    reviewer = make_user("Rita Reviewer")
    access.grant(proposal, reviewer, "reviewer", at=NOON)
    client.force_login(reviewer)
    for text in ("Ada", "Soil", "AI-26-0001"):
        assert f"/proposals/{proposal.number}/" not in client.get(f"/proposals/?q={text}").content.decode()
    assert client.get("/calls/AI-26/intake/?q=Ada").status_code == 403


def test_search_takes_as_many_queries_for_one_row_as_for_three(client, django_assert_num_queries):
    call = make_call()
    officer = make_user("Otto Officer", "programme_officer")
    client.force_login(officer)
    make_submitted(call, title="Soil one")
    client.get("/proposals/?q=soil")
    with django_assert_num_queries(11):
        client.get("/proposals/?q=soil")
    for title in ("Soil two", "Soil three"):
        make_submitted(call, title=title)
    with django_assert_num_queries(11):
        assert client.get("/proposals/?q=soil").content.decode().count("<tr>") == 5


def test_board_counts_what_was_found_and_where_that_is_too_much_its_links_stand_without_numbers(client, monkeypatch):
    call = make_call()
    for title in ("Pebbles one", "Pebbles two", "Rivers"):
        make_submitted(call, title=title)
    client.force_login(make_user("Otto Officer", "programme_officer"))

    def tabs() -> list[tuple[str, object]]:
        answer = client.get("/calls/AI-26/intake/?q=pebbles")
        assert answer.status_code == 200
        return [(str(one["label"]), one["n"]) for one in answer.context["facets"]["state"]]

    assert tabs() == [("All", 2), ("To check", 2)]
    monkeypatch.setitem(vars(get_spec("intake")), "found_most", 1)
    assert tabs() == [("All", ""), ("To check", "")]
