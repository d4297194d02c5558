"""Pages and API of rules: setting them by hand and by program, beginning a call, templates, "can I apply?"."""

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants import checks
from grants.models import BudgetRules, Call, CallYear, EligibilityRule, Programme, Proposal
from grants.services import calls
from tests.grants.stories import (
    make_call,
    make_draft,
    make_fund_once,
    make_proposal,
    make_researcher,
    make_university,
    make_user,
)
from tests.grants.stories_rules import rule

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
JSON = "application/json"


@pytest.fixture
def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


@pytest.fixture
def desk(officer: User) -> Client:
    return as_(officer)


@pytest.fixture(autouse=True)
def only_our_own_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "_more", [])


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def programme() -> Programme:
    return Programme.objects.get_or_create(code="main", defaults={"name": "Open AI", "fund": make_fund_once()})[0]


def draft(officer: User, code: str = "NEW-27") -> Call:
    return calls.create_call(programme=programme(), code=code, title="New", actor=officer, at=server_now())


def open_call(code: str = "AI-26", **fields: Any) -> Call:
    at = server_now()
    return make_call(code, opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None, **fields)


# --- the step "who may apply" -------------------------------------------------------------------------------------------
def test_every_kind_of_rule_is_set_shown_again_and_taken_away(officer: User, desk: Client) -> None:
    call = draft(officer)
    calls.change_shape(call, "cut_offs", actor=officer, at=server_now())
    sent: dict[str, Any] = {
        "countries": "France, gb",
        "membership": "on",
        "pi_rank": ["professor", "postdoc"],
        "most_per_university": "2",
        "most_per_university_each": "on",
        "most_per_pi": "1",
        "most_concurrent": "3",
        "co_investigator": "1",
        "co_investigator_elsewhere": "on",
        "co_investigator_flag": "on",
        "earlier_award": "none",
        "earlier_award_years": "5",
    }
    page = "/calls/NEW-27/edit/?step=eligibility"
    assert desk.post(page, sent).status_code == 302
    kept = {
        kind: (params, blocks)
        for kind, params, blocks in EligibilityRule.objects.values_list("kind", "params", "blocks")
    }
    assert kept == {
        "country": ({"countries": ["FR", "GB"]}, True),
        "membership": ({}, True),
        "pi_rank": ({"ranks": ["professor", "postdoc"]}, True),
        "most_per_university": ({"most": 2, "each_cut_off": True}, True),
        "most_per_pi": ({"most": 1}, True),
        "most_concurrent": ({"most": 3}, True),
        "co_investigator": ({"least": 1, "elsewhere": True}, False),
        "earlier_award": ({"mode": "none", "years": 5}, True),
    }  # fmt: skip
    form = desk.get(page).context["form"]
    again = {name: form[name].value() for name in sent}
    assert again == {
        **{name: True for name, value in sent.items() if value == "on"},
        "countries": "France, United Kingdom",
        "pi_rank": ["professor", "postdoc"],
        "earlier_award": "none",
        **{name: int(value) for name, value in sent.items() if isinstance(value, str) and value.isdecimal()},
    }
    assert desk.post(page, {}).status_code == 302
    assert EligibilityRule.objects.count() == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"countries": "Atlantis"}, "countries"),
        ({"most_per_pi": "0"}, "most_per_pi"),
        ({"co_investigator": "41"}, "co_investigator"),
        ({"earlier_award": "none", "earlier_award_years": "31"}, "earlier_award_years"),
        ({"pi_rank": "king"}, "pi_rank"),
    ],
)
def test_rule_that_can_not_be_meant_is_refused_beside_its_field(
    sent: dict[str, str], field: str, officer: User, desk: Client
) -> None:
    draft(officer)
    answer = desk.post("/calls/NEW-27/edit/?step=eligibility", sent)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert EligibilityRule.objects.count() == 0


def test_rules_of_a_published_call_are_read_and_stay(officer: User, desk: Client) -> None:
    call = open_call()
    rule(call, "most_per_pi", most=1)
    page = "/calls/AI-26/edit/?step=eligibility"
    assert b"At most 1 proposal led by one person" in desk.get(page).content
    assert desk.post(page, {}).status_code == 422
    assert EligibilityRule.objects.count() == 1


# --- beginning a call ---------------------------------------------------------------------------------------------------
def sources(answer: Any) -> list[str]:
    return re.findall(r'name="source" value="([^"]*)"', answer.content.decode())


