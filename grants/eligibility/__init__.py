"""Who may apply, as rules that can be counted: read before one writes, live while one does, and again when it is handed in.

A finding is what a rule says about one proposal, met or not. One that `blocks` and is not met stops handing in
(`grants.completeness`); the others are only flagged. The verdict is a person's (`grants.services.triage`). Reads only.
"""

from grants.eligibility.finding import Finding
from grants.eligibility.reading import findings, findings_of, for_applicant, stored
from grants.eligibility.rules import checked_params, in_order, in_words, rules_in_words

__all__ = [
    "Finding",
    "checked_params",
    "findings",
    "findings_of",
    "for_applicant",
    "in_order",
    "in_words",
    "rules_in_words",
    "stored",
]
