"""How an export moves; `core.models.Job.Status`."""

from core.models import Job
from core.states import Moves

S = Job.Status
EXPORT_MOVES: Moves = {
    S.WAITING: frozenset({S.RUNNING, S.CANCELLED}),
    # To running again: by another worker, once the lease of the first one ran out.
    S.RUNNING: frozenset({S.RUNNING, S.DONE, S.FAILED, S.CANCELLED}),
    S.FAILED: frozenset({S.WAITING}),
    S.CANCELLED: frozenset({S.WAITING}),
    S.DONE: frozenset(),
}
