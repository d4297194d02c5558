"""A list's address as a question: every part of it is understood or the whole is refused."""

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.widgets import SuffixedMultiWidget

from core.collected import Collected
from core.errors import require
from core.lists.cells import filter_text
from core.lists.figures import aggregate
from core.lists.keyset import AnyField, BadQuery, SortKey
from core.lists.spec import RESERVED, Column, ListSpec, Source, field_of

SIZES = (25, 50, 100)
DEFAULT_SIZE = 50
MOST_COUNTED = 1_000
VIEW, EVERYTHING = "view", "all"  # an address that asks for nothing, and means it: no saved view opens instead


class OwnForm(forms.Form):
    """The filters that every list has."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"))
    as_of = forms.DateField(required=False, input_formats=["%Y-%m-%d"], label=_("As of the end of"))

    def clean_as_of(self) -> dt.date | None:
        day: dt.date | None = self.cleaned_data["as_of"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("Choose today or a day before."))
        return day


class ListQuery:
    """Who asks for what: the filters, the order and the rows of one request or export. Raises `BadQuery`, `NotAllowed`.

    `fixed` are filters that the page sets and the reader can't change, such as the call whose proposals are shown.
    """

    def __init__(self, spec: ListSpec, user: Any, params: QueryDict, *, fixed: Mapping[str, str] | None = None) -> None:
        if spec.may is not None:
            require(spec.may(user))
        self.spec, self.user, self.fixed = spec, user, dict(fixed or {})
        self.columns = [column for column in spec.columns if column.may is None or column.may(user)]
        self.params = self._cleaned(params)
        self.own = OwnForm(self.params)
        self.own.is_valid()
        self.as_of: dt.date | None = self.own.cleaned_data.get("as_of")
        self._base = spec.queryset(user, self.as_of)
        self.filters = self._filters()
        self.filter_names = {name: _param_names(name, field) for name, field in self._filter_fields().items()}
        self._refuse_unknown()
        self.sort = self._one_of("sort", [sign + c.key for c in self.columns if c.sort for sign in ("", "-")], "")
        self.size = int(self._one_of("size", [str(size) for size in SIZES], str(DEFAULT_SIZE)))

    # --- reading the address ---------------------------------------------------------------------------------------
    def _cleaned(self, params: QueryDict) -> QueryDict:
        """The parameters without the empty ones that a plain GET form sends, and with the fixed ones."""
        cleaned = QueryDict(mutable=True)
        for name, values in params.lists():
            kept = [value for value in values if value]
            if name == VIEW and kept in ([], [EVERYTHING]):
                continue
            if name in self.fixed and kept not in ([], [self.fixed[name]]):
                raise BadQuery(f"This list can't be filtered by {name}.", field=name)
            if kept and name not in self.fixed:
                cleaned.setlist(name, kept)
        for name, value in self.fixed.items():
            cleaned[name] = value
        return cleaned

    def _filters(self) -> django_filters.FilterSet | None:
        if self.spec.filterset is None:
            return None
        # Filters that draw their choices from what the reader may see get a request with nothing but the reader, so
        # that a page and an export made hours later by a worker offer and refuse the same.
        return self.spec.filterset(self.params, queryset=self._base, request=SimpleNamespace(user=self.user))

    def _filter_fields(self) -> Mapping[str, forms.Field]:
        return self.filters.form.fields if self.filters is not None else {}

    def _refuse_unknown(self) -> None:
        own = RESERVED - {VIEW} - (set() if self.spec.as_of else {"as_of"}) - (set() if self.spec.search else {"q"})
        known = own | {name for names in self.filter_names.values() for name in names}
        for name, values in self.params.lists():
            if name not in known:
                raise BadQuery(f"This list has no filter called “{name[:40]}”.", field=name[:40])
            if name in own and len(values) > 1:
                raise BadQuery(f"“{name}” is given more than once.", field=name)
        if "after" in self.params and "before" in self.params:
            raise BadQuery("A page is either after or before a row.", field="page")

    def _one_of(self, name: str, allowed: list[str], default: str) -> str:
        value = self.params.get(name) or default
        if value != default and value not in allowed:
            raise BadQuery(f"“{value[:40]}” is not a possible {name} of this list.", field=name)
        return value

    @property
    def valid(self) -> bool:
        """Whether every filter can be used. Where not, the list shows the errors and no row at all."""
        return self.own.is_valid() and (self.filters is None or self.filters.is_valid())

    def errors(self) -> Iterator[tuple[str, str]]:
        """(label of the filter, what is wrong with it)."""
        for form in [self.own, *([self.filters.form] if self.filters is not None else [])]:
            for name, messages in form.errors.items():
                label = form.fields[name].label if name in form.fields else ""
                yield from ((str(label or name), str(message)) for message in messages)

    def unusable(self) -> list[str]:
        """The names in the address of filters that can't be used."""
        filters = self.filters.form.errors if self.filters is not None else {}
        return [*self.own.errors, *(name for key in filters for name in self.filter_names.get(key, []))]

    def filters_on(self) -> list[tuple[list[str], str, str]]:
        """The filters that are on: (their names in the address, label, value in words). Without the fixed ones."""
        forms_and_names: list[tuple[forms.BaseForm, dict[str, list[str]]]] = [
            (self.own, {"q": ["q"], "as_of": ["as_of"]}),
            *([(self.filters.form, self.filter_names)] if self.filters is not None else []),
        ]
        return [
            (names, str(form.fields[name].label or name), filter_text(form, name))
            for form, fields in forms_and_names
            for name, names in fields.items()
            if name not in self.fixed and any(parameter in self.params for parameter in names)
        ]

    def query_string(self, drop: frozenset[str] = frozenset(), **changes: str) -> str:
        """The address of this question with `changes`; without the place in the list unless that is changed."""
        query = self.params.copy()
        for name in {"after", "before", *drop, *self.fixed} & set(query):
            del query[name]
        for name, value in changes.items():
            query[name] = value
            if not value:
                del query[name]
        return query.urlencode()

    # --- the rows --------------------------------------------------------------------------------------------------
    @cached_property
    def filtered(self) -> QuerySet[Any]:
        """Every row that the reader may see and asked for, in no order."""
        rows = self.searched(self._base if self.filters is None else self.filters.qs)
        return rows.order_by() if self.valid else rows.none()

    def searched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of `rows` that have what is searched for."""
        if not self.text:
            return rows
        if callable(self.spec.search):
            return self.spec.search(rows, self.text)
        found = Q()
        for path in self.spec.search:
            found |= Q(**{f"{path}__icontains": self.text})
        return rows.filter(found)

    @cached_property
    def order(self) -> list[SortKey]:
        """The chosen order, or the list's own, and the unique key last so that no two rows are equal."""
        signed = [self.sort] if self.sort else list(self.spec.default_order)
        keys = [
            SortKey(f"s_{name}", sign == "-", field_of(self._base, self.spec.sort_source(name))[1])
            for sign, name in ((key[:1] if key.startswith("-") else "", key.lstrip("-")) for key in signed)
            if name != "pk"
        ]
        # In the direction of the last key, so that an index on (key, id) serves both readings of it.
        descending = keys[-1].descending if keys else signed == ["-pk"]
        return [*keys, SortKey("s_pk", descending=descending, nullable=False)]

    @property
    def order_name(self) -> str:
        return ",".join(("-" if key.descending else "") + key.alias for key in self.order)

    def annotated(self, rows: QuerySet[Any] | None = None) -> QuerySet[Any]:
        """The filtered rows (or `rows`) with the keys of their order as annotations."""
        names = [key.alias.removeprefix("s_") for key in self.order]
        keys = {f"s_{name}": as_expression(self.spec.sort_source(name)) for name in names}
        wide: QuerySet[Any] = (self.filtered if rows is None else rows).annotate(**keys)
        return wide

    def of_keys(self, keys: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that `keys` (one page of them) name, as the reader may see them, with the keys of their order."""
        return self.annotated(self._base.order_by().filter(Collected(keys)))

    @property
    def text(self) -> str:
        """What is searched for."""
        return str(self.own.cleaned_data.get("q") or "") if self.spec.search else ""

    def order_fields(self, rows: QuerySet[Any]) -> list[AnyField]:
        return [rows.query.annotations[key.alias].output_field for key in self.order]

    def with_values(self, rows: QuerySet[Any], keys: list[str]) -> QuerySet[Any]:
        """`rows` annotated with the values `keys`, each as `c_<key>`: a name of ours never meets a model's field."""
        values: QuerySet[Any] = rows.annotate(**{f"c_{key}": as_expression(self.spec.source(key)) for key in keys})
        return values

    # --- figures over all rows -------------------------------------------------------------------------------------
    def _figures(self, most: int | None = None) -> list[tuple[Any, ...]]:
        """One aggregate over all filtered rows (over `most` of them): (count, currencies…, sums…) for each combination of
        currencies."""
        summed, currencies = self._summed()
        far = self._far_currency(currencies)
        groups = ["g_0"] if far else [f"c_{key}" for key in currencies]
        inner = self.with_values(self.filtered, [*([] if far else currencies), *(column.key for column in summed)])
        if far:
            inner = inner.annotate(g_0=F(far[0]))
        rows = inner.annotate(s_pk=as_expression(self.spec.unique))
        rows = rows.values("s_pk", *groups, *(f"c_{column.key}" for column in summed))[:most]
        return aggregate(rows, groups, [f"c_{column.key}" for column in summed], far[1] if far else None)

    def _far_currency(self, currencies: list[str]) -> "tuple[str, QuerySet[Any]] | None":
        """A currency that each row has from another, over a foreign key: (that key's column, the currencies by key).

        Summed by the key first, the few sums are then given their currencies, instead of each row its own.
        """
        source = self.spec.source(currencies[0]) if self.spec.by_key and len(currencies) == 1 else None
        if not isinstance(source, str) or "__" not in source or source in self.filtered.query.annotations:
            return None
        first, rest = source.split("__", 1)
        field = self.filtered.model._meta.get_field(first)
        others = field.related_model._base_manager if field.many_to_one else None
        return None if others is None else (field.attname, others.annotate(k=F("pk"), c=F(rest)).values("k", "c"))

    def _summed(self) -> tuple[list[Column], list[str]]:
        summed = [column for column in self.columns if column.total]
        return summed, list(dict.fromkeys(column.currency for column in summed if column.currency))

    @cached_property
    def _shown(self) -> list[tuple[Any, ...]]:
        """The figures of the page. Of what was searched for, over one row more than the most: then there were more."""
        return self._figures(self.spec.found_most + 1 if self.text and self.spec.found_most else None)

    @property
    def too_many_to_sum(self) -> bool:
        """Whether more was found than is summed."""
        bounded = bool(self._summed()[0] and self.text and self.spec.found_most)
        return bounded and sum(figures[0] for figures in self._shown) > self.spec.found_most

    @cached_property
    def totals(self) -> dict[str, list[tuple[Any, str]]]:
        """Per summed column its (sum, currency), one for each currency that occurs; a sum of nothing is left out."""
        return {} if self.too_many_to_sum else self._totals_of(self._shown) if self._summed()[0] else {}

    @property
    def exact_totals(self) -> dict[str, list[tuple[Any, str]]]:
        """The totals over all rows, however many were found: for exports, which read them all anyway."""
        return self._totals_of(self._all) if self._summed()[0] else {}

    def _totals_of(self, all_figures: list[tuple[Any, ...]]) -> dict[str, list[tuple[Any, str]]]:
        summed, currencies = self._summed()
        totals: dict[str, dict[str, Any]] = {column.key: {} for column in summed}
        for figures in all_figures:
            for column, amount in zip(summed, figures[1 + len(currencies) :], strict=True):
                currency = figures[1 + currencies.index(column.currency)] if column.currency else ""
                if amount is not None:
                    totals[column.key][currency] = totals[column.key].get(currency, 0) + amount
        return {key: [(amount, currency) for currency, amount in sums.items()] for key, sums in totals.items()}

    @cached_property
    def count(self) -> tuple[int, bool]:
        """(rows, whether that is all): exact where totals are drawn anyway, else counted up to a bound."""
        if self.too_many_to_sum:
            return self.spec.found_most, False
        if self._summed()[0]:
            return sum(figures[0] for figures in self._shown), True
        rows = self.filtered.annotate(s_pk=as_expression(self.spec.unique)).values("s_pk")[: MOST_COUNTED + 1]
        counted = int(sum(figures[0] for figures in aggregate(rows, [], [])))
        return (counted, True) if counted <= MOST_COUNTED else (MOST_COUNTED, False)

    @cached_property
    def _all(self) -> list[tuple[Any, ...]]:
        return self._figures()

    @property
    def exact_count(self) -> int:
        """All rows, however many: for exports, which read them all anyway."""
        return sum(figures[0] for figures in self._all)


def as_expression(source: Source) -> Any:
    return F(source) if isinstance(source, str) else source


def _param_names(name: str, field: forms.Field) -> list[str]:
    """The names in the address that one filter reads: several for a range."""
    if isinstance(field.widget, SuffixedMultiWidget):
        return [field.widget.suffixed(name, suffix) for suffix in field.widget.suffixes]
    if isinstance(field.widget, forms.MultiWidget):
        return [name + suffix for suffix in field.widget.widgets_names]  # type: ignore[attr-defined]  # the stubs lack it
    return [name]
