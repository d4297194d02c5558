"""The page of a call and the list of calls: what the public reads, in whichever state the call is."""

import datetime as dt
import json
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from funds.models import FundYear
from grants import call_dates, call_schema
from grants.models import Call, CallYear, LateAccess, Programme, Stage
from tests.grants.stories import (
    CLOSES,
    NOON,
    OPENS,
    SIGN_UNTIL,
    make_call,
    make_draft,
    make_fund_once,
    make_researcher,
    make_user,
    stage_of,
)
from tests.grants.stories_call_page import (
    DAY,
    make_document,
    make_officer,
    make_open_call,
    make_published,
    make_question,
)

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(html: bytes) -> str:
    """The text of a page without its tags, in one line."""
    plain = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", html.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def page(call: Call, client: Client | None = None, query: str = "") -> str:
    return words((client or Client()).get(f"{call.get_absolute_url()}{query}").content)


# --- dates ------------------------------------------------------------------------------------------------------------
def dates(call: Call, at: dt.datetime = NOON) -> list[tuple[str, dt.datetime, bool, bool]]:
    found = call_dates.dates_of(call, list(call.stages.all()), at)
    return [(one.words, one.at, one.over, one.is_next) for one in found]


def test_dates_of_a_plain_call_mark_what_is_over_and_what_is_next():
    call = make_call()
    assert dates(call) == [
        ("Opens", OPENS, True, False),
        ("Closes", CLOSES, False, True),
        ("Research offices sign until", SIGN_UNTIL, False, False),
    ]
    assert [one[2] for one in dates(call, CLOSES)] == [True, True, False]
    assert [one[3] for one in dates(call, SIGN_UNTIL)] == [False, False, False]


def test_dates_of_two_stages_and_of_an_internal_competition_are_in_order():
    call = make_call(shape="two_stage", sign_off_until=None, internal_limit=2, internal_until=NOON + DAY)
    Stage.objects.filter(call=call).update(kind="eoi")
    Stage.objects.create(call=call, number=2, opens_at=CLOSES + 20 * DAY, closes_at=CLOSES + 60 * DAY)
    assert [one[0] for one in dates(call)] == [
        "Expressions of interest from",
        "Universities have picked by",
        "Expressions of interest close",
        "Full proposals, by invitation, from",
        "Full proposals close",
    ]


def test_clock_counts_down_to_what_is_next_and_not_while_paused_or_over():
    call = make_call()
    stage = stage_of(call)

    def clock(at: dt.datetime) -> tuple[str, int] | None:
        found = call_dates.clock_of(call, stage, [stage], at)
        return (found.words, found.seconds) if found else None

    assert clock(OPENS - HOUR) == ("Opens", 3600)
    assert clock(CLOSES - dt.timedelta(seconds=90, microseconds=1)) == ("Closes", 90)
    assert clock(CLOSES - dt.timedelta(microseconds=1)) == ("Closes", 0)
    assert clock(CLOSES) is None
    call.paused_at = NOON
    assert clock(NOON) is None


# --- the page ---------------------------------------------------------------------------------------------------------
def test_page_tells_the_public_all_of_it():
    call = make_open_call(
        summary="Models that anybody can use.",
        description="We pay for **open** models.",
        who_may_apply="Universities anywhere.",
        contact_email="calls@alliance.example",
        award_floor=Decimal(50_000),
        zone="America/New_York",
    )
    year = FundYear.objects.filter(fund=call.programme.fund).first()
    CallYear.objects.create(call=call, year=year, amount=Decimal(5_000_000))
    make_document(call, "Terms and conditions")
    make_published(call)
    text = page(call)
    for said in (
        "Models that anybody can use.",
        "We pay for open models.",
        "Universities anywhere.",
        "From 50,000.00 USD to 500,000.00 USD",
        f"{year.label} 5m USD",
        "5,000,000.00 USD",
        "America/New York",
        "What do you want to find out?",
        "3 reviewers",
        "Terms and conditions",
        "May one hire abroad?",
        "Yes, one may.",
        "calls@alliance.example",
        "Add to calendar",
        "Write a proposal",
        "Sign in to ask a question.",
    ):
        assert said in text


def test_page_for_the_public_never_calls_utc_their_time_and_for_a_person_it_is_their_profiles():
    call = make_open_call(zone="Asia/Tokyo")
    person = make_researcher()
    User.objects.filter(pk=person.pk).update(zone="America/Lima")
    public, own = Client().get(call.get_absolute_url()).content.decode(), page(call, client_of(person))
    assert ("data-here=" in public, "your time</span>" in public) == (True, False)
    closes = stage_of(call).closes_at
    local = (closes - 5 * HOUR).strftime("%H:%M")
    assert f"{local} UTC-05:00 your time" in own
    assert "Your time is that of America/Lima" in own


