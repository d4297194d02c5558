"""The form of a call: sections of questions, set whole while the call is a draft, frozen when it is published."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.text import clean_line, clean_text
from grants.asking.specs import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    MOST_WORDS,
    TEXT,
    Kind,
    QuestionSpec,
    SectionSpec,
)
from grants.models import Call, FormVersion, Question, Section

__all__ = ["DEFAULT", "QuestionSpec", "SectionSpec", "set_form", "specs_of"]

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
        ),
    ),
)  # fmt: skip


@transaction.atomic
def set_form(call: Call, sections: Sequence[SectionSpec], *, actor: User | None, at: dt.datetime) -> FormVersion:
    """Replace the form of a draft call by these sections, in this order. Refused once it is frozen."""
    locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    form = FormVersion.objects.filter(call=locked).order_by("-number").first() or FormVersion(call=locked)
    if form.frozen_at is not None:
        raise WrongState(_("The form was frozen when the call was published: proposals are written to it."))
    wanted = _checked(sections)
    form.save()
    form.sections.all().delete()
    for position, section in enumerate(wanted, 1):
        row = Section.objects.create(form=form, position=position, title=section.title, help=section.help)
        Question.objects.bulk_create(
            Question(
                section=row,
                position=place,
                key=one.key,
                kind=one.kind,
                label=one.label,
                help=one.help,
                required=one.required,
                words=one.words,
                options=list(one.options),
            )
            for place, one in enumerate(section.questions, 1)
        )
    locked.stages.update(form=form)
    after = {"sections": len(wanted), "questions": sum(len(section.questions) for section in wanted)}
    record(actor, "form.set", form, at=at, subject=locked, after=after)
    return form


def specs_of(form: FormVersion) -> list[SectionSpec]:
    """A form as it would be set: what an earlier call's form is copied by."""
    return [
        SectionSpec(
            section.title,
            tuple(
                QuestionSpec(q.label, q.kind, q.key, q.help, q.required, q.words, tuple(map(str, q.options)))
                for q in section.questions.all()
            ),
            section.help,
        )
        for section in Section.objects.filter(form=form).prefetch_related("questions")
    ]


# --- checking -------------------------------------------------------------------------------------------------------
def _checked(sections: Sequence[SectionSpec]) -> list[SectionSpec]:
    if len(sections) > MOST_SECTIONS:
        raise InvalidInput(_("A form has at most %(most)d sections.") % {"most": MOST_SECTIONS})
    if sum(len(section.questions) for section in sections) > MOST_QUESTIONS:
        raise InvalidInput(_("A form has at most %(most)d questions.") % {"most": MOST_QUESTIONS})
    used = {question.key for section in sections for question in section.questions if question.key}
    seen: set[str] = set()
    return [_section(section, number, used, seen) for number, section in enumerate(sections, 1)]


def _section(section: SectionSpec, number: int, used: set[str], seen: set[str]) -> SectionSpec:
    title = clean_line(section.title, longest=120)
    if not title:
        raise InvalidInput(_("Section %(number)d has no title.") % {"number": number}, field=f"s{number}-title")
    questions = tuple(
        _question(question, f"s{number}-q{place}", used, seen) for place, question in enumerate(section.questions, 1)
    )
    return SectionSpec(title, questions, clean_text(section.help, longest=4000))


def _question(question: QuestionSpec, place: str, used: set[str], seen: set[str]) -> QuestionSpec:
    label = clean_line(question.label, longest=200)
    if not label:
        raise InvalidInput(_("A question has no text."), field=f"{place}-label")
    if question.kind not in Kind.values:
        raise InvalidInput(
            _("“%(label)s”: choose what kind of answer is wanted.") % {"label": label}, field=f"{place}-kind"
        )
    options = _options(question, label, place)
    words = question.words if question.kind in TEXT else None
    if words is not None and not 1 <= words <= MOST_WORDS:
        raise InvalidInput(
            _("“%(label)s”: the word limit is between 1 and %(most)s.") % {"label": label, "most": f"{MOST_WORDS:,}"},
            field=f"{place}-words",
        )
    key = question.key or _new_key(label, used | seen)
    if key in seen:
        raise InvalidInput(_("Two questions have the key “%(key)s”.") % {"key": key}, field=f"{place}-label")
    if slugify(key) != key and not key.isidentifier():
        raise InvalidInput(_("“%(key)s” can't be a key.") % {"key": key}, field=f"{place}-label")
    seen.add(key)
    return QuestionSpec(
        label, question.kind, key, clean_text(question.help, longest=4000), question.required, words, options
    )


def _options(question: QuestionSpec, label: str, place: str) -> tuple[str, ...]:
    if question.kind != Kind.CHOICE:
        return ()
    options = tuple(dict.fromkeys(filter(None, (clean_line(one, longest=200) for one in question.options))))
    if not 2 <= len(options) <= MOST_OPTIONS:
        raise InvalidInput(
            _("“%(label)s”: give between 2 and %(most)d answers to choose from.")
            % {"label": label, "most": MOST_OPTIONS},
            field=f"{place}-options",
        )
    return options


def _new_key(label: str, taken: Iterable[str]) -> str:
    """A key made of the first words of the label, with a number where it is taken."""
    base = "_".join(slugify(label).replace("-", "_").split("_")[:4])[:32].strip("_") or "question"
    taken, number, key = set(taken), 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
