"""Saving a form from its page: by two people at once, and whole."""

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import AuditEvent
from core.errors import StaleWrite
from grants.asking.specs import SectionSpec
from grants.models import Call, FormVersion
from grants.services.forms import newest, set_form, specs_of


def fingerprint(sections: Sequence[SectionSpec]) -> str:
    """What a form asks, in a few letters: two forms that ask the same have the same."""
    text = json.dumps([asdict(one) for one in sections], sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def in_the_making(call: Call, kind: str) -> FormVersion | None:
    """The form that can be changed: of a draft call, or of a revision that is not published yet."""
    return FormVersion.objects.filter(call=call, kind=kind, frozen_at=None).first()


@transaction.atomic
def save_form(
    call: Call, sections: Sequence[SectionSpec], *, kind: str, base: str, actor: User, at: dt.datetime
) -> FormVersion:
    """Keep a form that was written to another one, whose `fingerprint` is `base`.

    Refused (`StaleWrite`) where somebody saved another one meanwhile; `data` says who and when, and the fingerprint of theirs.
    Saving what is there already does no harm, whoever saved it.
    """
    locked = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    form = newest(locked, kind)
    theirs = specs_of(form) if form else []
    now = fingerprint(theirs)
    if now not in {base, fingerprint(sections)}:
        raise StaleWrite(_("Somebody saved this form meanwhile."), base=now, **_last_save(form))
    return set_form(locked, sections, kind=kind, actor=actor, at=at)


def _last_save(form: FormVersion | None) -> dict[str, Any]:
    if form is None:
        return {"by": "", "saved_at": None}
    rows = AuditEvent.objects.filter(target_type="grants.formversion", target_id=str(form.pk), verb="form.set")
    event = rows.select_related("actor").order_by("-at", "-id").first()
    return {"by": str(event.actor or ""), "saved_at": event.at.isoformat()} if event else {"by": "", "saved_at": None}
