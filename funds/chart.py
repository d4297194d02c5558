"""The chart of accounts: every fund gets this set (docs/ledger.md)."""

from dataclasses import dataclass

AUTHORITY, CASH = "authority", "cash"
DEBIT, CREDIT = "D", "C"

CEILING = "A100"
UNAPPROPRIATED = "A200"
FREE = "A300"
COMMITTED = "A400"
OBLIGATED = "A500"
IN_PROCESS = "A550"
DISBURSED = "A600"
BANK = "C100"
RECEIVABLE = "C200"
CAPITAL = "C300"
PAID = "C400"
WRITTEN_OFF = "C500"


@dataclass(frozen=True)
class AccountKind:
    code: str
    name: str
    book: str
    side: str
    by_year: bool
    by_subaccount: bool


CHART = (
    AccountKind(CEILING, "Ceiling", AUTHORITY, DEBIT, True, False),
    AccountKind(UNAPPROPRIATED, "Unappropriated", AUTHORITY, CREDIT, True, False),
    AccountKind(FREE, "Free", AUTHORITY, CREDIT, True, False),
    AccountKind(COMMITTED, "Committed", AUTHORITY, CREDIT, True, True),
    AccountKind(OBLIGATED, "Obligated, not in process", AUTHORITY, CREDIT, True, True),
    AccountKind(IN_PROCESS, "Payments in process", AUTHORITY, CREDIT, True, True),
    AccountKind(DISBURSED, "Disbursed", AUTHORITY, CREDIT, True, True),
    AccountKind(BANK, "Cash at bank", CASH, DEBIT, False, False),
    AccountKind(RECEIVABLE, "Pledges receivable", CASH, DEBIT, True, True),
    AccountKind(CAPITAL, "Members' capital", CASH, CREDIT, True, True),
    AccountKind(PAID, "Grants paid", CASH, DEBIT, True, True),
    AccountKind(WRITTEN_OFF, "Pledges written off", CASH, DEBIT, True, True),
)
