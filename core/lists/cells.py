"""One value as people read it: in a cell of a page, in the words of a filter."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.lists.spec import Column, field_of
from core.templatetags.ui import NONE, money, percent, status_pill, when


def labels_of(column: Column, rows: QuerySet[Any]) -> dict[str, str]:
    """The words for a column's stored values: its own choices, else those of the model field behind it."""
    choices: Any = column.choices
    if not choices:
        field, _nullable = field_of(rows, column.path)
        choices = getattr(field, "flatchoices", None) or ()
    return {str(value): str(label) for value, label in choices}


def currency_of(column: Column, row: Mapping[str, Any]) -> str:
    return str(row[column.currency] or "") if column.currency else ""


def cell_html(
    column: Column,
    row: Mapping[str, Any],
    labels: Mapping[str, str],
    marked: SafeString | None = None,
    *,
    asked: str = "",
) -> SafeString:
    """The value as a cell of the page shows it, everything in it escaped; a link where the column has one.

    `marked` is the value with what was searched for marked in it, where the list can say so; `asked` the list's question.
    """
    value = row[column.key]
    html = NONE
    if value is not None and value != "":
        html = marked or _value_html(column, value, currency_of(column, row), labels)
        if column.link is not None and all(row[name] not in (None, "") for name in column.link_args):
            address = reverse(column.link, args=[row[n] for n in column.link_args])
            html = format_html(
                '<a href="{}">{}</a>', f"{address}?{asked}" if column.carries and asked else address, html
            )
    return html if column.draw is None else column.draw(row, html)


def _value_html(column: Column, value: Any, currency: str, labels: Mapping[str, str]) -> SafeString:
    match column.kind:
        case "money":
            return money(value, currency)
        case "percent":
            return percent(value, digits=1)
        case "status":
            return status_pill(value, labels.get(str(value), ""))
        case "date" | "datetime":
            return when(value, "short")
        case "yesno":
            return format_html("{}", _("Yes") if value else _("No"))
    return format_html("{}", labels.get(str(value)) or number_text(value))


def number_text(value: Any) -> str:
    """A number with its thousands apart and without idle zeros; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return str(value)
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def total_html(column: Column, sums: list[tuple[Any, str]]) -> list[SafeString]:
    """One sum per currency."""
    if column.kind == "money":
        return [money(amount, currency) for amount, currency in sums]
    return [format_html("{}", number_text(amount)) for amount, _currency in sums]


def filter_text(form: forms.BaseForm, name: str) -> str:
    """A filter's value in words; what was typed where it can't be used."""
    value = getattr(form, "cleaned_data", {}).get(name)
    if value is None or value == "":
        return str(form[name].value() or "")
    choices = {str(key): str(label) for key, label in _flat(getattr(form.fields[name], "choices", ()))}
    if isinstance(value, slice):
        return _span(_one(value.start, {}), _one(value.stop, {}))
    if isinstance(value, QuerySet | list | tuple | set):
        return ", ".join(_one(item, choices) for item in value)
    return _one(value, choices)


def _span(start: str, stop: str) -> str:
    if start and stop:
        return f"{start} – {stop}"
    return _("from %(start)s") % {"start": start} if start else _("up to %(stop)s") % {"stop": stop}


def _one(value: Any, choices: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return date_format(value, "j M Y, H:i")
    if isinstance(value, dt.date):
        return date_format(value, "j M Y")
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, bool):
        return choices.get(str(value).lower()) or str(_("Yes") if value else _("No"))
    return choices.get(str(value)) or str(value)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    if getattr(choices, "queryset", None) is not None:
        return []  # rows, not words: the value is a row itself
    flat: list[tuple[Any, Any]] = []
    for key, label in choices:
        flat.extend(label if isinstance(label, list | tuple) else [(key, label)])
    return flat
