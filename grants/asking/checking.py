"""A whole form checked before it is kept: its size, its questions, their keys and conditions.

A refusal names the field of the builder's page: `s1-title`, `s1-q2-label`, `s1-q2-options`, `s1-q2-shown_if`, and
`s1-q2-` with the name of a setting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils.text import slugify
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.text import clean_line, clean_text
from grants.asking import conditions, kinds
from grants.asking.specs import (
    MOST_CHARACTERS,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    MOST_WORDS,
    TEXT,
    QuestionSpec,
    SectionSpec,
)

LONGEST_KEY = 40


def checked(sections: Sequence[SectionSpec]) -> list[SectionSpec]:
    """The form as it is kept: every key given, every setting in its plain form."""
    if len(sections) > MOST_SECTIONS:
        raise InvalidInput(_("A form has at most %(most)d sections.") % {"most": MOST_SECTIONS})
    if sum(len(section.questions) for section in sections) > MOST_QUESTIONS:
        raise InvalidInput(_("A form has at most %(most)d questions.") % {"most": MOST_QUESTIONS})
    used = {question.key for section in sections for question in section.questions if question.key}
    earlier: list[QuestionSpec] = []
    return [_section(section, number, used, earlier) for number, section in enumerate(sections, 1)]


def _section(section: SectionSpec, number: int, used: set[str], earlier: list[QuestionSpec]) -> SectionSpec:
    title = clean_line(section.title, longest=120, field=f"s{number}-title")
    if not title:
        raise InvalidInput(_("Section %(number)d has no title.") % {"number": number}, field=f"s{number}-title")
    questions = []
    for place, question in enumerate(section.questions, 1):
        kept = _question(question, f"s{number}-q{place}", used, earlier)
        earlier.append(kept)
        questions.append(kept)
    return SectionSpec(title, tuple(questions), clean_text(section.help, longest=4000, field=f"s{number}-help"))


def _question(question: QuestionSpec, place: str, used: set[str], earlier: Sequence[QuestionSpec]) -> QuestionSpec:
    label = clean_line(question.label, longest=200, field=f"{place}-label")
    if not label:
        raise InvalidInput(_("A question has no text."), field=f"{place}-label")
    spec = replace(question, label=label, help=clean_text(question.help, longest=4000, field=f"{place}-help"))
    settings = kinds.check(spec, place)
    spec = replace(spec, settings=settings, options=kinds.check_options(spec, place))
    return replace(
        spec,
        key=_key(spec, place, used, {one.key for one in earlier}),
        words=_limit(spec, "words", MOST_WORDS, place),
        characters=_limit(spec, "characters", MOST_CHARACTERS, place),
        shown_if=conditions.checked(spec.shown_if, earlier, f"{place}-shown_if"),
        required_if=None if spec.required else conditions.checked(spec.required_if, earlier, f"{place}-required_if"),
    )


def _limit(spec: QuestionSpec, name: str, most: int, place: str) -> int | None:
    limit: int | None = getattr(spec, name) if spec.kind in TEXT else None
    if limit is None or 1 <= limit <= most:
        return limit
    words = (
        _("“%(label)s”: the word limit is between 1 and %(most)s.")
        if name == "words"
        else _("“%(label)s”: the limit of characters is between 1 and %(most)s.")
    )
    raise InvalidInput(words % {"label": spec.label, "most": f"{most:,}"}, field=f"{place}-{name}")


def _key(spec: QuestionSpec, place: str, used: set[str], seen: set[str]) -> str:
    key = spec.key or new_key(spec.label, used | seen)
    if key in seen:
        raise InvalidInput(_("Two questions have the key “%(key)s”.") % {"key": key}, field=f"{place}-label")
    if len(key) > LONGEST_KEY or not key.isascii() or (slugify(key) != key and not key.isidentifier()):
        raise InvalidInput(_("“%(key)s” can't be a key.") % {"key": key[:60]}, field=f"{place}-label")
    return key


def new_key(label: str, taken: Iterable[str]) -> str:
    """A key made of the first words of the label, with a number where it is taken."""
    base = "_".join(slugify(label).replace("-", "_").split("_")[:4])[:32].strip("_") or "question"
    taken, number, key = set(taken), 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
