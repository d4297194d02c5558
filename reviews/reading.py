"""What a reviewer reads: the frozen content, with the names left out where the call is double-blind."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Cast, Length

from grants.answered import Answered, read_frozen
from grants.models import Attachment, Call, Category, Proposal, Submission
from reviews.models import Review

CHARACTERS_A_MINUTE = 1_300  # some 220 words of text
MINUTES_TO_SCORE = 15


@dataclass(frozen=True)
class Reading:
    """The proposal as its reviewer sees it. `blind`: names and files are left out."""

    content: dict[str, Any]
    blind: bool
    files: list[Attachment]
    budget: list[tuple[str, Decimal]]
    sections: list[tuple[str, list[Answered]]]

    @property
    def total(self) -> Decimal:
        return Decimal(self.content.get("budget", {}).get("total") or 0)


def for_reviewer(proposal: Proposal) -> Reading:
    """What was submitted last; a draft that a colleague goes on with is never shown."""
    submission = proposal.submissions.first()
    content: dict[str, Any] = dict(submission.content) if submission else {}
    blind = proposal.call.blinding == Call.Blinding.DOUBLE
    if blind:
        for name in ("lead", "team", "university", "files"):
            content.pop(name, None)
    kept = {file.get("sha256") for file in content.get("files", [])}
    sections = read_frozen(content, proposal, people=not blind)
    files = [] if blind else [file for file in proposal.attachments.all() if file.sha256 in kept]
    return Reading(content, blind, files, _budget(content), sections)


def _budget(content: dict[str, Any]) -> list[tuple[str, Decimal]]:
    """Direct costs by category, and the indirect costs."""
    budget = content.get("budget") or {}
    sums: dict[str, Decimal] = {}
    for line in budget.get("lines", []):
        sums[line["category"]] = sums.get(line["category"], Decimal(0)) + Decimal(line["amount"])
    labels = dict(Category.choices)
    rows = [(str(labels.get(category, category)), amount) for category, amount in sums.items()]
    if Decimal(budget.get("indirect") or 0):
        rows.append(("Indirect costs", Decimal(budget["indirect"])))
    return rows


def with_minutes(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Each review with `characters` of what is to be read for it."""
    latest = Submission.objects.filter(proposal=OuterRef("proposal")).order_by("-at", "-id")
    length = latest.annotate(size=Length(Cast("content", TextField()))).values("size")[:1]
    return reviews.annotate(characters=Subquery(length, output_field=IntegerField()))


def minutes(characters: int | None) -> int:
    """How long a review takes: reading, and a quarter of an hour to score and write. To five minutes."""
    exact = (characters or 0) / CHARACTERS_A_MINUTE + MINUTES_TO_SCORE
    return int(5 * max(round(exact / 5), 1))
