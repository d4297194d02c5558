"""Who may: None for yes, else the reason why not."""

from django.utils.translation import gettext as _

from accounts.models import Role, User
from universities.models import FINANCE, MANAGERS, Affiliation, BankAccount, OfficeMember, University
from universities.queries import is_office, may_sign


def can_manage_directory(user: User) -> str | None:
    """List, refuse and merge universities, import them, and say which domains are theirs."""
    return None if user.has_role(*MANAGERS) else _("Only programme officers and administrators keep the directory.")


def can_edit(user: User, university: University) -> str | None:
    if user.has_role(*MANAGERS) or is_office(user, university):
        return None
    return _("Only the university's research office and programme officers may change its entry.")


def can_see_desk(user: User, university: University) -> str | None:
    if user.has_role(*Role.values) or is_office(user, university):
        return None
    return _("This desk is the research office's own.")


def can_claim(user: User, university: University) -> str | None:
    if university.status == University.Status.LISTED:
        return None
    if university.status == University.Status.PROPOSED and university.proposed_by_id == user.pk:
        return None
    return _("This university is not in the directory.")


def can_decide(user: User, affiliation: Affiliation) -> str | None:
    """Confirm or reject a claim, or end an affiliation."""
    if affiliation.user_id == user.pk:
        return _("Somebody else decides about your own affiliation.")
    if user.has_role(*MANAGERS) or is_office(user, affiliation.university):
        return None
    return _("The research office of the university decides this.")


def can_end(user: User, affiliation: Affiliation) -> str | None:
    """Everybody may say that they left."""
    return None if affiliation.user_id == user.pk else can_decide(user, affiliation)


def can_state_rank(user: User, affiliation: Affiliation) -> str | None:
    """One's own where nothing is stated yet; what was stated, the office or staff may correct."""
    if affiliation.status not in {Affiliation.Status.CLAIMED, Affiliation.Status.CONFIRMED}:
        return _("This affiliation is over.")
    if affiliation.user_id == user.pk:
        return _("Your research office changes what was stated.") if affiliation.rank else None
    return can_decide(user, affiliation)


def can_add_office_member(user: User, university: University) -> str | None:
    if user.has_role(*MANAGERS) or may_sign(user, university):
        return None
    return _("Only an authorised representative of the university or a programme officer adds people to its office.")


def can_end_office_member(user: User, member: OfficeMember) -> str | None:
    return None if member.user_id == user.pk else can_add_office_member(user, member.university)


def can_set_rate(user: User, university: University) -> str | None:
    if user.has_role(*MANAGERS, *FINANCE) or may_sign(user, university):
        return None
    return _("Only an authorised representative of the university or the fund's staff sets its rates.")


def can_see_bank(user: User, university: University) -> bool:
    return user.has_role(*FINANCE, Role.AUDITOR) or is_office(user, university)


def can_enter_account(user: User, university: University) -> str | None:
    if user.has_role(*FINANCE) or is_office(user, university):
        return None
    return _("Only the university's research office or the fund's finance officers enter bank details.")


def can_check_account(user: User, account: BankAccount) -> str | None:
    """Confirm or reject bank details that somebody else entered."""
    if account.entered_by_id == user.pk:
        return _("You entered these details: somebody else must check them.")
    if user.has_role(*FINANCE) or is_office(user, account.university):
        return None
    return _("Only the university's research office or the fund's finance officers check bank details.")


def can_reject_account(user: User, account: BankAccount) -> str | None:
    """Whoever entered details may take them back."""
    return None if account.entered_by_id == user.pk else can_check_account(user, account)
