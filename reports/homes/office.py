"""A research office's part: what waits for its signature, who waits for its word, what it is owed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from awards.models import Award, AwardReport, Disbursement, Instalment
from core.money import ZERO
from funds.queries import subaccount_balances
from grants.lists.proposals import waiting
from reports.homes import applying
from reports.homes.base import Part, Task
from universities.models import Affiliation, BankAccount, OfficeMember, University

LIVE = (Award.Status.ACCEPTED, Award.Status.ACTIVE, Award.Status.SUSPENDED, Award.Status.CLOSING)
ON_THE_WAY = ("requested", "approved", "batched", "sent")
MOST = 10


@dataclass(frozen=True)
class Bank:
    """Where a university's money goes, as a state: usable, waiting (for a second person), cooling, missing."""

    university: University
    state: str
    account: BankAccount | None


@dataclass(frozen=True, kw_only=True)
class OfficeHome(Part):
    template = "reports/home/_office.html"
    title = gettext_lazy("Your research office")
    icon = "building-community"

    universities: list[University]
    to_sign: list[Any]
    claims: list[Affiliation]
    offers: list[Award]
    due: list[Instalment]
    on_the_way: list[Disbursement]
    overdue: list[AwardReport]
    banks: list[Bank]
    awarded: Decimal
    owed: Decimal
    awards: int
    currency: str

    @property
    def requestable(self) -> Decimal:
        return sum((part.amount for part in self.due), ZERO)


def gather(user: User, at: dt.datetime) -> OfficeHome:
    members = list(OfficeMember.objects.in_force(at).filter(user=user).select_related("university"))
    universities = [member.university for member in members]
    signs = {m.university_id for m in members if m.role == OfficeMember.Kind.AUTHORISED_REPRESENTATIVE}
    waits: Any = waiting(user, None)
    waits = waits.filter(sign_by__gt=at).select_related("call__programme__fund", "pi", "stage")
    to_sign = list(waits.order_by("sign_by", "id"))
    claims = list(
        Affiliation.objects.claimed()
        .filter(university__in=universities)
        .exclude(user=user)
        .select_related("user", "university")
        .order_by("claimed_at", "id")
    )
    awards = list(Award.objects.filter(university__in=universities).select_related("fund", "university", "pi"))
    offers = [award for award in awards if award.status == Award.Status.OFFERED and award.accept_by > at]
    due = list(requestable(universities, at).select_related("award__fund", "fund_year").order_by("due_on", "id"))
    overdue = AwardReport.objects.overdue(at).filter(award__in=[award for award in awards if award.status in LIVE])
    banks = banks_of(universities, at)
    live = [award for award in awards if award.status in LIVE]
    balances = subaccount_balances([award.subaccount_id for award in live])
    return OfficeHome(
        tasks=[
            *(_sign(one) for one in to_sign if one.university_id in signs),
            *(_offer(one) for one in offers if one.university_id in signs and one.pi_id != user.pk),
            *_claims(claims),
            *applying.to_pick(user, universities),
            *(_request(part) for part in due[:MOST]),
            *(task for bank in banks if (task := _bank(bank, user, needed=bool(awards)))),
        ],
        universities=universities,
        to_sign=to_sign,
        claims=claims,
        offers=offers,
        due=due,
        on_the_way=list(_on_the_way(universities)),
        overdue=list(overdue.select_related("award").order_by("due_at", "id")),
        banks=banks,
        awarded=sum((award.amount for award in live), ZERO),
        owed=sum((balance.obligated + balance.in_process for balance in balances.values()), ZERO),
        awards=len(live),
        currency=awards[0].currency if awards else "",
    )


# --- signing ----------------------------------------------------------------------------------------------------------
def _sign(proposal: Any) -> Task:
    said = {"who": proposal.lead_name, "call": proposal.call.title}
    return Task(
        title=_("Sign “%(title)s”") % {"title": proposal.title},
        detail=_("%(who)s hands it in under “%(call)s”") % said,
        url=reverse("grants:signoff", args=[proposal.number]),
        act=_("Read and sign"),
        icon="writing-sign",
        due_at=proposal.sign_by,
        amount=proposal.requested,
        currency=proposal.currency,
    )


def _offer(award: Award) -> Task:
    return Task(
        title=_("Accept the award %(number)s") % {"number": award.number},
        detail=award.title,
        url=reverse("awards:award_accept", args=[award.number]),
        act=_("Read and answer"),
        icon="award",
        due_at=award.accept_by,
        amount=award.amount,
        currency=award.currency,
    )


