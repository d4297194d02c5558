"""Reviews with a realistic spread: strict and lenient reviewers, better and worse proposals, some late, one recused."""

import datetime as dt
from collections.abc import Sequence

from accounts.models import User
from demo.texts import calls as texts
from demo.texts import prose
from demo.world.scene import Scene
from grants.models import Call, Proposal
from grants.services.calls import start_review
from reviews.models import Review
from reviews.ranking import by_rank, ranked
from reviews.services import assignment, reviewing
from reviews.services.conflicts import declare
from reviews.services.recommending import recommend
from reviews.services.reviewing import Given

EACH = 3


def review_all(scene: Scene, name: str, proposals: Sequence[Proposal], at: dt.datetime, *, share: float = 1) -> None:
    """Three reviewers for each proposal; `share` of the reviews is handed in, the rest is at every stage before."""
    call = Call.objects.get(pk=scene.calls[name].pk)
    if call.shape != Call.Shape.CUT_OFFS:
        start_review(call, actor=scene.staff["officer"], at=at)
    load: dict[User, int] = dict.fromkeys(scene.reviewers, 0)
    strict = {person: scene.dice.gauss(0, 0.45) for person in scene.reviewers}
    for proposal in proposals:
        worth = scene.dice.gauss(3.35, 0.65)
        for person in _three(scene, proposal, load):
            load[person] += 1
            review = assignment.assign(proposal, person, actor=scene.staff["officer"], at=at)
            _live(scene, review, worth - strict[person], at, done=scene.dice.random() < share)


def _three(scene: Scene, proposal: Proposal, load: dict[User, int]) -> list[User]:
    """Those with least to do who are not of the proposal's university."""
    place = scene.universities.index(proposal.university) if proposal.university else -1
    barred = set(scene.reviewers[2 * place : 2 * place + 2])
    free = [person for person in scene.reviewers if person not in barred]
    scene.dice.shuffle(free)
    return sorted(free, key=lambda person: load[person])[:EACH]


def _live(scene: Scene, review: Review, leaning: float, at: dt.datetime, *, done: bool) -> None:
    """As far as this review has come: an unfinished one stops somewhere on the way."""
    stop = 4 if done else scene.dice.randint(0, 2)
    person, when = review.reviewer, scene.later(at, scene.dice.uniform(0.2, 4))
    if stop == 0:
        return
    review = reviewing.accept(review, certify=True, actor=person, at=when)
    if stop == 1:
        return
    when = min(scene.later(when, scene.dice.uniform(1, 20)), review.due_at)
    values = [min(5, max(1, round(scene.dice.gauss(leaning, 0.6)))) for _key in texts.RUBRIC]
    mean = sum(values) / len(values)
    public, panel = prose.review_texts(mean, scene.dice)
    scores = {key: Given(value) for (key, *_rest), value in zip(texts.RUBRIC, values, strict=True)}
    if stop == 2:
        scores = dict(list(scores.items())[:3])
        public = ""
    words = {"for_applicant": public, "for_panel": panel, "confidence": scene.dice.randint(2, 5)}
    review = reviewing.save(review, version=review.version, scores=scores, texts=words, actor=person, at=when)
    if stop == 4:
        reviewing.submit(review, version=review.version, actor=person, at=when)


def one_recusal(scene: Scene, name: str, at: dt.datetime) -> None:
    """A reviewer finds out that they know the applicants too well."""
    rows = Review.objects.filter(proposal__call=scene.calls[name], status__in=[Review.Status.ACCEPTED, "draft"])
    review = rows.select_related("reviewer").order_by("proposal__number").first()
    assert review is not None, "The dice left no review that is being written."
    text = "I wrote a paper with the co-investigator last year."
    reviewing.recuse(review, kind="collaborator", text=text, actor=review.reviewer, at=at)


def one_conflicted_officer(scene: Scene, proposal: Proposal, at: dt.datetime) -> None:
    """The officer is a friend of the applicant: a deputy runs this one, and the officer's figures don't hold it."""
    officer = scene.staff["officer"]
    declare(proposal, officer, kind="family", text="The applicant is my brother-in-law.", actor=officer, at=at)


def recommend_best(scene: Scene, name: str, most: int, at: dt.datetime) -> list[Proposal]:
    """The best by rank, as a panel would."""
    call, officer = Call.objects.get(pk=scene.calls[name].pk), scene.staff["officer"]
    rows = ranked(officer, call).filter(status=Proposal.Status.UNDER_REVIEW)
    best = list(by_rank(rows)[:most])
    recommend(call, best, actor=officer, at=at)
    return best
