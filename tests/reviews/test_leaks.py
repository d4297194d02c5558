"""Law 6, attacked: two worlds that differ in a hidden review alone, and everything that a person can fetch of both.

The worlds of an officer with a conflict differ in the whole review of one proposal: in one nobody was asked, in the other
it was judged best, recommended and put on the slates. Those of an applicant differ in who reviewed.
"""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from alliance.services import board, resolutions
from awards.models import Award, Slate
from awards.services import awards, slates
from funds.models import FundYear
from grants.models import Call, Proposal
from grants.services import calls, decisions, submission, triage
from reviews.models import Conflict, Review
from reviews.services import conflicts
from tests.awards.stories import DECIDED, adopt, fill, make_board, make_slate, signer
from tests.crawling import Crawl, apart, canonical, differences
from tests.grants.stories import (
    LONG_AGO,
    make_member,
    make_proposal,
    make_researcher,
    make_signer,
    make_university,
    make_user,
    sign,
)
from tests.reviews.stories import (
    AFTER,
    accepted,
    assign,
    make_eligible,
    make_judged_call,
    make_officer,
    make_reviewer,
    submitted,
)

pytestmark = pytest.mark.django_db
HIDDEN = "A secret of rivers"  # the title of the proposal that the officer is sealed off from
OURS = ("/reviews/", "/awards/", "/api/v1/")


def conflicted(*roles: str) -> User:
    return make_user("Cleo Conflicted", *roles)


def judge(hidden: Proposal) -> None:
    """The review that must not be learnt of: best of the call, one reviewer busy with it, a conflict that was found."""
    submitted(hidden, make_user("Rea Reads"), 5, 5)
    accepted(hidden, make_user("Bob Busy"))
    assign(hidden, make_user("Ian Invited"))
    assign(hidden, make_user("Dan Declines"))
    someone = make_user("Nia Nearby")
    conflicts.note_found(hidden, someone, kind=Conflict.Kind.COLLABORATOR, evidence="A paper together.", at=AFTER)


def make_world(*roles: str, judged: bool) -> User:
    """A call in review with two slates, one before the board; `judged` says whether the hidden proposal was."""
    call = make_judged_call()
    hidden, first, second, _new = (
        make_eligible(call, title, pi)
        for title, pi in ((HIDDEN, "Hal Hidden"), ("First", "Fay First"), ("Second", "Sam Second"), ("New", "Nel New"))
    )
    reader = conflicted(*(role for role in roles if role != "board"))
    if "board" in roles:
        board.add_board_seat(call.programme.fund, reader, voting=False, actor=None, at=LONG_AGO)
    conflicts.declare(hidden, reader, kind="family", text="My brother.", actor=reader, at=AFTER)
    for name, most in (("Rea Reads", 8), ("Bob Busy", 1), ("Ian Invited", 8), ("Dan Declines", 8), ("Una Usual", 8)):
        make_reviewer(name, most_reviews=most)
    make_user("Nia Nearby")
    if judged:
        judge(hidden)
    submitted(first, make_user("Una Usual"), 4, 4)
    submitted(second, make_user("Una Usual"), 2, 2)
    assign(second, make_user("Ian Invited"))
    Call.objects.filter(pk=call.pk).update(status="in_review", envelope=Decimal(700_000))
    recommended = [hidden, first, second] if judged else [first, second]
    for proposal in recommended:
        decisions.recommend(proposal, actor=make_officer(), at=DECIDED)
    put_on_slates(call, hidden if judged else None)
    return reader


def put_on_slates(call: Call, hidden: Proposal | None) -> None:
    """A draft that is larger than the envelope with the hidden one and fits without, and one that the board votes on."""
    fund = call.programme.fund
    make_board(fund)
    fill(fund, 2_000_000)
    year = FundYear.objects.get(fund=fund, number=2)
    shown = list(Proposal.objects.filter(call=call, status="recommended").order_by("number"))
    for most in (400_000, 100_000):
        slate = make_slate(shown[0])
        for line in slate.lines.all():
            money = {year: Decimal(most if line.proposal == hidden else 250_000)}
            slates.set_line(
                slate, line.proposal, decision="fund", by_year=money, version=1, actor=make_officer(), at=DECIDED
            )
    resolution = slates.propose(slate, actor=make_officer(), at=DECIDED)
    closes = DECIDED + dt.timedelta(days=7)
    opened = resolutions.open_voting(resolution, closes_at=closes, actor=make_officer(), at=DECIDED)
    resolutions.cast_vote(opened, "for", actor=make_user("Bo Board"), at=DECIDED)


