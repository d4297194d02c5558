"""The allowed moves, as data."""

from core.states import Moves
from universities.models import Affiliation, BankAccount, University

UNIVERSITY: Moves = {
    University.Status.PROPOSED: frozenset(
        {University.Status.LISTED, University.Status.MERGED, University.Status.REFUSED}
    ),
    University.Status.LISTED: frozenset({University.Status.MERGED}),
}
AFFILIATION: Moves = {
    Affiliation.Status.CLAIMED: frozenset(
        {Affiliation.Status.CONFIRMED, Affiliation.Status.REJECTED, Affiliation.Status.ENDED}
    ),
    Affiliation.Status.CONFIRMED: frozenset({Affiliation.Status.ENDED}),
}
BANK_ACCOUNT: Moves = {
    BankAccount.Status.ENTERED: frozenset({BankAccount.Status.CONFIRMED, BankAccount.Status.REJECTED}),
    BankAccount.Status.CONFIRMED: frozenset({BankAccount.Status.REPLACED}),
}
