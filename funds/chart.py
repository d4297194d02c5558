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
    by: str = ""

    @property
    def by_year(self) -> bool:
        return "year" in self.by

    @property
    def by_subaccount(self) -> bool:
        return "subaccount" in self.by


CHART = (
    AccountKind(CEILING, "Ceiling", AUTHORITY, DEBIT, "year"),
    AccountKind(UNAPPROPRIATED, "Unappropriated", AUTHORITY, CREDIT, "year"),
    AccountKind(FREE, "Free", AUTHORITY, CREDIT, "year"),
    AccountKind(COMMITTED, "Committed", AUTHORITY, CREDIT, "year subaccount"),
    AccountKind(OBLIGATED, "Obligated, not in process", AUTHORITY, CREDIT, "year subaccount"),
    AccountKind(IN_PROCESS, "Payments in process", AUTHORITY, CREDIT, "year subaccount"),
    AccountKind(DISBURSED, "Disbursed", AUTHORITY, CREDIT, "year subaccount"),
    AccountKind(BANK, "Cash at bank", CASH, DEBIT),
    AccountKind(RECEIVABLE, "Pledges receivable", CASH, DEBIT, "year subaccount"),
    AccountKind(CAPITAL, "Members' capital", CASH, CREDIT, "year subaccount"),
    AccountKind(PAID, "Grants paid", CASH, DEBIT, "year subaccount"),
    AccountKind(WRITTEN_OFF, "Pledges written off", CASH, DEBIT, "year subaccount"),
)
