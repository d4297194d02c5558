"""In or out, over every offset that a zone has and nine instants around the deadline (row D1), whatever the client says (D3)."""

import datetime as dt
import itertools
import zoneinfo
from functools import cache
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.client import FakePayload

from core.clock import server_now
from grants import windows
from grants.api_call_shapes import DatesSerializer
from grants.call_forms.dates import DatesForm
from grants.errors import CallNotOpen, TooLate
from grants.models import Call, Proposal, Stage
from grants.services import submission
from grants.zones import ANYWHERE
from tests.grants.stories import make_call, make_proposal, stage_of

pytestmark = pytest.mark.django_db
MICRO, SECOND, DAY = dt.timedelta(microseconds=1), dt.timedelta(seconds=1), dt.timedelta(days=1)
AROUND = (-DAY, -SECOND, -1000 * MICRO, -MICRO, 0 * MICRO, MICRO, 1000 * MICRO, SECOND, DAY)
WAYS = ("form", "api", "upload")
OPENS = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)


@cache
def walls() -> list[tuple[str, dt.datetime]]:
    """One zone with a local time for each offset from UTC that any zone has in January or in July 2027: 23:59 there."""
    found: dict[dt.timedelta, tuple[str, dt.datetime]] = {
        dt.timedelta(hours=-12): (ANYWHERE, dt.datetime(2027, 1, 15, 23, 59))
    }
    for zone in sorted(zoneinfo.available_timezones()):
        if "/" in zone and not zone.startswith("Etc/"):
            for month in (1, 7):
                wall = dt.datetime(2027, month, 15, 23, 59)
                offset = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset()
                assert offset is not None
                found.setdefault(offset, (zone, wall))
    return [found[offset] for offset in sorted(found)]


def typed_in_form(call: Call, zone: str, wall: dt.datetime) -> dt.datetime:
    """The instant that the page of a draft's dates makes of a typed time."""
    form = DatesForm({"zone": zone, "opens_at": "2026-12-01T09:00", "closes_at": f"{wall:%Y-%m-%dT%H:%M}"}, call=call)
    assert form.is_valid(), form.errors
    return form.dates()[0].closes_at


def sent_to_api(zone: str, wall: dt.datetime) -> dt.datetime:
    """The instant that the API makes of a time with its offset."""
    text = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).isoformat()
    sent = DatesSerializer(data={"opens_at": OPENS.isoformat(), "closes_at": text, "zone": zone})
    sent.is_valid(raise_exception=True)
    closes_at: dt.datetime = sent.validated_data["closes_at"]
    return closes_at


def test_there_are_38_offsets_and_more():
    offsets = [wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).utcoffset() for zone, wall in walls()]
    assert len(offsets) >= 38
    assert (min(offsets), max(offsets)) == (dt.timedelta(hours=-12), dt.timedelta(hours=14))  # type: ignore[type-var]
    assert dt.timedelta(hours=5, minutes=45) in offsets


def hands_in(proposal: Proposal, at: dt.datetime) -> bool:
    """Whether it is in when it was received in full at `at`; undone again."""
    point = transaction.savepoint()
    try:
        submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=at)
    except (TooLate, CallNotOpen):
        return False
    finally:
        transaction.savepoint_rollback(point)
    return True


def test_every_offset_and_instant_is_decided_right_by_form_api_and_upload():
    """At and after the instant nothing is in, before it everything. 23:59 anywhere on Earth is 11:59 UTC of the next day."""
    call = make_call(opens_at=OPENS, closes_at=OPENS + 90 * DAY, sign_off_until=None)
    proposal, cells, wrong = make_proposal(call), 0, []
    for zone, wall in walls():
        expected = wall.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(dt.UTC)
        if zone == ANYWHERE:
            assert expected == dt.datetime(2027, 1, 16, 11, 59, tzinfo=dt.UTC)
        for way in WAYS:
            closes_at = typed_in_form(call, zone, wall) if way != "api" else sent_to_api(zone, wall)
            Stage.objects.filter(call=call).update(closes_at=closes_at, zone=zone)
            stage = stage_of(call)
            for around in AROUND:
                # An upload in flight began a minute earlier: when it began decides nothing.
                received = expected + around
                is_in = windows.is_open_for(stage, person=proposal.pi, university=proposal.university, at=received)
                cells += 1
                if is_in != (around < 0 * MICRO):
                    wrong.append((zone, way, around))
    assert (cells >= 1000, wrong) == (True, [])


@pytest.mark.parametrize("around", AROUND)
def test_every_offset_is_decided_right_by_handing_in(around: dt.timedelta):
    call = make_call(opens_at=OPENS, closes_at=OPENS + 90 * DAY, sign_off_until=None)
    proposal, wrong = make_proposal(call), []
    for zone, wall in walls():
        closes_at = typed_in_form(call, zone, wall)
        Stage.objects.filter(call=call).update(closes_at=closes_at, zone=zone)
        if hands_in(proposal, closes_at + around) != (around < 0 * MICRO):
            wrong.append(zone)
    assert wrong == []


