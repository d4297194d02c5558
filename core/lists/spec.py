"""What a list is, said once: its page, its export and its totals are all drawn from one `ListSpec`."""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import django_filters
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Field, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.http import Http404
from django.utils.functional import Promise
from django.utils.safestring import SafeString

Text = str | Promise
Kind = Literal["text", "money", "int", "decimal", "percent", "date", "datetime", "status", "yesno"]
Source = str | Combinable
NUMBERS: frozenset[str] = frozenset({"money", "int", "decimal", "percent"})
RESERVED = frozenset({"q", "sort", "size", "after", "before", "as_of", "view"})
_KEY = re.compile(r"[a-z][a-z0-9_]*")
NOTHING = SafeString("")


def field_of(rows: QuerySet[Any], source: Source) -> "tuple[Field[Any, Any] | None, bool]":
    """The model field behind an ORM path, and whether the value can be empty (taken as yes where it isn't plain)."""
    if isinstance(source, Lower) and isinstance(folded := source.get_source_expressions()[0], F):
        return None, field_of(rows, str(folded.name))[1]  # type: ignore[attr-defined]  # the stubs lack it
    if not isinstance(source, str) or source in rows.query.annotations:
        return None, True
    model, nullable, field = rows.model, False, None
    for name in source.split("__"):
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except (FieldDoesNotExist, AttributeError):
            return None, True
        nullable = nullable or bool(getattr(field, "null", True))
        model = field.related_model
    return field, nullable


@dataclass(frozen=True)
class Column:
    """One column of a list.

    `key` is stable: it is the name in the URL, in the row and in the header of machine-readable exports. `source` is an
    ORM path or expression (default: the key). `percent` holds a fraction: 0.25 is shown as 25 %. `sort` offers sorting,
    by the source or by the expression given instead (`Lower("title")`); either wants an index or a small table.
    `link` is a URL name, `link_args` the row's keys for its arguments. `currency` is the row's key that holds a money
    column's currency. `may` hides the column, its sorting and its export from those to whom it answers False.

    `draw(values of the row, the cell's HTML)` makes more of the cell than its value, without a template for each row.
    `carries`: the link takes the list's question along, for pages that go from row to row.
    """

    key: str
    label: Text
    kind: Kind = "text"
    source: Source | None = None
    sort: bool | Source = False
    link: str | None = None
    link_args: tuple[str, ...] = ()
    currency: str | None = None
    total: bool = False
    on_page: bool = True
    in_export: bool = True
    choices: tuple[tuple[str, Text], ...] = ()
    css: str = ""
    may: Callable[[Any], bool] | None = None
    draw: Callable[[Mapping[str, Any], SafeString], SafeString] | None = None
    carries: bool = False

    @property
    def path(self) -> Source:
        return self.key if self.source is None else self.source

    @property
    def sort_path(self) -> Source:
        return self.path if isinstance(self.sort, bool) else self.sort

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS


@dataclass(frozen=True)
class BulkAction:
    """An act on the rows ticked: a POST to `url_name` with one `pk` for each. `may` hides it, the view checks again."""

    label: Text
    url_name: str
    icon: str = ""
    may: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Marked:
    """Why a row was found: values of columns by key with what was found marked, and a piece of text that shows it."""

    cells: Mapping[str, SafeString] = field(default_factory=dict)
    snippet: SafeString = NOTHING


@dataclass(frozen=True, kw_only=True)
class ListSpec:
    """A list of things.

    `queryset(user, as_of)` must start from `visible_to(user)`; `as_of` is a day or None, and only ever a day where
    `as_of=True`. `search` is a tuple of ORM paths (any of them contains the text) or a function of queryset and text.
    `default_order` names keys of columns or of `extra`, "-" before for descending; the unique key breaks ties. `extra`
    adds values to each row that are not columns (arguments of links, currencies). `may(user)` answers None or the
    reason why the list is closed to them. `bulk_all`: acts may be asked for all rows that match, up to so many, instead
    of those ticked: the form sends `all=1`, and the list's question as `query`.

    `row_css` is the class of each row, `row_name` the row's key that tells one from another where they are ticked;
    `row_template` draws a row itself, which for fifty rows takes longer than all else: `Column.draw` often does.

    For large tables: `by_key` finds a page's rows by their keys and the order alone, and joins and counts what is shown for
    these rows only (`unique` must be the primary key); `found_most` draws the sums of what was searched for over so many
    rows at most. `marks(keys, text)` says of a page's rows why they were found.
    """

    key: str
    title: Text
    columns: tuple[Column, ...]
    queryset: Callable[[Any, dt.date | None], QuerySet[Any]]
    filterset: type[django_filters.FilterSet] | None = None
    search: tuple[str, ...] | Callable[[QuerySet[Any], str], QuerySet[Any]] = ()
    search_hint: Text = ""
    default_order: tuple[str, ...] = ()
    as_of: bool = False
    may: Callable[[Any], str | None] | None = None
    extra: Mapping[str, Source] = field(default_factory=dict)
    unique: str = "pk"
    row_template: str = ""
    row_css: str = ""
    row_name: str = ""
    bulk_actions: tuple[BulkAction, ...] = ()
    bulk_all: int = 0
    by_key: bool = False
    found_most: int = 0
    marks: Callable[[Sequence[Any], str], Mapping[Any, Marked]] | None = None
    empty_title: Text = ""
    empty_text: Text = ""

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns] + list(self.extra)
        if len(set(keys)) != len(keys) or "pk" in keys or not all(map(_KEY.fullmatch, keys)):
            raise ValueError(f"List {self.key}: keys must be distinct names, and not pk: {keys}.")
        known = {*keys, "pk"}
        for column in self.columns:
            wanted = {*column.link_args, *([column.currency] if column.currency else [])}
            if not wanted <= known:
                raise ValueError(f"List {self.key}: column {column.key} needs {sorted(wanted - known)} in the row.")
            if column.total and not column.is_number:
                raise ValueError(f"List {self.key}: column {column.key} can't be summed.")
        if not {name.lstrip("-") for name in self.default_order} <= known:
            raise ValueError(f"List {self.key}: its default order names an unknown key.")
        if self.filterset is not None and (clash := RESERVED & set(self.filterset.base_filters)):
            raise ValueError(f"List {self.key}: a filter can't be called {sorted(clash)}.")

    @property
    def searches(self) -> bool:
        """For templates, which would call a `search` that is a function."""
        return bool(self.search)

    def source(self, key: str) -> Source:
        """Where the row's value `key` comes from."""
        if key == "pk":
            return self.unique
        return next((column.path for column in self.columns if column.key == key), None) or self.extra[key]

    def sort_source(self, key: str) -> Source:
        return next((c.sort_path for c in self.columns if c.key == key), None) or self.source(key)


_registry: dict[str, ListSpec] = {}


def register(spec: ListSpec) -> ListSpec:
    """Make a list known by its key, so that its export finds it. Each app does so in its `lists.py`, found at start."""
    if _registry.setdefault(spec.key, spec) is not spec:
        raise ValueError(f"There are two lists with the key {spec.key}.")
    return spec


def get_spec(key: str) -> ListSpec:
    """The list of that key; a 404 where there is none."""
    try:
        return _registry[key]
    except KeyError:
        raise Http404(f"There is no list {key!r}.") from None


def all_specs() -> list[ListSpec]:
    """Every list there is, by key: for tests and figures that go over all of them."""
    return [_registry[key] for key in sorted(_registry)]
