"""What nobody means and somebody sends all the same: years that no plan has, numbers without an end, lists for words.

Each is refused with a sentence. An instant behind the year 9999 would even break every page that shows its row.
"""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import RoleGrant
from accounts.services import grant_role
from alliance.services import resolutions
from core.clock import server_now
from core.errors import InvalidInput
from funds.models import Fund
from grants.asking import kinds
from grants.models import Call, Proposal, Question, Stage
from grants.services import budget, calls
from reviews.models import CallRubric, Review
from reviews.services import assignment, rubrics
from tests.awards.stories import DECIDED
from tests.grants.stories import make_call, make_draft, make_user, stage_of
from tests.reviews.stories import AFTER, assign, make_eligible, make_officer, make_reviewer

pytestmark = pytest.mark.django_db
NEVER = dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=-12)))
DIGITS = "9" * 5000


@pytest.fixture
def call() -> Call:
    now, day = server_now(), dt.timedelta(days=1)
    return make_call(opens_at=now - day, closes_at=now + day)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- instants -----------------------------------------------------------------------------------------------------------
def test_an_instant_that_could_not_be_read_back_is_refused_by_every_act_that_takes_one():
    proposal, officer = make_eligible(), make_officer()
    review = assign(proposal, make_reviewer())
    chosen = CallRubric.objects.get()
    motion = resolutions.propose_resolution(
        fund=Fund.objects.get(),
        kind="appropriation",
        title="Money",
        text="",
        payload={"fund_year": str(Fund.objects.get().years.first().pk), "amount": "1000"},
        actor=officer,
        at=DECIDED,
    )
    how = {"actor": officer, "at": AFTER}
    stage = Stage.objects.get()
    acts = [
        lambda: grant_role(make_user("Ada Example"), "auditor", ends_at=NEVER, **how),
        lambda: calls.extend_deadline(stage, NEVER, reason="Later", **how),
        lambda: assignment.move_due(review, NEVER, **how),
        lambda: assignment.assign(make_eligible(title="Other"), make_reviewer("Ria"), due_at=NEVER, **how),
        lambda: rubrics.set_call_rubric(proposal.call, chosen.version, reviews_due_at=NEVER, **how),
        lambda: resolutions.open_voting(motion, closes_at=NEVER, **how),
    ]
    for act in acts:
        with pytest.raises(InvalidInput, match="This date can't be meant"):
            act()
    assert not RoleGrant.objects.filter(ends_at__isnull=False).exists()
    assert Review.objects.count() == 1


def test_a_deadline_at_the_end_of_time_is_refused_beside_its_field(call):
    stage = stage_of(call)
    Stage.objects.filter(pk=stage.pk).update(zone="Etc/GMT+12")
    answer = signed_in(make_officer()).post(
        reverse("grants:call_extend", args=[call.code]), {"closes_at": "9999-12-31T23:59", "reason": "Later"}
    )
    assert (answer.status_code, Stage.objects.get(pk=stage.pk).closes_at) == (422, stage.closes_at)


def test_a_fund_year_at_the_end_of_time_is_refused():
    page = signed_in(make_user("Fred Finance", "finance_officer")).post(
        reverse("funds:create"),
        {
            "name": "Far",
            "code": "far",
            "currency": "USD",
            "years-TOTAL_FORMS": "1",
            "years-INITIAL_FORMS": "0",
            "years-0-starts_on": "9999-01-01",
            "years-0-ceiling": "1000",
        },
    )
    assert (page.status_code, Fund.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    "question", ["until=9999-12-31", "since=0001-01-01", "until=0001-01-01", "as_of=9999-99-99", "after=x", "size=abc"]
)
def test_a_list_is_asked_what_it_can_not_answer(question):
    client = signed_in(make_user("Aud Auditor", "auditor"))
    assert client.get(f"/audit/?{question}").status_code in (200, 400)
    assert client.get(f"/funds/?{question}").status_code in (200, 400)


# --- numbers and answers --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("yes_no", []),
        ("yes_no", {}),
        ("yes_no", 1),
        ("number", "1e-999999"),
        ("number", "1e999999"),
        ("number", DIGITS),
        ("number", [1]),
        ("date", {}),
        ("choice", []),
        ("long", 7),
    ],
)
def test_an_answer_of_another_kind_is_refused(kind, value):
    with pytest.raises(InvalidInput):
        kinds.clean(Question(kind=kind, key="idea"), value)


@pytest.mark.parametrize(
    "row", [("1", "1e30", "5"), ("1", "1e999999", "5"), ("1", "99999999", "999999999999999"), (DIGITS, "1", "5")]
)
def test_a_budget_without_measure_is_refused_beside_the_row(call, row):
    proposal = make_draft(call)
    period, quantity, unit_cost = row
    typed = {"period": period, "category": "personnel", "description": "Work"}
    typed |= {"quantity": quantity, "unit_cost": unit_cost}
    answer = signed_in(proposal.pi).post(
        reverse("grants:proposal_budget", args=[proposal.number]),
        {**{f"line-{name}": value for name, value in typed.items()}, "budget-version": "1"},
    )
    assert (answer.status_code, proposal.budget_lines.count()) == (422, 0)


def test_lines_that_sum_to_more_than_can_be_kept_are_refused(call):
    proposal = make_draft(call)
    line = {"period": 1, "category": "personnel", "description": "Work", "unit_cost": "900000000000000"}
    answer = signed_in(proposal.pi).put(
        f"/api/v1/proposals/{proposal.number}/budget/",
        {"version": proposal.version, "lines": [line] * 20},
        "application/json",
    )
    assert (answer.status_code, proposal.budget_lines.count()) == (422, 0)


def test_a_version_without_an_end_is_an_old_page(call):
    proposal = make_draft(call)
    client = signed_in(proposal.pi)
    for name in ("proposal_hand_in", "proposal_budget", "proposal_edit"):
        address = reverse(f"grants:{name}", args=[proposal.number])
        sent = {"version": DIGITS, "budget-version": DIGITS, "value-title": "T", "version-title": DIGITS}
        assert client.post(address, sent).status_code in (409, 422), name
    assert Proposal.objects.get().status == "draft"


def test_the_largest_budget_that_may_be_is_one_form(call):
    proposal, rows = make_draft(call), budget.MOST_LINES
    typed = {"period": "1", "category": "travel", "description": "Trip", "quantity": "1", "unit_cost": "100"}
    answer = signed_in(proposal.pi).post(
        reverse("grants:proposal_budget", args=[proposal.number]),
        {**{f"line-{name}": [value] * rows for name, value in typed.items()}, "budget-version": str(proposal.version)},
    )
    assert (answer.status_code, proposal.budget_lines.count()) == (302, rows)