# --- through the real pages, with the database's own clock set ----------------------------------------------------
@pytest.fixture
def clock() -> Any:
    """Sets the clock of the database within this test: what the server asks is what this says, and nothing else is."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA clock")
        cursor.execute(
            "CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
            "$$ SELECT current_setting('clock.now')::timestamptz $$"
        )
        cursor.execute("SET LOCAL search_path = clock, public, pg_catalog")

    def set_to(at: dt.datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('clock.now', %s, true)", [at.isoformat()])
        assert server_now() == at

    return set_to


class InFlight(FakePayload):
    """A body that is still arriving: when its last byte has been read, the clock shows another time."""

    def __init__(self, content: bytes, arrived: Any) -> None:
        super().__init__(content)
        self.arrived = arrived

    def read(self, *size: Any) -> bytes:
        got = super().read(*size)
        if self._FakePayload__len == 0:  # type: ignore[attr-defined]
            self.arrived()
        return got


def post_form(client: Client, proposal: Proposal, **more: Any) -> int:
    return client.post(f"/proposals/{proposal.number}/hand-in/", {"version": proposal.version, **more}).status_code


def post_api(client: Client, proposal: Proposal, **more: Any) -> int:
    path = f"/api/v1/proposals/{proposal.number}/hand_in/"
    return client.post(path, {"version": proposal.version, **more}, content_type="application/json").status_code


def post_in_flight(client: Client, proposal: Proposal, arrived: Any) -> int:
    body = f"version={proposal.version}".encode()
    return client.generic(
        "POST",
        f"/proposals/{proposal.number}/hand-in/",
        b"",
        CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": InFlight(body, arrived)},
    ).status_code


@pytest.mark.parametrize("zone", [ANYWHERE, "Asia/Kathmandu", "Pacific/Kiritimati"])
def test_pages_decide_by_the_clock_of_the_database_when_all_has_arrived(zone: str, clock: Any):
    wall = dt.datetime(2027, 3, 31, 23, 59)
    call = make_call(opens_at=OPENS, closes_at=OPENS + 90 * DAY, sign_off_until=None)
    proposal = make_proposal(call)
    closes_at = typed_in_form(call, zone, wall)
    Stage.objects.filter(call=call).update(closes_at=closes_at, zone=zone)
    client = Client()
    assert proposal.pi is not None
    clock(closes_at - DAY)
    client.force_login(proposal.pi)
    wrong = []
    for around, way in itertools.product(AROUND, WAYS):
        at = closes_at + around
        point = transaction.savepoint()
        clock(at - dt.timedelta(minutes=1) if way == "upload" else at)
        if way == "upload":
            code = post_in_flight(client, proposal, lambda at=at: clock(at))
        else:
            code = (post_form if way == "form" else post_api)(client, proposal)
        is_in = Proposal.objects.get(pk=proposal.pk).status == "awaiting_sign_off"
        transaction.savepoint_rollback(point)
        if is_in != (around < 0 * MICRO) or (code in {200, 302}) != is_in:
            wrong.append((way, around, code, is_in))
    assert wrong == []


@pytest.mark.parametrize("days", [-1, 1])
def test_client_with_a_clock_of_another_day_is_decided_by_the_database_all_the_same(days: int, clock: Any):
    """Nothing that is sent decides: no header, no field of a form, however it is called."""
    call = make_call(opens_at=OPENS, closes_at=OPENS + 90 * DAY, sign_off_until=None)
    proposal, closes_at = make_proposal(call), OPENS + 90 * DAY
    client = Client()
    assert proposal.pi is not None
    clock(closes_at - DAY)
    client.force_login(proposal.pi)
    for around in (-MICRO, 0 * MICRO):
        at = closes_at + around
        theirs = (at + days * DAY).isoformat()
        lies = dict.fromkeys(("at", "now", "received", "submitted_at", "handed_in_at", "time", "closes_at"), theirs)
        headers = {"HTTP_DATE": theirs, "HTTP_X_CLIENT_TIME": theirs, "HTTP_IF_UNMODIFIED_SINCE": theirs}
        for post in (post_form, post_api):
            point = transaction.savepoint()
            clock(at)
            client.defaults.update(headers)
            code = post(client, proposal, **lies)
            held = Proposal.objects.get(pk=proposal.pk)
            assert (code in {200, 302}, held.handed_in_at) == ((True, at) if around < 0 * MICRO else (False, None))
            transaction.savepoint_rollback(point)


def test_page_tells_the_browser_the_time_of_the_server_for_its_countdown(clock: Any):
    """The countdown is drawn from the server's clock: a browser whose own is a day off shows the same time left."""
    at = OPENS + 80 * DAY
    clock(at)
    call = make_call(opens_at=OPENS, closes_at=OPENS + 90 * DAY, sign_off_until=None)
    html = Client().get(f"/calls/{call.code}/").content.decode()
    assert (OPENS + 90 * DAY).isoformat() in html
    assert at.isoformat() in html
