"""The forms that a new call begins with; its officer changes them."""

from grants.asking.specs import Kind, QuestionSpec, SectionSpec

DEFAULT = (
    SectionSpec(
        "The research",
        (
            QuestionSpec("What do you want to find out or build, and why now?", Kind.LONG, "aims", words=600),
            QuestionSpec(
                "How will you do it?",
                Kind.LONG,
                "plan",
                help="Methods, milestones and what you do if something does not work.",
                words=1200,
            ),
        ),
    ),
    SectionSpec(
        "What will be open",
        (
            QuestionSpec(
                "Which models, data, code and papers come out, and where will they be?", Kind.LONG, "outputs", words=500
            ),
            QuestionSpec(
                "Under which licence will models be published?",
                Kind.SHORT,
                "licence",
                help="For example Apache-2.0 or CC-BY-4.0.",
                words=60,
            ),
        ),
    ),
    SectionSpec(
        "People and means",
        (
            QuestionSpec("Why is this team able to do it?", Kind.LONG, "team", words=400),
            QuestionSpec("What computing power do you need, and where from?", Kind.LONG, "compute", words=300),
        ),
    ),
    SectionSpec(
        "Care",
        (
            QuestionSpec("What could go wrong with what you make, and what do you do about it?", Kind.LONG, "risks", words=400),
            QuestionSpec("Does the work involve people or personal data?", Kind.YES_NO, "people_data"),
            QuestionSpec(
                "Which approvals do you have or need, and how is the data kept safe?",
                Kind.LONG,
                "approvals",
                words=300,
                shown_if={"key": "people_data", "op": "is", "value": True},
            ),
        ),
    ),
)  # fmt: skip

# Short: what lets a fund say whether it wants to read more.
DEFAULT_EOI = (
    SectionSpec(
        "The idea",
        (
            QuestionSpec("What do you want to find out or build, and why now?", Kind.LONG, "aims", words=300),
            QuestionSpec("What would be open in the end, and who would use it?", Kind.LONG, "outputs", words=200),
        ),
    ),
    SectionSpec(
        "People and means",
        (QuestionSpec("Why is this team able to do it?", Kind.LONG, "team", words=150),),
    ),
)
