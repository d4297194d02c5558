"""A small call with a form, and proposals in every state, that tests of grants and of what comes after tell stories with."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.core.files.base import ContentFile
from pypdf import PdfWriter

from accounts.models import RoleGrant, User
from funds.models import Fund
from grants.models import (
    BudgetRules,
    Call,
    CallStep,
    FormVersion,
    Programme,
    Proposal,
    Question,
    Section,
    Stage,
    Submission,
    TeamMember,
)
from grants.services import answers, budget, proposals, submission, team
from tests.funds.stories import make_fund
from universities.models import Affiliation, IndirectRate, OfficeMember, University

OPENS = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)  # while the call is open
CLOSES = dt.datetime(2026, 4, 1, 16, tzinfo=dt.UTC)
SIGN_UNTIL = CLOSES + dt.timedelta(days=2)
MICRO = dt.timedelta(microseconds=1)
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


# --- people ---------------------------------------------------------------------------------------------------------
def make_user(name: str = "Ada Example", *roles: str) -> User:
    """Somebody with these staff roles; asking for the same name again gives the same person."""
    email = f"{name.replace(' ', '.').lower()}@people.example"
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
    for role in roles:
        RoleGrant.objects.get_or_create(user=user, role=role, defaults={"starts_at": LONG_AGO})
    return User.objects.get(pk=user.pk)


def make_university(name: str = "University of Northmoor", *, rate: str | None = "0.40") -> University:
    """With an indirect-cost rate on modified total direct costs, unless `rate` is None."""
    university = University.objects.filter(name=name).first()
    if university is None:
        university = University.objects.create(name=name, country="GB", search_text=name.lower(), created_at=LONG_AGO)
        if rate is not None:
            IndirectRate.objects.create(
                university=university, rate=Decimal(rate), starts_on=dt.date(2020, 1, 1), set_at=LONG_AGO
            )
    return university


def make_researcher(name: str = "Ada Example", university: University | None = None) -> User:
    """Somebody whom the university has confirmed."""
    user, university = make_user(name), university or make_university()
    if not Affiliation.objects.filter(user=user, university=university).exists():
        Affiliation.objects.create(
            user=user, university=university, status="confirmed", claimed_at=LONG_AGO, decided_at=LONG_AGO
        )
    return user


def make_signer(name: str = "", university: University | None = None, *, may_sign: bool = True) -> User:
    """Somebody of the research office, who may sign for the university unless `may_sign` is False.

    Without a name: the university's own signer, the same each time.
    """
    university = university or make_university()
    first = make_university() == university
    user = make_user(name or ("Olga Office" if first else f"Olga {university.name}"))
    role = OfficeMember.Kind.AUTHORISED_REPRESENTATIVE if may_sign else OfficeMember.Kind.OFFICER
    OfficeMember.objects.get_or_create(user=user, university=university, defaults={"role": role, "starts_at": LONG_AGO})
    return user


# --- calls ----------------------------------------------------------------------------------------------------------
SECTIONS = (
    ("The idea", [("idea", "What do you want to find out?", 60), ("method", "How will you do it?", 120)]),
    ("What comes out", [("outputs", "What will be open, and where?", 80)]),
)


def make_fund_once(currency: str = "USD") -> Fund:
    return Fund.objects.filter(currency=currency).first() or make_fund(
        50_000_000, 50_000_000, currency=currency, code=f"af-{currency.lower()}"
    )


def make_call(
    code: str = "AI-26",
    *,
    opens_at: dt.datetime = OPENS,
    closes_at: dt.datetime = CLOSES,
    sign_off_until: dt.datetime | None = SIGN_UNTIL,
    zone: str = "UTC",
    status: str = "open",
    currency: str = "USD",
    sections: Sequence[tuple[str, list[tuple[str, str, int]]]] = SECTIONS,
    rules: dict[str, Any] | None = None,
    **fields: Any,
) -> Call:
    """A published call with one stage, a frozen form of three questions, and budget rules (base: modified, capped 25 %)."""
    if sign_off_until == SIGN_UNTIL:
        sign_off_until = closes_at + dt.timedelta(days=2)
    fund = make_fund_once(currency)
    programme, _ = Programme.objects.get_or_create(code="main", defaults={"name": "Open AI", "fund": fund})
    if programme.fund != fund:
        programme = Programme.objects.create(code=f"main-{currency.lower()}", name="Open AI", fund=fund)
    call = Call.objects.create(
        **{
            "programme": programme,
            "code": code,
            "title": "Open models for science",
            "status": status,
            "award_ceiling": Decimal(500_000),
            "envelope": Decimal(5_000_000),
            "longest_months": 36,
            "created_at": opens_at - dt.timedelta(days=30),
            "published_at": opens_at - dt.timedelta(days=20),
            **fields,
        }
    )
    CallStep.objects.create(subject=call, state=status, at=call.created_at)
    BudgetRules.objects.create(call=call, **{"excluded": ["equipment"], "subaward_threshold": 50_000, **(rules or {})})
    form = FormVersion.objects.create(call=call)
    for position, (title, questions) in enumerate(sections, 1):
        section = Section.objects.create(form=form, position=position, title=title)
        for place, (key, label, words) in enumerate(questions, 1):
            Question.objects.create(section=section, position=place, key=key, label=label, words=words)
    FormVersion.objects.filter(pk=form.pk).update(frozen_at=call.published_at)
    Stage.objects.create(
        call=call, opens_at=opens_at, closes_at=closes_at, zone=zone, sign_off_until=sign_off_until, form=form
    )
    return call


def stage_of(call: Call) -> Stage:
    return call.stages.get(number=1)


# --- proposals ------------------------------------------------------------------------------------------------------
def make_draft(
    call: Call | None = None,
    *,
    title: str = "Open models of soil",
    pi: User | None = None,
    university: University | None = None,
    at: dt.datetime | None = None,
) -> Proposal:
    """A draft with nothing in it but its title, under a PI whose university is confirmed."""
    call = call or Call.objects.first() or make_call()
    pi = pi or make_researcher(university=university)
    stage = stage_of(call)
    return proposals.start_proposal(
        stage, title=title, pi=pi, university=university, actor=pi, at=at or stage.opens_at + MICRO
    )


LINES = (
    budget.LineSpec(1, "personnel", "Postdoctoral researcher", Decimal("62000.50")),
    budget.LineSpec(2, "personnel", "Postdoctoral researcher", Decimal("63860.51")),
    budget.LineSpec(1, "equipment", "GPU server", Decimal(18500), Decimal(2)),
    budget.LineSpec(2, "travel", "Conference", Decimal("1350.25"), Decimal(3)),
)


def complete(proposal: Proposal, *, lines: Sequence[budget.LineSpec] = LINES) -> Proposal:
    """Fill in everything that handing in asks for; the university gets a signer."""
    at, pi = proposal.created_at, proposal.pi
    assert proposal.university is not None
    make_signer(university=proposal.university)
    details = {"abstract": "We map soil.", "starts_on": dt.date(2027, 1, 1), "months": 24, "keywords": "soil, maps"}
    proposals.save_details(proposal, version=proposal.version, fields=details, actor=pi, at=at)
    questions = Question.objects.filter(section__form=proposal.form_id)
    for question in questions:
        answers.save_answer(proposal, question.key, f"About {question.key}.", version=0, actor=pi, at=at)
    budget.set_lines(proposal, lines, actor=pi, at=at)
    return Proposal.objects.get(pk=proposal.pk)


def make_proposal(call: Call | None = None, **kwargs: Any) -> Proposal:
    """A complete draft, ready to be handed in."""
    return complete(make_draft(call, **kwargs))


def make_handed_in(call: Call | None = None, *, at: dt.datetime | None = None, **kwargs: Any) -> Proposal:
    """Waiting for the signature of the university's office."""
    proposal = make_proposal(call, **kwargs)
    return submission.hand_in(proposal, version=proposal.version, actor=proposal.pi, at=at or proposal.created_at)