def test_page_anywhere_on_earth_says_so():
    assert "anywhere on Earth" in page(make_open_call(zone="Etc/GMT+12"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "cancelled"}, "This call was cancelled"),
        ({"paused_at": NOON}, "This call is paused"),
    ],
)
def test_page_of_a_call_that_takes_nothing_says_why_and_offers_nothing(fields, said):
    call = make_open_call(**fields)
    for client in (Client(), client_of(make_researcher())):
        text = page(call, client)
        assert (said in text, "Write a proposal" in text, "It is over" in text) == (True, False, False)


def test_page_of_a_stage_by_invitation_says_so_instead_of_a_way_in():
    call = make_open_call(shape="two_stage")
    text = page(call, client_of(make_researcher()))
    assert "Full proposals are by invitation, on an expression of interest." in text
    assert "Write a proposal" not in text


def test_page_shows_extra_time_to_whom_it_was_given_and_to_nobody_else():
    at = server_now()
    call = make_call(opens_at=at - 9 * DAY, closes_at=at - DAY, sign_off_until=None)
    lucky, other = make_researcher(), make_researcher("Ben Example")
    LateAccess.objects.create(
        stage=stage_of(call), person=lucky, until=at + 5 * DAY, reason="Ill.", granted_at=at - DAY
    )
    shown = [page(call, client) for client in (client_of(lucky), client_of(other), Client())]
    assert ["Your own deadline" in text for text in shown] == [True, False, False]
    assert [("Ill." in text) for text in shown] == [False, False, False]


@pytest.mark.parametrize("n", [1, 3])
def test_page_takes_the_same_queries_whatever_stands_on_it(n, django_assert_num_queries):
    call = make_open_call()
    person = make_researcher()
    for each in range(n):
        make_document(call, f"Terms {each}")
        make_published(call, f"Question {each}?", person=person)
        make_question(call, f"Private {each}?", person=person)
        make_draft(call, title=f"Draft {each}", pi=person)
    reader = client_of(person)
    reader.get(call.get_absolute_url())
    with django_assert_num_queries(12):
        Client().get(call.get_absolute_url())
    with django_assert_num_queries(24):
        reader.get(call.get_absolute_url())


# --- answers ----------------------------------------------------------------------------------------------------------
def test_answers_are_searched_in_the_address_and_alone_for_a_script():
    call = make_open_call()
    for n in range(5):
        make_published(call, f"May one buy thing {n}?", "Yes.")
    make_published(call, "May one hire abroad?", "Yes, in **every** country.")
    assert "1 of 6 has “hire country”." in page(call, query="?q=hire+country")
    alone = Client().get(f"{call.get_absolute_url()}?q=hire", headers={"HX-Target": "answers"}).content
    assert words(alone).startswith("1 of 6 has “hire”. Show all May one hire abroad? Yes, in every country.")
    assert "0 of 6 have “nothing”." in page(call, query="?q=nothing")


def test_answer_is_markdown_that_can_do_no_harm_and_a_question_is_plain_text():
    call = make_open_call()
    make_published(
        call,
        "<img src=x onerror=alert(1)> May one?",
        "<script>alert(1)</script> [Yes](javascript:alert(1)) **one** may",
    )
    html = Client().get(call.get_absolute_url()).content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt; May one?" in html
    assert ("<script>alert" in html, 'href="javascript' in html, "<strong>one</strong>" in html) == (False, False, True)


# --- schema.org -------------------------------------------------------------------------------------------------------
def data(call: Call) -> Any:
    html = Client().get(call.get_absolute_url()).content.decode()
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert len(blocks) == 1
    return json.loads(blocks[0])


def test_data_of_a_call_is_a_grant_with_its_money_and_dates():
    call = make_open_call(summary="Open models.", award_floor=Decimal(1000), contact_email="calls@alliance.example")
    stage = stage_of(call)
    found = data(call)
    assert (found["@type"], found["identifier"], found["name"]) == ("MonetaryGrant", "AI-26", call.title)
    assert found["amount"] == {"@type": "MonetaryAmount", "currency": "USD", "minValue": 1000, "maxValue": 500000}
    assert (found["funder"]["@type"], found["funder"]["name"]) == ("FundingAgency", call.programme.fund.name)
    (action,) = found["potentialAction"]
    assert dt.datetime.fromisoformat(action["endTime"]) == stage.closes_at
    assert action["actionStatus"] == "https://schema.org/ActiveActionStatus"


