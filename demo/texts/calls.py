"""The demo world's calls: what each asks for, its form, its rubric."""

from decimal import Decimal
from typing import NamedTuple


class CallText(NamedTuple):
    """`theme` picks the proposals' texts; money in whole units of the fund's currency."""

    code: str
    programme: str
    title: str
    summary: str
    description: str
    theme: str
    floor: int
    ceiling: int
    envelope: int
    months: int


PROGRAMMES = (
    ("models", "Open models for science and society", "Models, with their weights, data and training code, that anybody may use and examine."),
    ("tools", "Toolkits and infrastructure", "Software and hardware that the whole field stands on."),
    ("trust", "Evaluation and safety", "How we know what a model can do, and what it must not."),
)  # fmt: skip

CALLS = (
    CallText(
        "EARTH-25", "models", "Open models for earth observation and crops",
        "Foundation models that read satellites, weather and soil, for farmers and disaster services.",
        "We fund models that turn freely available measurements of the earth into decisions on the ground: what to plant, when to water, where a flood will go.\n\n"
        "Every model is published with its weights, its training data (or the means to rebuild it) and an evaluation by the alliance's framework.\n\n"
        "Work with those who will use it counts as much as method: name them, and say what they will do differently.",
        "earth", 150_000, 1_500_000, 14_000_000, 36,
    ),
    CallText(
        "OPENKIT-25", "tools", "Open toolkits for training and serving",
        "Software that lets a small laboratory train, compress and serve models on what it has.",
        "Compilers, schedulers, data pipelines, serving systems: the tools that decide who can take part.\n\n"
        "We look for teams that have kept a project alive before, with a plan for maintenance after the award.",
        "toolkits", 100_000, 900_000, 9_000_000, 36,
    ),
    CallText(
        "EVAL-26", "trust", "Evaluation that holds",
        "Benchmarks and methods of measurement that don't wear out.",
        "A benchmark is soon learned by heart. We fund ways of measuring that stay meaningful: held-out and living test sets, statistics that say how sure we are, "
        "evaluations in the places where systems are used.\n\nResults are published with everything that is needed to repeat them.",
        "evaluation", 120_000, 800_000, 6_000_000, 30,
    ),
    CallText(
        "SAFE-26", "trust", "Safety by understanding",
        "Knowing why a model does what it does, and keeping it from what it must not.",
        "Interpretability, robustness, oversight, privacy. We prefer a small thing shown rigorously to a large thing argued.\n\n"
        "Negative results are welcome, and count.",
        "safety", 120_000, 1_000_000, 8_000_000, 36,
    ),
    CallText(
        "HARDWARE-26", "tools", "Efficient hardware for open models",
        "Chips, boards and systems that do more with less energy, with open designs.",
        "From circuit to cluster: accelerators, memory, interconnect and measurement. Designs are published so that others can build on them.",
        "hardware", 200_000, 2_000_000, 8_000_000, 48,
    ),
    CallText(
        "SEED-26", "models", "Seed grants for early-career researchers",
        "Up to 12 months to try an idea that is too early for a full proposal.",
        "For people within eight years of their doctorate. Short form, quick decision, no more than two proposals from one university.",
        "seed", 20_000, 120_000, 2_400_000, 12,
    ),
    CallText(
        "LANG-27", "models", "Models for languages that have few",
        "Speech and text in languages that today's models pass by.",
        "We fund the whole road from collecting with communities, on their terms, to a model that they can run.",
        "languages", 100_000, 900_000, 7_000_000, 36,
    ),
    CallText(
        "HEALTH-27", "models", "Open models in public health",
        "From surveillance to triage, with clinics as partners.",
        "In preparation.",
        "health", 150_000, 1_200_000, 9_000_000, 36,
    ),
    CallText(
        "QUANTUM-26", "tools", "Learning on quantum devices",
        "Whether near-term quantum devices help learning at all.",
        "This call was cancelled when the board moved its money to the call on efficient hardware.",
        "hardware", 150_000, 900_000, 4_000_000, 36,
    ),
)  # fmt: skip