def _claims(claims: Sequence[Affiliation]) -> list[Task]:
    """One for each university, naming who waits longest."""
    tasks = []
    for university in dict.fromkeys(claim.university for claim in claims):
        names = [claim.user.name for claim in claims if claim.university_id == university.pk]
        count = len(names)
        words = ngettext("Confirm that %(n)d person works here", "Confirm that %(n)d people work here", count)
        tasks.append(
            Task(
                title=words % {"n": count},
                detail=f"{university}: {', '.join(names[:3])}{'…' if count > 3 else ''}",
                url=reverse("universities:office", args=[university.pk]),
                act=_("Decide"),
                icon="user-question",
            )
        )
    return tasks


# --- money ------------------------------------------------------------------------------------------------------------
def requestable(universities: Sequence[University], at: dt.datetime) -> QuerySet[Instalment]:
    """Instalments that can be asked for now: `awards.gate.of_instalment` as one condition (a test holds them equal)."""
    live = Disbursement.objects.filter(instalment=OuterRef("pk"), status__in=Disbursement.LIVE)
    late = AwardReport.objects.overdue(at).filter(award=OuterRef("award"))
    accounts = BankAccount.objects.filter(
        university=OuterRef("award__university"), currency=OuterRef("award__fund__currency")
    )
    return Instalment.objects.filter(
        ~Exists(live),
        ~Exists(late),
        ~Exists(accounts.filter(status=BankAccount.Status.ENTERED)),
        Exists(accounts.filter(status=BankAccount.Status.CONFIRMED, usable_from__lte=at)),
        Q(after_report=None) | Q(after_report__status=AwardReport.Status.ACCEPTED),
        award__status=Award.Status.ACTIVE,
        award__university__in=universities,
        due_on__lte=at.date(),
    )


def _request(part: Instalment) -> Task:
    return Task(
        title=_("Ask for instalment %(n)d of %(award)s") % {"n": part.number, "award": part.award.number},
        detail=part.award.title,
        url=reverse("awards:payment_request", args=[part.pk]),
        act=_("Ask for it"),
        icon="cash",
        amount=part.amount,
        currency=part.award.currency,
    )


def _on_the_way(universities: Sequence[University]) -> QuerySet[Disbursement]:
    """Payments that are not there yet; a failed one until another was asked for."""
    again = Disbursement.objects.filter(instalment=OuterRef("instalment"), status__in=Disbursement.LIVE)
    rows = Disbursement.objects.filter(
        Q(status__in=ON_THE_WAY) | Q(status__in=["failed", "returned"]) & ~Exists(again),
        award__university__in=universities,
    )
    return rows.select_related("award__fund").order_by("requested_at", "id")


def banks_of(universities: Sequence[University], at: dt.datetime) -> list[Bank]:
    rows = BankAccount.objects.filter(university__in=universities, status__in=["entered", "confirmed"])
    accounts = list(rows.order_by("-entered_at"))
    return [_bank_of(one, [a for a in accounts if a.university_id == one.pk], at) for one in universities]


def _bank_of(university: University, accounts: Sequence[BankAccount], at: dt.datetime) -> Bank:
    entered = next((one for one in accounts if one.status == BankAccount.Status.ENTERED), None)
    if entered:
        return Bank(university, "waiting", entered)
    if not accounts:
        return Bank(university, "missing", None)
    first = accounts[0]
    return Bank(university, "usable" if first.usable_from and first.usable_from <= at else "cooling", first)


def _bank(bank: Bank, user: User, *, needed: bool) -> Task | None:
    if bank.state == "waiting" and bank.account and bank.account.entered_by_id != user.pk:
        return Task(
            title=_("Check the new bank details"),
            detail=_("%(university)s: payments are held until a second person has checked them")
            % {"university": bank.university},
            url=reverse("universities:bank", args=[bank.account.pk]),
            act=_("Check them"),
            icon="shield-question",
            tone="warning",
        )
    if bank.state == "missing" and needed:
        return Task(
            title=_("Enter bank details"),
            detail=_("%(university)s can’t be paid without them") % {"university": bank.university},
            url=reverse("universities:bank_add", args=[bank.university.pk]),
            act=_("Enter them"),
            icon="building-bank",
            tone="warning",
        )
    return None
