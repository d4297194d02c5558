"""How a draft call runs, and all its dates: three shapes, on the page, by the service and by the API."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEvent
from core.clock import server_now
from core.errors import InvalidInput, WrongState
from grants.models import Call, Programme
from grants.services import calls, forms
from grants.services.schedule import StageDates
from tests.grants.stories import CLOSES, OPENS, make_call, make_fund_once, make_user
from tests.grants.stories_dates import DAY, make_cut_offs, make_officer

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


def draft_of(officer: User, shape: str = "one_deadline", code: str = "NEW-27") -> Call:
    programme, _ = Programme.objects.get_or_create(code="main", defaults={"name": "Open AI", "fund": make_fund_once()})
    call = calls.create_call(
        programme=programme, code=code, title="New", opens_at=OPENS, closes_at=CLOSES, actor=officer, at=NOW
    )
    return calls.change_shape(call, shape, actor=officer, at=NOW)


def rows_of(call: Call) -> list[tuple[Any, ...]]:
    return list(call.stages.values_list("number", "kind", "opens_at", "closes_at", "sign_off_until"))


def how(officer: User) -> dict[str, Any]:
    return {"actor": officer, "at": NOW}


# --- shapes -----------------------------------------------------------------------------------------------------------
def test_change_shape_keeps_the_first_dates_and_gives_each_kind_its_form(officer):
    call = draft_of(officer)
    full = call.forms.get(kind="full")
    calls.change_shape(call, "two_stage", **how(officer))
    assert [(row[0], row[1]) for row in rows_of(call)] == [(1, "eoi"), (2, "full")]
    assert rows_of(call)[0][2:] == (OPENS, CLOSES, None)
    eoi = call.forms.get(kind="eoi")
    assert list(call.stages.values_list("form", flat=True)) == [eoi.pk, full.pk]
    assert [one.title for one in forms.specs_of(eoi)] == [one.title for one in forms.DEFAULT_EOI]


def test_change_shape_there_and_back_loses_no_form(officer):
    call = draft_of(officer, "two_stage")
    forms.set_form(call, [forms.SectionSpec("Mine", [forms.QuestionSpec("Why?", words=9)])], kind="eoi", **how(officer))
    for shape in ("cut_offs", "one_deadline", "two_stage"):
        calls.change_shape(call, shape, **how(officer))
    eoi = call.forms.get(kind="eoi")
    assert [one.title for one in forms.specs_of(eoi)] == ["Mine"]
    assert list(call.stages.values_list("kind", "form")) == [("eoi", eoi.pk), ("full", call.forms.get(kind="full").pk)]


def test_change_shape_of_a_published_call_is_refused(officer):
    with pytest.raises(WrongState):
        calls.change_shape(make_call(), "cut_offs", **how(officer))


def test_change_shape_to_the_same_leaves_no_trace(officer):
    call = draft_of(officer)
    calls.change_shape(call, "one_deadline", **how(officer))
    assert not AuditEvent.objects.filter(verb="call.shape_changed").exists()


# --- dates ------------------------------------------------------------------------------------------------------------
def test_cut_offs_open_one_after_the_other_and_may_be_fewer_again(officer):
    call = draft_of(officer, "cut_offs")
    ends = [CLOSES + n * 30 * DAY for n in range(4)]
    rows = [StageDates(ends[0], OPENS), *(StageDates(one, sign_off_until=one + DAY) for one in ends[1:])]
    calls.set_dates(call, rows, zone="Europe/Paris", **how(officer))
    assert rows_of(call) == [
        (1, "full", OPENS, ends[0], None),
        *[(n, "full", ends[n - 2], ends[n - 1], ends[n - 1] + DAY) for n in (2, 3, 4)],
    ]
    calls.set_dates(call, rows[:2], zone="Europe/Paris", **how(officer))
    assert [row[0] for row in rows_of(call)] == [1, 2]
    assert set(call.stages.values_list("zone", "form")) == {("Europe/Paris", call.forms.get().pk)}


def test_set_dates_that_changes_nothing_leaves_no_trace(officer):
    call = draft_of(officer)
    version = Call.objects.get(pk=call.pk).version
    calls.set_dates(call, [StageDates(CLOSES, OPENS)], zone="UTC", **how(officer))
    assert Call.objects.get(pk=call.pk).version == version
    assert not AuditEvent.objects.filter(verb="call.dates_set").exists()


@pytest.mark.parametrize(
    ("shape", "rows", "field"),
    [
        ("one_deadline", [], "closes_at"),
        ("one_deadline", [StageDates(OPENS, OPENS)], "closes_at"),
        ("one_deadline", [StageDates(CLOSES)], "opens_at"),
        ("one_deadline", [StageDates(CLOSES, OPENS, CLOSES - DAY)], "sign_off_until"),
        ("one_deadline", [StageDates(CLOSES, OPENS)] * 2, "closes_at"),
        ("two_stage", [StageDates(CLOSES, OPENS)], "closes_at"),
        ("two_stage", [StageDates(CLOSES, OPENS), StageDates(CLOSES + DAY, CLOSES - DAY)], "opens_at_2"),
        ("two_stage", [StageDates(CLOSES, OPENS), StageDates(CLOSES + DAY)], "opens_at_2"),
        ("cut_offs", [StageDates(CLOSES, OPENS), StageDates(CLOSES)], "closes_at_2"),
        ("cut_offs", [StageDates(CLOSES + n * DAY, OPENS) for n in range(61)], "closes_at"),
    ],
)
def test_dates_that_do_not_follow_each_other_are_refused_at_their_field(shape, rows, field, officer):
    call = draft_of(officer, shape)
    before = rows_of(call)
    with pytest.raises(InvalidInput) as refused:
        calls.set_dates(call, rows, zone="UTC", **how(officer))
    assert (refused.value.field, rows_of(call)) == (field, before)


def test_zone_that_is_none_is_refused(officer):
    with pytest.raises(InvalidInput) as refused:
        calls.set_dates(draft_of(officer), [StageDates(CLOSES, OPENS)], zone="Mars/Olympus", **how(officer))
    assert refused.value.field == "zone"


def test_set_stage_moves_one_and_leaves_the_other(officer):
    call = draft_of(officer, "two_stage")
    second = call.stages.get(number=2)
    calls.set_stage(call, opens_at=OPENS, closes_at=CLOSES + DAY, zone="UTC", **how(officer))
    assert rows_of(call)[1][2:] == (second.opens_at, second.closes_at, None)
    assert rows_of(call)[0][3] == CLOSES + DAY


# --- the page ---------------------------------------------------------------------------------------------------------
def path_of(call: Call) -> str:
    return f"/calls/{call.code}/edit/?step=dates"


TWO = {
    "zone": "Europe/Berlin",
    "opens_at": "2027-01-11T09:00",
    "closes_at": "2027-03-01T17:00",
    "sign_off_until": "",
    "opens_at_2": "2027-03-29T09:00",
    "closes_at_2": "2027-06-01T17:00",
    "sign_off_until_2": "2027-06-03T17:00",
}


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type]


def test_page_sets_two_stages_by_the_clock_of_the_zone(officer, desk):
    call = draft_of(officer, "two_stage")
    assert desk.post(path_of(call), TWO).status_code == 302
    assert rows_of(call) == [
        (1, "eoi", utc(2027, 1, 11, 8), utc(2027, 3, 1, 16), None),
        (2, "full", utc(2027, 3, 29, 7), utc(2027, 6, 1, 15), utc(2027, 6, 3, 15)),
    ]


def test_page_changes_the_shape_of_a_draft(officer, desk):
    call = draft_of(officer)
    assert desk.post(path_of(call), {"act": "shape", "shape": "cut_offs"})["Location"] == path_of(call)
    assert Call.objects.get().shape == "cut_offs"
    assert desk.post(path_of(call), {"act": "shape", "shape": "spiral"}).status_code == 422


CUT = {"zone": "UTC", "opens_at": "2027-01-01T09:00", "closes_at": "2027-02-01T17:00", "sign_off_until": ""}


def test_page_adds_and_takes_away_cut_offs_without_losing_what_was_typed(officer, desk):
    call = draft_of(officer, "cut_offs")
    typed = CUT | {"closes_at_2": "2027-04-01T17:00", "sign_off_until_2": "half"}
    added = desk.post(path_of(call), typed | {"act": "add"})
    form = added.context["form"]
    assert (added.status_code, form.n, form["closes_at_2"].value()) == (200, 3, "2027-04-01T17:00")
    assert (form["sign_off_until_2"].value(), form["closes_at_3"].value()) == ("half", None)
    fewer = desk.post(path_of(call), typed | {"closes_at_3": "2027-06-01T17:00", "act": "remove-2"})
    assert (fewer.context["form"].n, fewer.context["form"]["closes_at_2"].value()) == (2, "2027-06-01T17:00")
    assert len(rows_of(call)) == 1


def test_page_saves_cut_offs_and_leaves_out_the_empty_ones(officer, desk):
    call = draft_of(officer, "cut_offs")
    sent = CUT | {"closes_at_2": "", "closes_at_3": "2027-06-01T17:00", "sign_off_until_3": "2027-06-02T17:00"}
    assert desk.post(path_of(call), sent).status_code == 302
    assert [row[3] for row in rows_of(call)] == [utc(2027, 2, 1, 17), utc(2027, 6, 1, 17)]
    shown = desk.get(path_of(call)).context["form"]
    assert (shown.n, shown["closes_at_2"].value()) == (2, dt.datetime(2027, 6, 1, 17))


def test_page_shows_at_once_the_instants_that_are_meant_and_keeps_nothing(officer, desk):
    call = draft_of(officer)
    sent = {"zone": "America/New_York", "opens_at": "2027-01-01T09:00", "closes_at": "2027-11-07T01:30", "act": "look"}
    partial = desk.post(path_of(call), sent, headers={"HX-Request": "true", "HX-Target": "seen"})
    html = partial.content.decode()
    assert "<html" not in html
    assert ("7 Nov 2027, 01:30 EST" in html, "7 Nov 2027, 06:30 UTC" in html) == (True, True)
    assert "the second of the two is meant" in html.lower()
    whole = desk.post(path_of(call), sent)
    assert (whole.status_code, [one.at for one in whole.context["seen"]]) == (
        200,
        [utc(2027, 1, 1, 14), utc(2027, 11, 7, 6, 30)],
    )
    assert rows_of(call)[0][2:4] == (OPENS, CLOSES)


@pytest.mark.parametrize("junk", ["", "31.3.2027", "2027-13-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "x\0y"])
def test_page_looks_at_junk_without_a_fault(junk: str, officer, desk):
    call = draft_of(officer)
    sent = {"zone": junk or "UTC", "opens_at": junk, "closes_at": junk, "sign_off_until": junk}
    assert desk.post(path_of(call), sent | {"act": "look"}, headers={"HX-Target": "seen"}).status_code == 200
    assert desk.post(path_of(call), sent).status_code == 422
    assert desk.post(path_of(call), sent | {"act": f"remove-{junk}"}).status_code == 200


def test_page_refuses_a_time_that_the_clocks_skip_beside_its_field_with_all_that_was_typed(officer, desk):
    call = draft_of(officer, "two_stage")
    refused = desk.post(path_of(call), TWO | {"closes_at_2": "2027-03-28T02:30"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["closes_at_2"])
    assert b"The first after it is 03:00." in refused.content
    assert refused.context["form"]["sign_off_until_2"].value() == "2027-06-03T17:00"


def test_page_puts_a_refusal_of_the_service_beside_its_field(officer, desk):
    call = draft_of(officer, "two_stage")
    refused = desk.post(path_of(call), TWO | {"opens_at_2": "2027-02-01T09:00"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["opens_at_2"])


def test_page_of_a_published_call_changes_nothing_and_leads_to_the_dates(officer, desk):
    call = make_cut_offs()
    before = rows_of(call)
    page = desk.get(path_of(call))
    assert f'href="/calls/{call.code}/dates/"'.encode() in page.content
    assert desk.post(path_of(call), TWO).status_code == 200
    assert rows_of(call) == before


# --- the dates of a running call --------------------------------------------------------------------------------------
def running(**fields: Any) -> Call:
    at = server_now()
    return make_call(opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None, **fields)


def test_dates_page_extends_pauses_and_lets_go_on(officer, desk):
    call = running(zone="Asia/Tokyo")
    path = f"/calls/{call.code}"
    year = server_now().year + 1
    assert (
        desk.post(
            f"{path}/extend/", {"number": "1", "closes_at": f"{year}-01-15T17:00", "reason": "Storm."}
        ).status_code
        == 302
    )
    assert call.stages.get().closes_at == utc(year, 1, 15, 8)
    silent = desk.post(f"{path}/pause/", {"reason": ""})
    assert (silent.status_code, list(silent.context["failed"].errors)) == (422, ["reason"])
    assert desk.post(f"{path}/pause/", {"reason": "Rules."})["Location"] == f"{path}/dates/"
    page = desk.get(f"{path}/dates/")
    assert [one["days"].closes_at for one in page.context["after_pause"]] == [utc(year, 1, 16, 8)]
    assert desk.post(f"{path}/resume/", {"move": "sideways"}).status_code == 422
    assert desk.post(f"{path}/resume/", {"move": "days"}).status_code == 302
    call.refresh_from_db()
    assert (call.paused_at, call.stages.get().closes_at) == (None, utc(year, 1, 16, 8))
    history = [one.kind for one in desk.get(f"{path}/dates/").context["history"]]
    assert history == ["moved", "resumed", "paused", "moved"]
    public = Client().get(f"{path}/").content.decode()
    assert ("Storm." in public, "The call was paused" in public, "Oda" in public) == (True, True, False)


def test_dates_page_adds_a_cut_off_and_refuses_one_that_comes_before(officer, desk):
    at = server_now()
    call = make_cut_offs(opens_at=at - DAY, closings=[at + 9 * DAY, at + 40 * DAY])
    path, year = f"/calls/{call.code}", at.year + 2
    refused = desk.post(f"{path}/cut-offs/", {"closes_at": "2020-01-01T10:00"})
    assert (refused.status_code, list(refused.context["failed"].errors)) == (422, ["closes_at"])
    assert desk.post(f"{path}/cut-offs/", {"closes_at": f"{year}-01-01T10:00"}).status_code == 302
    assert call.stages.last().closes_at == utc(year, 1, 1, 10)
    assert desk.post(f"{path}/extend/", {"number": "77", "closes_at": f"{year}-01-01T10:00"}).status_code == 404


def test_dates_page_by_role():
    call = running()
    codes: dict[str, list[int]] = {}
    for role in ("programme_officer", "auditor", "administrator", "finance_officer", ""):
        client = Client()
        client.force_login(make_user("Some Body " + role, *filter(None, [role])))
        codes[role] = [client.get(f"/calls/{call.code}/dates/").status_code]
        codes[role].append(client.post(f"/calls/{call.code}/pause/", {"reason": ""}).status_code)
        codes[role].append(client.post(f"/calls/{call.code}/resume/", {"move": ""}).status_code)
        codes[role].append(client.post(f"/calls/{call.code}/cut-offs/", {}).status_code)
    seen = {"programme_officer": [200, 422, 422, 422], "": [403] * 4}
    assert codes == seen | {key: [200, 403, 403, 403] for key in ("auditor", "administrator", "finance_officer")}
    assert Client().get(f"/calls/{call.code}/dates/").status_code == 302


@pytest.mark.parametrize("many", [1, 3])
def test_dates_page_takes_the_same_queries_for_any_number(many: int, officer, desk, django_assert_num_queries):
    at = server_now()
    call = make_cut_offs(opens_at=at - DAY, closings=[at + n * DAY for n in range(1, many + 1)])
    for n in range(many):
        calls.extend_deadline(call.stages.last(), at + (50 + n) * DAY, reason="More.", actor=officer, at=at)
    desk.get(f"/calls/{call.code}/dates/")
    with django_assert_num_queries(12):
        desk.get(f"/calls/{call.code}/dates/")


# --- the API ----------------------------------------------------------------------------------------------------------
def test_api_sets_shape_and_dates_at_once_or_not_at_all(officer, desk):
    call = draft_of(officer)
    stages = [
        {"opens_at": "2027-01-01T09:00:00+01:00", "closes_at": "2027-02-01T17:00:00+01:00"},
        {"closes_at": "2027-05-01T17:00:00+02:00"},
    ]
    sent = {"shape": "cut_offs", "zone": "Europe/Berlin", "stages": stages}
    path = f"/api/v1/calls/{call.code}/schedule/"
    answer = desk.put(path, sent, content_type="application/json")
    assert (answer.status_code, answer.json()["shape"]) == (200, "cut_offs")
    assert [row[3] for row in rows_of(call)] == [utc(2027, 2, 1, 16), utc(2027, 5, 1, 15)]
    refused = desk.put(path, sent | {"shape": "two_stage"}, content_type="application/json")
    assert (refused.status_code, Call.objects.get().shape) == (422, "cut_offs")


def test_api_pauses_lets_go_on_and_tells_how_dates_changed(officer, desk):
    call = running()
    path = f"/api/v1/calls/{call.code}"
    paused = desk.post(f"{path}/pause/", {"reason": "Rules."}, content_type="application/json")
    assert paused.json()["paused_at"] is not None
    assert (
        desk.post(f"{path}/resume/", {"move": "exactly"}, content_type="application/json").json()["paused_at"] is None
    )
    kinds = [one["kind"] for one in Client().get(f"{path}/history/").json()]
    assert kinds == ["moved", "resumed", "paused"]
    client = Client()
    client.force_login(make_user("Ada Example"))
    assert client.post(f"{path}/pause/", {"reason": "x"}, content_type="application/json").status_code == 403
    assert Client().post(f"{path}/pause/", {"reason": "x"}, content_type="application/json").status_code == 401


def test_api_extends_the_deadline_it_names(officer, desk):
    at = server_now()
    call = make_cut_offs(opens_at=at - DAY, closings=[at + 9 * DAY, at + 40 * DAY])
    later = (at + 50 * DAY).isoformat()
    path = f"/api/v1/calls/{call.code}/extend/"
    sent = {"closes_at": later, "reason": "Storm."}
    assert desk.post(path, sent | {"stage": 2}, content_type="application/json").status_code == 200
    assert [row[3] for row in rows_of(call)] == [at + 9 * DAY, at + 50 * DAY]
    assert desk.post(path, sent | {"stage": 7}, content_type="application/json").status_code == 422


def test_api_adds_a_cut_off(officer, desk):
    at = server_now()
    call = make_cut_offs(opens_at=at - DAY, closings=[at + 9 * DAY])
    path = f"/api/v1/calls/{call.code}/cut-offs/"
    made = desk.post(path, {"closes_at": (at + 40 * DAY).isoformat()}, content_type="application/json")
    assert (made.status_code, len(made.json()["stages"])) == (201, 2)
