"""What every change of a draft begins and ends with."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.text import count_words
from grants.errors import Frozen
from grants.models import Proposal
from universities.models import University

LONGEST_SEEN = 300
WITH = ("call__programme__fund", "call__budget_rules", "stage", "university", "pi")


def lock(proposal: Proposal) -> Proposal:
    """The row, fresh and held until the transaction ends: whoever else writes to this proposal waits here.

    Read anew once it is held: a cut-off may have moved it to another stage, or a deadline moved, while this one waited.
    """
    Proposal.objects.select_for_update().values_list("pk").get(pk=proposal.pk)
    return Proposal.objects.select_related(*WITH).get(pk=proposal.pk)


def lock_draft(proposal: Proposal) -> Proposal:
    """As `lock`, refusing what was handed in: from there its text is frozen."""
    locked = lock(proposal)
    if locked.status != Proposal.Status.DRAFT:
        raise Frozen(
            _("This proposal is %(state)s: nothing of it can be changed now. Your last words were not saved.")
            % {"state": str(locked.told_status.label).lower()},
            state=locked.told_status,
        )
    return locked


def touch(locked: Proposal, at: dt.datetime, *, parts: Iterable[str] = (), fields: Iterable[str] = ()) -> None:
    """Something in it changed: its version rises, and `parts` remember at which version they did."""
    locked.version += 1
    locked.updated_at = at
    locked.part_versions = {**locked.part_versions, **dict.fromkeys(parts, locked.version)}
    locked.save(update_fields=["version", "updated_at", "part_versions", *fields])


# --- what the audit trail keeps -------------------------------------------------------------------------------------
def plain(value: Any) -> Any:
    """A value as programs read it."""
    if isinstance(value, dt.date | University):
        return str(value)
    return value


def digest(value: Any) -> Any:
    """What the audit trail keeps of a value: drafts are their writers' own, so of long text, and of rows, its size and
    checksum."""
    if isinstance(value, str) and len(value) > LONGEST_SEEN:
        return {"words": count_words(value), "sha256": _sha256(value)}
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return {"rows": len(value), "sha256": _sha256(json.dumps(value, sort_keys=True, ensure_ascii=False))}
    return plain(value)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