def test_new_call_begins_from_a_pattern_a_template_an_earlier_call_or_nothing(officer: User, desk: Client) -> None:
    call = draft(officer)
    kept = desk.post("/calls/NEW-27/keep/", {"name": "Ours"})
    template = Call.objects.get(is_template=True)
    assert kept["Location"] == f"/call-templates/{template.code}/"
    offered = sources(desk.get("/calls/new/"))
    patterns = ["one-deadline", "two-stages", "small-grants", "cut-offs"]
    assert offered == [*patterns, f"call:{template.pk}", "earlier", ""]
    begun = {}
    for number, source in enumerate(offered):
        sent = {"title": "T", "code": f"C-{number}", "programme": str(programme().pk), "source": source}
        sent |= {"earlier": str(call.pk)} if source == "earlier" else {}
        assert desk.post("/calls/new/", sent)["Location"] == f"/calls/C-{number}/edit/"
        made = Call.objects.get(code=f"C-{number}")
        begun[source] = (made.shape, made.is_template, made.contact_email)
    assert begun == {
        "one-deadline": ("one_deadline", False, officer.email),
        "two-stages": ("two_stage", False, officer.email),
        "small-grants": ("one_deadline", False, officer.email),
        "cut-offs": ("cut_offs", False, officer.email),
        f"call:{template.pk}": ("one_deadline", False, ""),
        "earlier": ("one_deadline", False, ""),
        "": ("one_deadline", False, officer.email),
    }


def test_new_call_says_beside_the_field_what_is_wrong_and_keeps_the_choice(officer: User, desk: Client) -> None:
    draft(officer)
    sent = {"title": "T", "code": "NEW-27", "programme": str(programme().pk), "source": "cut-offs"}
    taken = desk.post("/calls/new/", sent)
    assert (taken.status_code, list(taken.context["form"].errors)) == (422, ["code"])
    assert re.search(r'value="cut-offs" checked', taken.content.decode())
    nothing = desk.post("/calls/new/", {**sent, "code": "N-2", "source": "earlier"})
    assert (nothing.status_code, list(nothing.context["form"].errors)) == (422, ["earlier"])


def test_link_to_copy_a_call_comes_with_it_chosen(officer: User, desk: Client) -> None:
    call = draft(officer)
    form = desk.get(f"/calls/new/?copy={call.pk}").context["form"]
    chosen = [one.value for _name, cards in form.groups for one in cards if one.chosen]
    assert (chosen, form["earlier"].value()) == (["earlier"], str(call.pk))


# --- templates ----------------------------------------------------------------------------------------------------------
def test_template_is_listed_renamed_deleted_and_no_call_anywhere(officer: User, desk: Client) -> None:
    draft(officer)
    desk.post("/calls/NEW-27/keep/", {"name": "Ours"})
    code = Call.objects.get(is_template=True).code
    assert [row.values["title"] for row in desk.get("/call-templates/").context["page"].rows] == ["Ours"]
    assert [row.values["code"] for row in desk.get("/calls/all/").context["page"].rows] == ["NEW-27"]
    assert [one["code"] for one in desk.get("/api/v1/calls/").json()["results"]] == ["NEW-27"]
    assert desk.post(f"/call-templates/{code}/", {"name": ""}).status_code == 422
    desk.post(f"/call-templates/{code}/", {"name": "Theirs"})
    assert b"Theirs" in desk.get(f"/call-templates/{code}/").content
    assert desk.get("/call-templates/NEW-27/").status_code == 404
    assert desk.post(f"/calls/{code}/publish/").status_code == 422
    assert desk.post(f"/call-templates/{code}/delete/")["Location"] == "/call-templates/"
    assert list(Call.objects.values_list("code", flat=True)) == ["NEW-27"]


@pytest.mark.parametrize(("role", "seen"), [("", 403), ("auditor", 200), ("finance_officer", 200)])
def test_templates_are_read_by_staff_and_changed_by_officers_alone(
    role: str, seen: int, desk: Client, officer: User
) -> None:
    call = draft(officer)
    desk.post("/calls/NEW-27/keep/", {"name": "Ours"})
    code = Call.objects.get(is_template=True).code
    client = as_(make_user("Somebody Else", *filter(None, [role])))
    assert client.get("/call-templates/").status_code == seen
    hidden = 404 if seen == 403 else 403
    paths = [f"/call-templates/{code}/", f"/call-templates/{code}/delete/", f"/calls/{call.code}/keep/"]
    assert [client.post(path, {"name": "x"}).status_code for path in paths] == [hidden] * 3
    assert Client().get(f"/call-templates/{code}/").status_code == 302


