"""Which proposals say nearly the same: by PostgreSQL's trigrams, within one fund, after handing in. No outside service.

Two titles are alike from 0.6, the beginnings of two abstracts from 0.5 (docs/decisions/0014-likeness.md). A pair is kept
once, under the later of the two. It is a hint for officers: applicants never learn of it, and who is sealed off from one
of the two learns of neither side.
"""

import datetime as dt
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Left

from accounts.models import User
from audit.services import record
from grants.models import Compared, Likeness, Proposal
from grants.models.proposals import COMPARED_CHARACTERS
from grants.services import desk
from notifications.waking import send_on_commit

TITLE_FROM, ABSTRACT_FROM = 0.6, 0.5
SHORTEST_ABSTRACT = 80  # characters: below, a few common words make any two alike
MOST_OF_ONE = 50
MOST_AT_ONCE = 200
TASK = "grants.find_likenesses"


# --- finding ----------------------------------------------------------------------------------------------------------
def wake_on_commit() -> None:
    """Something came in: compare it once the act is committed. The scheduler finds what nobody woke for."""
    send_on_commit(TASK)


def uncompared() -> QuerySet[Proposal]:
    """What came in, or came in anew, and was not compared as it is now. The longest waiting first."""
    done = Compared.objects.filter(proposal=OuterRef("pk"), submitted_at=OuterRef("submitted_at"))
    rows = Proposal.objects.filter(~Exists(done), status=Proposal.Status.SUBMITTED, submitted_at__isnull=False)
    return rows.order_by("submitted_at", "id")


def find_for_all(*, at: dt.datetime) -> int:
    """Compare what waits for it, so many at most; how many that were."""
    waiting = list(uncompared().select_related("call__programme")[:MOST_AT_ONCE])
    for proposal in waiting:
        find(proposal, at=at)
    return len(waiting)


@transaction.atomic
def find(proposal: Proposal, *, at: dt.datetime) -> list[Likeness]:
    """Keep what is like `proposal` now. Twice is harmless; what a person has set aside stays set aside.

    A pair that is alike no longer, because one of the two came in anew, is forgotten unless somebody had looked at it.
    """
    found = _alike(proposal)
    there = {one.other_id if one.proposal_id == proposal.pk else one.proposal_id: one for one in _pairs_of(proposal)}
    gone = [one.pk for key, one in there.items() if key not in found and one.set_aside_at is None]
    Likeness.objects.filter(pk__in=gone).delete()
    others = Proposal.objects.in_bulk([key for key in found if key not in there])
    new = [_pair(proposal, other, *found[key], at) for key, other in others.items()]
    Likeness.objects.bulk_create(new, ignore_conflicts=True)
    for key in found.keys() & there.keys():
        parts, similarity = found[key]
        Likeness.objects.filter(pk=there[key].pk).update(parts=parts, similarity=similarity)
    Compared.objects.update_or_create(
        proposal=proposal, defaults={"submitted_at": proposal.submitted_at or at, "at": at}
    )
    return new


def _pairs_of(proposal: Proposal) -> QuerySet[Likeness]:
    return Likeness.objects.filter(Q(proposal=proposal) | Q(other=proposal))


def _pair(one: Proposal, other: Proposal, parts: list[str], similarity: float, at: dt.datetime) -> Likeness:
    later, earlier = sorted((one, other), key=lambda each: (each.submitted_at or at, each.pk), reverse=True)
    return Likeness(proposal=later, other=earlier, parts=parts, similarity=similarity, found_at=at)