def sign(proposal: Proposal, *, at: dt.datetime | None = None) -> Submission:
    assert proposal.university is not None
    signer = make_signer(university=proposal.university)
    return submission.sign_off(proposal, actor=signer, at=at or proposal.handed_in_at or NOON)


def make_submitted(call: Call | None = None, *, at: dt.datetime | None = None, **kwargs: Any) -> Proposal:
    """Handed in and signed, with its receipt."""
    proposal = make_handed_in(call, at=at, **kwargs)
    sign(proposal, at=at)
    return Proposal.objects.get(pk=proposal.pk)


def make_member(proposal: Proposal, name: str = "Ben Coauthor", *, may_edit: bool = True) -> User:
    """Somebody of the team who has accepted."""
    user = make_user(name)
    member: TeamMember = team.add_member(
        proposal, name=name, email=user.email, may_edit=may_edit, actor=proposal.pi, at=proposal.created_at
    )
    team.accept_invitation(member, actor=user, at=proposal.created_at)
    return user


# --- files ----------------------------------------------------------------------------------------------------------
def pdf(name: str = "plan.pdf", pages: int = 1, title: str = "") -> ContentFile:
    """A real PDF; another `title` makes other bytes."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 200)
    writer.add_metadata({"/Title": title})
    out = BytesIO()
    writer.write(out)
    return ContentFile(out.getvalue(), name)
