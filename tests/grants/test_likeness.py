"""What is nearly the same: found after handing in, within a fund, by the real texts; hidden from whoever is sealed off."""

import csv
import datetime as dt
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from core.errors import NotAllowed
from grants.models import Compared, Likeness, Proposal
from grants.services import access, likeness
from grants.services.likeness import ABSTRACT_FROM, TITLE_FROM
from grants.tasks import find_likenesses
from grants.wording import side_by_side
from tests.grants.stories import NOON, make_call, make_researcher, make_submitted, make_user
from tests.grants.stories_triage import desk_of, make_officer, open_call
from tests.grants.stories_two_stage import FULL_NOON, make_invited, start_full

db = pytest.mark.django_db
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "nsf_awards_fy2026.csv"
ABSTRACT = (
    "Bees in towns find their food on balconies and along railways. We count which of them do so, over three summers "
    "and in four cities, and learn how the planting of a street changes what lives there."
)
REWRITTEN = ABSTRACT.replace("three summers", "two years").replace("four cities", "five towns")


def make_one(title: str, abstract: str = "", *, lead: str = "Ada One", call: Any = None, **more: Any) -> Proposal:
    proposal = make_submitted(call, pi=make_researcher(lead), title=title, **more)
    if abstract:
        Proposal.objects.filter(pk=proposal.pk).update(abstract=abstract)
    return Proposal.objects.select_related("call__programme").get(pk=proposal.pk)


def pairs() -> list[tuple[str, str, list[str]]]:
    rows = Likeness.objects.select_related("proposal", "other").order_by("-similarity", "id")
    return [(one.proposal.title, one.other.title, one.parts) for one in rows]


# --- finding ------------------------------------------------------------------------------------------------------------
@db
def test_titles_and_abstracts_are_found_and_kept_once_under_the_later_of_the_two():
    first = make_one("Bees in towns", ABSTRACT)
    second = make_one("Pollinators of streets", REWRITTEN, lead="Bea Two", at=NOON + dt.timedelta(days=1))
    third = make_one("Bees in the towns", lead="Cy Three", at=NOON + dt.timedelta(days=2))
    make_one("Glass", "About glass, and about how it breaks when it is cooled too fast by people in a hurry. " * 2)
    for one in (first, second, third, first):
        likeness.find(one, at=NOON)
    assert pairs() == [
        ("Pollinators of streets", "Bees in towns", ["abstract"]),
        ("Bees in the towns", "Bees in towns", ["title"]),
    ]


@db
def test_short_abstracts_other_funds_drafts_and_one_s_own_full_proposal_are_not_compared():
    one = make_one("Bees in towns", "We map soil.")
    make_one("Glass", "We map soil.", lead="Bea Two")
    elsewhere = make_call("EUR-26", currency="EUR")
    make_one("Bees in towns", lead="Cy Three", call=elsewhere)
    likeness.find(one, at=NOON)
    assert pairs() == []
    full = start_full(make_invited())
    Proposal.objects.filter(pk=full.pk).update(status="submitted", submitted_at=FULL_NOON, abstract=ABSTRACT)
    likeness.find(Proposal.objects.select_related("call__programme").get(pk=full.pk), at=FULL_NOON)
    assert pairs() == []


@db
def test_other_calls_of_the_fund_are_compared():
    make_one("Bees in towns")
    second = make_one("Bees in towns", lead="Bea Two", call=make_call("B-26"))
    likeness.find(second, at=NOON)
    assert pairs() == [("Bees in towns", "Bees in towns", ["title"])]


@db
def test_pair_is_forgotten_when_one_came_in_anew_otherwise_unless_somebody_had_looked_at_it():
    make_one("Bees in towns")
    second, third = (make_one("Bees in towns", lead=name) for name in ("Bea Two", "Cy Three"))
    likeness.find(second, at=NOON)
    looked_at = Likeness.objects.get(other__title="Bees in towns", proposal=second, other__pi__name="Ada One")
    likeness.set_aside(looked_at, actor=None, at=NOON)
    Proposal.objects.filter(pk=second.pk).update(title="Glass and ice")
    likeness.find(Proposal.objects.select_related("call__programme").get(pk=second.pk), at=NOON)
    assert [one.pk for one in Likeness.objects.all()] == [looked_at.pk]
    likeness.find(third, at=NOON)
    assert Likeness.objects.count() == 2


@db
def test_task_compares_what_waits_once_and_again_when_it_came_in_anew(django_assert_num_queries: Any):
    one, _other = make_one("Bees in towns"), make_one("Bees in towns", lead="Bea Two")
    assert likeness.uncompared().count() == 2
    find_likenesses()
    assert (Compared.objects.count(), len(pairs()), likeness.uncompared().count()) == (2, 1, 0)
    with django_assert_num_queries(2):  # the clock, what waits
        find_likenesses()
    Proposal.objects.filter(pk=one.pk).update(submitted_at=NOON + dt.timedelta(days=3))
    assert list(likeness.uncompared()) == [one]


@pytest.mark.django_db(transaction=True)
def test_handing_in_wakes_the_search_once_committed(broker: Any, worker: None):
    """On the real broker, by a real worker."""
    make_one("Bees in towns")
    make_one("Bees in towns", lead="Bea Two")
    deadline = time.monotonic() + 15
    while not Likeness.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(pairs()) == 1


