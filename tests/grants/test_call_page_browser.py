"""The page of a call in a real browser: the clock, zones, the data block, and a question from asking to everybody's reading."""

import datetime as dt
import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants.models import Call, CallEnquiry
from tests.grants.stories import make_call, make_draft, make_researcher
from tests.grants.stories_call_page import make_officer, make_published

HOUR = dt.timedelta(hours=1)
# A reader's clock that is a day ahead, or behind: whatever the page asks of it.
WRONG_CLOCK = """(() => {
  const shift = %d, Real = Date, now = Real.now.bind(Real);
  window.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(now() + shift); }
    static now() { return now() + shift; }
  };
})()"""


@pytest.fixture
def call(site: str) -> Call:
    now = server_now()
    return make_call(
        opens_at=now - HOUR,
        closes_at=now + 49 * HOUR + dt.timedelta(seconds=30),
        sign_off_until=None,
        summary="</script><b>Open</b> models",
        created_by=make_officer(),
        zone="Asia/Tokyo",
    )


def sign_in(page: Any, site: str, user: User | None) -> None:
    page.context.clear_cookies()
    if user is not None:
        client = Client()
        client.force_login(user)
        page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def left(page: Any) -> int:
    """Seconds that the page says are left."""
    page.wait_for_selector("[data-part=seconds]:not([hidden])")
    days, hours, minutes, seconds = (int(each) for each in page.locator(".clock b").all_inner_texts())
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def really_left(call: Call) -> float:
    stage = call.stages.get()
    return (stage.closes_at - server_now()).total_seconds()


def test_clock_ticks_by_the_servers_clock_whatever_the_readers_shows(browser, site, call):
    shown = []
    for shift in (0, 86_400_000, -86_400_000):
        context = browser.new_context()
        context.add_init_script(WRONG_CLOCK % shift)
        page = context.new_page()
        page.goto(f"{site}/calls/{call.code}/")
        first = left(page)
        page.wait_for_function(
            "first => Number(document.querySelector('[data-part=seconds] b').textContent) !== first % 60", arg=first
        )
        says, is_so = left(page), really_left(call)
        shown.append((-3 <= says - is_so <= 0.5, first - says in {1, 2}, page.get_attribute(".clock", "role")))
        context.close()
    assert shown == [(True, True, "timer")] * 3


def test_clock_of_a_page_from_the_history_asks_the_server_anew(page, site, call):
    page.goto(f"{site}/calls/{call.code}/")
    page.evaluate("document.querySelector('[data-clock]').dataset.now")
    left(page)
    with page.expect_request(re.compile("/healthz")):
        page.goto(f"{site}/calls/")
        page.go_back()
    page.wait_for_function("document.querySelector('[data-part=seconds]:not([hidden])')")
    assert -3 <= left(page) - really_left(call) <= 0.5


def test_clock_is_plain_text_without_scripts(browser, site, call):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/calls/{call.code}/")
    assert " ".join(page.inner_text(".clock").split()) == "2 days 1 hour 0 min"
    closes = call.stages.get().closes_at
    assert f"{closes:%H:%M} UTC" in page.inner_text(".deadline-card")
    context.close()


def test_dates_are_in_the_browsers_zone_for_the_public_and_in_the_profiles_for_a_person(browser, site, call):
    closes = call.stages.get().closes_at
    context = browser.new_context(timezone_id="Asia/Kathmandu", locale="de-DE")
    page = context.new_page()
    page.goto(f"{site}/calls/{call.code}/")
    there = closes.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=45)))
    assert f"{there:%a} {there.day} {there:%b %Y}, {there:%H:%M} GMT+5:45 your time" in page.inner_text("#dates")
    person = make_researcher()
    User.objects.filter(pk=person.pk).update(zone="America/Lima")
    sign_in(page, site, person)
    page.reload()
    lima = closes - 5 * HOUR
    assert f"{lima:%H:%M} UTC-05:00 your time" in page.inner_text("#dates")
    context.close()
    context = browser.new_context(timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(f"{site}/calls/{call.code}/")
    assert "your time" not in page.inner_text(".date-list")
    context.close()


def test_page_breaks_no_rule_of_its_own_and_its_data_can_be_read(page, site, call):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site}/calls/{call.code}/")
    left(page)
    data = json.loads(page.text_content("script[type='application/ld+json']"))
    assert (data["@type"], data["description"]) == ("MonetaryGrant", "</script><b>Open</b> models")
    assert said == []


def test_question_is_asked_answered_for_everybody_and_read_without_a_name(page, site, call, mail, worker):
    ada, writer = make_researcher("Ada Example"), make_researcher("Wanda Writer")
    make_draft(call, pi=writer)
    sign_in(page, site, ada)
    page.goto(f"{site}/calls/{call.code}/")
    page.fill("#ask_text", "May we at Northmoor hire somebody who works in Peru?")
    page.click("text=Send it to the fund")
    page.wait_for_selector("#your-questions")
    assert "The fund has not answered yet." in page.inner_text("#questions")

    sign_in(page, site, make_officer())
    page.goto(f"{site}/home/")
    page.click(
        "text=Answer 1 question about a call >> xpath=ancestor::*[self::li or self::div or self::article][1] >> a"
    )
    page.click("text=May we at Northmoor hire")
    page.fill("#publish_public_text", "May Ada Example hire somebody who works abroad?")
    page.fill("#publish_public_answer", "Yes, by the rules of the **university**.")
    page.click("text=Publish for everybody")
    assert "“Ada Example” (their name)" in page.inner_text(".error-summary")
    page.fill("#publish_public_text", "May one hire somebody who works abroad?")
    page.click("text=Publish for everybody")
    page.wait_for_selector("text=It stands on the call's page")

    sign_in(page, site, None)
    page.goto(f"{site}/calls/{call.code}/")
    page.click("text=May one hire somebody who works abroad?")
    assert "Yes, by the rules of the university." in page.inner_text(".answer[open]")
    assert ("Ada" in page.content(), "Northmoor" in page.content()) == (False, False)
    assert "Our answer" in mail.wait_for(ada.email, "answered for everybody")["text"]
    assert "Ada" not in mail.wait_for(writer.email, "A new answer")["text"]
    assert CallEnquiry.objects.get().state == "published"


def test_answers_are_searched_as_one_types(page, site, call):
    for n in range(5):
        make_published(call, f"May one buy thing {n}?", "Yes.")
    make_published(call, "May one hire abroad?", "Yes.")
    page.goto(f"{site}/calls/{call.code}/")
    assert page.locator(".answer").count() == 6
    page.fill("#answer-q", "abroad")
    page.wait_for_selector("text=1 of 6 has “abroad”.")
    assert page.locator(".answer[open]").all_inner_texts()[0].startswith("May one hire abroad?")
