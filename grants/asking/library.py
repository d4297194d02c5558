"""Ready sections and questions that funders ask often, for officers to add and change.

The wording follows what public funders ask of open and reproducible research: a data management plan, ethics, what will be
open and under which licence, compute, early-career researchers, letters of support.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from grants.asking.specs import Condition, Kind, QuestionSpec, SectionSpec


@dataclass(frozen=True)
class Item:
    """`whole`: it is added as a section of its own, else its questions go into one that is there."""

    key: str
    title: Any
    about: Any
    section: SectionSpec
    whole: bool = True


@dataclass(frozen=True)
class Shelf:
    label: Any
    items: tuple[Item, ...]


def _yes(key: str) -> Condition:
    return {"key": key, "op": "is", "value": True}


_SECTIONS = (
    Item(
        "data",
        _("Data management plan"),
        _("Which data come in and out, where they are kept, who may use them. Asked only of those who have data."),
        SectionSpec(
            "Data",
            (
                QuestionSpec("Will you collect, make or reuse data?", Kind.YES_NO, "has_data"),
                QuestionSpec(
                    "Which data sets?",
                    Kind.TABLE,
                    "data_sets",
                    help="One line for each.",
                    settings={
                        "columns": [
                            {"key": "name", "label": "Data set", "kind": "text", "required": True},
                            {
                                "key": "origin",
                                "label": "Where from",
                                "kind": "choice",
                                "options": ["New", "Reused", "Bought"],
                                "required": True,
                            },
                            {"key": "size", "label": "Size in GB", "kind": "number", "required": False},
                            {"key": "licence", "label": "Licence", "kind": "text", "required": False},
                        ],
                        "least_rows": 1,
                        "most_rows": 30,
                    },
                    shown_if=_yes("has_data"),
                ),
                QuestionSpec(
                    "Where will they be kept, described and shared, and for how long?",
                    Kind.LONG,
                    "data_keeping",
                    words=400,
                    shown_if=_yes("has_data"),
                ),
                QuestionSpec(
                    "Are there data that can't be open?",
                    Kind.YES_NO,
                    "closed_data",
                    shown_if=_yes("has_data"),
                ),
                QuestionSpec(
                    "Which, and why not?", Kind.LONG, "closed_data_why", words=200, shown_if=_yes("closed_data")
                ),
            ),
            "As open as possible, as closed as necessary.",
        ),
    ),
    Item(
        "ethics",
        _("Ethics"),
        _("People, personal data, animals, harm. What is asked further depends on the answers."),
        SectionSpec(
            "Ethics",
            (
                QuestionSpec(
                    "What does the work involve?",
                    Kind.MULTI,
                    "ethics_involves",
                    help="Tick all that apply; leave it empty if none does.",
                    required=False,
                    options=("People taking part", "Personal data", "Animals", "Uses that could do harm"),
                ),
                QuestionSpec(
                    "How do people take part, and how do they consent?",
                    Kind.LONG,
                    "ethics_people",
                    words=300,
                    shown_if={"key": "ethics_involves", "op": "includes", "value": "People taking part"},
                ),
                QuestionSpec(
                    "Which personal data, on which legal ground, and how are they protected?",
                    Kind.LONG,
                    "ethics_personal",
                    words=300,
                    shown_if={"key": "ethics_involves", "op": "includes", "value": "Personal data"},
                ),
                QuestionSpec(
                    "What harm could come of it, and what do you do about it?",
                    Kind.LONG,
                    "ethics_harm",
                    words=300,
                    shown_if={"key": "ethics_involves", "op": "includes", "value": "Uses that could do harm"},
                ),
                QuestionSpec(
                    "Where does the ethics committee stand?",
                    Kind.CHOICE,
                    "ethics_committee",
                    options=("Not needed", "Will be asked", "Asked", "Approved"),
                ),
                QuestionSpec(
                    "The committee's approval",
                    Kind.FILE,
                    "ethics_approval",
                    settings={"types": ["pdf"], "most_mb": 10, "most_files": 2},
                    shown_if={"key": "ethics_committee", "op": "is", "value": "Approved"},
                ),
            ),
        ),
    ),
    Item(
        "compute",
        _("Compute"),
        _("How many hours on which machines, where from, and what they cost."),
        SectionSpec(
            "Computing power",
            (
                QuestionSpec("Do you need more than your university gives you?", Kind.YES_NO, "more_compute"),
                QuestionSpec(
                    "What do you need?",
                    Kind.TABLE,
                    "compute_needs",
                    settings={
                        "columns": [
                            {"key": "machine", "label": "Machine", "kind": "text", "required": True},
                            {"key": "hours", "label": "Hours", "kind": "number", "required": True},
                            {"key": "cost", "label": "Cost", "kind": "money", "required": False},
                        ],
                        "least_rows": 1,
                        "most_rows": 20,
                        "sums": True,
                    },
                    shown_if=_yes("more_compute"),
                ),
                QuestionSpec(
                    "How did you work it out, and what do you do with half of it?",
                    Kind.LONG,
                    "compute_why",
                    words=250,
                    shown_if=_yes("more_compute"),
                ),
            ),
        ),
    ),
)

_QUESTIONS = (
    Item(
        "licence",
        _("Undertaking on open licences"),
        _("A consent: whatever is made is published under an open licence."),
        SectionSpec(
            "",
            (
                QuestionSpec(
                    "Open licence",
                    Kind.CONSENT,
                    "open_licence",
                    settings={
                        "statement": "We publish the models, code, data and papers of this project under a licence that lets"
                        " everybody use, study, change and share them, at the latest when the award ends."
                    },
                ),
            ),
        ),
        whole=False,
    ),
    Item(
        "early_career",
        _("Early-career researchers"),
        _("The year of the doctorate, and what became of it in breaks of a career."),
        SectionSpec(
            "",
            (
                QuestionSpec(
                    "When did the principal investigator receive the doctorate?",
                    Kind.DATE,
                    "doctorate_on",
                    required=False,
                ),
                QuestionSpec(
                    "Breaks that should be counted out",
                    Kind.SHORT,
                    "career_breaks",
                    help="Parental leave, illness, service: how many months. Nothing more needs to be said.",
                    required=False,
                    characters=300,
                    shown_if={"key": "doctorate_on", "op": "answered"},
                ),
            ),
        ),
        whole=False,
    ),
    Item(
        "letters",
        _("Letters of support"),
        _("Files of partners who contribute something."),
        SectionSpec(
            "",
            (
                QuestionSpec(
                    "Letters of support",
                    Kind.FILE,
                    "support_letters",
                    help="One from each partner who gives money, data, machines or time.",
                    required=False,
                    settings={"types": ["pdf"], "most_mb": 10, "most_pages": 2, "most_files": 5},
                ),
            ),
        ),
        whole=False,
    ),
    Item(
        "partners",
        _("Partners and advisers"),
        _("People outside the team, with their organisation and part."),
        SectionSpec(
            "",
            (
                QuestionSpec(
                    "Partners and advisers outside the team",
                    Kind.PEOPLE,
                    "partners",
                    required=False,
                    settings={"most": 20, "ask": ["email", "organisation", "role"]},
                ),
            ),
        ),
        whole=False,
    ),
    Item(
        "lay_summary",
        _("Summary for everybody"),
        _("What it is about, in words that a neighbour understands."),
        SectionSpec(
            "",
            (
                QuestionSpec(
                    "Summary for everybody",
                    Kind.LONG,
                    "lay_summary",
                    help="Without technical terms. It is published if the proposal is funded.",
                    words=150,
                ),
            ),
        ),
        whole=False,
    ),
    Item(
        "other_money",
        _("Other money for the same work"),
        _("Whether somebody else was asked, for how much, and with which answer."),
        SectionSpec(
            "",
            (
                QuestionSpec("Have you asked somebody else for money for this work?", Kind.YES_NO, "other_money"),
                QuestionSpec(
                    "Whom, and for how much?",
                    Kind.TABLE,
                    "other_money_asked",
                    settings={
                        "columns": [
                            {"key": "funder", "label": "Funder", "kind": "text", "required": True},
                            {"key": "amount", "label": "Amount", "kind": "money", "required": True},
                            {
                                "key": "answer",
                                "label": "Their answer",
                                "kind": "choice",
                                "options": ["Open", "Given", "Refused"],
                                "required": True,
                            },
                        ],
                        "least_rows": 1,
                        "sums": True,
                    },
                    shown_if=_yes("other_money"),
                ),
            ),
        ),
        whole=False,
    ),
)

ITEMS: Mapping[str, Item] = {item.key: item for item in (*_SECTIONS, *_QUESTIONS)}


def shelves() -> tuple[Shelf, ...]:
    return (Shelf(_("Sections"), _SECTIONS), Shelf(_("Questions"), _QUESTIONS))


def without_taken_keys(section: SectionSpec, taken: Collection[str]) -> SectionSpec:
    """The section with other keys where a form has these already; its conditions ask about the same questions as before."""
    used, renamed = set(taken), {}
    for one in section.questions:
        key, number = one.key, 1
        while key in used:
            number += 1
            key = f"{one.key}_{number}"
        used.add(key)
        renamed[one.key] = key
    questions = tuple(
        replace(
            one,
            key=renamed[one.key],
            shown_if=_renamed(one.shown_if, renamed),
            required_if=_renamed(one.required_if, renamed),
        )
        for one in section.questions
    )
    return replace(section, questions=questions)


def _renamed(condition: Condition | None, renamed: Mapping[str, str]) -> Condition | None:
    return {**condition, "key": renamed[condition["key"]]} if condition else None
