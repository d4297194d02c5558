"""The allowed moves of a resolution."""

from alliance.models import Resolution
from core.states import Moves

Status = Resolution.Status

RESOLUTION: Moves = {
    Status.DRAFT: frozenset({Status.VOTING, Status.WITHDRAWN}),
    Status.VOTING: frozenset({Status.ADOPTED, Status.REJECTED, Status.WITHDRAWN}),
}
