"""A form in short, as it is read: each question with its kind, its limits, and when it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from grants.asking import files
from grants.asking.conditions import in_words
from grants.asking.specs import TEXT, Asked, Kind, QuestionSpec, SectionSpec


@dataclass(frozen=True)
class Line:
    """`asked` and `needed`: the conditions in words, empty where there is none."""

    label: str
    kind: str
    limit: str
    optional: bool
    asked: str = ""
    needed: str = ""


@dataclass(frozen=True)
class Part:
    title: str
    help: str
    lines: tuple[Line, ...]


def outline(sections: Sequence[SectionSpec]) -> list[Part]:
    every: list[Asked] = [one for section in sections for one in section.questions]
    return [Part(one.title, one.help, tuple(_line(q, every) for q in one.questions)) for one in sections]


def _line(spec: QuestionSpec, every: list[Asked]) -> Line:
    return Line(
        label=spec.label,
        kind=str(Kind(spec.kind).label),
        limit=_limit(spec),
        optional=not spec.required and spec.required_if is None,
        asked=in_words(spec.shown_if, every),
        needed=in_words(spec.required_if, every),
    )


def _limit(spec: QuestionSpec) -> str:
    if spec.kind in TEXT and spec.words:
        return ngettext("%(n)s word", "%(n)s words", spec.words) % {"n": f"{spec.words:,}"}
    if spec.kind in TEXT and spec.characters:
        return ngettext("%(n)s character", "%(n)s characters", spec.characters) % {"n": f"{spec.characters:,}"}
    if spec.kind == Kind.FILE:
        return files.rules_in_words(spec).rstrip(".")
    if spec.kind == Kind.TABLE:
        return ", ".join(str(column["label"]) for column in spec.settings.get("columns", ()))
    if spec.options:
        return _(" / ").join(spec.options)
    return ""
