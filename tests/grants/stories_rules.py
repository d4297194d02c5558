"""What tests of rules and money tell stories with: rules of a call, awards of a person, acts at once."""

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from accounts.models import User
from grants.models import Call, EligibilityRule, Proposal
from tests.grants.stories import make_draft
from universities.models import University


def rule(call: Call, kind: str, *, blocks: bool = True, **params: object) -> EligibilityRule:
    return EligibilityRule.objects.create(call=call, kind=kind, params=params, blocks=blocks)


def put(
    call: Call,
    *,
    pi: User,
    status: str,
    came: dt.datetime,
    university: University | None = None,
    decided_at: dt.datetime | None = None,
    **fields: Any,
) -> Proposal:
    """A proposal in this state that came in then, without all that leads there: what rules count, and no more."""
    one = make_draft(call, pi=pi, university=university, title=f"{status} of {pi}")
    values = {"status": status, "handed_in_at": came, "submitted_at": came, "decided_at": decided_at, **fields}
    if status == "awaiting_sign_off":
        values["submitted_at"] = None
    Proposal.objects.filter(pk=one.pk).update(**values)
    return Proposal.objects.get(pk=one.pk)


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Run `acts` in threads that start together; what each answered, or the name of its error."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = []

    def run(act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers.append(act())
        except Exception as error:  # noqa: BLE001  (the test compares its name)
            answers.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def no_lock(many: int) -> Callable[[object], None]:
    """What a control puts in a lock's place: all come together where one would hold the others back."""
    barrier = threading.Barrier(many)

    def wait(_held: object) -> None:
        barrier.wait(timeout=30)

    return wait
