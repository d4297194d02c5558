"""From the slate to payments: one slate still before the board, one report overdue, one payment that failed."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from accounts.models import User
from alliance.services.resolutions import cast_vote, open_voting
from awards.models import Award, AwardReport, Disbursement, Slate, SlateLine
from awards.services import awards, payments, reports, slates
from core.money import ZERO
from demo.world.money import carry
from demo.world.scene import Scene
from funds.queries import positions
from grants.models import Call
from grants.services.calls import archive_call, mark_decided

TEXT = (
    "In this period we collected the data that we had planned, published the first version of the model with its weights "
    "and training code, and ran it with two of our three partners. The third joined late and is catching up.\n\n"
    "What did not work: the smaller architecture lost more accuracy in the dry season than we had hoped. We report this in "
    "the technical note, and go on with the larger one.\n\nAll outputs are registered and open."
)


def _slate(scene: Scene, name: str, at: dt.datetime, rationale: str) -> Slate:
    call = Call.objects.get(pk=scene.calls[name].pk)
    slate = slates.create_slate(
        call, title=f"Awards of {call.title}", rationale=rationale, actor=scene.staff["officer"], at=at
    )
    _fit(scene, slate, at)
    return Slate.objects.get(pk=slate.pk)


def _fit(scene: Scene, slate: Slate, at: dt.datetime) -> None:
    """From the last of the ranking up, put what no year can bear onto the reserve list."""
    lines = list(slate.lines.filter(decision=SlateLine.Decision.FUND).order_by("-rank", "-proposal__number"))
    free = {position.year.pk: position.free for position in positions(slate.fund)}
    for line in lines:
        totals = slates.totals_by_year(slate)
        fits = all(total <= free[year.pk] for year, total in totals.items())
        if fits and sum(totals.values(), ZERO) <= slate.call.envelope:
            return
        how: dict[str, Any] = {"version": line.version, "actor": scene.staff["officer"], "at": at}
        slates.set_line(slate, line.proposal, decision="reserve", by_year={}, note="Next when money is free.", **how)


def decide(scene: Scene, name: str, at: dt.datetime) -> list[Award]:
    """Put to the board, adopted within two days, accepted by every university but the last, which thinks it over."""
    slate = _slate(scene, name, at, "The panel recommends these by rank, as far as the years' money goes.")
    resolution = slates.propose(slate, actor=scene.staff["officer"], at=at)
    carry(scene, resolution, at)
    mark_decided(scene.calls[name], actor=scene.staff["officer"], at=at + dt.timedelta(days=3))
    offered = list(Award.objects.filter(slate_line__slate=slate).select_related("university").order_by("number"))
    for award in offered:
        accept(scene, award, at + dt.timedelta(days=8))
    return offered


def accept(scene: Scene, award: Award, at: dt.datetime) -> Award:
    person = scene.signers[award.university]
    return awards.accept_award(award, typed_name=person.name, terms_sha256=award.terms_sha256, actor=person, at=at)


def put_to_the_vote(scene: Scene, name: str, at: dt.datetime) -> None:
    """A slate that the board is voting on now: two have, three have not."""
    slate = _slate(scene, name, at, "The common framework is missing what these would measure.")
    resolution = slates.propose(slate, actor=scene.staff["officer"], at=at)
    opened = open_voting(
        resolution, closes_at=scene.ago(-5, 17), actor=scene.staff["officer"], at=at + dt.timedelta(hours=2)
    )
    for person in scene.board[1:3]:
        cast_vote(opened, "for", actor=person, at=at + dt.timedelta(hours=20))


def archive(scene: Scene, name: str, at: dt.datetime) -> None:
    archive_call(scene.calls[name], actor=scene.staff["officer"], at=at)


def pay(scene: Scene, chosen: Sequence[Award], number: int, at: dt.datetime, *, until: str = "settled") -> None:
    """An instalment of each award, on its way as far as `until`; asked for by the office, three people moving it."""
    awards.activate_due(at=at)
    for n, award in enumerate(chosen):
        pay_one(scene, award, number, at + dt.timedelta(hours=7 * n), until=until)


def pay_one(scene: Scene, award: Award, number: int, at: dt.datetime, *, until: str) -> Disbursement | None:
    part = award.instalments.filter(number=number).first()
    if part is None:
        return None
    clerk, finance, approver = scene.clerks[award.university], scene.staff["finance"], scene.staff["approver"]
    payment = payments.request(part, key=f"demo:{part.pk}:{at:%Y%m%d}", actor=clerk, at=at)
    for state, step, actor, hours in _way(finance, approver):
        if payment.status == until:
            break
        moment = min(at + dt.timedelta(hours=hours), scene.now)
        if state == "settled" and until == "failed":
            return payments.fail(payment, reason="The bank knows no account of this number.", actor=finance, at=moment)
        if state == "settled":
            reference = f"B{payment.number[4:].replace('-', '')}"
            payment = payments.settle(payment, on=moment.date(), bank_reference=reference, actor=actor, at=moment)
        else:
            payment = step(payment, actor=actor, at=moment)
    return payment


def _way(finance: User, approver: User) -> list[tuple[str, Callable[..., Disbursement], User, int]]:
    return [
        ("approved", payments.approve, finance, 26),
        ("batched", payments.release, approver, 50),
        ("sent", payments.mark_sent, finance, 52),
        ("settled", payments.settle, finance, 76),
    ]


def report_all(scene: Scene, chosen: Sequence[Award]) -> None:
    """Reports whose time has come: accepted, the last but one handed in only, and the last one overdue.

    An award whose last report is accepted is closed.
    """
    owed = [report for award in chosen for report in award.reports.filter(due_at__lt=scene.now).order_by("due_at")]
    for n, report in enumerate(owed):
        if n == len(owed) - 1:
            return
        award = report.award
        author = award.pi or scene.clerks[award.university]
        at = report.due_at - dt.timedelta(days=scene.dice.randint(1, 20))
        spent = (award.amount * Decimal(scene.dice.randint(20, 34)) / 100).quantize(Decimal("0.01"))
        handed = reports.submit_report(report, version=report.version, text=TEXT, spent=spent, actor=author, at=at)
        if n < len(owed) - 2:
            reports.accept_report(handed, actor=scene.staff["officer"], at=at + dt.timedelta(days=9))
            if not award.reports.exclude(status=AwardReport.Status.ACCEPTED).exists():
                awards.close_award(award, actor=scene.staff["officer"], at=scene.now - dt.timedelta(hours=1))
