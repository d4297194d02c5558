"""Forms with every kind of question, and drafts written to them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.models import Call, FormVersion, Proposal
from grants.services import forms
from tests.grants.stories import NOON, make_call, make_draft, make_user

COLUMNS = [
    {"key": "item", "label": "Item", "kind": "text", "required": True},
    {"key": "cost", "label": "Cost", "kind": "money"},
    {"key": "when", "label": "When", "kind": "date"},
    {"key": "how", "label": "How", "kind": "choice", "options": ["Buy", "Rent"]},
]
EVERY_KIND = (
    QuestionSpec("A line", "short", "line", words=10),
    QuestionSpec("Some paragraphs", "long", "words", characters=200, required=False),
    QuestionSpec("Text with form", "rich", "rich", required=False),
    QuestionSpec("How many?", "number", "count", settings={"least": "1", "most": "50", "whole": True, "unit": "people"}),
    QuestionSpec("How much?", "money", "sum", settings={"most": "1000"}, required=False),
    QuestionSpec("On which day?", "date", "day", settings={"earliest": "2027-01-01"}, required=False),
    QuestionSpec("Which one?", "choice", "one", options=("Red", "Green", "Blue")),
    QuestionSpec("Which ones?", "multi", "many", options=("Air", "Soil", "Sea"), settings={"most": 2}, required=False),
    QuestionSpec("Are people involved?", "yes_no", "people_in"),
    QuestionSpec(
        "Which approvals?", "long", "approvals", shown_if={"key": "people_in", "op": "is", "value": True}, words=20
    ),
    QuestionSpec(
        "Who approves?", "short", "approver", required=False, required_if={"key": "approvals", "op": "answered"}
    ),
    QuestionSpec("A plan as a file", "file", "plan", settings={"types": ["pdf"], "most_pages": 3}, required=False),
    QuestionSpec(
        "What do you buy?", "table", "items", settings={"columns": COLUMNS, "sums": True, "most_rows": 5}, required=False
    ),
    QuestionSpec(
        "Who takes part?", "people", "who", settings={"ask": ["email", "orcid"], "most": 3}, required=False
    ),
    QuestionSpec("Do you agree?", "consent", "agreed", settings={"statement": "We share the data."}),
)  # fmt: skip
# One fair answer to each.
FAIR: dict[str, Any] = {
    "line": "One line",
    "words": "First.\n\nSecond <b>.",
    "rich": "**Bold** and [a link](https://x.example)",
    "count": "12",
    "sum": "999.50",
    "day": "2027-03-31",
    "one": "Green",
    "many": ["Air", "Sea"],
    "people_in": True,
    "approvals": "From the board.",
    "approver": "Ada",
    "items": [{"item": "Desk", "cost": "100.00", "when": "2027-02-01", "how": "Buy"}],
    "who": [{"name": "Ben", "email": "ben@x.example", "orcid": "0000-0002-1825-0097"}],
    "agreed": True,
}


def officer() -> User:
    return make_user("Oda Officer", "programme_officer")


def asking_call(questions: Sequence[QuestionSpec] = EVERY_KIND, *, code: str = "ASK-26", **fields: Any) -> Call:
    """An open call whose form in force asks these questions in one section."""
    call = make_call(code, **fields)
    revised(call, questions, at=call.stages.get().opens_at - dt.timedelta(days=1))
    return call


def revised(call: Call, questions: Sequence[QuestionSpec], *, note: str = "", at: dt.datetime = NOON) -> FormVersion:
    """A new version in force."""
    how: dict[str, Any] = {"actor": officer(), "at": at}
    forms.revise_form(call, **how)
    form = forms.set_form(call, [SectionSpec("Everything", tuple(questions))], **how)
    return forms.publish_form(form, note=note, **how)


def asking_draft(questions: Sequence[QuestionSpec] = EVERY_KIND, **fields: Any) -> Proposal:
    return make_draft(asking_call(questions, **fields))
