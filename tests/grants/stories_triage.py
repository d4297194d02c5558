"""A call with a checklist and what came in under it, officers, and everything that they write down about one proposal."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.test import Client

from accounts.models import User
from core.clock import server_now
from grants.models import Call, ChecklistItem, Proposal
from grants.services import checklists, enquiries, likeness, notes, triage
from grants.services.checklists import ItemSpec
from tests.grants.stories import make_call, make_researcher, make_submitted, make_user

DAY = dt.timedelta(days=1)
ITEMS = (ItemSpec("The university is a member"), ItemSpec("The summary is plain", required=False))


def make_officer(name: str = "Oda Officer") -> User:
    return make_user(name, "programme_officer")


def desk_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def open_call(code: str = "AI-26", *, at: dt.datetime | None = None, **fields: Any) -> Call:
    at = at or server_now()
    return make_call(code, opens_at=at - DAY, closes_at=at + 20 * DAY, sign_off_until=None, **fields)


def received(call: Call, names: Iterable[str]) -> list[Proposal]:
    return [make_submitted(call, pi=make_researcher(name), title=f"By {name}") for name in names]


def with_checklist(call: Call) -> list[ChecklistItem]:
    return checklists.set_checklist(call, ITEMS, actor=None, at=call.created_at)


def tick_all(proposal: Proposal, actor: User | None = None) -> None:
    for item in proposal.call.checklist.filter(retired_at=None):
        checklists.tick(proposal, item, "yes", actor=actor, at=server_now())


def worked_on(proposal: Proposal, officer: User, *, handler: User | None = None, at: dt.datetime | None = None) -> None:
    """Everything that officers write down about it: handler, ticks, a note, an answered question, likenesses."""
    at = at or server_now()
    triage.assign(proposal, handler or officer, actor=officer, at=at)
    tick_all(proposal, officer)
    notes.add_note(proposal, "Secretly brilliant.", actor=officer, at=at)
    likeness.find(Proposal.objects.select_related("call__programme").get(pk=proposal.pk), at=at)


def asked(proposal: Proposal, officer: User, text: str = "Where is the data?", **more: Any) -> Any:
    return enquiries.ask(proposal, text, actor=officer, at=more.pop("at", None) or server_now(), **more)