def _alike(proposal: Proposal) -> dict[Any, tuple[list[str], float]]:
    """By key: the parts that are alike, and how much the likest is. A full proposal is not compared with its own idea."""
    rows = Proposal.objects.filter(submitted_at__isnull=False, call__programme__fund=proposal.call.programme.fund_id)
    rows = rows.exclude(pk__in=[proposal.pk, *_family(proposal)]).exclude(status=Proposal.Status.DRAFT)
    found = {pk: (["title"], score) for pk, score in _over(rows, "title", proposal.title, TITLE_FROM)}
    start = proposal.abstract[:COMPARED_CHARACTERS]
    if len(start) >= SHORTEST_ABSTRACT:
        rows = rows.annotate(start=Left("abstract", COMPARED_CHARACTERS))
        for pk, score in _over(rows, "start", start, ABSTRACT_FROM):
            parts, best = found.get(pk, ([], 0.0))
            found[pk] = ([*parts, "abstract"], max(best, score))
    likest = sorted(found.items(), key=lambda each: -each[1][1])[:MOST_OF_ONE]
    return dict(likest)


def _family(proposal: Proposal) -> list[Any]:
    """The expression of interest that it follows, and the full proposal that follows it."""
    after = Proposal.objects.filter(follows=proposal).values_list("pk", flat=True)
    return [*([proposal.follows_id] if proposal.follows_id else []), *after]


def _over(rows: QuerySet[Proposal], path: str, text: str, least: float) -> list[tuple[Any, float]]:
    """(key, likeness) of rows that share at least so much with `text`. The index answers by the threshold that is set."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(least)])
    alike = rows.filter(**{f"{path}__trigram_similar": text}).annotate(score=TrigramSimilarity(F(path), text))
    return list(alike.order_by("-score", "pk").values_list("pk", "score")[:MOST_OF_ONE])


# --- setting aside ----------------------------------------------------------------------------------------------------
@transaction.atomic
def set_aside(likeness: Likeness, *, actor: User | None, at: dt.datetime) -> Likeness:
    """Somebody has looked: it means nothing. Twice keeps the first."""
    return _mark(likeness, at, actor, at)


@transaction.atomic
def bring_back(likeness: Likeness, *, actor: User | None, at: dt.datetime) -> Likeness:
    """It means something after all."""
    return _mark(likeness, None, actor, at)


def _mark(likeness: Likeness, aside: dt.datetime | None, actor: User | None, at: dt.datetime) -> Likeness:
    for one in sorted((likeness.proposal, likeness.other), key=lambda each: each.pk):
        desk.lock(one, actor)
    locked = Likeness.objects.select_for_update(of=("self",)).select_related("proposal", "other").get(pk=likeness.pk)
    if (locked.set_aside_at is None) == (aside is None):
        return locked
    locked.set_aside_at, locked.set_aside_by = aside, actor if aside else None
    locked.save(update_fields=["set_aside_at", "set_aside_by"])
    # Of two proposals, and only for who may know of both: `grants.access.without_hidden_likenesses`.
    verb = "likeness.set_aside" if aside else "likeness.brought_back"
    record(actor, verb, locked, at=at, subject=locked.proposal, after={"with": locked.other.number})
    return locked


# --- reads ------------------------------------------------------------------------------------------------------------
def likenesses_of(proposal: Proposal, user: User) -> list[Likeness]:
    """The pairs that `user` may know of, the likest first, those set aside last. Each has `twin`, the other of the two."""
    rows = _pairs_of(proposal) & Likeness.objects.visible_to(user)
    found = list(rows.select_related("proposal__call", "proposal__university", "proposal__pi", "other__call",
                                     "other__university", "other__pi"))  # fmt: skip
    for one in found:
        one.twin = one.other if one.proposal_id == proposal.pk else one.proposal
        one.same_lead = one.proposal.pi_id is not None and one.proposal.pi_id == one.other.pi_id
    return sorted(found, key=lambda one: (one.set_aside_at is not None, -one.similarity))


def flagged(user: User) -> QuerySet[Any, Any]:
    """Keys of the proposals that are like another one as far as `user` may know, and nobody has set it aside: one set,
    read once for a list of any length."""
    open_ones = Likeness.objects.visible_to(user).filter(set_aside_at=None).order_by()
    return open_ones.values("proposal").union(open_ones.values("other"), all=True)
