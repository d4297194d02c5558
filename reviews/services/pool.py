"""Who may be asked to review."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from reviews.models import Reviewer


def _clean(keywords: Sequence[str], most_reviews: int) -> list[str]:
    if not 1 <= most_reviews <= 100:
        raise InvalidInput("A reviewer takes on 1 to 100 reviews.", field="most_reviews")
    cleaned = sorted({" ".join(word.lower().split())[:60] for word in keywords if word.strip()})
    if len(cleaned) > 40:
        raise InvalidInput("Give 40 keywords at most.", field="keywords")
    return cleaned


@transaction.atomic
def add_reviewer(
    user: User, *, keywords: Sequence[str], actor: User | None, at: dt.datetime, most_reviews: int = 8
) -> Reviewer:
    """Put a person into the pool, or change what the pool says of them."""
    words = _clean(keywords, most_reviews)
    reviewer, created = Reviewer.objects.select_for_update().get_or_create(user=user, defaults={"joined_at": at})
    before = {} if created else {"keywords": reviewer.keywords, "most_reviews": reviewer.most_reviews}
    reviewer.keywords, reviewer.most_reviews, reviewer.active = words, most_reviews, True
    reviewer.save()
    verb = "reviewer.added" if created else "reviewer.changed"
    record(actor, verb, reviewer, at=at, before=before, after={"keywords": words, "most_reviews": most_reviews})
    return reviewer


@transaction.atomic
def rest_reviewer(reviewer: Reviewer, *, actor: User | None, at: dt.datetime) -> Reviewer:
    """Not asked any more; what they have accepted stays with them."""
    locked = Reviewer.objects.select_for_update().get(pk=reviewer.pk)
    locked.active = False
    locked.save(update_fields=["active"])
    record(actor, "reviewer.rested", locked, at=at)
    return locked
