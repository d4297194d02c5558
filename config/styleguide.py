"""`/styleguide/`: every part of the look with sample data in every state, for those who build pages."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from core.models import Job
from core.templatetags.looks import LOOKS

YEARS = ["2026", "2027", "2028", "2029", "2030"]
LEVELS: dict[str, list[Decimal | None]] = {
    "disbursed": [Decimal(11200000), Decimal("3850000.5"), Decimal(0), Decimal(0), Decimal(0)],
    "obligated": [Decimal(3400000), Decimal(8700000), Decimal(5100000), Decimal(1200000), Decimal(0)],
    "committed": [Decimal(1500000), Decimal(2250000), Decimal(2600000), Decimal(900000), Decimal(0)],
    "free": [Decimal(1900000), Decimal("3199999.5"), Decimal(0), Decimal(0), Decimal(0)],
    "ceiling": [
        Decimal(18000000),
        Decimal(22000000),
        Decimal(22000000),
        Decimal(20000000),
        Decimal(18000000),
    ],
}
TONES = ("accent", "success", "warning", "danger", "info", "neutral")


@dataclass
class SampleJob:
    """A job that no worker runs: only its looks."""

    pk: str
    status: str
    done: int
    total: int = 120
    message: str = ""
    ended: bool = field(init=False)

    def __post_init__(self) -> None:
        self.ended = self.status in {"done", "failed", "cancelled"}

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total

    def get_status_display(self) -> str:
        return str(Job.Status(self.status).label)


class SampleForm(forms.Form):
    title = forms.CharField(max_length=120, help_text="As it will stand in the list of awards.")
    summary = forms.CharField(widget=forms.Textarea, required=False)
    amount = forms.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal(1))
    field_of_work = forms.ChoiceField(choices=[("", "Choose…"), ("earth", "Earth observation"), ("safety", "Safety")])
    closes = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(
        choices=[("full", "Full proposal"), ("eoi", "Expression of interest")], widget=forms.RadioSelect
    )
    outputs = forms.MultipleChoiceField(
        choices=[("models", "Models"), ("data", "Data sets"), ("code", "Code")], widget=forms.CheckboxSelectMultiple
    )
    paper = forms.FileField(required=False, label="Attachment")
    open = forms.BooleanField(label="Everything that comes out of this will be open")


def _charts() -> dict[str, dict[str, Any]]:
    def texts(name: str) -> list[str | None]:
        return [None if amount is None else str(amount) for amount in LEVELS[name]]

    stacked = ["disbursed", "obligated", "committed", "free"]
    return {
        "budget": {
            "kind": "stacked-bars",
            "unit": "USD",
            "categories": YEARS,
            "series": [{"name": name.capitalize(), "values": texts(name), "tone": name} for name in stacked],
            "marks": [{"name": "Ceiling", "values": texts("ceiling"), "tone": "ceiling"}],
        },
        "bars": {
            "kind": "bars",
            "horizontal": True,
            "categories": ["Dr Ada Quill", "Prof. Ivo Marsh", "Dr Lena Fjord", "Dr Omar Sand"],
            "series": [
                {"name": "Handed in", "values": [7, 5, 8, 2], "tone": "success"},
                {"name": "Left", "values": [1, 3, 0, 6], "tone": "warning"},
            ],
        },
        "line": {
            "kind": "line",
            "unit": "USD",
            "categories": ["Jan", "Mar", "May", "Jul", "Sep", "Nov"],
            "series": [
                {"name": "Plan", "values": [0, 200000, 400000, 600000, 800000, 1000000], "dashed": True, "tone": "8"},
                {"name": "Spent", "values": [0, 120000, 310000, 580000, 640000, None], "area": True, "tone": "1"},
            ],
        },
        "funnel": {
            "kind": "funnel",
            "steps": [
                {"name": "Drafts", "value": 184},
                {"name": "Submitted", "value": 131},
                {"name": "Eligible", "value": 117},
                {"name": "Recommended", "value": 31},
                {"name": "Awarded", "value": 18, "tone": "success"},
            ],
        },
        "gauge": {"kind": "gauge", "name": "of reviews are in", "value": 268, "max": 351},
        "spread": {
            "kind": "boxplot",
            "categories": ["P-0142", "P-0097", "P-0118", "P-0131", "P-0088"],
            "boxes": [[3.2, 3.8, 4.2, 4.6, 4.9], [2.1, 3.4, 4.0, 4.3, 4.8], [3.0, 3.3, 3.6, 3.9, 4.4],
                      [1.4, 2.0, 3.1, 4.2, 4.7], [1.8, 2.2, 2.6, 2.9, 3.3]],
            "points": [[0, 3.2], [0, 4.2], [0, 4.9], [1, 2.1], [1, 4.0], [3, 1.4], [3, 4.7]],
        },
        "heat": {
            "kind": "heat",
            "categories": ["Novelty", "Method", "Openness", "Team", "Budget"],
            "rows": ["P-0142", "P-0097", "P-0118", "P-0131"],
            "cells": [
                [column, row, round(2 + ((column * 7 + row * 5) % 11) * 0.27, 1)]
                for column in range(5)
                for row in range(4)
            ],
        },
    }  # fmt: skip


def _require_reader(request: HttpRequest) -> None:
    """Builders' reference: for staff, and for anybody signed in where the site runs for development."""
    if settings.PRODUCTION and not getattr(request.user, "is_staff", False):
        raise Http404


@login_required
def show(request: HttpRequest) -> HttpResponse:
    _require_reader(request)
    now = timezone.now()
    form = SampleForm(request.POST or None, initial={"kind": "full"})
    if request.method == "POST" and form.is_valid():
        messages.success(request, "Saved. Nothing was kept: this is the style guide.")
    if "toasts" in request.GET:
        messages.success(request, "Proposal P-0142 was handed in.")
        messages.warning(request, "Two reviewers have not answered yet.")
        messages.error(request, "This batch was approved by you, so somebody else must release it.")
    levels = [name for name in LEVELS if name != "ceiling"]
    return render(
        request,
        "styleguide.html",
        {
            "form": form,
            "wrong": SampleForm({"title": "", "amount": "-3", "kind": "full", "closes": "2026-02-30"}),
            "looks": sorted(LOOKS.items(), key=lambda item: item[1].tone),
            "tones": TONES,
            "charts": _charts(),
            "budget_rows": [(year, [LEVELS[name][i] for name in [*levels, "ceiling"]]) for i, year in enumerate(YEARS)],
            "budget_levels": [*levels, "ceiling"],
            "soon": now + dt.timedelta(days=2, hours=5, minutes=13),
            "later": now + dt.timedelta(days=24, hours=3),
            "past": now - dt.timedelta(hours=7),
            "amount": Decimal(1250000),
            "negative": Decimal("-45200.5"),
            "zero": Decimal(0),
            "jobs": [
                SampleJob("waiting", "waiting", 0),
                SampleJob("done", "done", 120, message="ledger-2026.xlsx, 4,212 rows"),
                SampleJob("failed", "failed", 41, message="Line 42, column “amount”: 1.000,00 has two readings."),
            ],
            "swatches": ["canvas", "surface", "sunken", "accent", "accent-soft", "deep", *TONES],
            "live": SampleJob("live", "running", 0),
        },
    )


@login_required
def progress(request: HttpRequest, done: int) -> HttpResponse:
    """The sample job some steps further: what polling looks like from its start to its end."""
    _require_reader(request)
    done = min(done, 120)
    job = SampleJob("live", "done" if done == 120 else "running", done)
    return render(request, "styleguide_progress.html", {"live": job, "further": done + 15, "left": (120 - done) // 15})
