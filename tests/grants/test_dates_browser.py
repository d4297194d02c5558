"""An officer extends a deadline in a browser; every date follows on page, mail, calendar file and by the API."""

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.models import User
from core.clock import server_now
from grants.models import Call, Programme, Stage
from grants.services import calls, dues
from grants.zones import wall_of
from notifications import delivery, reminders
from notifications.words import moment
from tests.grants.stories import make_call, make_draft, make_fund_once, make_researcher, stage_of
from tests.grants.stories_dates import DAY, make_officer

BERLIN = "Europe/Berlin"


def sign_in(page: Any, site: str, user: User | None) -> None:
    page.context.clear_cookies()
    if user is None:
        return
    client = Client()
    client.force_login(user)
    page.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])


def instants(page: Any) -> set[str]:
    """Every instant that the page names, as a program reads it."""
    found: set[str] = set()
    for name in ("datetime", "data-deadline", "data-until", "data-here"):
        found |= set(page.eval_on_selector_all(f"[{name}]", f"all => all.map(one => one.getAttribute('{name}'))"))
    return found


def in_berlin(days: int) -> dt.datetime:
    """17:00 in Berlin so many days from now."""
    wall = wall_of(server_now() + days * DAY, BERLIN).replace(hour=17, minute=0, second=0, microsecond=0)
    return wall.replace(tzinfo=zoneinfo.ZoneInfo(BERLIN)).astimezone(dt.UTC)


@pytest.fixture
def call(site: str) -> Call:
    now = server_now()
    call = make_call(opens_at=now - 9 * DAY, closes_at=in_berlin(5), sign_off_until=None, zone=BERLIN)
    dues.set_dues(stage_of(call), now)
    return call


def test_extending_a_deadline_is_followed_by_page_mail_calendar_and_api(page, site, worker, mail, call):
    officer, researcher = make_officer(), make_researcher()
    draft = make_draft(call, pi=researcher, at=server_now())
    old, new = stage_of(call).closes_at, in_berlin(14)

    sign_in(page, site, officer)
    page.goto(f"{site}{call.get_absolute_url()}")
    page.click("text=Dates: extend, pause")
    page.click("#extend-1 summary")
    page.fill("#extend_1_closes_at", f"{wall_of(new, BERLIN):%Y-%m-%dT%H:%M}")
    page.fill("#extend_1_reason", "A storm took the power lines down.")
    page.click("button:has-text('Extend it')")
    page.wait_for_selector("text=The deadline has moved.")
    assert stage_of(call).closes_at == new

    looked_at = [
        (officer, reverse("grants:call_dates", args=[call.code])),
        (officer, reverse("notifications:deadlines")),
        (researcher, call.get_absolute_url()),
        (researcher, draft.get_absolute_url()),
        (researcher, reverse("grants:proposal_edit", args=[draft.number])),
        (researcher, reverse("home")),
        (None, reverse("grants:calls")),
        (None, call.get_absolute_url()),
    ]
    for reader, path in looked_at:
        sign_in(page, site, reader)
        page.goto(f"{site}{path}")
        shown = instants(page)
        assert new.isoformat() in shown, path
        if path not in {call.get_absolute_url(), looked_at[0][1]}:  # their history tells what it was before
            assert old.isoformat() not in shown, path
    assert "A storm took the power lines down." in page.inner_text("#dates")

    told = mail.wait_for(researcher.email, "New deadline for AI-26")
    assert moment(new, BERLIN) in told["text"]
    assert "A storm took the power lines down." in told["text"]
    reminders.plan_reminders(new - DAY)  # as the scheduler will, a day before
    while delivery.deliver_due(new - DAY):
        pass
    reminded = mail.wait_for(researcher.email, "hand in your proposal")
    assert moment(new, BERLIN) in reminded["text"]

    file = page.request.get(f"{site}{reverse('grants:call_calendar', args=[call.code])}").body()
    starts = {event["DTSTART"].dt.astimezone(dt.UTC) for event in Calendar.from_ical(file).walk("VEVENT")}
    assert (new in starts, old in starts) == (True, False)
    answer = page.request.get(f"{site}/api/v1/calls/{call.code}/").json()
    assert answer["stages"][0]["closes_at"] == new.isoformat().replace("+00:00", "Z")
    history = page.request.get(f"{site}/api/v1/calls/{call.code}/history/").json()
    assert [(one["before"], one["after"]) for one in history] == [
        (old.isoformat().replace("+00:00", "Z"), new.isoformat().replace("+00:00", "Z"))
    ]


def test_dates_of_a_draft_show_the_instant_while_one_types_and_are_kept_when_saved(page, site):
    officer = make_officer()
    User.objects.filter(pk=officer.pk).update(zone="America/New_York")
    programme = Programme.objects.create(code="main", name="Open AI", fund=make_fund_once())
    draft = calls.create_call(programme=programme, code="NEW-27", title="New", actor=officer, at=server_now())
    sign_in(page, site, officer)
    page.goto(f"{site}/calls/NEW-27/edit/?step=dates")
    page.check("input[name=shape][value=cut_offs]")
    page.click("text=Let it run so")
    page.select_option("#id_zone", "Asia/Kathmandu")
    page.fill("#id_opens_at", "2027-03-01T09:00")
    page.fill("#id_closes_at", "2027-06-01T23:59")
    page.locator("#id_closes_at").blur()
    page.wait_for_selector("#seen >> text=1 Jun 2027, 18:14 UTC")  # in UTC
    page.wait_for_selector("#seen >> text=1 Jun 2027, 14:14 EDT")  # by the reader's clock
    assert Stage.objects.get(call=draft).zone == "UTC"
    page.click("text=Add a cut-off")
    page.fill("#id_closes_at_2", "2027-09-01T23:59")
    page.click("button:has-text('Save') >> nth=0")
    page.wait_for_selector("text=Saved.")
    rows = list(Stage.objects.filter(call=draft).values_list("number", "closes_at", "zone"))
    assert rows == [
        (1, dt.datetime(2027, 6, 1, 18, 14, tzinfo=dt.UTC), "Asia/Kathmandu"),
        (2, dt.datetime(2027, 9, 1, 18, 14, tzinfo=dt.UTC), "Asia/Kathmandu"),
    ]