def test_data_can_not_be_ended_by_what_people_write():
    nasty = '</script><script>alert(1)</script><!-- & "q" \u2028'
    call = make_open_call(summary=nasty)
    assert data(call)["description"] == nasty
    assert "<" not in call_schema.block({"a": "<"})[len('<script type="application/ld+json">') : -len("</script>")]


@pytest.mark.parametrize(
    ("status", "at", "said"),
    [
        ("published", OPENS - HOUR, "PotentialActionStatus"),
        ("open", NOON, "ActiveActionStatus"),
        ("closed", CLOSES, "CompletedActionStatus"),
        ("cancelled", NOON, "FailedActionStatus"),
    ],
)
def test_data_follows_the_life_of_the_call(status, at, said):
    call = make_call(status=status)
    (action,) = call_schema.data_of(call, list(call.stages.select_related("call")), at)["potentialAction"]
    assert action["actionStatus"] == f"https://schema.org/{said}"


def test_draft_has_no_data_for_search_engines():
    call = make_open_call(status="draft", published_at=None)
    html = client_of(make_officer()).get(call.get_absolute_url()).content
    assert b"ld+json" not in html


# --- finding calls ----------------------------------------------------------------------------------------------------
@pytest.fixture
def many() -> None:
    at = server_now()
    other = Programme.objects.create(code="soil", name="Soil", fund=make_fund_once())
    make_open_call("A-26", title="Open models")
    make_open_call("B-26", title="Soil maps", programme=other, description="Carbon in the ground.")
    make_call("C-27", opens_at=at + DAY, closes_at=at + 9 * DAY, status="published", title="Coming models")
    make_call("D-25", opens_at=at - 9 * DAY, closes_at=at - DAY, status="closed", title="Old models")
    make_open_call("E-26", title="Halted", paused_at=at)


def listed(query: str, client: Client | None = None) -> list[str]:
    html = (client or Client()).get(f"/calls/{query}").content.decode()
    return re.findall(r'href="/calls/([A-Z]-\d\d)/">', html)


@pytest.mark.usefixtures("many")
def test_list_is_filtered_by_state_programme_and_words_in_the_address():
    assert sorted(set(listed(""))) == ["A-26", "B-26", "C-27", "D-25", "E-26"]
    assert sorted(set(listed("?state=open"))) == ["A-26", "B-26", "E-26"]
    assert (set(listed("?state=coming")), set(listed("?state=closed"))) == ({"C-27"}, {"D-25"})
    assert set(listed("?q=carbon")) == {"B-26"}
    assert set(listed("?q=models&state=open")) == {"A-26"}
    assert set(listed("?programme=soil")) == {"B-26"}
    assert listed("?q=carbon&programme=main") == []


@pytest.mark.usefixtures("many")
def test_list_tabs_count_what_fits_and_keep_the_other_filters():
    context = Client().get("/calls/?q=models").context
    assert [(tab[0], tab[1], tab[2]) for tab in context["tabs"]] == [
        ("All", "?q=models", 3),
        ("Open now", "?q=models&state=open", 1),
        ("Opening soon", "?q=models&state=coming", 1),
        ("Closed", "?q=models&state=closed", 1),
    ]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("query", ["?state=secret", "?programme=none", f"?q={'x' * 201}"])
def test_list_for_an_impossible_filter_is_refused(query):
    assert Client().get(f"/calls/{query}").status_code == 400


def test_list_offers_no_programme_in_which_the_reader_sees_nothing():
    hidden = Programme.objects.create(code="hidden", name="Hidden", fund=make_fund_once())
    make_call("H-26", programme=hidden, status="draft", published_at=None)
    make_open_call()
    assert [str(one) for one in Client().get("/calls/").context["form"].fields["programme"].queryset] == ["Open AI"]
    assert Client().get("/calls/?programme=hidden").status_code == 400


@pytest.mark.usefixtures("many")
def test_feed_is_atom_with_published_calls_newest_first(django_assert_num_queries):
    make_call("Z-26", status="draft", published_at=None, title="Secret")
    assert b"Secret" not in client_of(make_user("Alan Auditor", "auditor")).get("/calls/feed.atom").content
    with django_assert_num_queries(3):  # the clock, calls, stages
        feed = Client().get("/calls/feed.atom")
    assert feed["Content-Type"].startswith("application/atom+xml")
    titles = re.findall(r"<title>([^<]*)</title>", feed.content.decode())
    assert ("Secret" in titles, len(titles)) == (False, 6)