def starts() -> list[str]:
    """Every page and list that staff of reviews and awards begin at, and questions that aim at the hidden proposal."""
    hidden, new = (Proposal.objects.get(title=title) for title in (HIDDEN, "New"))
    pages = [
        *("/home/", "/calls/", "/calls/all/", "/calls/AI-26/", "/calls/AI-26/intake/", "/proposals/"),
        *("/reviews/", "/reviews/board/", "/reviews/pool/", "/reviews/conflicts/", "/reviews/rubric/AI-26/"),
        *("/reviews/ranking/AI-26/", "/reviews/ranking/AI-26/recommend/"),
        *("/awards/", "/awards/slates/", "/awards/payments/", "/awards/reports/", "/awards/payments/batches/"),
        *("/alliance/resolutions/", "/notices/log/", "/notices/deadlines/", "/audit/", "/reports/budget/"),
        f"/reviews/assign/{new.number}/",
        f"/reviews/assign/{hidden.number}/",
        f"/proposals/{hidden.number}/",
    ]
    lists = ("/reviews/board/", "/reviews/ranking/AI-26/", "/reviews/conflicts/", "/proposals/", "/audit/")
    searches = [f"{page}?q={words}" for page in lists for words in (hidden.number, "secret")]
    nouns = ("reviews", "reviewers", "conflicts", "slates", "awards", "payments", "batches", "award-reports")
    others = ("resolutions", "notice-log", "deadlines", "audit", "proposals", "calls")
    api = [f"/api/v1/{noun}/" for noun in (*nouns, *others)]
    return [*pages, *searches, *api, "/api/v1/calls/AI-26/ranking/"]


def ours(path: str) -> bool:
    """Links of reviews and awards are followed, with each sorting and filter that is offered; the trail's list says all."""
    if "?" in path:
        return path.startswith(("/reviews/", "/awards/")) and "size=" not in path and "&sort=" not in path
    return path.startswith((*OURS, "/alliance/resolutions/")) and not path.startswith("/api/v1/audit/")


@pytest.mark.parametrize(
    "roles", [("programme_officer",), ("auditor", "administrator"), ("finance_officer",), ("board",)]
)
def test_everything_an_officer_with_a_conflict_can_fetch_is_the_same_with_and_without_the_hidden_review(roles):
    worlds = [
        apart(lambda: make_world(*roles, judged=judged), lambda reader: Crawl(reader, ours).fetch(starts()))  # noqa: B023
        for judged in (True, False)
    ]
    assert differences(*worlds) == ""
    assert sum(status == 200 for status, _text in worlds[0].values()) > (20 if roles == ("board",) else 40)


def test_the_same_crawl_by_an_officer_without_the_conflict_sees_both_worlds_differ():
    """The control: what is compared above could leak."""

    def fetch(_reader: User) -> dict[str, tuple[int, str]]:
        pages = ["/reviews/board/", "/reviews/pool/", "/reviews/ranking/AI-26/", "/api/v1/slates/SL-2026-0001/"]
        return Crawl(make_officer(), lambda _path: False).fetch(pages)

    with_it, without = (apart(lambda: make_world("programme_officer", judged=j), fetch) for j in (True, False))  # noqa: B023
    assert [path for path in with_it if with_it[path] == without[path]] == []


