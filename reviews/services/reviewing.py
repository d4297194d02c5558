"""What a reviewer does: answer the invitation, certify, score, submit, recuse."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, NotAllowed, StaleWrite, WrongState
from core.text import clean_text, given_reason
from grants.access import is_sealed
from grants.services import access
from notifications.deadlines import end_deadline, set_deadline
from notifications.services import queue_notice
from reviews.errors import ReviewIncomplete
from reviews.models import Conflict, Criterion, Review, Score
from reviews.scoring import Scale, weighted_mean
from reviews.services import conflicts
from reviews.services.steps import locked_review, move

TEXTS = ("for_applicant", "for_panel", "for_staff")
LONGEST_TEXT = 20_000
TIME_TO_REWRITE = dt.timedelta(days=7)
WRITABLE = (Review.Status.DRAFT, Review.Status.REOPENED)


@dataclass(frozen=True)
class Given:
    """What a reviewer gives for one criterion; None leaves that part as it is."""

    value: int | None = None
    comment: str | None = None
    clear: bool = False


@transaction.atomic
def accept(review: Review, *, certify: bool, actor: User, at: dt.datetime) -> Review:
    """The reviewer certifies that there is no conflict, and takes it on. Only now is the content theirs to read."""
    held = _own(review, actor)
    if not certify:
        raise InvalidInput("Certify that you have no conflict of interest, or recuse yourself.", field="certify")
    held.certified_at = at
    move(held, Review.Status.ACCEPTED, actor=actor, at=at, after={"certified": True})
    access.grant(held.proposal, actor, "reviewer", at=at)
    return held


@transaction.atomic
def decline(review: Review, *, reason: str, actor: User, at: dt.datetime) -> Review:
    """The reviewer does not take it on, for want of time or expertise (a conflict is a recusal)."""
    held = _own(review, actor)
    reason = clean_text(reason, field="reason", longest=4_000).strip()
    move(held, Review.Status.DECLINED, actor=actor, at=at, reason=reason)
    _leave(held, at)
    _tell_staff(held, _("declined"), reason, at)
    return held


@transaction.atomic
def recuse(review: Review, *, kind: str, text: str, actor: User, at: dt.datetime) -> Review:
    """The reviewer has a conflict: it is recorded, seals the proposal off from them, and ends the review."""
    held = _own(review, actor)
    conflicts.declare(held.proposal, actor, kind=kind, text=text, actor=actor, at=at)
    held.refresh_from_db()
    _tell_staff(held, _("recused"), str(Conflict.Kind(kind).label), at)
    return held


def _own(review: Review, actor: User) -> Review:
    held = locked_review(review)
    if held.reviewer_id != actor.pk:
        raise NotAllowed("A review is its reviewer's alone; it can't be delegated.")
    return held


def _leave(review: Review, at: dt.datetime) -> None:
    access.revoke(review.proposal, review.reviewer, "reviewer")
    end_deadline(kind="review.due", subject=review, at=at)


def _tell_staff(review: Review, what: str, reason: str, at: dt.datetime) -> None:
    if review.assigned_by is None or is_sealed(review.proposal, review.assigned_by):
        return
    queue_notice(
        kind="review.answered",
        key=f"review.answered:{review.pk}:{review.version}",
        subject=_("%(number)s: a reviewer %(what)s") % {"number": review.proposal.number, "what": what},
        body=_("%(who)s %(what)s the review of %(number)s. %(reason)s")
        % {"who": review.reviewer, "what": what, "number": review.proposal.number, "reason": reason},
        path=f"/reviews/assign/{review.proposal.number}/",
        recipient=review.assigned_by,
        about=review.proposal,
        at=at,
    )


@transaction.atomic
def save(
    review: Review,
    *,
    version: int,
    scores: Mapping[str, Given],
    texts: Mapping[str, Any],
    actor: User,
    at: dt.datetime,
) -> Review:
    """Keep what was typed, whole or a part. A save that was made from an older state is refused with both texts."""
    held = _own(review, actor)
    if held.status == Review.Status.ACCEPTED:
        move(held, Review.Status.DRAFT, actor=actor, at=at)
        held.version -= 1  # the first save is one change, not two
    elif held.status not in WRITABLE:
        raise WrongState(f"This review is {held.get_status_display().lower()}; nothing more can be written.")
    if held.version != version:
        raise StaleWrite(
            "This review was changed elsewhere meanwhile. Both texts are kept: compare and choose.",
            version=held.version,
            theirs=as_data(held),
            yours={"scores": {key: given.__dict__ for key, given in scores.items()}, **dict(texts)},
        )
    _write_texts(held, texts)
    held.version, held.updated_at = held.version + 1, at
    held.save()
    _write_scores(held, scores)
    record(actor, "review.saved", held, at=at, subject=held.proposal, after={"version": held.version})
    return held


def as_data(review: Review) -> dict[str, Any]:
    """A review as it is kept: what a second device is shown beside its own."""
    prefetch_related_objects([review], "scores__criterion")
    scores = sorted(review.scores.all(), key=lambda score: score.criterion.position)
    return {
        "scores": {score.criterion.key: {"value": score.value, "comment": score.comment} for score in scores},
        "confidence": review.confidence,
        **{name: getattr(review, name) for name in TEXTS},
    }


def _write_texts(review: Review, texts: Mapping[str, Any]) -> None:
    for name, value in texts.items():
        if name in TEXTS:
            if len(value) > LONGEST_TEXT:
                raise InvalidInput(f"A comment has {LONGEST_TEXT:,} characters at most.", field=name)
            setattr(review, name, value)
        elif name == "confidence":
            if value is not None and value not in range(1, 6):
                raise InvalidInput("Confidence is a number from 1 to 5.", field=name)
            review.confidence = value
        else:
            raise InvalidInput(f"A review has no field {name[:40]!r}.", field=name)


def _write_scores(review: Review, scores: Mapping[str, Given]) -> None:
    criteria = {criterion.key: criterion for criterion in Criterion.objects.filter(version=review.rubric_version_id)}
    for key, given in scores.items():
        criterion = criteria.get(key)
        if criterion is None:
            raise InvalidInput(f"The rubric has no criterion {key[:40]!r}.", field=key)
        if given.value is not None and not criterion.lowest <= given.value <= criterion.highest:
            scale = f"give a number from {criterion.lowest} to {criterion.highest}."
            raise InvalidInput(f"{criterion.label}: {scale}", field=key)
        if given.comment is not None and len(given.comment) > LONGEST_TEXT:
            raise InvalidInput(f"{criterion.label}: a comment has {LONGEST_TEXT:,} characters at most.", field=key)
        score, _created = Score.objects.get_or_create(review=review, criterion=criterion)
        if given.value is not None or given.clear:
            score.value = None if given.clear else given.value
        if given.comment is not None:
            score.comment = given.comment
        score.save()


def missing(review: Review) -> list[tuple[str, str]]:
    """(place, what is missing) of a review that is to be submitted."""
    scores = {score.criterion_id: score for score in review.scores.all()}
    lacks: list[tuple[str, str]] = []
    for criterion in Criterion.objects.filter(version=review.rubric_version_id):
        score = scores.get(criterion.pk)
        if score is None or score.value is None:
            lacks.append((criterion.key, _("%(label)s: no score yet.") % {"label": criterion.label}))
        elif criterion.comment_required and not score.comment.strip():
            lacks.append((criterion.key, _("%(label)s: give your reason in words.") % {"label": criterion.label}))
    if not review.for_applicant.strip():
        lacks.append(("for_applicant", _("The applicant needs some words from you.")))
    if review.confidence is None:
        lacks.append(("confidence", _("Say how sure you are.")))
    return lacks


@transaction.atomic
def submit(review: Review, *, version: int, actor: User, at: dt.datetime) -> Review:
    """Hand the review in: complete, and as the reviewer saw it. Its score is counted here, once."""
    held = _own(review, actor)
    if held.status == Review.Status.SUBMITTED and held.version == version + 1:
        return held  # the same click twice
    if held.version != version:
        raise StaleWrite("This review was changed elsewhere meanwhile. Look at it again.", theirs=as_data(held))
    lacks = missing(held)
    if lacks:
        raise ReviewIncomplete("The review is not complete yet.", missing=lacks)
    held.score = _score(held)
    held.submitted_at = at
    move(held, Review.Status.SUBMITTED, actor=actor, at=at, after={"score": str(held.score)})
    end_deadline(kind="review.due", subject=held, at=at)
    return held


def scales(review: Review) -> list[Scale]:
    return [
        Scale(row.key, row.weight, row.lowest, row.highest, row.higher_is_better)
        for row in Criterion.objects.filter(version=review.rubric_version_id)
    ]


def _score(review: Review) -> Any:
    values = {key: value for key, value in review.scores.values_list("criterion__key", "value") if value is not None}
    return weighted_mean(scales(review), values)


@transaction.atomic
def reopen(review: Review, *, reason: str, actor: User, at: dt.datetime, due_at: dt.datetime) -> Review:
    """Staff give a submitted review back to its reviewer, with the reason; until it is back its score does not count."""
    reason = given_reason(reason, "Say why the review is opened again.")
    held = locked_review(review)
    held.due_at = max(held.due_at, due_at)
    move(held, Review.Status.REOPENED, actor=actor, at=at, reason=reason.strip())
    title = _("Review of %(number)s") % {"number": held.proposal.number}
    path = held.get_absolute_url()
    set_deadline(
        kind="review.due",
        subject=held,
        about=held.proposal,
        title=title,
        due_at=held.due_at,
        zone=held.zone,
        path=path,
        at=at,
    )
    queue_notice(
        kind="review.reopened",
        key=f"review.reopened:{held.pk}:{held.version}",
        subject=_("Your review of %(number)s is open again") % {"number": held.proposal.number},
        body=_("Please look at your review again. Reason: %(reason)s") % {"reason": reason.strip()},
        path=path,
        recipient=held.reviewer,
        about=held.proposal,
        at=at,
    )
    return held


@transaction.atomic
def finalise(review: Review, *, actor: User | None, at: dt.datetime) -> Review:
    """Nothing is changed any more: the call is decided."""
    held = locked_review(review)
    move(held, Review.Status.FINAL, actor=actor, at=at)
    record(actor, "review.finalised", held, at=at, subject=held.proposal)
    return held
