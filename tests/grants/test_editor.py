"""The editor as a browser and as a script uses it: nothing typed is lost, nothing is overwritten unasked."""

import pytest
from django.test import Client
from django.urls import reverse

from grants.models import Answer, BudgetLine, Proposal, TeamMember
from grants.services import answers
from notifications.models import Notice
from tests.grants.stories import (
    NOON,
    make_draft,
    make_handed_in,
    make_member,
    make_researcher,
    make_user,
    pdf,
)

pytestmark = pytest.mark.django_db
SCRIPT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def proposal() -> Proposal:
    return make_draft()


@pytest.fixture
def client(proposal: Proposal) -> Client:
    client = Client()
    client.force_login(proposal.pi)
    return client


def save(client: Client, proposal: Proposal, key: str, **data: object):
    url = reverse("grants:proposal_answer_save", args=[proposal.number, key])
    return client.post(url, {f"{name}-{key}": value for name, value in data.items()}, **SCRIPT)


# --- autosave -------------------------------------------------------------------------------------------------------
def test_autosave_then_the_state_with_the_next_version_and_the_outline(client, proposal):
    answer = save(client, proposal, "idea", value="First words", version=0)
    body = answer.content.decode()
    assert (answer.status_code, Answer.objects.get().value) == (200, "First words")
    assert ('name="version-idea" value="1"' in body, 'hx-swap-oob="true"' in body, "Saved" in body) == (
        True,
        True,
        True,
    )


def test_autosave_when_stale_then_409_with_both_texts_and_a_choice_between_them(client, proposal):
    ben = make_member(proposal)
    answers.save_answer(proposal, "idea", "Ben's <b>text</b>", version=0, actor=ben, at=NOON)
    answer = save(client, proposal, "idea", value="Ada's text", version=0)
    body = answer.content.decode()
    assert (answer.status_code, Answer.objects.get().value) == (409, "Ben's <b>text</b>")
    assert ("Ben&#x27;s &lt;b&gt;text&lt;/b&gt;" in body, 'name="version-idea" value="0"' in body) == (True, True)
    assert "Ben Coauthor saved another text meanwhile." in body
    taken = save(client, proposal, "idea", value="Ada's text", take="yes").content.decode()
    assert ("Ada&#x27;s text" in taken, Answer.objects.get().value) == (True, "Ben's <b>text</b>")
    forced = save(client, proposal, "idea", value="Ada's text", force=1)
    assert (forced.status_code, Answer.objects.get().value) == (200, "Ada's text")


def test_autosave_after_the_session_ended_is_a_401_that_a_script_can_tell_and_a_sign_in_for_people(proposal):
    signed_out = Client()
    url = reverse("grants:proposal_answer_save", args=[proposal.number, "idea"])
    assert signed_out.post(url, {"value-idea": "x"}, **SCRIPT).status_code == 401
    assert signed_out.post(url, {"value-idea": "x"}).status_code == 302


@pytest.mark.parametrize("part", ["answers/idea", "details/title"])
def test_autosave_of_what_was_handed_in_is_refused(part):
    handed_in = make_handed_in()
    client = Client()
    client.force_login(handed_in.pi)
    key = part.split("/")[1]
    data = {f"value-{key}": "Later", f"version-{key}": 99}
    assert client.post(f"/proposals/{handed_in.number}/{part}/", data, **SCRIPT).status_code == 409
    assert handed_in.answers.get(key="idea").value == "About idea."


def test_autosave_by_who_may_only_read_or_is_a_stranger(proposal):
    ben, cleo = make_member(proposal, may_edit=False), make_researcher("Cleo Other")
    for user, status in ((ben, 403), (cleo, 404)):
        client = Client()
        client.force_login(user)
        assert save(client, proposal, "idea", value="x", version=0).status_code == status
    assert not Answer.objects.exists()


def test_autosave_of_a_detail_that_can_not_be_then_said_beside_it(client, proposal):
    url = reverse("grants:proposal_detail_save", args=[proposal.number, "months"])
    answer = client.post(url, {"value-months": "many", "version-months": 1}, **SCRIPT)
    assert (answer.status_code, "whole months" in answer.content.decode()) == (422, True)


# --- the Save button ------------------------------------------------------------------------------------------------
def test_save_button_then_every_field_and_on_to_the_next_part(client, proposal):
    url = reverse("grants:proposal_part", args=[proposal.number, "section-1"])
    data = {"value-idea": "A", "version-idea": 0, "value-method": "B", "version-method": 0, "go-on": "yes"}
    answer = client.post(url, data)
    assert (answer.status_code, answer["Location"]) == (302, f"/proposals/{proposal.number}/edit/section-2/")
    assert sorted(Answer.objects.values_list("key", "value")) == [("idea", "A"), ("method", "B")]


