"""What publishing another version of a form would do to the drafts that are written to the present one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from grants.asking import kinds
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.asking.versions import Change, Fate, carried, changes, fate, questions_of
from grants.models import Answer, Attachment, FormVersion, Proposal

Status = Proposal.Status


@dataclass(frozen=True)
class Homeless:
    """A question of which answers, in so many drafts, would find no place: they are kept beside, "No longer asked"."""

    key: str
    label: str
    drafts: int


@dataclass(frozen=True)
class Effects:
    """`waiting`: handed in and not signed yet; they meet the new version only if they come back."""

    changes: tuple[Change, ...]
    drafts: int
    waiting: int
    homeless: tuple[Homeless, ...]


def effects(user: User, old: FormVersion, before: Sequence[SectionSpec], after: Sequence[SectionSpec]) -> Effects:
    """Counts alone: nobody reads a draft before it is handed in. Who is sealed off from a proposal counts without it."""
    of_kind = Proposal.objects.reviewable_by(user).filter(call=old.call_id, stage__kind=old.kind)
    drafts = of_kind.filter(status=Status.DRAFT)
    return Effects(
        tuple(changes(before, after)),
        drafts.count(),
        of_kind.filter(status=Status.AWAITING_SIGN_OFF).count(),
        tuple(_homeless(drafts, questions_of(before), questions_of(after))),
    )


def _homeless(
    drafts: QuerySet[Proposal], before: Mapping[str, QuestionSpec], after: Mapping[str, QuestionSpec]
) -> list[Homeless]:
    at_risk = {key for key, old in before.items() if fate(old, after.get(key)) is not Fate.STAYS}
    if not at_risk:
        return []
    found: dict[str, set[Any]] = {key: set() for key in before if key in at_risk}
    answers = Answer.objects.filter(proposal__in=drafts, key__in=at_risk).values_list("proposal", "key", "value")
    for proposal, key, value in answers.iterator():
        old = before[key]
        if not kinds.is_empty(old, value) and not carried(old, after.get(key), value).whole:
            found[key].add(proposal)
    for proposal, key in Attachment.objects.filter(proposal__in=drafts, key__in=at_risk).values_list("proposal", "key"):
        found[key].add(proposal)
    return [Homeless(key, before[key].label, len(drafts)) for key, drafts in found.items() if drafts]
