"""Calls to begin from, as data: each makes a complete draft whose texts say in brackets what is to be filled in.

Amounts are in the fund's currency, dates in days from today at the wall clock of the call's zone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from grants.asking.defaults import DEFAULT, DEFAULT_EOI
from grants.asking.specs import Kind, QuestionSpec, SectionSpec
from grants.models import BudgetRules, Call, EligibilityRule, Stage

Rule = EligibilityRule.Kind
Shape = Call.Shape
Base, CostShare = BudgetRules.Base, BudgetRules.CostShare
TO_FILL_IN = re.compile(r"\[…[^\]\n]*\]")


@dataclass(frozen=True)
class Days:
    """Of one stage: in how many days it opens (at 9:00), closes and is last signed (at 17:00)."""

    opens: int
    closes: int
    signs: int


@dataclass(frozen=True)
class Condition:
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)
    blocks: bool = True


@dataclass(frozen=True)
class Pattern:
    """`fields` and `budget` as the services of a call take them; `forms` by kind of stage; `internal`: how many of one
    university, and in how many days its office has picked them; `letters` by kind: subject and text."""

    key: str
    title: Any
    summary: Any
    icon: str
    shape: str
    fields: Mapping[str, Any]
    dates: Sequence[Days]
    budget: Mapping[str, Any]
    conditions: Sequence[Condition] = ()
    forms: Mapping[str, Sequence[SectionSpec]] = field(default_factory=lambda: {Stage.Kind.FULL: DEFAULT})
    internal: tuple[int, int] | None = None
    checklist: Sequence[tuple[str, bool]] = ()
    letters: Mapping[str, tuple[str, str]] = field(default_factory=dict)


ALL_COSTS = ("personnel", "equipment", "travel", "compute", "other", "subaward")
MODIFIED = {
    "base": Base.MODIFIED,
    "excluded": ("equipment",),
    "subaward_threshold": Decimal(50_000),
    "rate_cap": Decimal("0.25"),
}
CHECKS = (
    ("What is asked for fits what the call is for", True),
    ("Everything that the call asks for is there and can be read", True),
    ("No personal data of third parties stands in texts or files", False),
)


def described(what: str) -> dict[str, str]:
    return {
        "summary": f"[… one or two sentences: {what}]",
        "description": (
            f"## What it is for\n\n[… {what}]\n\n## What comes out\n\n"
            "[… what must be open at the end: models, data, code, papers]\n\n## How it is decided\n\n"
            "[… who reviews, by which criteria, and when applicants hear]"
        ),
        "who_may_apply": (
            "Universities with a research office that can sign for them. [… who else may take part, and as what]"
        ),
    }


# --- the patterns -------------------------------------------------------------------------------------------------------
ONE_DEADLINE = Pattern(
    "one-deadline",
    _("One deadline"),
    _("Full proposals until one date. What most calls are."),
    "calendar",
    Shape.ONE_DEADLINE,
    {
        **described("which research is paid for, and why now"),
        "award_floor": Decimal(50_000),
        "award_ceiling": Decimal(500_000),
        "envelope": Decimal(5_000_000),
        "longest_months": 36,
        "reviews_per_proposal": 3,
    },
    (Days(21, 91, 98),),
    {"categories": ALL_COSTS, **MODIFIED},
    (Condition(Rule.MOST_PER_PI, {"most": 1}),),
    checklist=CHECKS,
)

TWO_STAGES = Pattern(
    "two-stages",
    _("Two stages: expression of interest, then full proposal"),
    _("A short text first; who is invited writes the full proposal. Saves work where few can win."),
    "stairs-up",
    Shape.TWO_STAGE,
    {
        **described("which large projects are paid for, and why one university alone can't do them"),
        "award_floor": Decimal(500_000),
        "award_ceiling": Decimal(2_000_000),
        "envelope": Decimal(10_000_000),
        "shortest_months": 24,
        "longest_months": 60,
        "reviews_per_proposal": 4,
    },
    (Days(21, 63, 70), Days(112, 182, 189)),
    {
        "categories": ALL_COSTS,
        **MODIFIED,
        "cost_share": CostShare.VOLUNTARY,
        "caps": {"travel": Decimal(100_000)},
    },
    (
        Condition(Rule.MOST_PER_PI, {"most": 1}),
        Condition(Rule.CO_INVESTIGATOR, {"least": 1, "elsewhere": True}, blocks=False),
    ),
    forms={Stage.Kind.EOI: DEFAULT_EOI, Stage.Kind.FULL: DEFAULT},
    checklist=CHECKS,
    letters={
        "invited": (
            "Please write the full proposal: {title}",
            (
                "Dear {lead},\n\nwe liked your expression of interest “{title}” ({number}) and invite you to write the full "
                "proposal under “{call}”. It is taken from {opens} until {deadline}, and your university may sign it until "
                "{sign_until}.\n\nWhat you wrote is carried over, so that you can go on from there. "
                "Questions are answered at {contact}."
            ),
        ),
    },
)

SMALL_GRANTS = Pattern(
    "small-grants",
    _("Small grants with internal competition"),
    _("So many from each university: its research office picks among its own before anybody writes."),
    "seedling",
    Shape.ONE_DEADLINE,
    {
        **described("which first steps are paid for: pilots, data, a first model"),
        "award_floor": Decimal(10_000),
        "award_ceiling": Decimal(50_000),
        "envelope": Decimal(1_000_000),
        "shortest_months": 6,
        "longest_months": 12,
        "reviews_per_proposal": 2,
        "blinding": Call.Blinding.DOUBLE,
    },
    (Days(21, 105, 112),),
    {
        "categories": ("personnel", "travel", "compute", "other"),
        "base": Base.TOTAL_DIRECT,
        "rate_cap": Decimal("0.10"),
        "caps": {"travel": Decimal(5_000)},
    },
    (
        Condition(Rule.MOST_PER_UNIVERSITY, {"most": 2}),
        Condition(Rule.MOST_PER_PI, {"most": 1}),
        Condition(Rule.PI_RANK, {"ranks": ["assistant", "scientist", "postdoc"]}),
    ),
    forms={
        Stage.Kind.FULL: (
            SectionSpec(
                "The idea",
                (
                    QuestionSpec("What do you want to try?", Kind.LONG, "idea", words=300),
                    QuestionSpec("How will you know whether it works?", Kind.LONG, "test", words=200),
                    QuestionSpec("What will be open at the end, and where?", Kind.LONG, "outputs", words=150),
                ),
            ),
            SectionSpec(
                "What it could lead to",
                (QuestionSpec("What would you do next, if it works?", Kind.LONG, "next", words=150),),
            ),
        )
    },
    internal=(2, 63),
    checklist=CHECKS,
)

CUT_OFFS = Pattern(
    "cut-offs",
    _("Always open with cut-off dates"),
    _("Written and handed in at any time; what is in at a cut-off is judged together, the rest goes to the next."),
    "calendar-repeat",
    Shape.CUT_OFFS,
    {
        **described("which work is paid for whenever it is ready: upkeep of models, data and tools"),
        "award_floor": Decimal(20_000),
        "award_ceiling": Decimal(150_000),
        "envelope": Decimal(3_000_000),
        "shortest_months": 6,
        "longest_months": 24,
        "reviews_per_proposal": 3,
    },
    (Days(21, 112, 119), Days(112, 238, 245), Days(238, 364, 371)),
    {"categories": ALL_COSTS, **MODIFIED},
    (
        Condition(Rule.MOST_PER_PI, {"most": 1, "each_cut_off": True}),
        Condition(Rule.MOST_CONCURRENT, {"most": 2}),
    ),
    checklist=CHECKS,
)

PATTERNS = {one.key: one for one in (ONE_DEADLINE, TWO_STAGES, SMALL_GRANTS, CUT_OFFS)}


def to_fill_in(call: Call) -> Sequence[tuple[str, str]]:
    """(field, the first brackets in it) of texts that still say what is to be written."""
    found = ((name, TO_FILL_IN.search(getattr(call, name))) for name in ("summary", "description", "who_may_apply"))
    return [(name, match[0]) for name, match in found if match]
