"""Yardsticks: made, published and given to a call."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from audit.services import record
from core.clock import check_plausible
from core.errors import InvalidInput, WrongState
from grants.models import Call
from reviews.models import CallRubric, Criterion, Review, Rubric, RubricVersion, ScalePoint

MOST_CRITERIA = 12
LARGEST = 1_000  # of any point of a scale


@dataclass(frozen=True)
class CriterionSpec:
    """A criterion to be. `points` are (value, label, description), one for every value of the scale or none at all."""

    key: str
    label: str
    weight: Decimal
    help: str = ""
    lowest: int = 1
    highest: int = 5
    higher_is_better: bool = True
    comment_required: bool = False
    points: tuple[tuple[int, str, str], ...] = ()


@transaction.atomic
def create_rubric(
    *, name: str, criteria: Sequence[CriterionSpec], actor: User | None, at: dt.datetime, call: Call | None = None
) -> RubricVersion:
    """A rubric with its first version, published: from here it is frozen. Refuses scales that are not described whole."""
    _check(criteria)
    rubric = Rubric.objects.create(name=name.strip(), call=call)
    return _publish(rubric, 1, criteria, actor=actor, at=at)


@transaction.atomic
def revise_rubric(
    rubric: Rubric, criteria: Sequence[CriterionSpec], *, actor: User | None, at: dt.datetime
) -> RubricVersion:
    """The next version; scores given under the earlier one stay with it."""
    _check(criteria)
    locked = Rubric.objects.select_for_update().get(pk=rubric.pk)
    number = max(locked.versions.values_list("number", flat=True), default=0) + 1
    return _publish(locked, number, criteria, actor=actor, at=at)


def _check(criteria: Sequence[CriterionSpec]) -> None:
    if not 1 <= len(criteria) <= MOST_CRITERIA:
        raise InvalidInput(f"A rubric has 1 to {MOST_CRITERIA} criteria.", field="criteria")
    if len({spec.key for spec in criteria}) != len(criteria):
        raise InvalidInput("Each criterion needs a short name of its own.", field="criteria")
    for spec in criteria:
        whole = -LARGEST <= spec.lowest < spec.highest <= LARGEST and spec.highest - spec.lowest <= 100
        if spec.weight <= 0 or not whole:
            raise InvalidInput(
                f"“{spec.label}”: the weight is above zero, and the scale runs from a lower to a higher number.",
                field="criteria",
            )
        values = {value for value, _label, _description in spec.points}
        if spec.points and values != set(range(spec.lowest, spec.highest + 1)):
            raise InvalidInput(f"“{spec.label}”: describe every point of its scale, or none.", field="criteria")


def _publish(
    rubric: Rubric, number: int, criteria: Sequence[CriterionSpec], *, actor: User | None, at: dt.datetime
) -> RubricVersion:
    version = RubricVersion.objects.create(rubric=rubric, number=number)
    for position, spec in enumerate(criteria, 1):
        criterion = Criterion.objects.create(
            version=version,
            position=position,
            key=spec.key,
            label=spec.label,
            help=spec.help,
            weight=spec.weight,
            lowest=spec.lowest,
            highest=spec.highest,
            higher_is_better=spec.higher_is_better,
            comment_required=spec.comment_required,
        )
        ScalePoint.objects.bulk_create(
            ScalePoint(criterion=criterion, value=value, label=label, description=description)
            for value, label, description in spec.points
        )
    version.published_at = at
    version.save(update_fields=["published_at"])
    record(
        actor,
        "rubric.published",
        version,
        at=at,
        subject=rubric,
        after={"number": number, "criteria": {spec.key: str(spec.weight) for spec in criteria}},
    )
    return version


@transaction.atomic
def set_call_rubric(
    call: Call, version: RubricVersion, *, reviews_due_at: dt.datetime | None, actor: User | None, at: dt.datetime
) -> CallRubric:
    """By which rubric a call is judged. Refused once a review of the call exists: all are judged by one yardstick."""
    check_plausible(reviews_due_at, field="reviews_due_at")
    locked = Call.objects.select_for_update().get(pk=call.pk)
    if version.published_at is None:
        raise WrongState("Publish the rubric first: only a frozen one can be judged by.")
    current = CallRubric.objects.filter(call=locked).first()
    changes = current is not None and current.version_id != version.pk
    if changes and Review.objects.filter(proposal__call=locked).exists():
        raise WrongState("Reviews were assigned under this call's rubric; it can't be exchanged any more.")
    before = {"version": str(current.version_id), "reviews_due_at": current.reviews_due_at} if current else {}
    chosen, _created = CallRubric.objects.update_or_create(
        call=locked, defaults={"version": version, "reviews_due_at": reviews_due_at}
    )
    record(
        actor,
        "call.rubric_set",
        locked,
        at=at,
        before=before,
        after={"version": str(version.pk), "rubric": str(version), "reviews_due_at": reviews_due_at},
    )
    return chosen
