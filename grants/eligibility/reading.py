"""Findings about proposals, about who may begin one, and as a receipt kept them."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from accounts.models import User
from grants.eligibility.facts import Subject, gather
from grants.eligibility.finding import Finding
from grants.eligibility.judging import judge, limits
from grants.models import Proposal, Stage, Submission
from universities.models import University


def findings(proposal: Proposal, at: dt.datetime) -> list[Finding]:
    """What each rule of its call says about this proposal: as it is now, or was when it was submitted."""
    return findings_of([proposal], at)[proposal.pk]


def findings_of(proposals: Iterable[Proposal], at: dt.datetime) -> dict[Any, list[Finding]]:
    """By key of each proposal what the rules of its call say. Seven queries at most, however many they are.

    Proposals want `call__programme__fund`, `university` and `pi` selected, and `call__eligibility_rules` prefetched.
    """
    rows = list(proposals)
    subjects = [_subject(one, at) for one in rows]
    facts = gather(subjects)
    return {one.pk: [*judge(subject, facts), *limits(one)] for one, subject in zip(rows, subjects, strict=True)}


def _subject(one: Proposal, at: dt.datetime) -> Subject:
    return Subject(one.pk, one.call, one.stage_id, one.university, one.pi, one.submitted_at or at, one)


def for_applicant(stage: Stage, user: User, university: University | None, at: dt.datetime) -> list[Finding]:
    """What can be said before a word is written, were `user` to lead a proposal of this stage for `university`.

    Amount and length come with the writing, and are not here.
    """
    one = Subject(None, stage.call, stage.pk, university, user, at)
    return judge(one, gather([one]))


def stored(submission: Submission) -> list[Finding]:
    """What the rules said when it was submitted."""
    return [Finding(**row) for row in submission.eligibility]