# --- the thresholds, on real texts ----------------------------------------------------------------------------------------
@db
@pytest.mark.skipif(not REAL.exists(), reason="the real awards are not here")
def test_thresholds_find_every_pair_of_real_awards_that_share_a_text():
    """691 awards have 43 pairs with one title (the parts of one project): all found. docs/decisions/0014-likeness.md."""
    with REAL.open(newline="") as file:
        rows = [(row["title"], row["abstract"]) for row in csv.DictReader(file)]
    one = make_one("Seed")
    model = {f.name: getattr(one, f.name) for f in Proposal._meta.fields if f.name not in {"id", "number"}}
    made = [
        Proposal(**{**model, "number": f"R-{n:04}", "title": title[:300], "abstract": abstract})
        for n, (title, abstract) in enumerate(rows, 1)
    ]
    Proposal.objects.bulk_create(made)
    by_title: dict[str, list[Proposal]] = {}
    for proposal in made:
        by_title.setdefault(proposal.title, []).append(proposal)
    same = [group for group in by_title.values() if len(group) > 1]
    for group in same:
        for one in group:
            likeness.find(Proposal.objects.select_related("call__programme").get(pk=one.pk), at=NOON)
    wanted = {frozenset(pair) for group in same for pair in combinations([one.pk for one in group], 2)}
    found = {frozenset((one.proposal_id, one.other_id)) for one in Likeness.objects.all()}
    assert (len(wanted), wanted - found, (TITLE_FROM, ABSTRACT_FROM)) == (43, set(), (0.6, 0.5))


# --- who learns of it -----------------------------------------------------------------------------------------------------
@db
def test_pair_is_hidden_from_who_is_sealed_off_from_either_of_the_two_in_both_directions():
    call = open_call()
    first, second = make_one("Bees in towns", call=call), make_one("Bees in towns", lead="Bea Two", call=call)
    likeness.find(second, at=NOON)
    pair = Likeness.objects.get()
    likeness.set_aside(pair, actor=None, at=NOON)
    likeness.bring_back(pair, actor=None, at=NOON)
    for name, hidden, shown in (("Cleo One", first, second), ("Cleo Two", second, first)):
        sealed = make_user(name, "programme_officer", "administrator")
        access.seal(hidden, sealed, at=NOON)
        desk = desk_of(sealed)
        assert likeness.likenesses_of(shown, sealed) == []
        page = desk.get(f"/intake/{shown.number}/").content.decode()
        assert (hidden.number in page, "Nearly the same" in page) == (False, False)
        assert desk.get(f"/intake/{shown.number}/alike/{pair.pk}/").status_code == 404
        assert desk.get(f"/api/v1/intake/{shown.number}/alike/").json() == []
        assert [row.values["is_alike"] for row in desk.get("/intake/").context["page"].rows] == [False]
        assert desk.get("/intake/?alike=yes").context["page"].rows == []
        assert AuditEvent.objects.visible_to(sealed).filter(verb__startswith="likeness.").count() == 0
        with pytest.raises(NotAllowed):
            likeness.set_aside(pair, actor=sealed, at=NOON)
    assert AuditEvent.objects.visible_to(make_user("Al Admin", "administrator")).filter(
        verb__startswith="likeness."
    ).count() == 2  # fmt: skip


@db
def test_set_aside_leaves_the_board_and_is_kept_with_who_and_when():
    officer, call = make_officer(), open_call()
    make_one("Bees in towns", call=call)
    second = make_one("Bees in towns", lead="Bea Two", call=call)
    likeness.find(second, at=NOON)
    pair, desk = Likeness.objects.get(), desk_of(officer)
    path = f"/intake/{second.number}/alike/{pair.pk}/"
    assert len(desk.get("/intake/?alike=yes").context["page"].rows) == 2
    for _twice in range(2):
        assert desk.post(path, {"act": "aside"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.set_aside_by, desk.get("/intake/?alike=yes").context["page"].rows) == (officer, [])
    assert desk.post(path, {"act": "nonsense"}).status_code == 422
    desk.post(path, {"act": "back"})
    pair.refresh_from_db()
    assert (pair.set_aside_at, pair.set_aside_by) == (None, None)


@db
def test_one_s_own_earlier_proposal_is_said_to_be_the_same_person_s():
    call = open_call()
    first, second = make_one("Bees in towns", call=call), make_one("Bees in towns", call=call)
    likeness.find(second, at=NOON)
    page = desk_of(make_officer()).get(f"/intake/{first.number}/").content.decode()
    assert "the same person's own" in page


@db
def test_applicants_learn_of_no_likeness():
    call = open_call()
    one, two = make_one("Bees in towns", call=call), make_one("Bees in towns", lead="Bea Two", call=call)
    before = [_page_of(lead, lead_of) for lead, lead_of in ((one.pi, one), (two.pi, two))]
    likeness.find(two, at=NOON)
    assert [_page_of(lead, lead_of) for lead, lead_of in ((one.pi, one), (two.pi, two))] == before


def _page_of(user: Any, proposal: Proposal) -> tuple[str, int]:
    client = Client()
    client.force_login(user)
    facts = client.get(f"/api/v1/proposals/{proposal.number}/").content.decode()
    return facts, client.get(f"/api/v1/intake/{proposal.number}/alike/").status_code


# --- beside each other ------------------------------------------------------------------------------------------------------
def test_side_by_side_marks_what_one_alone_has_and_escapes_everything():
    left, right = side_by_side("We map <b>soil</b> here", "We map water here")
    assert left == "We map <mark>&lt;b&gt;soil&lt;/b&gt;</mark> here"
    assert right == "We map <mark>water</mark> here"


@pytest.mark.timeout(10)
def test_side_by_side_of_texts_made_to_be_slow_is_soon_done():
    left, right = side_by_side("a b " * 50_000, "b a " * 50_000)
    assert (left.count("a"), right.count("b")) >= (50_000, 50_000)
