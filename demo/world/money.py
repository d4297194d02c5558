"""The fund: a hundred million over five years, pledged by fifty members, received so far, made available by the board."""

import datetime as dt
from decimal import Decimal

from django.utils.text import slugify

from accounts.models import User
from accounts.services import create_person
from alliance.models import Pledge, Resolution, Vote
from alliance.services.board import add_board_seat
from alliance.services.members import add_representative, create_member, make_pledges, receive_contribution
from alliance.services.resolutions import cast_vote, open_voting, propose_resolution
from core.money import split
from demo.texts.people import COMPANIES, FOUNDATIONS, START_UPS
from demo.world.people import BEGAN
from demo.world.scene import Scene
from funds.models import FundYear
from funds.services import YearPlan, create_fund

MILLION = Decimal(1_000_000)
CEILINGS = (18, 22, 22, 20, 18)
# What the board has made available of each year, in millions: the current years nearly whole, later ones for what lasts.
APPROPRIATED = (Decimal(7), Decimal("16.5"), Decimal(14), Decimal(8), Decimal(2))
WEIGHTS = {"company": 5, "foundation": 4, "university": 2, "start_up": 1}


def make_money(scene: Scene) -> None:
    at = scene.ago(BEGAN - 10)
    first = scene.now.year - 1
    plans = [
        YearPlan(dt.date(first + n, 1, 1), dt.date(first + n + 1, 1, 1), ceiling * MILLION)
        for n, ceiling in enumerate(CEILINGS)
    ]
    scene.fund = create_fund(
        code="AIF",
        name="Alliance Fund for Open AI Research",
        currency="USD",
        years=plans,
        actor=scene.staff["admin"],
        at=at,
    )
    scene.years = list(FundYear.objects.filter(fund=scene.fund).order_by("number"))
    for n, person in enumerate(scene.board):
        add_board_seat(scene.fund, person, chair=n == 0, actor=scene.staff["admin"], at=at)
    _members(scene, at)
    for year, amount in zip(scene.years, APPROPRIATED, strict=True):
        _appropriate(scene, year, amount * MILLION)


def _members(scene: Scene, at: dt.datetime) -> None:
    """Companies, start-ups, foundations, and the universities that pay in, each with a pledge in every year."""
    names = [(name, "company") for name in COMPANIES] + [(name, "start_up") for name in START_UPS]
    names += [(name, "foundation") for name in FOUNDATIONS]
    kinds: list[tuple[str, str, object]] = [(name, kind, None) for name, kind in names]
    kinds += [(place.name, "university", place) for place in scene.universities]
    weights = [Decimal(WEIGHTS[kind]) for _name, kind, _place in kinds]
    shares = [split(ceiling * MILLION, weights, "USD") for ceiling in CEILINGS]
    for n, (name, kind, place) in enumerate(kinds):
        facts = {"name": name, "kind": kind, "country": getattr(place, "country", None) or _country(scene)}
        facts |= {"joined_on": at.date(), "university": place}
        member = create_member(code=slugify(name)[:24].strip("-"), actor=scene.staff["finance"], at=at, **facts)
        scene.members.append(member)
        share = {year: parts[n] for year, parts in zip(scene.years, shares, strict=True)}
        make_pledges(member, share, actor=scene.staff["finance"], at=at)
    member, person = scene.members[0], _representative(scene, at)
    add_representative(member, person, actor=scene.staff["admin"], at=at)


def _country(scene: Scene) -> str:
    return scene.dice.choice(("US", "GB", "DE", "FR", "NL", "SE", "JP", "CA", "IN", "BR"))


def _representative(scene: Scene, at: dt.datetime) -> User:
    return create_person(email="member@alliance.example", name="Otis Marchbanks", actor=scene.staff["admin"], at=at)


def receive_year(scene: Scene, number: int, *, days: int, share: float) -> None:
    """What arrived of a year's pledges from so many days ago on; below 1, some members are behind and some paid half."""
    year = scene.years[number - 1]
    pledges = list(Pledge.objects.filter(fund_year=year).select_related("member").order_by("member__code"))
    for n, pledge in enumerate(pledges):
        if scene.dice.random() > share:
            continue
        part = pledge.amount if n % 9 or share == 1 else (pledge.amount / 2).quantize(Decimal(1000))
        at = scene.ago(days) + dt.timedelta(days=60 * n / len(pledges))
        receive_contribution(
            pledge,
            part,
            received_on=at.date(),
            reference=f"{pledge.member.code.upper()[:12]}-{year.number}",
            key=f"demo:{pledge.pk}",
            actor=scene.staff["finance"],
            at=at,
        )


def _appropriate(scene: Scene, year: FundYear, amount: Decimal) -> None:
    """A resolution of the board, like every other."""
    at = scene.ago(BEGAN - 30 - 5 * year.number)
    resolution = propose_resolution(
        fund=scene.money,
        kind="appropriation",
        title=f"Money of {year.starts_on:%Y}",
        text="The members' pledges cover it. What is not awarded stays free within the year.",
        payload={"fund_year": str(year.pk), "amount": str(amount)},
        actor=scene.staff["officer"],
        at=at,
    )
    carry(scene, resolution, at)


def carry(scene: Scene, resolution: Resolution, at: dt.datetime) -> Resolution:
    """Opened and voted for by the whole board, within a week."""
    opened = open_voting(resolution, closes_at=at + dt.timedelta(days=7), actor=scene.staff["officer"], at=at)
    for n, person in enumerate(scene.board):
        if Resolution.objects.get(pk=opened.pk).status != Resolution.Status.VOTING:
            break
        cast_vote(opened, Vote.Choice.FOR, actor=person, at=at + dt.timedelta(days=1, hours=n))
    return Resolution.objects.get(pk=opened.pk)
