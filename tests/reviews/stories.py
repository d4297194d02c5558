"""A call with a rubric, a pool, and proposals under review, that tests of reviewing and of awards tell stories with."""

import datetime as dt
from decimal import Decimal

from accounts.models import User
from grants.models import Call, Proposal
from grants.services import triage
from reviews.models import CallRubric, Review
from reviews.services import assignment, pool, reviewing, rubrics
from reviews.services.reviewing import Given
from reviews.services.rubrics import CriterionSpec
from tests.grants.stories import CLOSES, make_call, make_researcher, make_submitted, make_university, make_user

AFTER = CLOSES + dt.timedelta(days=10)
DUE = CLOSES + dt.timedelta(days=40)
CRITERIA = (
    CriterionSpec("merit", "Merit", Decimal(3)),
    CriterionSpec("method", "Method", Decimal(1), comment_required=True),
)


def make_officer(name: str = "Otto Officer") -> User:
    return make_user(name, "programme_officer")


def make_judged_call(code: str = "AI-26", **fields: object) -> Call:
    """A closed call with a rubric of two criteria, weighted 3 to 1, on a scale from 1 to 5."""
    call = Call.objects.filter(code=code).first() or make_call(code, **fields)  # type: ignore[arg-type]
    if not CallRubric.objects.filter(call=call).exists():
        version = rubrics.create_rubric(name="Yardstick", criteria=CRITERIA, actor=None, at=AFTER)
        rubrics.set_call_rubric(call, version, reviews_due_at=DUE, actor=None, at=AFTER)
    return call


def make_reviewer(name: str = "Rita Reviewer", *, most_reviews: int = 8, keywords: tuple[str, ...] = ()) -> User:
    user = make_user(name)
    pool.add_reviewer(user, keywords=keywords, most_reviews=most_reviews, actor=None, at=AFTER)
    return user


def make_eligible(call: Call | None = None, title: str = "Open models of soil", pi: str = "Ada Example") -> Proposal:
    call = call or make_judged_call()
    proposal = make_submitted(call, title=title, pi=make_researcher(pi, make_university()))
    return triage.mark_eligible(proposal, actor=make_officer(), at=AFTER)


def assign(proposal: Proposal, reviewer: User) -> Review:
    return assignment.assign(proposal, reviewer, actor=make_officer(), at=AFTER)


def accepted(proposal: Proposal, reviewer: User) -> Review:
    return reviewing.accept(assign(proposal, reviewer), certify=True, actor=reviewer, at=AFTER)


def written(proposal: Proposal, reviewer: User, merit: int = 4, method: int = 4) -> Review:
    review = accepted(proposal, reviewer)
    scores = {"merit": Given(merit), "method": Given(method, "Sound.")}
    texts = {"for_applicant": "Good work.", "confidence": 4}
    return reviewing.save(review, version=review.version, scores=scores, texts=texts, actor=reviewer, at=AFTER)


def submitted(proposal: Proposal, reviewer: User, merit: int = 4, method: int = 4) -> Review:
    review = written(proposal, reviewer, merit, method)
    return reviewing.submit(review, version=review.version, actor=reviewer, at=AFTER)
