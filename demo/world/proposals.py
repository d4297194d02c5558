"""Proposals: written, handed in, signed, judged eligible or not; some left as drafts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from accounts.models import User
from demo.texts import prose
from demo.texts.titles import TITLES, Title
from demo.world.scene import Scene
from grants.models import Call, Proposal, Stage
from grants.services import triage
from grants.services.answers import save_answers
from grants.services.budget import LineSpec, set_lines
from grants.services.checklists import tick
from grants.services.competition import enter, pick
from grants.services.proposals import save_details, start_proposal
from grants.services.submission import hand_in, sign_off
from grants.services.team import accept_invitation, add_member
from universities.models import University

THEMES = {
    "EARTH": "earth",
    "OPENKIT": "toolkits",
    "EVAL": "evaluation",
    "SAFE": "safety",
    "HARDWARE": "hardware",
    "SEED": "seed",
}
SIGNED, WAITING, DRAFT = "signed", "waiting", "draft"


def write_all(scene: Scene, name: str, fates: Sequence[str] = ()) -> list[Proposal]:
    """Every proposal of a call's theme; `fates` says of the first ones where they stop, the others are signed."""
    call = scene.calls[name]
    stage = call.stages.select_related("call__programme__fund").get(number=1)
    written = []
    for n, title in enumerate(TITLES[THEMES[name]]):
        fate = fates[n] if n < len(fates) else SIGNED
        place = scene.universities[(n * 5 + len(name)) % len(scene.universities)]
        pi = scene.researchers[place][(n // len(scene.universities)) % len(scene.researchers[place])]
        written.append(write(scene, stage, title, pi=pi, place=place, fate=fate))
    return written


def write(scene: Scene, stage: Stage, title: Title, *, pi: User, place: University, fate: str) -> Proposal:
    dice, (name, about, keywords) = scene.dice, title
    last = min(stage.closes_at, scene.now) - dt.timedelta(hours=2)
    first = stage.opens_at + dt.timedelta(days=1)
    begun = first + (last - first) * dice.uniform(0.05, 0.5)
    done = begun + (last - begun) * dice.uniform(0.3, 0.98)
    if stage.call.internal_limit is not None:
        _picked(scene, stage.call, title, pi=pi, place=place, at=begun)
    proposal = start_proposal(stage, title=name, pi=pi, university=place, actor=pi, at=begun)
    months = min(stage.call.longest_months, dice.choice((12, 18, 24, 24, 30, 36, 36)))
    starts = (stage.closes_at + dt.timedelta(days=110)).date().replace(day=1)
    details: dict[str, Any] = {
        "abstract": prose.abstract(about, dice),
        "keywords": ", ".join(keywords),
        "starts_on": starts,
        "months": months,
    }
    if stage.kind == Stage.Kind.EOI:
        details["requested"] = stage.call.award_ceiling * dice.randint(50, 95) / 100
    if fate == DRAFT and dice.random() < 0.5:
        details.pop("months")
    proposal = save_details(proposal, version=proposal.version, fields=details, actor=pi, at=begun)
    answer(proposal, {**prose.answers(about, dice), **_care(scene)}, pi, begun, whole=fate != DRAFT)
    _team(scene, proposal, place, pi, begun)
    if stage.kind == Stage.Kind.FULL and (fate != DRAFT or dice.random() < 0.6):
        lines = budget(scene, stage.call, months)
        proposal = set_lines(proposal, lines, actor=pi, at=begun + (done - begun) / 2)
    return hand_in_as(scene, proposal, fate, done)


def _picked(scene: Scene, call: Call, title: Title, *, pi: User, place: University, at: dt.datetime) -> None:
    """The idea put forward at the university, and picked by its office, before anything is written."""
    name, about, _keywords = title
    summary = prose.abstract(about, scene.dice)
    entry = enter(
        call, person=pi, university=place, title=name, summary=summary, actor=pi, at=at - dt.timedelta(hours=9)
    )
    pick(entry, actor=scene.clerks[place], at=at - dt.timedelta(hours=1))


def hand_in_as(scene: Scene, proposal: Proposal, fate: str, done: dt.datetime) -> Proposal:
    """As far as `fate` says: left as a draft, handed in, or signed by its university."""
    pi, place, stage = proposal.pi, proposal.university, proposal.stage
    assert place is not None
    if fate == DRAFT:
        return proposal
    proposal = Proposal.objects.get(pk=proposal.pk)
    proposal = hand_in(proposal, version=proposal.version, actor=pi, at=done)
    if fate == WAITING:
        return proposal
    signed_at = min(
        done + dt.timedelta(hours=scene.dice.randint(1, 20)), stage.last_sign_off() - dt.timedelta(minutes=5)
    )
    sign_off(proposal, actor=scene.signers[place], at=min(signed_at, scene.now))
    return Proposal.objects.get(pk=proposal.pk)


def answer(proposal: Proposal, texts: Mapping[str, Any], pi: User, at: dt.datetime, *, whole: bool) -> None:
    """What is not answered yet of the form; half of it unless `whole`."""
    form = proposal.form
    assert form is not None
    keys = [question.key for section in form.sections.all() for question in section.questions.all()]
    said = [key for key in (keys if whole else keys[: len(keys) // 2]) if key in texts]
    done = set(proposal.answers.values_list("key", flat=True))
    if "people_data" in said and not texts["people_data"]:
        done.add("ethics")  # not asked of them
    said = [key for key in said if key not in done]
    save_answers(proposal, {key: texts[key] for key in said}, actor=pi, at=at + dt.timedelta(hours=1))


def _care(scene: Scene) -> dict[str, Any]:
    """Answers of other kinds than text. Every fourth has to do with people."""
    people = scene.dice.random() < 0.25
    licence = scene.dice.choice(("Apache-2.0", "Apache-2.0", "MIT", "CC-BY-4.0"))
    return {"people_data": people, "licence": licence, "openness": True}


def _team(scene: Scene, proposal: Proposal, place: University, pi: User, at: dt.datetime) -> None:
    """A co-investigator of the same university in most proposals, who has accepted."""
    others = [person for person in scene.researchers[place] if person != pi]
    if scene.dice.random() < 0.35:
        return
    person = scene.dice.choice(others)
    member = add_member(proposal, name=person.name, email=person.email, actor=pi, at=at)
    accept_invitation(member, actor=person, at=at + dt.timedelta(hours=5))


def budget(scene: Scene, call: Call, months: int) -> list[LineSpec]:
    """Lines over the years of work that come, with indirect costs, to between 55 and 90 per cent of the ceiling."""
    dice, years = scene.dice, -(-months // 12)
    wanted = call.award_ceiling * Decimal(dice.randint(55, 90)) / 100 / Decimal("1.25")
    yearly = (wanted / years).quantize(Decimal(100))
    lines = []
    for period in range(1, years + 1):
        people = (yearly * Decimal("0.62")).quantize(Decimal("0.01"))
        lines += [
            LineSpec(period, "personnel", "Postdoctoral researchers", people / 2, Decimal(2)),
            LineSpec(period, "compute", "Accelerator hours", Decimal("2.40"), (yearly * Decimal("0.16") / Decimal("2.4")).quantize(Decimal(1))),
            LineSpec(period, "travel", "Field work and meetings", (yearly * Decimal("0.07")).quantize(Decimal(10))),
            LineSpec(period, "other", "Publication and data services", (yearly * Decimal("0.04")).quantize(Decimal(10))),
        ]  # fmt: skip
    lines.append(LineSpec(1, "equipment", "Workstation", (yearly * Decimal("0.08")).quantize(Decimal(10))))
    return lines


def triage_all(scene: Scene, proposals: Sequence[Proposal], at: dt.datetime, *, ineligible: int = 1) -> list[Proposal]:
    """The officer's check; the last ones fall out with a reason."""
    officer, keep = scene.staff["officer"], len(proposals) - ineligible
    for proposal in proposals[:keep]:
        tick_all(scene, proposal, at)
    for proposal in proposals[keep:]:
        reason = "The work ends after the longest time that the call allows."
        triage.mark_ineligible(proposal, reason=reason, actor=officer, at=at)
    return [triage.mark_eligible(proposal, actor=officer, at=at) for proposal in proposals[:keep]]


def tick_all(scene: Scene, proposal: Proposal, at: dt.datetime) -> None:
    for item in proposal.call.checklist.all():
        tick(proposal, item, "yes" if item.required else "na", actor=scene.staff["officer"], at=at)