VOICES = CallText(
    "VOICES-26", "models", "Speech for languages that have few recordings",
    "First an idea on two pages; the best are invited to write a full proposal.",
    "Most of the world's languages are spoken by people whose telephones don't understand them. We fund the whole road, from recording with a community, on its terms, "
    "to a model that it can run.\n\n"
    "**First** tell us the idea in an expression of interest. We answer within four weeks. **Then** those whom we invite have two months for the full proposal.",
    "voices", 100_000, 800_000, 4_000_000, 36,
)  # fmt: skip
COMPUTE = CallText(
    "COMPUTE-26", "tools", "Computing time for small laboratories",
    "Money for accelerator hours. Always open; decided four times a year.",
    "Good ideas wait for machines. Ask at any time: what has come in by a cut-off date is decided together, within six weeks.\n\n"
    "We pay for computing and for the people who run it, not for equipment.",
    "compute", 10_000, 150_000, 1_500_000, 12,
)  # fmt: skip


class Part(NamedTuple):
    """A section of the form with its questions: (key, label, help, words)."""

    title: str
    help: str
    questions: tuple[tuple[str, str, str, int], ...]


FORM = (
    Part("The work", "What you want to find out or build, and how.", (
        ("problem", "What is the problem, and for whom?", "Name the people who have it today.", 300),
        ("approach", "What will you do?", "Method, data, milestones. Say what is new.", 600),
        ("risks", "What may go wrong?", "And what you would do then.", 200),
    )),
    Part("Openness", "What comes out, and how others can use it.", (
        ("outputs", "Which models, data sets, software and papers will you publish?", "With licences and where.", 250),
        ("evaluation", "How will it be judged?", "Which evaluation framework, which measures, against what.", 300),
    )),
    Part("People and care", "", (
        ("team", "Why this team?", "What each person brings.", 250),
        ("ethics", "Whom could this harm, and how do you prevent it?", "", 200),
    )),
)  # fmt: skip

SEED_FORM = (
    Part("The idea", "", (
        ("problem", "What is the idea?", "", 250),
        ("approach", "How will you try it in twelve months?", "", 350),
        ("outputs", "What will others be able to use?", "", 150),
    )),
)  # fmt: skip

EOI_FORM = (
    Part("The idea in short", "Two pages are enough: nobody is invited for the length of it.", (
        ("problem", "What do you want to do, and for whom?", "", 250),
        ("approach", "How, in a few sentences?", "", 200),
        ("team", "Who would do it?", "Names and what each brings.", 120),
    )),
)  # fmt: skip

COMPUTE_FORM = (
    Part("The work", "", (
        ("problem", "What will you compute, and what for?", "", 250),
        ("approach", "How many hours, on what, and how did you count them?", "Say what you measured on a small run.", 250),
        ("outputs", "What will others be able to use?", "", 150),
    )),
)  # fmt: skip

CHECKLIST = (
    ("The abstract can be published as it is", True),
    ("Partners are named, with what they bring", True),
    ("Nothing confidential is in it", True),
    ("Letters of support are there, where they are spoken of", False),
)

POINTS = ((1, "Poor", "Serious weaknesses."), (2, "Fair", "More weaknesses than strengths."), (3, "Good", "Sound, with weaknesses that can be mended."),
          (4, "Very good", "Strong, with minor weaknesses."), (5, "Outstanding", "Among the best of its kind."))  # fmt: skip

# Each criterion: its key, its label, its weight, what it asks.
RUBRIC = (
    ("merit", "Scientific merit", Decimal("0.30"), "Is the question worth asking, and would the answer change something?"),
    ("method", "Method", Decimal("0.25"), "Can this method answer it? Are risks seen?"),
    ("openness", "Openness", Decimal("0.20"), "Can others use, examine and rebuild what comes out?"),
    ("team", "Team", Decimal("0.15"), "Have these people what it takes?"),
    ("cost", "Value for money", Decimal("0.10"), "Is the budget what the work needs, no more and no less?"),
)  # fmt: skip
