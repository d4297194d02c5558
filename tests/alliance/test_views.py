"""The pages of the alliance: who may do what, forms sent twice, what the recused don't see, and constant queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from alliance.lists import MEMBERS, RESOLUTIONS
from alliance.models import BoardSeat, Contribution, Member, Pledge, Resolution
from alliance.services import members, resolutions
from audit.models import AuditEvent
from core.lists import ListPage
from core.lists.export import rows_for_export
from core.lists.query import ListQuery
from tests.alliance.stories import (
    NOON,
    make_member,
    make_user,
    make_world,
    pledged,
    proposed,
    put_to_vote,
    received,
    staff,
    vote,
)
from tests.funds.stories import year_of

pytestmark = pytest.mark.django_db
STAFF = ("administrator", "programme_officer", "finance_officer", "finance_approver", "auditor")


def post(client, user, page, *args, **data):
    client.force_login(user)
    return client.post(reverse(f"alliance:{page}", args=args), data)


def get(client, user, name, *args, query=""):
    client.force_login(user)
    return client.get(reverse(f"alliance:{name}", args=args) + query)


def shown(rf, user, spec, query=""):
    request = rf.get(f"/x/?{query}")
    request.user = user
    return ListPage(spec, request)


def open_now(world, amount=400):
    """A resolution that is open by the real clock, as pages read it."""
    at = timezone.now()
    BoardSeat.objects.update(starts_at=NOON - dt.timedelta(days=1))
    return resolutions.open_voting(
        proposed(world, amount), closes_at=at + dt.timedelta(days=7), actor=world.officer, at=at
    )


# --- lists ------------------------------------------------------------------------------------------------------------
def grow(world, number):
    for n in range(number):
        received(pledged(world, 100, code=f"member-{n}"), 40, key=f"key-{n}", actor=world.officer)
        put_to_vote(world, 10, title=f"Resolution {n}")


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("url", "reader", "queries"),
    [
        ("alliance:members", "officer", 12),
        ("alliance:contributions", "officer", 9),
        ("alliance:resolutions", "officer", 10),
        ("alliance:resolutions", "chair", 10),
    ],
)
def test_list_page_when_drawn_then_its_queries_do_not_grow(
    client, django_assert_num_queries, url, reader, queries, number
):
    world = make_world()
    grow(world, number)
    client.force_login(getattr(world, reader))
    client.get(reverse(url))
    with django_assert_num_queries(queries):
        assert client.get(reverse(url)).status_code == 200


def test_members_when_asked_for_a_day_then_figures_totals_and_export_of_that_day(rf):
    world = make_world()
    received(pledged(world, 500), 200)
    later = NOON + dt.timedelta(days=3)
    members.make_pledge(Member.objects.get(), year_of(world.fund, 2), Decimal(100), actor=None, at=later)
    found = {}
    for query in ("", "as_of=2026-03-02", "fund=af&as_of=2026-03-02", "as_of=2026-02-28"):
        page = shown(rf, world.officer, MEMBERS, query)
        row = page.rows[0].values if page.rows else {}
        figures = [row.get(name) for name in ("pledged", "received", "outstanding")]
        totals = page.query.totals.get("outstanding")
        exported = list(rows_for_export(MEMBERS, world.officer, QueryDict(query)).rows)
        found[query] = (figures, totals, len(exported))
    assert found == {
        "": ([600, 200, 400], [(400, "USD")], 1),
        "as_of=2026-03-02": ([500, 200, 300], [(300, "USD")], 1),
        "fund=af&as_of=2026-03-02": ([500, 200, 300], [(300, "USD")], 1),
        "as_of=2026-02-28": ([None, None, None], [], 1),
    }


def test_members_when_a_representative_reads_them_then_figures_of_the_own_member_alone(rf):
    world = make_world()
    pledged(world, 500)
    pledged(world, 900, code="vertex")
    person = make_user("Rita Rep")
    members.add_representative(Member.objects.get(code="nimbus"), person, actor=None, at=NOON)
    page = shown(rf, person, MEMBERS)
    assert [(row.values["code"], row.values["pledged"]) for row in page.rows] == [("nimbus", 500), ("vertex", None)]
    assert page.query.totals["pledged"] == [(500, "USD")]
    by_amount = ListQuery(MEMBERS, person, QueryDict("sort=-pledged&owes=true"))
    assert by_amount.count == (1, True)


def test_resolutions_when_asked_for_a_day_then_their_state_of_that_day(rf):
    world = make_world()
    open_ = put_to_vote(world)
    later = NOON + dt.timedelta(days=1)
    vote(open_, *[(person, "for") for person in world.voters], at=later)
    states = [
        [row.values["standing"] for row in shown(rf, world.chair, RESOLUTIONS, query).rows]
        for query in ("", "as_of=2026-03-01", "as_of=2026-02-27", "status=adopted&as_of=2026-03-01")
    ]
    assert states == [["adopted"], ["voting"], [], []]


# --- who may ----------------------------------------------------------------------------------------------------------
def test_pages_when_asked_by_each_person_then_open_to_whom_they_concern(client):
    world = make_world()
    received(pledged(world), 100)
    open_, draft = put_to_vote(world), proposed(world, 10)
    rep, stranger = make_user("Rita Rep"), make_user("Sam Stranger")
    members.add_representative(Member.objects.get(), rep, actor=None, at=NOON)
    people = {"board": world.chair, "rep": rep, "stranger": stranger, "officer": world.officer}
    people |= {role: staff(role) for role in STAFF if role != "finance_officer"}
    pages = {
        "members": (),
        "member": ("nimbus",),
        "contributions": (),
        "board": (),
        "resolutions": (),
        "resolution": (open_.number,),
        "resolution_draft": (draft.number,),
        "member_new": (),
        "pledge": ("nimbus",),
        "appropriation_new": (),
    }
    found = {
        person: "".join(
            {200: "y", 403: "n", 404: "-"}[get(client, user, name.removesuffix("_draft"), *args).status_code]
            for name, args in pages.items()
        )
        for person, user in people.items()
    }
    assert found == {
        "officer": "yyyyyyyyyy",
        "administrator": "yyyyyyyyyy",
        "programme_officer": "yyyyyyynny",
        "finance_approver": "yyyyyyynnn",
        "auditor": "yyyyyyynnn",
        "board": "yyyyyy-nnn",
        "rep": "yyyyn--nnn",
        "stranger": "n-nnn---nn".replace("---nn", "--n-n"),
    }


def test_member_page_when_another_members_representative_reads_it_then_no_money_and_no_people(client):
    world = make_world()
    received(pledged(world), 123)
    other, person = make_member("vertex"), make_user("Rita Rep")
    members.add_representative(other, person, actor=None, at=NOON)
    members.add_representative(Member.objects.get(code="nimbus"), make_user("Nora Nimbus"), actor=None, at=NOON)
    words = get(client, person, "member", "nimbus").content.decode()
    assert [text in words for text in ("500.00", "123.00", "SWIFT 1", "Nora Nimbus")] == [False] * 4
    assert "500.00" in get(client, world.chair, "member", "nimbus").content.decode()


# --- pledges and contributions ----------------------------------------------------------------------------------------
def test_pledge_form_when_sent_then_each_year_with_an_amount_is_posted_and_the_rest_stays_open(client):
    world = make_world(1000, 1000, 1000)
    make_member()
    answer = post(client, world.officer, "pledge", "nimbus", year_1="1,200.50", year_2="", year_3="70")
    assert answer.url == reverse("alliance:member", args=["nimbus"])
    assert list(Pledge.objects.values_list("fund_year__number", "amount")) == [(1, Decimal("1200.50")), (3, 70)]
    again = get(client, world.officer, "pledge", "nimbus")
    assert list(again.context["form"].fields) == ["year_2"]
    wrong = post(client, world.officer, "pledge", "nimbus", year_2="1.000,00")
    assert (wrong.status_code, 'value="1.000,00"' in wrong.content.decode()) == (422, True)


def test_contribution_form_when_sent_twice_then_recorded_once(client):
    world = make_world()
    pledge = pledged(world)
    page = get(client, world.officer, "contribution_new", pledge.pk)
    form = page.context["form"]
    data = {name: form[name].value() for name in ("key", "received_on")}
    data |= {"pledge": str(pledge.pk), "amount": "500.00", "reference": "SWIFT 7"}
    answers = [post(client, world.officer, "contribution_new", pledge.pk, **data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert list(Contribution.objects.values_list("amount", "reference")) == [(500, "SWIFT 7")]
    refused = post(client, world.officer, "contribution_new", pledge.pk, **{**data, "key": "new"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["amount"] == [
        "Of this pledge only 0.00 USD is outstanding. Nothing was recorded."
    ]


def test_contribution_when_an_auditor_sends_it_then_refused(client):
    pledge = pledged(make_world())
    answer = post(client, staff("auditor"), "contribution_new", pledge.pk, amount="1", key="k")
    assert (answer.status_code, Contribution.objects.count()) == (403, 0)


def test_member_form_when_the_code_is_taken_then_said_beside_it_and_nothing_typed_is_lost(client):
    world = make_world()
    make_member()
    data = {"name": "Other", "code": "nimbus", "kind": "company", "country": "DE", "joined_on": "2026-02-03"}
    answer = post(client, world.officer, "member_new", **data)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["code"])
    assert 'value="Other"' in answer.content.decode()
    assert post(client, world.officer, "member_new", **{**data, "code": "other"}).status_code == 302


# --- resolutions ------------------------------------------------------------------------------------------------------
def test_appropriation_when_proposed_and_voted_through_the_pages_then_adopted(client):
    world = make_world()
    BoardSeat.objects.update(starts_at=NOON - dt.timedelta(days=1))
    closes = (timezone.now() + dt.timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    data = {"fund_year": str(year_of(world.fund).pk), "amount": "400", "title": "Year one", "text": "Needed."}
    wrong = post(
        client, world.officer, "appropriation_new", **{**data, "amount": "1,000.01"}, opens="on", closes_at=closes
    )
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["amount"])
    assert Resolution.objects.count() == 0
    assert post(client, world.officer, "appropriation_new", **data, opens="on", closes_at=closes).status_code == 302
    made = Resolution.objects.get()
    waiting = get(client, world.chair, "resolutions").context["waiting"]
    assert (made.status, list(waiting)) == ("voting", [made])
    for person in world.voters:
        assert post(client, person, "resolution_vote", made.number, choice="for").status_code == 302
    made.refresh_from_db()
    assert (made.status, made.entry.event) == ("adopted", "appropriation")


def test_vote_when_sent_by_staff_or_for_nonsense_then_refused(client):
    world = make_world()
    open_ = open_now(world)
    assert post(client, world.officer, "resolution_vote", open_.number, choice="for").status_code == 403
    assert post(client, world.chair, "resolution_vote", open_.number, choice="maybe").status_code == 422
    assert open_.votes.count() == 0


def test_recused_when_reading_on_then_neither_papers_nor_votes_nor_tally_by_any_way(client):
    """The text, the amount and how the others voted are there to be leaked: to the other voter they are shown."""
    world = make_world()
    open_ = open_now(world, 417)
    chair, other, third = world.voters
    post(client, other, "resolution_vote", open_.number, choice="against")
    post(client, chair, "resolution_vote", open_.number, choice="recused")
    secrets = ("417.00", "The calls of spring", "Vera Voter 1", "Against", "Quorum")
    for person, sees in ((chair, False), (third, True)):
        words = get(client, person, "resolution", open_.number).content.decode()
        assert [text in words for text in secrets] == [sees] * len(secrets)
    client.force_login(chair)
    api = f"/api/v1/resolutions/{open_.number}/"
    assert client.get(api).json()["papers"] is None
    assert client.get(f"{api}tally/").status_code == 404
    assert [row["name"] for row in client.get(f"{api}votes/").json()] == [chair.name]
    assert client.post(f"{api}decide/").status_code == 403


def test_recused_when_also_an_administrator_then_the_trail_of_the_resolution_is_closed_too(client):
    world = make_world()
    admin = staff("administrator")
    BoardSeat.objects.create(user=admin, fund=world.fund, starts_at=NOON - dt.timedelta(days=1))
    open_ = open_now(world)
    seen = AuditEvent.objects.visible_to(admin).filter(subject_id=str(open_.pk))
    assert seen.exists()
    post(client, admin, "resolution_vote", open_.number, choice="recused")
    assert not seen.all().exists()


def test_decide_when_it_can_not_be_carried_out_then_said_and_nothing_is_decided(client):
    world = make_world()
    first, second = open_now(world, 900), open_now(world, 200)
    for resolution in (second, first):
        for person in world.voters[: 2 if resolution is second else 3]:
            post(client, person, "resolution_vote", resolution.number, choice="for")
    answer = post(client, world.chair, "resolution_decide", second.number)
    assert (answer.status_code, "leaves only 100.00 USD" in answer.content.decode()) == (409, True)
    assert Resolution.objects.get(pk=second.pk).status == "voting"


def test_board_page_when_an_administrator_gives_and_ends_a_seat_then_done_and_by_others_refused(client):
    world = make_world()
    admin = staff("administrator")
    newcomer = make_user("Nils Newcomer")
    data = {"email": newcomer.email, "fund": str(world.fund.pk), "voting": "on"}
    assert post(client, world.officer, "board", **data).status_code == 403
    assert post(client, admin, "board", **data).status_code == 302
    seat = BoardSeat.objects.get(user=newcomer)
    wrong = post(client, admin, "board", **{**data, "email": "nobody@example.org"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["email"])
    assert post(client, world.officer, "seat_end", seat.pk).status_code == 403
    assert post(client, admin, "seat_end", seat.pk).status_code == 302
    assert "board" not in type(newcomer).objects.get(pk=newcomer.pk).personas
