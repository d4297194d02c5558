"""A recommended proposal, a board, and money, on the way to a settled payment."""

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from alliance.models import Resolution
from alliance.services import board, resolutions
from awards.models import Award, AwardReport, Disbursement, Instalment, Slate
from awards.services import awards, payments, slates
from funds import services as ledger
from funds.models import Fund, FundYear
from grants.models import Proposal
from grants.services import decisions
from tests.grants.stories import make_signer, make_university, make_user
from tests.reviews.stories import make_eligible, make_officer, make_reviewer, submitted
from universities.models import BankAccount

DECIDED = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)
ACCEPTED = DECIDED + dt.timedelta(days=1)
BEGAN = dt.date(2026, 6, 1)  # when those begin that are running
STARTED = dt.datetime(2027, 1, 10, 12, tzinfo=dt.UTC)  # the projects of the stories begin on 1 January 2027


def officer(name: str = "Fred Finance") -> User:
    return make_user(name, "finance_officer")


def approver(name: str = "Anna Approver") -> User:
    return make_user(name, "finance_approver")


def fill(fund: Fund, amount: int = 10_000_000) -> None:
    """Pledge, receive and appropriate so much of each year."""
    for year in FundYear.objects.filter(fund=fund):
        code = f"P-{year.number}"
        member = ledger.open_subaccount(fund, kind="pledge", code=code, label="A member's pledge")
        money = Decimal(amount)
        ledger.pledge(member, year, money, text="Pledge", actor=None, at=DECIDED)
        ledger.receive(member, year, money, text="Contribution", actor=None, at=DECIDED)
        ledger.appropriate(year, money, text="Appropriation", actor=None, at=DECIDED)


def make_board(fund: Fund, names: tuple[str, ...] = ("Bo Board", "Bea Board", "Bill Board")) -> list[User]:
    people = [make_user(name) for name in names]
    for person in people:
        if not person.board_seats.filter(fund=fund).exists():
            board.add_board_seat(fund, person, actor=None, at=DECIDED - dt.timedelta(days=400))
    return people


def make_recommended(title: str = "Open models of soil", pi: str = "Ada Example") -> Proposal:
    proposal = make_eligible(title=title, pi=pi)
    submitted(proposal, make_reviewer(f"Reviewer of {pi}"))
    return decisions.recommend(Proposal.objects.get(pk=proposal.pk), actor=make_officer(), at=DECIDED)


def make_slate(*proposals: Proposal) -> Slate:
    return slates.create_slate(proposals[0].call, title="First slate", actor=make_officer(), at=DECIDED)


def adopt(resolution: Resolution, recused: User | None = None) -> Resolution:
    people = make_board(resolution.fund)
    closes = DECIDED + dt.timedelta(days=7)
    opened = resolutions.open_voting(resolution, closes_at=closes, actor=make_officer(), at=DECIDED)
    if recused is not None:
        resolutions.cast_vote(opened, "recused", actor=recused, at=DECIDED)
        people.remove(recused)
    for person in people:
        if Resolution.objects.get(pk=opened.pk).status == "voting":
            resolutions.cast_vote(opened, "for", actor=person, at=DECIDED)
    return Resolution.objects.get(pk=opened.pk)


def make_offered(title: str = "Open models of soil", pi: str = "Ada Example", *, money: bool = True) -> Award:
    proposal = make_recommended(title, pi)
    if money and not ledger.Entry.objects.filter(event="appropriation").exists():
        fill(proposal.call.programme.fund)
    adopt(slates.propose(make_slate(proposal), actor=make_officer(), at=DECIDED))
    return Award.objects.get(proposal=proposal)


def signer() -> User:
    return make_signer(university=make_university())


def make_active(**kwargs: str) -> Award:
    award = make_offered(**kwargs)  # type: ignore[arg-type]
    awards.accept_award(award, typed_name=signer().name, terms_sha256=award.terms_sha256, actor=signer(), at=DECIDED)
    awards.activate_due(at=STARTED)
    make_account()
    return Award.objects.get(pk=award.pk)


def make_running(*pis: str, recused: User | None = None) -> list[Award]:
    """Awards whose work has begun and whose reports are due far ahead, by any clock after `DECIDED`: pages read the real one."""
    proposals = [make_recommended(f"Models of {pi}", pi) for pi in pis or ("Ada Example",)]
    Proposal.objects.filter(pk__in=[one.pk for one in proposals]).update(starts_on=BEGAN)
    fill(proposals[0].call.programme.fund)
    adopt(slates.propose(make_slate(*proposals), actor=make_officer(), at=DECIDED), recused)
    for award in Award.objects.all():
        how = {"typed_name": signer().name, "terms_sha256": award.terms_sha256, "actor": signer(), "at": ACCEPTED}
        awards.accept_award(award, **how)
    AwardReport.objects.update(due_at=timezone.now() + dt.timedelta(days=60))
    make_account()
    return [Award.objects.get(proposal=one) for one in proposals]


def make_account() -> BankAccount:
    """Confirmed long ago by another person than entered it."""
    university = make_university()
    found = BankAccount.objects.filter(university=university).first()
    return found or BankAccount.objects.create(
        university=university,
        holder="University of Northmoor",
        iban="GB33BUKB20201555555555",
        currency="USD",
        country="GB",
        status="confirmed",
        entered_by=make_user("Eve Enters"),
        entered_at=DECIDED,
        confirmed_by=make_user("Carl Confirms"),
        confirmed_at=DECIDED,
        usable_from=DECIDED,
    )


def first_part(award: Award) -> Instalment:
    return award.instalments.get(number=1)


def make_requested(award: Award | None = None, key: str = "k1") -> Disbursement:
    return payments.request(first_part(award or make_active()), key=key, actor=signer(), at=STARTED)


def make_approved(award: Award | None = None) -> Disbursement:
    return payments.approve(make_requested(award), actor=officer(), at=STARTED)


def make_sent(award: Award | None = None) -> Disbursement:
    released = payments.release(make_approved(award), actor=approver(), at=STARTED)
    return payments.mark_sent(released, actor=officer(), at=STARTED)


def make_settled(award: Award | None = None) -> Disbursement:
    return payments.settle(make_sent(award), on=STARTED.date(), bank_reference="B1", actor=officer(), at=STARTED)


def first_report(award: Award) -> AwardReport:
    return award.reports.get(kind="progress", number=1)


def requested(award: Award, key: str = "k1") -> Disbursement:
    """As `make_requested`, of a running award."""
    return payments.request(first_part(award), key=key, actor=signer(), at=ACCEPTED)


def approved(award: Award, key: str = "k1") -> Disbursement:
    return payments.approve(requested(award, key), actor=officer(), at=ACCEPTED)
