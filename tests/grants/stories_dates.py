"""Calls with several dates, and who is told what, for tests of dates and their changes."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from accounts.models import User
from grants.models import Call, FormVersion, Question, Section, Stage
from notifications.models import Deadline, Notice
from tests.grants.stories import CLOSES, OPENS, make_call, make_user, stage_of

DAY = dt.timedelta(days=1)
SECOND_CUT_OFF, THIRD_CUT_OFF = CLOSES + 60 * DAY, CLOSES + 120 * DAY


def make_officer(name: str = "Oda Officer") -> User:
    return make_user(name, "programme_officer")


def make_cut_offs(
    code: str = "OPEN-26",
    *,
    closings: Sequence[dt.datetime] = (CLOSES, SECOND_CUT_OFF, THIRD_CUT_OFF),
    sign_for: dt.timedelta = 2 * DAY,
    **fields: Any,
) -> Call:
    """A call that is always open; each cut-off opens where the one before it closes. Offices sign two days longer."""
    call = make_call(code, closes_at=closings[0], sign_off_until=closings[0] + sign_for, shape="cut_offs", **fields)
    first = stage_of(call)
    for number, closes_at in enumerate(closings[1:], 2):
        Stage.objects.create(
            call=call,
            number=number,
            form=first.form,
            opens_at=closings[number - 2],
            closes_at=closes_at,
            sign_off_until=closes_at + sign_for,
        )
    return call


def make_two_stages(code: str = "TWO-26", *, full_closes: dt.datetime = CLOSES + 90 * DAY, **fields: Any) -> Call:
    """Expressions of interest, then full proposals from a month after they closed."""
    call = make_call(code, shape="two_stage", **fields)
    first = stage_of(call)
    Stage.objects.create(
        call=call, number=2, form=first.form, opens_at=first.closes_at + 30 * DAY, closes_at=full_closes
    )
    form = FormVersion.objects.create(call=call, kind="eoi")
    section = Section.objects.create(form=form, position=1, title="The idea")
    Question.objects.create(section=section, position=1, key="idea", label="What?", words=100)
    FormVersion.objects.filter(pk=form.pk).update(frozen_at=OPENS - 20 * DAY)
    Stage.objects.filter(pk=first.pk).update(kind="eoi", form=form)
    return call


def told(kind: str) -> set[str]:
    """Who was told, by name."""
    return set(Notice.objects.filter(kind=kind).values_list("recipient__name", flat=True))


def due(kind: str, subject: Any) -> dt.datetime | None:
    """When a deadline is due, if it is not ended."""
    return Deadline.objects.open().filter(kind=kind, subject_id=subject.pk).values_list("due_at", flat=True).first()
