"""The chain over a fund's entries: each hash covers the entry, its lines (by `content`) and the hash before."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable

from funds.models import Entry, Line


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def content_hash(
    event: str, currency: str, effective_on: dt.date, *, text: str, source: str, lines: Iterable[Line]
) -> str:
    """SHA-256 of what an entry says, apart from when and by whom; lines in any order give the same hash."""
    rows = sorted(
        [
            str(line.account_id),
            str(line.fund_year_id or ""),
            str(line.subaccount_id or ""),
            line.side,
            f"{line.amount:.4f}",
        ]
        for line in lines
    )
    return _digest([event, currency, effective_on.isoformat(), text, source, rows])


def entry_hash(entry: Entry) -> str:
    """SHA-256 over the entry's place in the chain, its posting, its content and the hash before it."""
    return _digest(
        {
            "id": str(entry.pk),
            "fund": str(entry.fund_id),
            "sequence": entry.sequence,
            "posted_at": entry.posted_at.astimezone(dt.UTC).isoformat(),
            "actor": str(entry.actor_id or ""),
            "key": entry.key or "",
            "reverses": str(entry.reverses_id or ""),
            "content": entry.content,
            "previous": entry.previous_hash,
        }
    )
