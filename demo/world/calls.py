"""The calls, each in another state, with programmes, forms, rules and rubrics."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from demo.texts import calls as texts
from demo.texts.calls import CallText, Part
from demo.world.scene import Scene
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.models import Call, Programme
from grants.services.call_money import set_years
from grants.services.call_rules import set_budget_rules, set_eligibility
from grants.services.call_setup import create_call
from grants.services.calls import cancel_call, publish_call
from grants.services.checklists import ItemSpec, set_checklist
from grants.services.competition import set_internal_competition
from grants.services.forms import set_form, specs_of
from grants.services.programmes import create_programme
from reviews.models import RubricVersion
from reviews.services.rubrics import CriterionSpec, create_rubric, set_call_rubric

# Days ago (negative: to come) at which each opens and closes, and when its reviews are due.
DATES = {
    "EARTH": (690, 620, 575),
    "OPENKIT": (520, 440, 395),
    "EVAL": (210, 130, 60),
    "SAFE": (150, 62, -6),
    "HARDWARE": (75, 3, -40),
    "SEED": (30, -9, -60),
    "LANG": (-20, -95, -160),
    "HEALTH": (-60, -130, -200),
    "QUANTUM": (-10, -60, -120),
}
# What the calls that are not decided yet draw on, so that together they never announce more than the years have.
DRAWS_ON = {
    "EVAL": {0: 6_000_000},
    "SAFE": {0: 4_000_000, 1: 4_000_000},
    "HARDWARE": {1: 8_000_000},
    "SEED": {1: 2_400_000},
    "COMPUTE": {1: 1_500_000},
    "VOICES": {2: 4_000_000},
    "LANG": {2: 7_000_000},
}
BEFORE_OPENING = 45  # days in which it is set up
ZONES = {"EARTH": "UTC", "OPENKIT": "Europe/Berlin", "SEED": "Etc/GMT+12", "HARDWARE": "America/New_York"}


def stem(text: CallText) -> str:
    return text.code.partition("-")[0]


def code_of(text: CallText, scene: Scene) -> str:
    """The texts are written for the year 2026; a world made in another year has its calls named by that."""
    name, _dash, year = text.code.partition("-")
    return f"{name}-{(scene.now.year + int(year) - 26) % 100:02d}"


def make_calls(scene: Scene) -> None:
    at = scene.ago(750)
    programmes = {
        code: create_programme(
            code=code, name=name, summary=summary, fund=scene.money, actor=scene.staff["officer"], at=at
        )
        for code, name, summary in texts.PROGRAMMES
    }
    scene.programmes, scene.rubric = programmes, _rubric(scene, at)
    for text in texts.CALLS:
        call = _set_up(scene, text, programmes[text.programme])
        opens, _closes, due = DATES[stem(text)]
        made = scene.ago(max(opens + BEFORE_OPENING, 1))
        set_call_rubric(call, scene.yardstick, reviews_due_at=scene.ago(due, 17), actor=scene.staff["officer"], at=made)
        if stem(text) != "HEALTH":
            call = publish_call(call, actor=scene.staff["officer"], at=scene.ago(max(opens + 14, 1), 9))
        if stem(text) == "QUANTUM":
            reason = "The board moved this call's money to the call on efficient hardware."
            call = cancel_call(call, reason=reason, actor=scene.staff["officer"], at=scene.now)
        scene.calls[stem(text)] = call


def _rubric(scene: Scene, at: dt.datetime) -> RubricVersion:
    criteria = [
        CriterionSpec(key, label, weight, help=ask, points=tuple(texts.POINTS))
        for key, label, weight, ask in texts.RUBRIC
    ]
    return create_rubric(name="Common yardstick", criteria=criteria, actor=scene.staff["officer"], at=at)


def _set_up(scene: Scene, text: CallText, programme: Programme) -> Call:
    name = stem(text)
    opens, closes, _due = DATES[name]
    at = scene.ago(max(opens + BEFORE_OPENING, 1))
    call = draft(scene, text, programme, opens=scene.ago(opens, 9), closes=scene.ago(closes, 17), at=at)
    how: dict[str, Any] = {"actor": scene.staff["officer"], "at": at}
    set_eligibility(call, "most_per_pi", {"most": 2}, **how)
    if name == "SEED":
        set_eligibility(call, "most_per_university", {"most": 3}, **how)
        set_internal_competition(call, 3, scene.ago(closes + 5, 17), **how)
    if name in {"SEED", "HARDWARE"}:
        set_checklist(call, [ItemSpec(text, required) for text, required in texts.CHECKLIST], **how)
    set_form(call, sections_of(texts.SEED_FORM if name == "SEED" else texts.FORM), **how)
    if name == "SEED":
        set_form(call, [*specs_of(call.forms.get()), CARE], **how)
    draw_on(scene, call, at)
    return call


def draw_on(scene: Scene, call: Call, at: dt.datetime) -> None:
    """Which fund years pay for it, where that is said: 0 is the year of now."""
    now = next(n for n, year in enumerate(scene.years) if year.starts_on <= scene.now.date() < year.ends_before)
    given = DRAWS_ON.get(call.code.partition("-")[0], {})
    by_year = {scene.years[now + ahead]: Decimal(amount) for ahead, amount in given.items()}
    set_years(call, by_year, actor=scene.staff["officer"], at=at)


def draft(
    scene: Scene, text: CallText, programme: Programme, *, opens: dt.datetime, closes: dt.datetime, at: dt.datetime
) -> Call:
    """A draft with its texts, money and budget rules."""
    how: dict[str, Any] = {"actor": scene.staff["officer"], "at": at}
    call = create_call(
        programme=programme,
        code=code_of(text, scene),
        title=text.title,
        award_ceiling=Decimal(text.ceiling),
        envelope=Decimal(text.envelope),
        opens_at=opens,
        closes_at=closes,
        zone=ZONES.get(stem(text), "UTC"),
        award_floor=Decimal(text.floor),
        summary=text.summary,
        description=text.description,
        who_may_apply="Any university with a research office that can sign for it. Partners of any kind may take part.",
        contact_email="calls@alliance.example",
        longest_months=text.months,
        **how,
    )
    set_budget_rules(
        call,
        categories=["personnel", "equipment", "travel", "compute", "other", "subaward"],
        base="modified_total_direct",
        excluded=["equipment"],
        subaward_threshold=Decimal(50_000),
        rate_cap=Decimal("0.30"),
        **how,
    )
    return call


def sections_of(parts: Sequence[Part]) -> list[SectionSpec]:
    return [
        SectionSpec(
            part.title,
            [QuestionSpec(label, key=key, help=hint, words=words) for key, label, hint, words in part.questions],
            help=part.help,
        )
        for part in parts
    ]


# What only some are asked, and what all agree to.
CARE = SectionSpec(
    "Care",
    (
        QuestionSpec("Does the work involve people, or data about them?", "yes_no", "people_data"),
        QuestionSpec(
            "How do you protect them?",
            key="ethics",
            words=200,
            shown_if={"key": "people_data", "op": "is", "value": True},
        ),
        QuestionSpec(
            "Under which licence will models be published?",
            "choice",
            "licence",
            options=("Apache-2.0", "MIT", "CC-BY-4.0", "Another open licence"),
        ),
        QuestionSpec(
            "Which other licence?",
            "short",
            "other_licence",
            words=20,
            shown_if={"key": "licence", "op": "is", "value": "Another open licence"},
        ),
        QuestionSpec(
            "Openness",
            "consent",
            "openness",
            settings={"statement": "What comes out of this work is published within six months of its end."},
        ),
    ),
)
