"""Bank details: entered by one person, confirmed by another, used after a pause, never edited."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from moneyed import CurrencyDoesNotExist

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput
from core.money import minor_units
from core.states import check_move
from universities import notices
from universities.errors import ChangeWaiting, OwnMatter, ReasonMissing
from universities.identifiers import clean_iban
from universities.models import BankAccount, BankAccountStep, University
from universities.transitions import BANK_ACCOUNT

Status = BankAccount.Status


def _step(account: BankAccount, *, actor: User, at: dt.datetime, reason: str = "") -> None:
    BankAccountStep.objects.create(subject=account, state=account.status, at=at, actor=actor, reason=reason)


@transaction.atomic
def enter_bank_account(  # noqa: PLR0913  (all by keyword)
    university: University,
    *,
    holder: str,
    currency: str,
    country: str,
    iban: str = "",
    account_number: str = "",
    bank_identifier: str = "",
    bank_name: str = "",
    actor: User,
    at: dt.datetime,
) -> BankAccount:
    """New details. From now on no payment in this currency goes to the university until they are confirmed or rejected.

    Everybody of its office, and who made and checked the details in use, is told.
    """
    University.objects.select_for_update(no_key=True).get(pk=university.pk)
    if BankAccount.objects.filter(university=university, currency=currency, status=Status.ENTERED).exists():
        raise ChangeWaiting(_("Other details in this currency wait to be checked: confirm or reject those first."))
    account = BankAccount(
        university=university,
        holder=holder.strip(),
        bank_name=bank_name.strip(),
        iban=_checked_iban(iban),
        account_number="".join(account_number.split()),
        bank_identifier="".join(bank_identifier.split()).upper(),
        currency=currency,
        country=country,
        entered_by=actor,
        entered_at=at,
    )
    _check(account)
    account.save(force_insert=True)
    _step(account, actor=actor, at=at)
    record(actor, "bank_account.entered", account, at=at, subject=university, after=_facts(account))
    notices.account_entered(account, at=at)
    return account


def _checked_iban(iban: str) -> str:
    try:
        return clean_iban(iban) if iban.strip() else ""
    except ValidationError as error:
        raise InvalidInput(error.messages[0], field="iban") from None


def _check(account: BankAccount) -> None:
    if not account.holder:
        raise InvalidInput(_("Say in whose name the account is."), field="holder")
    if not account.iban and not (account.account_number and account.bank_identifier):
        raise InvalidInput(_("Give an IBAN, or an account number with the bank's BIC or routing number."), field="iban")
    try:
        minor_units(account.currency)
    except CurrencyDoesNotExist:
        raise InvalidInput(_("This is not a currency."), field="currency") from None


def _facts(account: BankAccount) -> dict[str, str]:
    return {"holder": account.holder, "number": account.number_masked, "currency": account.currency}


def _locked(account: BankAccount) -> BankAccount:
    rows = BankAccount.objects.select_for_update(of=("self",)).select_related("university", "entered_by")
    return rows.get(pk=account.pk)


@transaction.atomic
def confirm_bank_account(account: BankAccount, *, actor: User, at: dt.datetime) -> BankAccount:
    """A second person vouches for the details. They replace the former ones, and are used after the cool-off.

    In that time payments wait: the office and whoever handled the former details are told, and can object.
    """
    University.objects.select_for_update(no_key=True).get(pk=account.university_id)
    locked = _locked(account)
    if locked.entered_by_id == actor.pk:
        raise OwnMatter(_("You entered these details: somebody else must check them."))
    check_move(locked, Status.CONFIRMED, BANK_ACCOUNT)
    in_use = BankAccount.objects.select_for_update().filter(university_id=locked.university_id, status=Status.CONFIRMED)
    former = list(in_use.filter(currency=locked.currency))
    for old in former:
        old.status = Status.REPLACED
        old.save(update_fields=["status"])
        _step(old, actor=actor, at=at)
    locked.status, locked.confirmed_by, locked.confirmed_at = Status.CONFIRMED, actor, at
    locked.usable_from = at + settings.BANK_COOL_OFF
    locked.save(update_fields=["status", "confirmed_by", "confirmed_at", "usable_from"])
    _step(locked, actor=actor, at=at)
    record(
        actor,
        "bank_account.confirmed",
        locked,
        at=at,
        subject=locked.university,
        before={"replaced": [str(old.pk) for old in former]},
        after={**_facts(locked), "usable_from": locked.usable_from},
    )
    notices.account_confirmed(locked, at=at)
    return locked


@transaction.atomic
def reject_bank_account(account: BankAccount, *, reason: str, actor: User, at: dt.datetime) -> BankAccount:
    """The details are not used; the former ones are again. Whoever entered them may take them back in the same way."""
    if not reason.strip():
        raise ReasonMissing(_("Say what is wrong with the details."), field="reason")
    locked = _locked(account)
    check_move(locked, Status.REJECTED, BANK_ACCOUNT)
    locked.status = Status.REJECTED
    locked.save(update_fields=["status"])
    _step(locked, actor=actor, at=at, reason=reason.strip())
    record(
        actor,
        "bank_account.rejected",
        locked,
        at=at,
        subject=locked.university,
        after={**_facts(locked), "reason": reason.strip()},
    )
    notices.account_rejected(locked, reason=reason.strip(), at=at)
    return locked
