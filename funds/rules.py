"""Who may do what with funds and entries: None for yes, else the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import Role, User
from funds.models import Entry
from funds.readers import reads_entries, reads_positions

# Entries that follow an award or a payment. Taken back here, the award would go on saying what the ledger no longer does.
AWARD_EVENTS = frozenset(
    {
        Entry.Event.COMMITMENT,
        Entry.Event.DECOMMITMENT,
        Entry.Event.OBLIGATION,
        Entry.Event.DEOBLIGATION,
        Entry.Event.PAYMENT_APPROVED,
        Entry.Event.PAYMENT_SETTLED,
        Entry.Event.PAYMENT_FAILED,
        Entry.Event.PAYMENT_RETURNED,
    }
)


def can_read_positions(user: User) -> str | None:
    if reads_positions(user):
        return None
    return _("Funds are open to staff, the board and the members' representatives.")


def can_read_entries(user: User) -> str | None:
    if reads_entries(user):
        return None
    return _("The ledger is open to finance, auditors and administrators.")


def can_create_fund(user: User) -> str | None:
    if user.has_role(Role.ADMINISTRATOR, Role.FINANCE_OFFICER):
        return None
    return _("Finance officers and administrators create funds.")


def can_reverse(user: User, entry: Entry) -> str | None:
    """A colleague of whoever posted it, in finance; what an award or payment caused is undone there."""
    if not user.has_role(Role.FINANCE_OFFICER, Role.FINANCE_APPROVER):
        return _("Entries are reversed by finance officers and finance approvers.")
    if Entry.objects.filter(reverses=entry).exists():
        return _("This entry is reversed already.")
    if entry.event == Entry.Event.CEILING_SET:
        return _("The ceilings sum to the fund's total: they can't be taken back.")
    if entry.event in AWARD_EVENTS:
        return _("This entry follows from an award. Undo it there (fail, return, decline, close): the ledger follows.")
    if entry.actor_id == user.pk:
        return _("You posted this entry: a colleague has to reverse it.")
    return None