def test_save_button_when_one_field_is_stale_then_the_others_are_saved_and_both_texts_shown(client, proposal):
    ben = make_member(proposal)
    answers.save_answer(proposal, "idea", "Ben's", version=0, actor=ben, at=NOON)
    url = reverse("grants:proposal_part", args=[proposal.number, "section-1"])
    data = {"value-idea": "Mine", "version-idea": 0, "value-method": "B", "version-method": 0}
    answer = client.post(url, data)
    body = answer.content.decode()
    assert (answer.status_code, "Ben&#x27;s" in body, ">\nMine<" in body) == (409, True, True)
    assert dict(Answer.objects.values_list("key", "value")) == {"idea": "Ben's", "method": "B"}


@pytest.mark.parametrize("part", ["", "section-1/", "section-2/", "team/", "budget/", "files/", "checks/"])
def test_every_part_opens_and_an_unknown_one_does_not(client, proposal, part):
    assert client.get(f"/proposals/{proposal.number}/edit/{part}").status_code == 200
    assert client.get(f"/proposals/{proposal.number}/edit/section-9/").status_code == 404


def test_checks_lead_to_the_place_of_each_finding(client, proposal):
    body = client.get(reverse("grants:proposal_checks", args=[proposal.number])).content.decode()
    base = f"/proposals/{proposal.number}/edit/"
    for place in ("#field-abstract", "section-1/#field-idea", "section-2/#field-outputs", "budget/#budget"):
        assert f'href="{base}{place}"' in body


# --- budget, team, files --------------------------------------------------------------------------------------------
def lines(*rows: tuple[str, ...], **more: object) -> dict[str, object]:
    names = ("period", "category", "description", "quantity", "unit_cost")
    return {**{f"line-{name}": [row[place] for row in rows] for place, name in enumerate(names)}, **more}


def test_budget_autosave_then_sums_from_the_server_and_a_bad_row_saves_nothing(client, proposal):
    url = reverse("grants:proposal_budget", args=[proposal.number])
    good = ("1", "personnel", "Postdoc", "1.5", "1,000.01")
    saved = client.post(url, lines(good, **{"budget-version": 1}), **SCRIPT)
    assert (saved.status_code, "1,875.03" in saved.content.decode()) == (200, True)
    version = Proposal.objects.get().version
    data = lines(good, ("2", "travel", "Conference", "1", "1.000,00"), **{"budget-version": version})
    refused = client.post(url, data, **SCRIPT)
    assert (refused.status_code, "Not saved yet: 1 line" in refused.content.decode()) == (422, True)
    assert BudgetLine.objects.count() == 1


def test_budget_buttons_add_remove_copy_work_without_scripts(client, proposal):
    url = reverse("grants:proposal_budget", args=[proposal.number])
    first, second = ("1", "travel", "A", "1", "10"), ("1", "travel", "B", "1", "20")
    client.post(url, lines(first, second, **{"budget-version": 1, "copy": "1"}))
    assert BudgetLine.objects.count() == 6
    version = Proposal.objects.get().version
    client.post(url, lines(first, second, **{"budget-version": version, "remove": "0"}))
    assert list(BudgetLine.objects.values_list("description", flat=True)) == ["B"]
    more = client.post(url, lines(second, **{"budget-version": Proposal.objects.get().version, "add": "1"}))
    assert more.content.decode().count('name="line-description"') == 4


def test_budget_saved_by_somebody_else_then_both_and_a_choice(client, proposal):
    url = reverse("grants:proposal_budget", args=[proposal.number])
    client.post(url, lines(("1", "travel", "Theirs", "1", "10"), **{"budget-version": 1}), **SCRIPT)
    mine = ("1", "travel", "Mine", "1", "20")
    stale = client.post(url, lines(mine, **{"budget-version": 1}), **SCRIPT)
    assert (stale.status_code, BudgetLine.objects.get().description) == (409, "Theirs")
    forced = client.post(url, lines(mine, **{"budget-version": 1, "force": Proposal.objects.get().version}), **SCRIPT)
    assert (forced.status_code, BudgetLine.objects.get().description) == (200, "Mine")


def test_team_page_invites_and_the_invited_accepts_by_the_link(client, proposal):
    url = reverse("grants:proposal_team", args=[proposal.number])
    client.post(url, {"name": "Ben", "email": "ben@x.example", "part": "key_person", "may_edit": "on"})
    wrong = client.post(url, {"name": "Ben", "email": "ben@x.example", "part": "key_person"})
    assert (wrong.status_code, TeamMember.objects.count()) == (422, 1)
    ben = Client()
    ben.force_login(make_user("Ben Coauthor"))
    path = Notice.objects.get(address="ben@x.example").path
    assert ben.get(path).status_code == 200
    assert ben.post(path)["Location"] == proposal.get_absolute_url()
    assert ben.get(proposal.get_absolute_url()).status_code == 200


def test_files_page_attaches_and_refuses_beside_the_field(client, proposal):
    url = reverse("grants:proposal_files", args=[proposal.number])
    assert client.post(url, {"file": pdf("plan.pdf"), "title": "Plan"}).status_code == 302
    refused = client.post(url, {"file": pdf("plan.pdf")})
    assert (refused.status_code, "attached already" in refused.content.decode()) == (422, True)