# --- universities pick first --------------------------------------------------------------------------------------------
def test_basics_keep_how_many_a_university_picks_by_the_clock_of_the_call(officer: User, desk: Client) -> None:
    call = draft(officer)
    stage = call.stages.get()
    call.stages.update(zone="Europe/Paris")
    day = f"{stage.closes_at.date() - 5 * DAY}"
    sent = {
        "version": call.version,
        "title": "New",
        "blinding": "single",
        "reviews_per_proposal": "3",
        "internal_limit": "2",
        "internal_until": f"{day}T17:00",
    }
    assert desk.post("/calls/NEW-27/edit/?step=basics", sent).status_code == 302
    call.refresh_from_db()
    assert call.internal_until is not None
    wall = desk.get("/calls/NEW-27/edit/?step=basics").context["form"]["internal_until"].value()
    assert (call.internal_limit, f"{wall:%Y-%m-%dT%H:%M}") == (2, f"{day}T17:00")
    late = {**sent, "version": call.version, "internal_until": f"{stage.closes_at.date() + 9 * DAY}T17:00"}
    refused = desk.post("/calls/NEW-27/edit/?step=basics", late)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["internal_until"])


# --- can I apply? -------------------------------------------------------------------------------------------------------
def test_call_page_tells_a_researcher_before_writing_and_nobody_else(desk: Client) -> None:
    call = open_call()
    rule(call, "country", countries=["DE"])
    page = call.get_absolute_url()
    ada = as_(make_researcher())
    html = ada.get(page).content.decode()
    assert ("Can I apply?" in html, "As it stands, you can’t apply." in html) == (True, True)
    assert "Can I apply?" not in desk.get(page).content.decode()
    assert "Can I apply?" not in Client().get(page).content.decode()
    assert ada.get("/api/v1/calls/AI-26/can-i-apply/").json() == [
        {
            "code": "country",
            "rule": "Universities in Germany",
            "met": False,
            "detail": "University of Northmoor, United Kingdom",
            "blocks": True,
        }
    ]
    assert desk.get("/api/v1/calls/AI-26/can-i-apply/").json() == []
    assert Client().get("/api/v1/calls/AI-26/can-i-apply/").status_code == 401


def test_checks_page_of_the_editor_shows_every_rule_and_what_stops() -> None:
    call = open_call()
    rule(call, "country", countries=["DE"])
    rule(call, "most_per_pi", blocks=False, most=1)
    proposal = make_proposal(call)
    assert proposal.pi is not None
    answer = as_(proposal.pi).get(f"/proposals/{proposal.number}/edit/checks/")
    assert [(one.code, one.met) for one in answer.context["rules"]] == [
        ("country", False),
        ("most_per_pi", True),
        ("amount", True),
        ("months", True),
    ]
    assert "This call asks for: Universities in Germany." in answer.content.decode()


# --- cost share in the editor -------------------------------------------------------------------------------------------
def budget_rows(version: int, **more: str) -> dict[str, str]:
    row = {"line-period": "1", "line-category": "travel", "line-description": "Trip", "line-quantity": "1"}
    return {**row, "line-unit_cost": "1,000.00", "budget-version": str(version), **more}


def test_cost_share_is_typed_kept_and_asked_for_by_the_checks() -> None:
    call = open_call(rules={"cost_share": "required", "cost_share_least": "0.25", "excluded": []})
    proposal = make_draft(call, pi=make_researcher(university=make_university(rate=None)))
    assert proposal.pi is not None
    ada, page = as_(proposal.pi), f"/proposals/{proposal.number}/edit/budget/"
    shown = ada.post(page, budget_rows(proposal.version, cost_share=""))
    assert shown.status_code == 302
    html = ada.get(page).content.decode()
    assert (
        "The university bears 0.00 USD itself; this call asks for at least 250.00 USD (25% of what is asked for)."
        in html
    )
    version = Proposal.objects.get().version
    bad = ada.post(page, budget_rows(version, cost_share="1.000,00"))
    assert (bad.status_code, 'value="1.000,00"' in bad.content.decode()) == (422, True)
    assert ada.post(page, budget_rows(version, cost_share="250")).status_code == 302
    assert Proposal.objects.get().cost_share == 250
    assert "cost_share_missing" not in [
        one["code"] for one in ada.get(f"/api/v1/proposals/{proposal.number}/findings/").json()
    ]


def test_cost_share_has_no_field_where_the_call_does_not_count_it() -> None:
    proposal = make_draft(open_call())
    assert proposal.pi is not None
    ada, page = as_(proposal.pi), f"/proposals/{proposal.number}/edit/budget/"
    assert b'name="cost_share"' not in ada.get(page).content
    assert ada.post(page, budget_rows(proposal.version, cost_share="5")).status_code == 422
    assert Proposal.objects.get().cost_share == 0


