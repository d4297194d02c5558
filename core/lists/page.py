"""A list as a page: a constant number of queries (figures, rows, and the filters' choices) at any size and depth."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.lists.cells import cell_html, labels_of, total_html
from core.lists.keyset import beyond, decode_cursor, encode_cursor, in_order
from core.lists.query import EVERYTHING, SIZES, VIEW, ListQuery
from core.lists.saved import Saved, opened, question, saved_of
from core.lists.spec import NOTHING, BulkAction, Column, ListSpec, Marked

NOTHING_MARKED = Marked()
PICK = (
    '<td class="w-1"><input class="form-check-input" type="checkbox" data-pick form="list-bulk" name="pk" value="{}"'
    ' aria-label="{}"></td>'
)


@dataclass(frozen=True)
class Cell:
    column: Column
    html: SafeString

    @property
    def css(self) -> str:
        return " ".join(filter(None, ["text-end" if self.column.is_number else "", self.column.css]))


@dataclass(frozen=True)
class Row:
    """One row: `values` by key (plus "pk"), and its cells as the page shows them."""

    values: dict[str, Any]
    cells: list[Cell] = field(repr=False)
    snippet: SafeString = NOTHING

    @property
    def pk(self) -> Any:
        return self.values["pk"]


@dataclass(frozen=True)
class Header:
    """A column's head. `url` sorts by it (turning the direction round); `direction` is how it is sorted now."""

    column: Column
    url: str
    direction: str


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the address of the list without it."""

    label: str
    value: str
    url: str


class ListPage:
    """What the templates of `lists/` draw. Raises `BadQuery` for an address of no list, `NotAllowed` for no reader."""

    def __init__(self, spec: ListSpec, request: HttpRequest, *, fixed: Mapping[str, str] | None = None) -> None:
        self.spec, self.path = spec, request.path
        self.query = ListQuery(spec, request.user, request.GET, fixed=fixed)
        self.columns = [column for column in self.query.columns if column.on_page]
        self.rows, self.has_previous, self.has_next = self._fetch()

    # --- rows ------------------------------------------------------------------------------------------------------
    def _fetch(self) -> tuple[list[Row], bool, bool]:
        query, params = self.query, self.query.params
        rows, backwards = query.annotated(), "before" in params
        cursor = params.get("before") or params.get("after")
        if cursor:
            values = decode_cursor(cursor, query.order_name, query.order, query.order_fields(rows))
            rows = rows.filter(beyond(query.order, values, backwards=backwards))
        rows = in_order(rows, query.order, backwards=backwards)
        if self.spec.by_key:
            rows = in_order(query.of_keys(rows.values("s_pk")[: query.size + 1]), query.order, backwards=backwards)
        found = self._values(rows, query.size + 1)
        more, found = len(found) > query.size, found[: query.size]
        if backwards:
            return self._rows(found[::-1]), more, True
        return self._rows(found), cursor is not None, more

    def _keys(self) -> list[str]:
        keys = [column.key for column in self.columns]
        keys += [column.currency for column in self.columns if column.currency]
        keys += [name for column in self.columns for name in column.link_args]
        return [key for key in dict.fromkeys([*keys, *self.spec.extra]) if key != "pk"]

    def _values(self, rows: Any, limit: int) -> list[dict[str, Any]]:
        keys = self._keys()
        names = [key.alias for key in self.query.order] + [f"c_{key}" for key in keys]
        return list(self.query.with_values(rows, keys).values(*names)[:limit])

    def _rows(self, found: list[dict[str, Any]]) -> list[Row]:
        labels = {column.key: labels_of(column, self.query.filtered) for column in self.columns}
        self._places = [[row[key.alias] for key in self.query.order] for row in found]
        keys = self._keys()
        rows = [{"pk": values["s_pk"], **{key: values[f"c_{key}"] for key in keys}} for values in found]
        marks, asked = self._marks([row["pk"] for row in rows]), self.export_query
        return [self._row(row, labels, marks.get(row["pk"], NOTHING_MARKED), asked) for row in rows]

    def _row(self, row: dict[str, Any], labels: dict[str, dict[str, str]], marked: Marked, asked: str) -> Row:
        cells = [Cell(c, cell_html(c, row, labels[c.key], marked.cells.get(c.key), asked=asked)) for c in self.columns]
        return Row(row, cells, marked.snippet)

    def _marks(self, keys: list[Any]) -> Mapping[Any, Marked]:
        """Why these rows were found, where something was searched for and the list can say it."""
        text = self.query.text
        return self.spec.marks(keys, text) if text and keys and self.spec.marks is not None else {}

    @property
    def body(self) -> SafeString:
        """The rows as HTML, put together here: a template that loops over cells takes longer than the database."""
        head, name = PICK if self.bulk_actions else "", self.spec.row_name
        starts = [format_html('<td data-label="{}" class="{}">', c.column.label, c.css) for c in self.rows[0].cells]
        row_start = format_html('<tr class="{}">', self.spec.row_css) if self.spec.row_css else "<tr>"
        lines = []
        for row in self.rows:
            words = _("Tick %(name)s") % {"name": row.values[name]} if name else _("Tick this row")
            tick = format_html(head, row.pk, words) if head else ""
            ends = [format_html('<span class="sub found">{}</span></td>', row.snippet) if row.snippet else "</td>"]
            ends += ["</td>"] * (len(starts) - 1)
            cells = [start + cell.html + end for start, cell, end in zip(starts, row.cells, ends, strict=True)]
            lines.append(f"{row_start}{tick}{''.join(cells)}</tr>")
        return mark_safe("\n".join(lines))  # noqa: S308 - made of escaped parts above

    # --- addresses -------------------------------------------------------------------------------------------------
    def _url(self, drop: frozenset[str] = frozenset(), **changes: str) -> str:
        query = self.query.query_string(drop, **changes)
        if not query and any(view.is_start for view in self.saved):
            query = f"{VIEW}={EVERYTHING}"
        return f"{self.path}?{query}" if query else self.path

    # --- saved views -----------------------------------------------------------------------------------------------
    @cached_property
    def saved(self) -> list[Saved]:
        """What the reader keeps for this list."""
        return saved_of(self.query.user, self.spec, self.query.fixed)

    @property
    def saved_links(self) -> list[tuple[Saved, str, bool]]:
        """(view, address, whether it is what is shown now)."""
        return [(view, f"{self.path}?{VIEW}={view.pk}", view == self.saved_now) for view in self.saved]

    @property
    def everything_url(self) -> str:
        return f"{self.path}?{VIEW}={EVERYTHING}"

    @property
    def question(self) -> str:
        """What is asked now, as it would be kept: filters and order, without what the page itself sets."""
        return question(self.query.query_string())

    @cached_property
    def saved_now(self) -> Saved | None:
        """The view whose question is asked now."""
        return next((view for view in self.saved if view.query == self.question), None)

    @property
    def may_save(self) -> bool:
        """Somebody signed in, with anything to keep."""
        return bool(getattr(self.query.user, "is_authenticated", False) and self.query.valid and self.question)

    @property
    def first_url(self) -> str:
        return self._url()

    @property
    def next_url(self) -> str:
        if not (self.has_next and self._places):
            return ""
        return self._url(after=encode_cursor(self.query.order_name, self._places[-1]))

    @property
    def previous_url(self) -> str:
        if not (self.has_previous and self._places):
            return ""
        return self._url(before=encode_cursor(self.query.order_name, self._places[0]))

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        return [(size, self._url(size=str(size)), size == self.query.size) for size in SIZES]

    @property
    def sort_choices(self) -> list[tuple[str, str, bool]]:
        """(address, words, whether it is on): every order offered, for screens too narrow for heads of columns."""
        shown = [column for column in self.columns if column.sort]
        return [
            (self._url(sort=sign + c.key), f"{c.label} {arrow}", self.query.sort == sign + c.key)
            for c in shown
            for sign, arrow in (("", "↑"), ("-", "↓"))
        ]

    @property
    def headers(self) -> list[Header]:
        return [self._header(column) for column in self.columns]

    def _header(self, column: Column) -> Header:
        now = self.query.sort or (self.spec.default_order[0] if self.spec.default_order else "")
        direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(now, "")
        turned = f"-{column.key}" if direction == "ascending" else column.key
        return Header(column, self._url(sort=turned) if column.sort else "", direction)

    @cached_property
    def export_query(self) -> str:
        """The question as the export asks it: the same filters and order, every row. Includes what the page fixed."""
        query = self.query.params.copy()
        for name in {"after", "before", "size"} & set(query):
            del query[name]
        return query.urlencode()

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the filter form must send along, so that filtering keeps the order and the size of the page."""
        return [(name, str(self.query.params[name])) for name in ("sort", "size") if name in self.query.params]

    # --- filters ---------------------------------------------------------------------------------------------------
    @cached_property
    def filter_fields(self) -> list[forms.BoundField]:
        """The filters that the reader can set."""
        form = self.query.filters.form if self.query.filters is not None else None
        fields = [form[name] for name in form.fields if name not in self.query.fixed] if form is not None else []
        if self.spec.as_of:
            self.query.own.fields["as_of"].widget = forms.DateInput(
                attrs={"type": "date", "max": timezone.localdate().isoformat()}, format="%Y-%m-%d"
            )
            fields.append(self.query.own["as_of"])
        return fields

    @cached_property
    def chips(self) -> list[Chip]:
        return [Chip(label, words, self._url(frozenset(names))) for names, label, words in self.query.filters_on()]

    @property
    def filters_open(self) -> bool:
        """A filter that can't be used is not folded away."""
        return any(bound.errors for bound in self.filter_fields)

    @property
    def narrowed(self) -> bool:
        """Whether the reader left something out: a filter, or a place in the list after its end."""
        return bool(self.chips or {"after", "before"} & set(self.query.params))

    @property
    def clear_url(self) -> str:
        names = {name for names in self.query.filter_names.values() for name in names}
        return self._url(frozenset(names | {"q", "as_of"}))

    # --- figures ---------------------------------------------------------------------------------------------------
    @property
    def count_text(self) -> str:
        count, exact = self.query.count
        return f"{count:,}" if exact else f"{count:,}+"

    @cached_property
    def foot(self) -> list[tuple[Column, SafeString]]:
        """One cell per column for the row of totals; empty where the list sums nothing or has no rows."""
        if not any(column.total for column in self.columns) or not self.rows or self.query.too_many_to_sum:
            return []
        return [(column, self._total(column)) for column in self.columns]

    def _total(self, column: Column) -> SafeString:
        return format_html_join(SafeString("<br>"), "{}", ((s,) for s in total_html(column, self._sums(column))))

    def _sums(self, column: Column) -> list[tuple[Any, str]]:
        return self.query.totals.get(column.key, [])

    @property
    def zone(self) -> str:
        """The time zone of the instants shown, "" where none is."""
        return timezone.get_current_timezone_name() if any(c.kind == "datetime" for c in self.columns) else ""

    @cached_property
    def bulk_actions(self) -> list[BulkAction]:
        return [act for act in self.spec.bulk_actions if act.may is None or act.may(self.query.user)]


def render_list(
    request: HttpRequest,
    spec: ListSpec,
    template: str = "lists/list.html",
    extra: Mapping[str, Any] | None = None,
    *,
    fixed: Mapping[str, str] | None = None,
    with_page: Callable[["ListPage"], Mapping[str, Any]] | None = None,
) -> HttpResponse:
    """The usual body of a list's view. htmx gets `#list` alone, or with its filters where a filter was taken off.

    `with_page` adds what is counted for the rows of this page only, by a number of queries of its own.

    A filter that can't be used is shown beside its field over an empty list, a 400 (to htmx a 200:
    it swaps no other).
    """
    if (answer := opened(request, spec, fixed or {})) is not None:
        return answer
    page = ListPage(spec, request, fixed=fixed)
    context = {"page": page, "spec": spec, **(extra or {}), **(with_page(page) if with_page else {})}
    headers = request.headers
    partial = headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers
    partials = {"list": "lists/_list.html", "list-box": "lists/_box.html"}
    chosen = partials.get(headers.get("HX-Target", "")) if partial else None
    status = 200 if chosen or page.query.valid else 400
    response = render(request, chosen or template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
