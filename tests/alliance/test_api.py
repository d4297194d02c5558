"""The alliance for programs: the same writes, the same refusals."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from alliance.models import BoardSeat, Contribution, Member, Resolution
from tests.alliance.stories import NOON, make_member, make_user, make_world, pledged, staff
from tests.funds.stories import year_of

pytestmark = pytest.mark.django_db


def send(client, user, path, data=None):
    client.force_login(user)
    answer = client.post(f"/api/v1/{path}", data or {}, content_type="application/json")
    return answer.status_code, answer.json()


def test_members_and_money_when_written_by_a_program_then_as_by_the_pages(client):
    world = make_world()
    member = {"code": "nimbus", "name": "Nimbus", "kind": "company", "country": "fr", "joined_on": "2026-01-01"}
    assert send(client, world.officer, "members/", member)[0] == 201
    assert send(client, world.officer, "members/", member)[1]["error"]["fields"]["code"]
    years = [{"fund_year": str(year_of(world.fund, n).pk), "amount": "100.00"} for n in (1, 2)]
    status, made = send(client, world.officer, "pledges/", {"member": "nimbus", "years": years})
    assert (status, [(p["pledged"], p["outstanding"]) for p in made]) == (201, [("100.0000", "100.0000")] * 2)
    money = {"pledge": made[0]["id"], "amount": "60.00", "received_on": "2026-03-01", "reference": "R", "key": "k"}
    first, again = (send(client, world.officer, "contributions/", money) for _ in range(2))
    assert (first[0], first[1]["id"], Contribution.objects.count()) == (201, again[1]["id"], 1)
    assert (
        send(client, world.officer, "contributions/", {**money, "amount": "61.00"})[1]["error"]["code"] == "key_reused"
    )
    over = send(client, world.officer, "contributions/", {**money, "key": "k2", "amount": "40.01"})
    assert (over[0], over[1]["error"]["code"]) == (409, "not_enough_money")
    assert client.get(f"/api/v1/pledges/{made[0]['id']}/").json()["received"] == "60.0000"


@pytest.mark.parametrize("role", ["auditor", "programme_officer", "finance_approver"])
def test_money_when_written_by_others_then_refused(client, role):
    world = make_world()
    pledge = pledged(world)
    user = staff(role)
    money = {"pledge": str(pledge.pk), "amount": "1", "received_on": "2026-03-01", "reference": "R", "key": "k"}
    assert send(client, user, "contributions/", money)[0] == 403
    assert send(client, user, "members/", {})[0] == 403
    assert send(client, user, "board-seats/", {})[0] == 403
    assert Contribution.objects.count() == 0


def test_members_and_resolutions_when_a_stranger_asks_then_nothing(client):
    world = make_world()
    pledged(world)
    client.force_login(make_user("Sam Stranger"))
    for path in ("members", "representatives", "pledges", "contributions", "board-seats", "resolutions"):
        assert client.get(f"/api/v1/{path}/").json()["results"] == []


def test_resolution_when_proposed_opened_and_voted_by_programs_then_adopted(client):
    world = make_world()
    BoardSeat.objects.update(starts_at=NOON - dt.timedelta(days=1))
    what = {"fund": "af", "title": "Year one", "fund_year": str(year_of(world.fund).pk), "amount": "400"}
    status, made = send(client, world.officer, "resolutions/", what)
    path = f"resolutions/{made['number']}/"
    assert (status, made["status"]) == (201, "draft")
    closes = (timezone.now() + dt.timedelta(days=3)).isoformat()
    assert send(client, world.chair, f"{path}open/", {"closes_at": closes})[0] == 404
    assert send(client, world.officer, f"{path}open/", {"closes_at": closes})[1]["status"] == "voting"
    assert send(client, world.officer, f"{path}vote/", {"choice": "for"})[0] == 403
    assert send(client, world.officer, f"{path}decide/")[1]["error"]["code"] == "votes_still_out"
    for person in world.voters:
        status, answer = send(client, person, f"{path}vote/", {"choice": "for"})
    assert (status, answer["status"]) == (200, "adopted")
    assert client.get(f"/api/v1/{path}tally/").json()["votes_for"] == 3
    assert Resolution.objects.get().entry.lines.first().amount == Decimal(400)


def test_representative_and_seat_when_given_and_ended_by_programs_then_done(client):
    world, admin, person = make_world(), staff("administrator"), make_user("Rita Rep")
    make_member()
    made = send(client, world.officer, "representatives/", {"member": "nimbus", "email": person.email})
    assert made[0] == 201
    assert send(client, world.officer, f"representatives/{made[1]['id']}/end/")[1]["ends_at"] is not None
    assert not Member.objects.represented_by(person).exists()
    seat = send(client, admin, "board-seats/", {"fund": "af", "email": person.email})
    assert (seat[0], send(client, admin, f"board-seats/{seat[1]['id']}/end/")[0]) == (201, 200)