# --- API ----------------------------------------------------------------------------------------------------------------
def test_api_sets_rules_of_a_draft_and_reads_them(officer: User, desk: Client) -> None:
    draft(officer)
    path = "/api/v1/calls/NEW-27/eligibility/"
    sent = {"kind": "most_per_pi", "params": {"most": 2}, "blocks": False}
    words = "At most 2 proposals led by one person"
    assert desk.put(path, sent, content_type=JSON).json() == [{**sent, "words": words}]
    refused = desk.put(path, {"kind": "most_per_pi", "params": {"most": 0}}, content_type=JSON)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, ["most_per_pi"])
    assert desk.put(path, {"kind": "most_per_pi", "params": None}, content_type=JSON).json() == []
    assert as_(make_user("Aud Itor", "auditor")).put(path, sent, content_type=JSON).status_code == 403
    assert Client().get(path).status_code == 404


def test_api_sets_budget_rules_with_every_cap(officer: User, desk: Client) -> None:
    call = draft(officer)
    sent = {
        "categories": ["travel", "personnel"],
        "base": "total_direct",
        "rate_cap": "0.2",
        "caps": {"travel": "9000"},
        "period_caps": {"travel": "3000"},
        "period_cap": "200000",
        "cost_share": "required",
        "cost_share_least": "0.1",
    }
    path = "/api/v1/calls/NEW-27/budget-rules/"
    answer = desk.put(path, sent, content_type=JSON)
    assert (answer.status_code, answer.json()["period_caps"]) == (200, {"travel": "3000.0000"})
    rules = BudgetRules.objects.get(call=call)
    kept = (rules.categories, str(rules.cost_share_least), rules.period_cap)
    assert kept == (["personnel", "travel"], "0.1000", 200_000)
    assert desk.get(path).json() == answer.json()


def test_api_money_by_year_is_for_staff_and_set_by_officers(officer: User, desk: Client) -> None:
    call = draft(officer)
    path = "/api/v1/calls/NEW-27/money/"
    money = desk.get(path).json()
    assert (money["by_hand"], [one["asked"] for one in money["years"]]) == (False, ["0.0000", "5000000.0000"])
    sent = {"years": [{"year": 1, "amount": "2000000"}, {"year": 2, "amount": "3000000"}]}
    assert desk.put(path, sent, content_type=JSON).json()["by_hand"] is True
    assert CallYear.objects.filter(call=call).count() == 2
    assert desk.put(path, {"years": [{"year": 9, "amount": "1"}]}, content_type=JSON).status_code == 422
    Call.objects.filter(pk=call.pk).update(status="open", published_at=server_now())
    assert as_(make_researcher()).get(path).status_code == 403
    assert Client().get(path).status_code == 401


def test_api_of_patterns_and_templates(officer: User, desk: Client) -> None:
    programme()
    assert [one["key"] for one in desk.get("/api/v1/call-patterns/").json()][:2] == ["one-deadline", "two-stages"]
    sent = {"programme": "main", "code": "P-27", "title": "P"}
    made = desk.post("/api/v1/call-patterns/two-stages/make/", sent, content_type=JSON)
    assert (made.status_code, made.json()["shape"], len(made.json()["stages"])) == (201, "two_stage", 2)
    assert desk.post("/api/v1/call-patterns/nothing/make/", {**sent, "code": "Q"}, content_type=JSON).status_code == 422
    kept = desk.post("/api/v1/calls/P-27/keep/", {"name": "Ours"}, content_type=JSON).json()
    assert [one["name"] for one in desk.get("/api/v1/call-templates/").json()["results"]] == ["Ours"]
    path = f"/api/v1/call-templates/{kept['code']}/"
    assert desk.patch(path, {"name": "Theirs"}, content_type=JSON).json()["name"] == "Theirs"
    copy = {"programme": "main", "code": "C-27", "title": "C", "copy_from": kept["code"]}
    assert desk.post("/api/v1/calls/", copy, content_type=JSON).json()["shape"] == "two_stage"
    assert as_(make_researcher()).get("/api/v1/call-templates/").status_code == 403
    assert desk.delete(path).status_code == 204
    assert desk.get(path).status_code == 404


def test_api_of_a_programme_and_its_years(officer: User, desk: Client) -> None:
    programme()
    path = "/api/v1/programmes/main/"
    assert desk.patch(path, {"summary": "Models."}, content_type=JSON).json()["summary"] == "Models."
    sent = {"years": [{"year": 1, "amount": "2000000"}]}
    amounts = [one["amount"] for one in desk.put(f"{path}years/", sent, content_type=JSON).json()]
    assert amounts == ["2000000.0000", "0.0000"]
    assert [one["amount"] for one in desk.put(f"{path}years/", {"years": []}, content_type=JSON).json()] == [None, None]
    auditor = as_(make_user("Aud Itor", "auditor"))
    assert [auditor.get(path).status_code, auditor.put(f"{path}years/", sent, content_type=JSON).status_code] == [
        200,
        403,
    ]
    assert as_(make_researcher()).get(path).status_code == 403
