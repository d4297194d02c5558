"""Finding proposals by words: what was typed as a question to the database, and why a row answers it.

A search narrows rows that the reader may see, and never orders them: newest first shows what one looks for at work, and
ranking tens of thousands of hits takes a second. The words of a proposal are in `ProposalSearch`, kept by triggers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchQueryField,
    SearchVectorExact,
    SearchVectorField,
)
from django.db.models import BooleanField, Case, CharField, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from core.collected import Collected
from core.lists import Marked
from grants.models import Proposal, ProposalSearch

ENGLISH = "fund_english"
A_NUMBER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*-\d{4,}", re.IGNORECASE)
# A word that may not be typed to its end yet; of one or two letters nearly every text has one that begins so.
LAST_WORD = re.compile(r"(?:^|\s)([^\W_][\w-]{2,})$")
# From about so many hits on, walking the newest rows finds a page sooner than collecting the hits.
MANY = 6_000
# Two signs for private use stand where a mark begins and ends, until the text around them is escaped.
OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


# --- the question ---------------------------------------------------------------------------------------------------
class Question(SearchQuery):
    """What was typed, as a `tsquery`: every word, "these together", -not, or; the last one may be a beginning.

    Nothing that can be typed is an error: what can't be read is left out.
    """

    def __init__(self, text: str) -> None:
        wanted = " ".join(text.replace("\0", " ").split())
        last = LAST_WORD.search(wanted) if wanted.count('"') % 2 == 0 else None
        beginning = last[1] if last and last[1].lower() != "or" else ""
        complete = wanted.removesuffix(beginning).strip() if beginning else wanted
        Func.__init__(self, Value(wanted), Value(complete), Value(beginning), output_field=SearchQueryField())
        self.function, self.invert = "grants_search_question", False


def search(rows: QuerySet[Proposal], text: str) -> QuerySet[Proposal]:
    """Those of `rows` that have what was typed in number, title, abstract, keywords, people or institutions.

    The whole number of one of them finds that one alone.
    """
    typed = text.strip()
    if A_NUMBER.fullmatch(typed):
        exact = rows.filter(number__in={typed, typed.upper(), typed.lower()})
        if exact.exists():
            return exact
    asked = Question(text)
    hits = ProposalSearch.objects.filter(words=asked)
    if expected(hits) >= MANY:
        return rows.filter(search__words=asked)
    # Collected first, as one array: else the planner looks up the words of one row after the other.
    return rows.filter(Collected(hits.values("proposal")))


def expected(hits: QuerySet[ProposalSearch]) -> int:
    """How many rows the planner expects: known from its samples at once, where counting would read them."""
    plan: list[dict[str, Any]] = json.loads(hits.explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])


# --- why a row was found ----------------------------------------------------------------------------------------------
class _Plain(Func):
    """A text without the two signs that stand for marks."""

    function = "translate"

    def __init__(self, text: Any) -> None:
        super().__init__(text, Value(OPEN + CLOSE), Value(""), output_field=TextField())


def _headline(text: Any, asked: Question, **how: Any) -> SearchHeadline:
    return SearchHeadline(_Plain(text), asked, config=ENGLISH, start_sel=OPEN, stop_sel=CLOSE, **how)


def marks(keys: Sequence[UUID], text: str) -> Mapping[Any, Marked]:
    """For rows of one page, which the reader may see: title, lead and university with the words found marked, and, where
    the title alone does not answer the question, the place in the abstract or among the names that does."""
    asked = Question(text)
    words = Func(Value(ENGLISH), F("title"), function="to_tsvector", output_field=SearchVectorField())
    in_title = SearchVectorExact(words, asked)
    pieces = {"max_fragments": 1, "max_words": 18, "min_words": 8}
    rows = Proposal.objects.filter(pk__in=keys).annotate(
        m_title=_headline(F("title"), asked, highlight_all=True),
        m_lead=_headline(Coalesce("pi__name", "pi_name"), asked, highlight_all=True),
        m_university=_headline(
            Coalesce("university__name", Value(""), output_field=CharField()), asked, highlight_all=True
        ),
        answered=Case(When(in_title, then=Value(value=True)), default=Value(value=False), output_field=BooleanField()),
        m_abstract=Case(
            When(answered=True, then=Value("")),
            default=_headline(F("abstract"), asked, **pieces),
            output_field=TextField(),
        ),
        m_names=_headline(F("search__names"), asked, **pieces),
    )
    names = ("m_title", "m_lead", "m_university", "answered", "m_abstract", "m_names")
    return {pk: _marked(*found) for pk, *found in rows.values_list("pk", *names)}


def _marked(title: str, lead: str, university: str, answered: bool, *places: str | None) -> Marked:
    cells = {"title": title, "lead": lead, "university": university}
    found = {key: marked_html(value) for key, value in cells.items() if OPEN in (value or "")}
    if answered:
        return Marked(found)
    abstract, names = places
    told = abstract if OPEN in (abstract or "") else "" if {"lead", "university"} & set(found) else names
    return Marked(found, marked_html(told or "") if OPEN in (told or "") else SafeString(""))


def marked_html(text: str) -> SafeString:
    """What was found between `<mark>` and `</mark>`; everything else, and all that somebody wrote, escaped."""
    html = MARK.sub(r"<mark>\1</mark>", escape(text))
    return mark_safe(html.replace(OPEN, "").replace(CLOSE, ""))  # noqa: S308 - escaped above
