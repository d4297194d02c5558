"""Forms that a browser would send, read from a page; and forms of every shape, for tests of properties."""

from html.parser import HTMLParser
from typing import Any

from django.http import QueryDict
from hypothesis import strategies as st

from grants.asking.checking import checked
from grants.asking.conditions import ops_for
from grants.asking.specs import Kind, QuestionSpec, SectionSpec


# --- what a browser sends ---------------------------------------------------------------------------------------------
class _Reader(HTMLParser):
    """The successful controls of the form with this id, as HTML defines them (buttons are not pressed)."""

    def __init__(self, form: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form, self.inside = form, False
        self.sent: list[tuple[str, str]] = []
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form
        if not self.inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            ticks = given.get("type") in {"checkbox", "radio"}
            if not ticks or "checked" in given:
                self.sent.append((name, given.get("value", "on" if ticks else "")))
        elif tag == "select":
            self._select = (name, [])
        elif tag == "option" and self._select:
            self._select[1].append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area = (name, [])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, picked in options if picked] or [value for value, _picked in options[:1]]
            self.sent += [(name, value) for value in chosen[-1:] if name]
            self._select = None
        elif tag == "textarea" and self._area:
            name, parts = self._area
            text = "".join(parts).replace("\r\n", "\n").removeprefix("\n")
            self.sent.append((name, text.replace("\n", "\r\n")))
            self._area = None


def sent_by(html: str, form: str = "builder", **changed: Any) -> dict[str, list[str]]:
    """What a browser would post of a form on this page, with some fields changed (None: left out)."""
    reader = _Reader(form)
    reader.feed(html)
    found: dict[str, list[str]] = {}
    for name, value in reader.sent:
        found.setdefault(name, []).append(value)
    for name, value in changed.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value if isinstance(value, list) else [value]
    return found


def query(sent: dict[str, list[str]]) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, values in sent.items():
        data.setlist(name, values)
    return data


# --- forms of every shape ---------------------------------------------------------------------------------------------
words = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], include_characters="\t"), min_size=1, max_size=20
).filter(lambda text: text.strip())
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=40)
numbers = st.decimals(-1000, 1000, places=2, allow_nan=False).map(str)
days = st.dates().map(lambda day: day.replace(year=2000 + day.year % 100).isoformat() if day.day < 29 else "2027-03-31")
some_options = st.lists(words.map(lambda one: " ".join(one.split())), min_size=2, max_size=5, unique=True)


def _ordered(values: st.SearchStrategy[Any], low: str, high: str, key: Any = None) -> st.SearchStrategy[dict[str, Any]]:
    pair = st.tuples(values, values).map(lambda two: dict(zip((low, high), sorted(two, key=key), strict=True)))
    return st.one_of(st.just({}), pair)


def _settings(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    from_1 = st.integers(1, 9)
    column = st.fixed_dictionaries(
        {
            "key": st.just(""),
            "label": words,
            "kind": st.sampled_from(["text", "number", "money", "date", "choice"]),
            "options": some_options,
            "required": st.booleans(),
        }
    )
    by_kind: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        Kind.NUMBER: st.tuples(
            _ordered(numbers, "least", "most", float),
            st.fixed_dictionaries({}, optional={"whole": st.booleans(), "unit": words}),
        ).map(lambda two: {**two[0], **two[1]}),
        Kind.MONEY: _ordered(numbers, "least", "most", float),
        Kind.DATE: _ordered(days, "earliest", "latest"),
        Kind.MULTI: _ordered(from_1, "least", "most"),
        Kind.PEOPLE: st.tuples(
            _ordered(from_1, "least", "most"), st.sets(st.sampled_from(["email", "organisation", "role", "orcid"]))
        ).map(lambda two: {**two[0], "ask": sorted(two[1])}),
        Kind.FILE: st.fixed_dictionaries(
            {"types": st.lists(st.sampled_from(["pdf", "docx", "csv", "png"]), min_size=1, unique=True)},
            optional={"most_mb": from_1, "most_pages": from_1, "most_files": from_1},
        ),
        Kind.TABLE: st.tuples(
            st.lists(column, min_size=1, max_size=3), _ordered(from_1, "least_rows", "most_rows"), st.booleans()
        ).map(lambda three: {"columns": three[0], **three[1], "sums": three[2]}),
        Kind.CONSENT: st.fixed_dictionaries({}, optional={"statement": texts}),
    }
    return by_kind.get(kind, st.just({}))


@st.composite
def _condition(draw: Any, earlier: list[QuestionSpec]) -> dict[str, Any]:
    asked = draw(st.sampled_from(earlier))
    op = draw(st.sampled_from(list(ops_for(asked.kind))))
    values: dict[str, st.SearchStrategy[Any]] = {
        Kind.YES_NO: st.booleans(),
        Kind.NUMBER: numbers,
        Kind.MONEY: numbers,
        Kind.DATE: days,
    }
    one = values.get(asked.kind, st.sampled_from(list(asked.options) or [""]))
    value = draw(st.lists(one, min_size=1, max_size=3, unique=True) if op == "any_of" else one)
    if op == "any_of":
        value.sort(key=list(asked.options).index)  # as a page has them
    return {"key": asked.key, "op": op, **({} if op in {"answered", "not_answered"} else {"value": value})}


@st.composite
def _question(draw: Any, earlier: list[QuestionSpec]) -> QuestionSpec:
    kind = draw(st.sampled_from(Kind.values))
    limit = st.none() | st.integers(1, 5000)
    condition = st.one_of(st.none(), _condition(earlier)) if earlier else st.none()
    required = draw(st.booleans())
    return QuestionSpec(
        label=draw(words),
        kind=kind,
        key=f"q{len(earlier) + 1}",
        help=draw(texts),
        required=required,
        words=draw(limit),
        characters=draw(limit),
        options=tuple(draw(some_options)),
        settings=draw(_settings(kind)),
        shown_if=draw(condition),
        required_if=None if required else draw(condition),
    )


@st.composite
def some_forms(draw: Any, most_sections: int = 3, most_questions: int = 4) -> list[SectionSpec]:
    """Any form that can be kept, as it is kept."""
    earlier: list[QuestionSpec] = []
    sections = []
    for _number in range(draw(st.integers(1, most_sections))):
        questions = []
        for _place in range(draw(st.integers(0, most_questions))):
            one = draw(_question(earlier))
            kept = checked([SectionSpec("-", (*earlier, one))])[0].questions[-1]
            earlier.append(kept)
            questions.append(kept)
        sections.append(SectionSpec(draw(words), tuple(questions), draw(texts)))
    return checked(sections)