def posts(reader: User) -> dict[str, tuple[int, str]]:
    """What the officer's own acts are answered."""
    client = Client()
    client.force_login(reader)
    new, busy = Proposal.objects.get(title="New"), make_user("Bob Busy")
    draft, proposed = Slate.objects.order_by("number")
    busy_one = {"reviewer": str(busy.pk), "due_at": (timezone.now() + dt.timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")}
    acts = {
        "invite": (f"/reviews/assign/{new.number}/", busy_one),
        "invite by the API": ("/api/v1/reviews/", {**busy_one, "proposal": new.number}),
        "rubric": ("/reviews/rubric/AI-26/", {}),
        "new rubric": ("/reviews/rubric/AI-26/new/", {}),
        "recommend": ("/reviews/ranking/AI-26/recommend/", {}),
        "propose": (f"/awards/slates/{draft.number}/propose/", {}),
        "propose by the API": (f"/api/v1/slates/{draft.number}/propose/", {}),
        "withdraw": (f"/awards/slates/{draft.number}/withdraw/", {"reason": "No."}),
        "decide": (f"/alliance/resolutions/{proposed.resolution.number}/decide/", {}),
        "new slate": ("/awards/slates/new/AI-26/", {"title": "Another"}),
    }
    found = {}
    for name, (path, data) in acts.items():
        with transaction.atomic():
            kind = {"content_type": "application/json"} if path.startswith("/api/") else {}
            answer = client.post(path, data, **kind)
            found[name] = (answer.status_code, canonical(answer.content))
            transaction.set_rollback(True)
    return found


def test_what_an_officer_with_a_conflict_does_is_answered_alike_in_both_worlds():
    worlds = [apart(lambda: make_world("programme_officer", judged=judged), posts) for judged in (True, False)]  # noqa: B023
    assert differences(*worlds) == ""
    assert {name: status for name, (status, _text) in worlds[0].items()} == {
        "invite": 302,
        "invite by the API": 201,
        "rubric": 403,
        "new rubric": 403,
        "recommend": 422,
        "propose": 403,
        "propose by the API": 403,
        "withdraw": 403,
        "decide": 403,
        "new slate": 302,
    }


# --- applicants ---------------------------------------------------------------------------------------------------------
def handed_in_by_two(call: Call, title: str) -> Proposal:
    proposal = make_proposal(call, title=title, pi=make_researcher("Ada Example"))
    make_member(proposal, "Ben Coauthor")
    proposal.refresh_from_db()
    submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=proposal.created_at)
    sign(proposal, at=proposal.created_at)
    return triage.mark_eligible(proposal, actor=make_officer(), at=AFTER)


def make_decided(reviewer: str) -> list[User]:
    """Two proposals of one researcher, judged by `reviewer`: one was awarded and accepted, the other declined."""
    call = make_judged_call()
    make_signer(university=make_university())
    first, second = (handed_in_by_two(call, title) for title in ("Won", "Lost"))
    for name in ("Rita Reviewer", "Rob Otherreviewer"):
        make_reviewer(name, keywords=(name.lower(),))
    for proposal, merit in ((first, 5), (second, 2)):
        submitted(proposal, make_user(reviewer), merit, merit)
        submitted(proposal, make_reviewer("Mia Middle"), merit, merit)
    Review.objects.filter(reviewer=make_user(reviewer)).update(for_applicant="Bold, and clear.")
    declined = assign(first, make_reviewer("Dan Declines"))
    Review.objects.filter(pk=declined.pk).update(status="declined")
    fund = call.programme.fund
    fill(fund)
    decisions.recommend(first, actor=make_officer(), at=DECIDED)
    decisions.not_recommend(second, actor=make_officer(), at=DECIDED)
    adopt(slates.propose(make_slate(first), actor=make_officer(), at=DECIDED))
    award = Award.objects.get()
    awards.accept_award(award, typed_name=signer().name, terms_sha256=award.terms_sha256, actor=signer(), at=DECIDED)
    Call.objects.filter(pk=call.pk).update(status="in_review")
    calls.mark_decided(call, actor=make_officer(), at=DECIDED)
    return [make_user("Ada Example"), make_user("Ben Coauthor"), signer()]


def fetch_as_applicants(people: list[User]) -> list[dict[str, tuple[int, str]]]:
    start = [
        *(
            "/",
            "/home/",
            "/proposals/",
            "/awards/",
            "/awards/payments/",
            "/awards/reports/",
            "/notices/",
            "/calls/AI-26/",
        ),
        *("/universities/office/", "/sign-offs/", "/reviews/", "/reviews/board/", "/reports/funded/"),
        *(f"/reviews/read/{review.pk}/" for review in Review.objects.order_by("pk")),
        *(f"/reviews/mine/{review.pk}/" for review in Review.objects.order_by("pk")),
        *(f"/api/v1/{noun}/" for noun in ("proposals", "awards", "reviews", "reviewers", "conflicts", "notices")),
        *(f"/api/v1/{noun}/" for noun in ("award-reports", "payments", "slates", "deadlines", "audit", "people")),
    ]
    return [Crawl(person, lambda path: "?" not in path).fetch(start) for person in people]


def test_nothing_an_applicant_can_fetch_after_the_decision_depends_on_who_reviewed():
    worlds = [
        apart(lambda: make_decided(reviewer), fetch_as_applicants)  # noqa: B023
        for reviewer in ("Rita Reviewer", "Rob Otherreviewer")
    ]
    for one, other in zip(*worlds, strict=True):
        assert differences(one, other) == ""
        assert [path for path, (_status, text) in one.items() if "Rita Reviewer" in text or "Mia Middle" in text] == []
        assert any("Bold, and clear." in text for _status, text in one.values())
        assert sum(status == 200 for status, _text in one.values()) > 15


def test_a_recused_reviewer_is_answered_as_if_there_had_never_been_a_review(client):
    reviewer = make_reviewer()
    review = accepted(make_eligible(), reviewer)
    client.force_login(reviewer)
    assert client.post(f"/reviews/mine/{review.pk}/recuse/", {"kind": "family"}).status_code == 302
    assert review.proposal.title not in client.get("/reviews/").content.decode()
    nobody = "00000000-0000-7000-8000-000000000000"
    for path in ("/reviews/mine/{}/", "/api/v1/reviews/{}/", "/reviews/read/{}/"):
        own, none = (client.get(path.format(key)) for key in (review.pk, nobody))
        assert (own.status_code, canonical(own.content)) == (none.status_code, canonical(none.content))
