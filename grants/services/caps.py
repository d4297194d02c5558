"""Proposals that rules count come in one after another: no two of them look at the same count at once."""

from collections.abc import Iterator

from django.db import connection

from grants.models import EligibilityRule, Proposal
from universities.queries import families

Kind = EligibilityRule.Kind


def hold_counts(locked: Proposal) -> None:
    """Wait for whoever hands in or signs a proposal that counts with this one; held until the transaction ends.

    Locks of PostgreSQL's own on names (call and university, call and person, a place in it, fund and person), always in the same order,
    after the proposal's row: nobody who holds one waits for a row of another proposal.
    """
    names = sorted(_names(locked))
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _names(one: Proposal) -> Iterator[str]:
    kinds = {rule.kind for rule in one.call.eligibility_rules.all()}
    if Kind.MOST_PER_UNIVERSITY in kinds and one.university_id:
        house = families([one.university_id]).get(one.university_id, one.university_id)
        yield f"cap:{one.call_id}:university:{house}"
    if Kind.MOST_PER_PI in kinds and one.pi_id:
        yield f"cap:{one.call_id}:pi:{one.pi_id}"
    if one.call.internal_limit is not None and one.university_id:
        yield f"cap:{one.call_id}:place:{one.university_id}:{one.pi_id}"
    if Kind.MOST_CONCURRENT in kinds and one.pi_id:
        yield f"cap:{one.call.programme.fund_id}:pi:{one.pi_id}"
