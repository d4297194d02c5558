"""The allowed moves of a review."""

from core.states import Moves
from reviews.models import Review

S = Review.Status
OUT: frozenset[str] = frozenset({S.RECUSED, S.WITHDRAWN})
REVIEW: Moves = {
    S.INVITED: OUT | {S.ACCEPTED, S.DECLINED},
    S.ACCEPTED: OUT | {S.DRAFT, S.DECLINED},
    S.DRAFT: OUT | {S.SUBMITTED},
    S.SUBMITTED: OUT | {S.REOPENED, S.FINAL},
    S.REOPENED: OUT | {S.SUBMITTED},
    # A conflict that comes to light later still ends a review that was final.
    S.FINAL: frozenset({S.RECUSED}),
    S.DECLINED: frozenset({S.INVITED}),
}
