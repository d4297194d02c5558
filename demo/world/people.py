"""Staff, board, universities with their offices and researchers, reviewers; all invented."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from accounts.models import Role, User
from accounts.services import create_person, grant_role
from demo.texts.people import PEOPLE, UNIVERSITIES, Campus
from demo.texts.titles import TITLES
from demo.world.scene import Scene
from reviews.services.pool import add_reviewer
from universities.models import OfficeMember, University
from universities.services.affiliations import claim_affiliation
from universities.services.bank import confirm_bank_account, enter_bank_account
from universities.services.directory import create_university
from universities.services.office import add_office_member
from universities.services.rates import set_indirect_rate

PASSWORD = "open-models-for-all"  # noqa: S105 - of the demo's invented people, printed beside their names
HOUSE = "alliance.example"
STAFF = (
    ("admin", "Wren Castellan", Role.ADMINISTRATOR),
    ("officer", "Ingrid Fossheim", Role.PROGRAMME_OFFICER),
    ("deputy", "Emeka Adichukwu", Role.PROGRAMME_OFFICER),
    ("finance", "Liselotte Vanderhoek", Role.FINANCE_OFFICER),
    ("approver", "Tobias Grünwald", Role.FINANCE_APPROVER),
    ("auditor", "Theodora Vassalou", Role.AUDITOR),
)
BOARD = (
    ("chair", "Rosalind Fairweather"),
    ("board2", "Nikolai Aurenberg"),
    ("board3", "Fatoumata Diarra-Ndiaye"),
    ("board4", "Hugo Lindqvarn"),
    ("board5", "Beatriz Altamira"),
)
RESEARCHERS, REVIEWERS = 3, 2  # at each university
BEGAN = 760  # days ago


def names() -> Iterator[str]:
    """Names that nobody has, first and last from the list crossed, in an order that looks like chance."""
    taken = {name for _code, name, *_role in (*STAFF, *BOARD)}
    first = [name.partition(" ")[0] for name in PEOPLE]
    last = [name.partition(" ")[2] for name in PEOPLE]
    for step in range(1, len(PEOPLE)):
        for i, one in enumerate(first):
            name = f"{one} {last[(i * 7 + step * 13) % len(last)]}"
            if name not in taken:
                taken.add(name)
                yield name


def make_people(scene: Scene) -> None:
    """Everybody, with one password that is hashed once: eighty hashes would cost the world's whole time."""
    at, fresh = scene.ago(BEGAN), names()
    admin_of_all = _person("system", "The installation", at)
    for code, name, role in STAFF:
        scene.staff[code] = _person(code, name, at)
        grant_role(scene.staff[code], role, actor=admin_of_all, at=at)
    scene.board = [_person(code, name, at) for code, name in BOARD]
    for campus in UNIVERSITIES:
        _university(campus, scene, fresh, at + dt.timedelta(days=2))
    User.objects.update(password=make_password(PASSWORD))
    admin_of_all.is_active = False
    admin_of_all.save(update_fields=["is_active"])


def _person(code: str, name: str, at: dt.datetime, *, domain: str = HOUSE, zone: str = "UTC") -> User:
    return create_person(email=f"{code}@{domain}", name=name, zone=zone, actor=None, at=at)


def _university(campus: Campus, scene: Scene, fresh: Iterator[str], at: dt.datetime) -> None:
    """A university with its domain, rate, office, bank account and people, as its office and staff would set it up."""
    admin = scene.staff["admin"]
    place = create_university(
        name=campus.name,
        country=campus.country,
        domains=(campus.domain,),
        short_name=campus.short,
        city=campus.city,
        website=f"https://www.{campus.domain}/",
        actor=admin,
        at=at,
    )
    scene.universities.append(place)
    signer = _person("office", next(fresh), at, domain=campus.domain, zone=campus.zone)
    clerk = _person("grants", next(fresh), at, domain=campus.domain, zone=campus.zone)
    add_office_member(place, signer, role=OfficeMember.Kind.AUTHORISED_REPRESENTATIVE, actor=admin, at=at)
    add_office_member(place, clerk, role=OfficeMember.Kind.OFFICER, actor=signer, at=at)
    scene.signers[place], scene.clerks[place] = signer, clerk
    rate, first = Decimal(campus.rate), dt.date(at.year - 1, 1, 1)
    set_indirect_rate(place, base="modified_total_direct", rate=rate, starts_on=first, actor=signer, at=at)
    set_indirect_rate(place, base="total_direct", rate=rate / 2, starts_on=first, actor=signer, at=at)
    _bank(place, campus, scene, at)
    scene.researchers[place] = [
        _researcher(place, campus, "researcher" if n == 0 else f"r{n + 1}", next(fresh), at) for n in range(RESEARCHERS)
    ]
    themes = sorted(TITLES)
    for n in range(REVIEWERS):
        person = _researcher(place, campus, "reviewer" if n == 0 else f"reviewer{n + 1}", next(fresh), at)
        theme = themes[(len(scene.reviewers)) % len(themes)]
        words = sorted({word for _title, _about, keywords in TITLES[theme] for word in keywords})
        chosen = scene.dice.sample(words, min(6, len(words)))
        add_reviewer(person, keywords=chosen, most_reviews=40, actor=scene.staff["officer"], at=at)
        scene.reviewers.append(person)


def _researcher(place: University, campus: Campus, code: str, name: str, at: dt.datetime) -> User:
    """Confirmed by their address, which is under the university's domain."""
    person = _person(code, name, at, domain=campus.domain, zone=campus.zone)
    claim_affiliation(place, department="Computing", position="Professor", actor=person, at=at)
    return person


def _bank(place: University, campus: Campus, scene: Scene, at: dt.datetime) -> None:
    """Entered by one person of the office, confirmed by the other, days before anything is paid."""
    number = f"{scene.dice.randrange(10**9, 10**10)}"
    account = enter_bank_account(
        place,
        holder=campus.name,
        currency="USD",
        country=campus.country,
        account_number=number,
        bank_identifier="DEMOUS33",
        bank_name="Bank of the Demo World",
        actor=scene.clerks[place],
        at=at,
    )
    confirm_bank_account(account, actor=scene.signers[place], at=at + dt.timedelta(days=1))
