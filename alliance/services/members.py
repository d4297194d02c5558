"""Members: who they are, who speaks for them, what they promise, what arrives."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from alliance import notices
from alliance.errors import AlreadyPledged
from alliance.models import Contribution, Member, Pledge, Representative
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.money import ZERO, checked_money, format_money
from funds import chart
from funds import services as ledger
from funds.errors import KeyReused, NotEnoughMoney
from funds.models import Balance, FundYear, Subaccount
from funds.queries import still_stands
from universities.models import University

EDITABLE = ("name", "kind", "country", "website", "university", "joined_on", "left_on")
CODES_TAKEN = frozenset({"new", "contributions", "resolutions", "board", "pledges"})
LONGEST_KEY = 80


@dataclass(frozen=True, kw_only=True)
class MemberFacts:
    """What a member is, as it is created or edited."""

    name: str
    kind: str
    country: str
    joined_on: dt.date
    website: str = ""
    university: University | None = None
    left_on: dt.date | None = None


@transaction.atomic
def create_member(*, code: str, actor: User | None, at: dt.datetime, **facts: Any) -> Member:
    """A member organisation; `facts` are those of `MemberFacts`. Its code stands in addresses and stays."""
    if code in CODES_TAKEN:
        raise InvalidInput(_("This code can't be used. Choose another."), field="code")
    if Member.objects.filter(code=code).exists():
        raise InvalidInput(_("There is a member with this code already."), field="code")
    member = Member(code=code, created_at=at)
    _fill(member, MemberFacts(**facts))
    _save(member)
    record(actor, "member.created", member, at=at, after={"code": code, **_kept(member)})
    return member


@transaction.atomic
def update_member(member: Member, *, actor: User | None, at: dt.datetime, **facts: Any) -> Member:
    held = Member.objects.select_for_update().get(pk=member.pk)
    before = _kept(held)
    _fill(held, MemberFacts(**facts))
    after = _kept(held)
    if before == after:
        return held
    _save(held)
    changed = [name for name in before if before[name] != after[name]]
    record(
        actor,
        "member.changed",
        held,
        at=at,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )
    return held


def _fill(member: Member, facts: MemberFacts) -> None:
    if not facts.name.strip():
        raise InvalidInput(_("Give the member a name."), field="name")
    if facts.kind not in Member.Kind.values:
        raise InvalidInput(_("Choose one of the kinds."), field="kind")
    if facts.university is not None and facts.kind != Member.Kind.UNIVERSITY:
        raise InvalidInput(
            _("Only a member of the kind university can be one of the universities."), field="university"
        )
    if facts.left_on is not None and facts.left_on < facts.joined_on:
        raise InvalidInput(_("A member can't leave before it joined."), field="left_on")
    for name in EDITABLE:
        setattr(member, name, getattr(facts, name))
    member.name = " ".join(facts.name.split())


def _kept(member: Member) -> dict[str, Any]:
    """What of a member is edited, in plain values for the record."""
    return {name: str(value) if (value := getattr(member, name)) is not None else None for name in EDITABLE}


def _save(member: Member) -> None:
    same = Member.objects.exclude(pk=member.pk)
    if same.filter(name=member.name).exists():
        raise InvalidInput(_("There is a member with this name already."), field="name")
    if member.university_id and same.filter(university=member.university_id).exists():
        raise InvalidInput(_("This university is a member already."), field="university")
    member.save()


# --- who speaks for it ------------------------------------------------------------------------------------------------
@transaction.atomic
def add_representative(
    member: Member, user: User, *, actor: User | None, at: dt.datetime, starts_at: dt.datetime | None = None
) -> Representative:
    """From `starts_at` (or now) the person sees what the member pledged and paid."""
    Member.objects.select_for_update().get(pk=member.pk)
    if Representative.objects.filter(member=member, user=user).in_force(at).exists():
        raise WrongState(_("%(person)s represents this member already.") % {"person": user}, field="email")
    try:
        with transaction.atomic():
            made = Representative.objects.create(member=member, user=user, starts_at=starts_at or at)
    except IntegrityError as error:
        raise WrongState(_("%(person)s represents this member in that time.") % {"person": user}) from error
    record(actor, "representative.added", made, at=at, subject=member, after={"user": user.email})
    notices.representative_added(made, at=at)
    return made


@transaction.atomic
def end_representative(representative: Representative, *, actor: User | None, at: dt.datetime) -> Representative:
    held = Representative.objects.select_for_update().select_related("member", "user").get(pk=representative.pk)
    if held.ends_at is not None and held.ends_at <= at:
        raise WrongState(_("This person no longer represents the member."))
    held.ends_at = max(at, held.starts_at)
    held.save(update_fields=["ends_at"])
    record(actor, "representative.ended", held, at=at, subject=held.member, after={"user": held.user.email})
    return held


# --- pledges ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_pledge(member: Member, year: FundYear, amount: Decimal, *, actor: User | None, at: dt.datetime) -> Pledge:
    """The member promises `amount`, in the fund's currency, for a fund year. One pledge a member and year.

    Where the former one was a mistake and is reversed in the ledger, this takes its place.
    """
    held = Member.objects.select_for_update().get(pk=member.pk)
    amount = checked_money(amount, year.fund.currency, field="amount")
    if amount <= 0:
        raise InvalidInput(_("A pledge is more than zero."), field="amount")
    if held.left_on is not None and held.left_on <= year.starts_on:
        raise WrongState(_("%(member)s has left before this year begins.") % {"member": held.name})
    if Pledge.objects.filter(still_stands(), member=held, fund_year=year).exists():
        words = {"member": held.name, "year": year.label}
        raise AlreadyPledged(_("%(member)s has pledged for %(year)s already.") % words, field="amount")
    former = Pledge.objects.select_related("subaccount").filter(member=held, fund_year=year).first()
    made = former or Pledge(member=held, fund_year=year, subaccount=_subaccount(held, year))
    text = f"Pledge of {made.subaccount.label}"[:500]
    made.entry = ledger.pledge(made.subaccount, year, amount, text=text, source=held.code, actor=actor, at=at)
    before = {"amount": made.amount, "entry": str(former.entry_id)} if former else {}
    made.amount, made.created_at, made.created_by = amount, at, actor
    made.save()
    after = {"amount": amount, "currency": year.fund.currency, "year": year.label}
    record(actor, "pledge.made", made, at=at, subject=held, before=before, after=after)
    return made


def _subaccount(member: Member, year: FundYear) -> Subaccount:
    label = f"{member.name}, {year.label}"[:255]
    return ledger.open_subaccount(year.fund, kind="pledge", code=f"{member.code}-{year.number}", label=label)


@transaction.atomic
def make_pledges(
    member: Member, by_year: Mapping[FundYear, Decimal], *, actor: User | None, at: dt.datetime
) -> list[Pledge]:
    """Several years at once: all of them, or none."""
    if not by_year:
        raise InvalidInput(_("Give at least one year an amount."))
    return [make_pledge(member, year, amount, actor=actor, at=at) for year, amount in by_year.items()]


# --- contributions ----------------------------------------------------------------------------------------------------
@transaction.atomic
def receive_contribution(
    pledge: Pledge,
    amount: Decimal,
    *,
    received_on: dt.date,
    reference: str,
    key: str,
    actor: User | None,
    at: dt.datetime,
) -> Contribution:
    """Money of a pledge arrived at the bank. Refused above what is still outstanding, and from days to come.

    `key` is chosen by the sender, once for each contribution: sent again with the same facts it answers the first one.
    """
    held = Pledge.objects.select_for_update(of=("self",)).get(pk=pledge.pk)
    currency = held.fund_year.fund.currency
    amount = checked_money(amount, currency, field="amount")
    reference, key = reference.strip(), key.strip()
    facts = {"amount": amount, "received_on": received_on, "reference": reference}
    if earlier := Contribution.objects.filter(key=key).first():
        if earlier.pledge_id != held.pk or any(getattr(earlier, name) != value for name, value in facts.items()):
            raise KeyReused(_("This form was sent before with other values. Nothing was recorded; open it anew."))
        return earlier
    _check_contribution(held, amount, received_on, reference, key=key, at=at)
    entry = ledger.receive(
        held.subaccount,
        held.fund_year,
        amount,
        text=f"Contribution of {held.subaccount.label}, {reference}"[:500],
        source=reference,
        key=f"contribution:{key}",
        effective_on=received_on,
        actor=actor,
        at=at,
    )
    made = Contribution.objects.create(pledge=held, key=key, entry=entry, recorded_by=actor, recorded_at=at, **facts)
    after = {**facts, "currency": currency}
    record(actor, "contribution.received", made, at=at, subject=held.member, after=after)
    notices.contribution_received(made, at=at)
    return made


def _check_contribution(
    pledge: Pledge, amount: Decimal, received_on: dt.date, reference: str, *, key: str, at: dt.datetime
) -> None:
    if amount <= 0:
        raise InvalidInput(_("A contribution is more than zero."), field="amount")
    if received_on > at.date():
        raise InvalidInput(_("Money can't have arrived on a day to come."), field="received_on")
    if not reference:
        raise InvalidInput(_("Give the bank's reference."), field="reference")
    if not key or len(key) > LONGEST_KEY:
        raise InvalidInput(_("Send a key of 1 to 80 characters, a new one for each contribution."), field="key")
    left = outstanding(pledge)
    if amount > left:
        sum_left = format_money(left, pledge.fund_year.fund.currency)
        raise NotEnoughMoney(
            _("Of this pledge only %(left)s is outstanding. Nothing was recorded.") % {"left": sum_left},
            field="amount",
            outstanding=str(left),
        )


def outstanding(pledge: Pledge) -> Decimal:
    """What of a pledge has still to arrive, by the ledger."""
    found = Balance.objects.filter(subaccount=pledge.subaccount_id, account__code=chart.RECEIVABLE)
    return found.aggregate(left=Sum("amount"))["left"] or ZERO


def follow_merge(duplicate: University, into: University, actor: User | None, at: dt.datetime) -> None:
    """Two entries of a university became one: the member that was the one is now the other."""
    member = Member.objects.select_for_update().filter(university=duplicate).first()
    if member is None:
        return
    taken = Member.objects.filter(university=into).exists()
    member.university = None if taken else into
    member.save(update_fields=["university"])
    after = {"university": str(member.university) if member.university else None}
    record(actor, "member.changed", member, at=at, before={"university": str(duplicate)}, after=after)
