"""How fast an officer's board, a list of proposals and the search answer at 100,000 proposals, and with how many queries."""

import datetime as dt
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, RoleGrant, User
from bench import servers
from bench.figures.road import PROPOSALS, signed_in
from bench.multiplying import Share, largest_university, multiply, seal
from bench.registry import CannotRun, Measured, NotHere, figure, once
from core.lists.keyset import encode_cursor, in_order
from core.lists.query import ListQuery
from core.lists.spec import ListSpec, get_spec
from funds.services import YearPlan, create_fund
from grants.models import BudgetRules, Call, FormVersion, Programme, Proposal, Stage
from universities.models import OfficeMember

ROWS = 100_000
REPEATS = 20
SEALED_EVERY = 997
LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
CALLS = (  # code, state, percent of all, states of its proposals
    ("OPEN-26", "open", 12, ("draft", "draft", "awaiting_sign_off", "submitted", "submitted")),
    ("LARGE-26", "closed", 55, (*["submitted"] * 6, *["eligible"] * 12, *["ineligible"] * 2)),
    ("PANEL-26", "in_review", 18, (*["under_review"] * 5, "recommended", "not_recommended", "withdrawn")),
    ("PAST-25", "decided", 15, ("awarded", "declined", "declined", "declined", "reserve_list")),
)


# --- the world --------------------------------------------------------------------------------------------------------
def make_calls() -> list[Share]:
    """One in each state, with the part of all proposals that it gets."""
    plan = YearPlan(dt.date(2026, 1, 1), dt.date(2027, 1, 1), Decimal(900_000_000))
    fund = create_fund(code="bench", name="Fund of many", currency="USD", years=[plan], actor=None, at=LONG_AGO)
    programme = Programme.objects.create(code="bench", name="Many", fund=fund)
    shares = []
    for code, status, percent, states in CALLS:
        call = Call.objects.create(
            programme=programme,
            code=code,
            title=f"A call that is {status.replace('_', ' ')}",
            status=status,
            award_ceiling=Decimal(90_000_000),
            envelope=Decimal(900_000_000),
            created_at=LONG_AGO,
            published_at=LONG_AGO,
        )
        BudgetRules.objects.create(call=call)
        form = FormVersion.objects.create(call=call, frozen_at=LONG_AGO)
        closes = LONG_AGO + dt.timedelta(days=2_000)
        Stage.objects.create(call=call, form=form, opens_at=LONG_AGO, closes_at=closes)
        shares.append(Share(call, percent, states))
    return shares


def import_real(call: str) -> None:
    if not PROPOSALS.exists():
        raise NotHere(f"{PROPOSALS.name} is not beside this checkout, in ../shared/data")
    told = io.StringIO()
    try:
        call_command("import_proposals", str(PROPOSALS), call=call, stdout=told, stderr=told)
    except CommandError as error:
        raise CannotRun(f"The real proposals could not be imported: {error}\n{told.getvalue()}") from error


def make_readers() -> tuple[User, User]:
    """An officer with a few conflicts, and somebody of the office of the university with most proposals."""
    officer = User.objects.create_user("officer@alliance.example", name="Olive Officer")
    RoleGrant.objects.create(user=officer, role=Role.PROGRAMME_OFFICER, starts_at=LONG_AGO)
    seal(officer, SEALED_EVERY)
    office = User.objects.create_user("office@alliance.example", name="Otto Office")
    OfficeMember.objects.create(user=office, university=largest_university(), starts_at=LONG_AGO)
    return officer, office


def build(rows: int, say: Callable[[str], Any]) -> None:
    began = time.monotonic()
    shares = make_calls()
    import_real("LARGE-26")
    multiply(rows, shares)
    make_readers()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    say(f"  {rows:,} proposals made in {time.monotonic() - began:.0f} s")
