"""What the pages of exports read."""

from dataclasses import dataclass

from django.http import Http404, QueryDict

from accounts.models import User
from core.errors import DomainError
from core.lists import ListSpec, all_specs, get_spec
from core.lists.query import ListQuery
from reports.models import ExportJob
from reports.rules import can_export

# What finance asks for again and again; the other lists follow, in the order of their titles.
STANDING = ("ledger_entries", "ledger_lines", "trial_balance", "awards", "disbursements", "funds")
NOT_OFFERED = frozenset({"exports"})


@dataclass(frozen=True)
class Catalogue:
    """The lists that somebody may have as a file."""

    standing: list[ListSpec]
    others: list[ListSpec]


def catalogue(user: User) -> Catalogue:
    open_to = {spec.key: spec for spec in all_specs() if spec.key not in NOT_OFFERED and can_export(user, spec) is None}
    standing = [open_to.pop(key) for key in STANDING if key in open_to]
    return Catalogue(standing, list(open_to.values()))


def question_of(job: ExportJob, user: User) -> list[tuple[str, str]]:
    """What was asked, as (filter, value) in words; nothing where the list is closed to its owner by now."""
    try:
        query = ListQuery(get_spec(job.spec), user, QueryDict(job.query))
        return [(label, words) for _names, label, words in query.filters_on()]
    except (DomainError, Http404):
        return []
