"""A list of things, and how the tests ask it."""

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import django_filters
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.test import RequestFactory

from core.lists import Column, ListPage, ListSpec
from tests.core.things import Owner, Thing


def shown_owners(_user: Any) -> QuerySet[Any]:
    return Thing.objects.filter(secret=False).values("owner")


class ThingFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(choices=Thing.Status.choices, label="State")
    statuses = django_filters.MultipleChoiceFilter(field_name="status", choices=Thing.Status.choices, label="States")
    rank = django_filters.RangeFilter(label="Rank")
    day = django_filters.DateFromToRangeFilter(label="Day")
    owner = django_filters.ModelChoiceFilter(
        queryset=lambda request: Owner.objects.filter(pk__in=shown_owners(request.user))
    )

    class Meta:
        model = Thing
        fields: list[str] = []


def visible(user: Any, as_of: dt.date | None) -> QuerySet[Thing]:
    rows = Thing.objects.filter(secret=False)
    return rows if as_of is None else rows.filter(day__lte=as_of)


COLUMNS = (
    Column("code", "Code", sort=True),
    Column("title", "Title", sort=Lower("title")),
    Column("status", "State", "status", sort=True),
    Column("amount", "Asked for", "money", currency="currency", total=True, sort=True),
    Column("rank", "Rank", "int", sort=True),
    Column("share", "Share", "percent"),
    Column("day", "Day", "date", sort=True),
    Column("at", "At", "datetime", sort=True),
    Column("owner", "Owner", source="owner__name", sort=True),
)


def make_spec(**changes: Any) -> ListSpec:
    parts: dict[str, Any] = {
        "key": "things",
        "title": "Things",
        "columns": COLUMNS,
        "queryset": visible,
        "filterset": ThingFilter,
        "search": ("code", "title"),
        "default_order": ("-rank", "code"),
        "extra": {"currency": "currency"},
        "as_of": True,
    }
    return ListSpec(**{**parts, **changes})


SPEC = make_spec()


def page_of(query: str = "", spec: ListSpec = SPEC, **more: Any) -> ListPage:
    request = RequestFactory().get(f"/things/?{query}")
    request.user = AnonymousUser()
    return ListPage(spec, request, **more)


def codes(page: ListPage) -> list[str]:
    return [row.values["code"] for row in page.rows]


def query_of(url: str) -> str:
    return urlsplit(url).query


def make_things(**common: Any) -> None:
    ann = Owner.objects.create(name="Ann <b>")
    rows = [
        {
            "code": "A",
            "title": "Soil moisture",
            "amount": Decimal("1200.5"),
            "rank": 3,
            "owner": ann,
            "share": Decimal("0.25"),
        },
        {
            "code": "B",
            "title": "100% <script>",
            "amount": Decimal("0.25"),
            "rank": 2,
            "status": "sent",
            "day": dt.date(2026, 1, 5),
        },
        {"code": "C", "title": None, "amount": Decimal(900), "currency": "JPY", "rank": 1, "day": dt.date(2026, 3, 1)},
        {"code": "S", "title": "Secret soil", "amount": Decimal(7), "rank": 9, "secret": True},
    ]
    for row in rows:
        Thing.objects.create(**{**row, **common})
