"""A proposal's form with what was written to it: which questions are asked now, which must be answered, what stands there."""

from dataclasses import dataclass
from typing import Any

from grants.asking import kinds
from grants.asking.conditions import Asking, state
from grants.models import Answer, Attachment, Proposal, Question, Section


def sections_of(proposal: Proposal) -> list[Section]:
    """The sections of the form it is written to, with their questions."""
    if proposal.form_id is None:
        return []
    return list(Section.objects.filter(form=proposal.form_id).prefetch_related("questions"))


@dataclass(frozen=True)
class Sheet:
    """`values` holds only what is answered; to a file question its files. `state` knows every question of the form."""

    sections: list[Section]
    answers: dict[str, Answer]
    files: dict[str, list[Attachment]]
    values: dict[str, Any]
    state: dict[str, Asking]
    currency: str

    def shown(self, section: Section) -> list[Question]:
        """The questions of a section that are asked now: of the others nothing is read, counted or handed in."""
        return [one for one in section.questions.all() if self.state[one.key].shown]

    def value(self, question: Question) -> Any:
        return self.values.get(question.key, kinds.nothing(question))

    def is_required(self, question: Question) -> bool:
        return self.state[question.key].required


def sheet_of(proposal: Proposal) -> Sheet:
    """Three queries, or none for what was prefetched (`answers`, `attachments`)."""
    sections = sections_of(proposal)
    answers = {answer.key: answer for answer in proposal.answers.all()}
    files: dict[str, list[Attachment]] = {}
    for one in proposal.attachments.all():
        files.setdefault(one.key, []).append(one)
    questions = [question for section in sections for question in section.questions.all()]
    values = {}
    for question in questions:
        value = _stored(question, answers, files)
        if kinds.answered(question, value):
            values[question.key] = value
    return Sheet(sections, answers, files, values, state(questions, values), proposal.currency)


def _stored(question: Question, answers: dict[str, Answer], files: dict[str, list[Attachment]]) -> Any:
    if question.kind == Question.Kind.FILE:
        return [file_facts(one) for one in files.get(question.key, ())]
    answer = answers.get(question.key)
    return answer.value if answer else None


def file_facts(one: Attachment) -> dict[str, Any]:
    """What a question's limits are about, and what a submission keeps of a file."""
    return {
        "name": one.name,
        "title": one.title,
        "size": one.size,
        "pages": one.pages,
        "content_type": one.content_type,
        "sha256": one.sha256,
    }
