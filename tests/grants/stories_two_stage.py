"""A two-stage call, and expressions of interest in each state, for stories of what follows."""

import datetime as dt
from decimal import Decimal
from typing import Any

from accounts.models import Role, User
from grants.models import Call, FormVersion, Proposal, Question, Section, Stage
from grants.services import answers, invitations, proposals, submission
from tests.grants.stories import (
    CLOSES,
    NOON,
    make_call,
    make_draft,
    make_signer,
    make_user,
    sign,
)

FULL_OPENS = CLOSES + dt.timedelta(days=30)
FULL_CLOSES = FULL_OPENS + dt.timedelta(days=60)
DECIDED = CLOSES + dt.timedelta(days=10)  # when the fund invites
FULL_NOON = FULL_OPENS + dt.timedelta(days=3)


def make_two_stage_call(code: str = "TWO-26", **fields: Any) -> Call:
    """Stage 1 asks for an expression of interest with one question; stage 2 for the form of `make_call`."""
    call = make_call(code, **{"shape": Call.Shape.TWO_STAGE, **fields})
    full_form = call.forms.get()
    form = FormVersion.objects.create(call=call, kind=Stage.Kind.EOI)
    section = Section.objects.create(form=form, position=1, title="In short")
    Question.objects.create(section=section, position=1, key="idea", label="What is the idea?", words=100)
    Question.objects.create(section=section, position=2, key="fit", label="Why here?", words=100, required=False)
    FormVersion.objects.filter(pk=form.pk).update(frozen_at=call.published_at)
    Stage.objects.filter(call=call, number=1).update(kind=Stage.Kind.EOI, form=form)
    Stage.objects.create(
        call=call,
        number=2,
        kind=Stage.Kind.FULL,
        opens_at=FULL_OPENS,
        closes_at=FULL_CLOSES,
        sign_off_until=FULL_CLOSES + dt.timedelta(days=2),
        form=full_form,
    )
    return Call.objects.get(pk=call.pk)


def full_stage_of(call: Call) -> Stage:
    return call.stages.select_related("call").get(number=2)


def make_expression(call: Call | None = None, **kwargs: Any) -> Proposal:
    """A complete expression of interest, ready to be handed in: 120,000 over 24 months."""
    call = call or Call.objects.filter(shape=Call.Shape.TWO_STAGE).first() or make_two_stage_call()
    draft = make_draft(call, **kwargs)
    assert draft.university is not None
    make_signer(university=draft.university)
    fields = {"abstract": "We map soil.", "months": 24, "keywords": "soil, maps", "requested": Decimal(120_000)}
    draft = proposals.save_details(draft, version=draft.version, fields=fields, actor=draft.pi, at=draft.created_at)
    answers.save_answer(draft, "idea", "Maps of soil.", version=0, actor=draft.pi, at=draft.created_at)
    return Proposal.objects.get(pk=draft.pk)


def make_expression_in(call: Call | None = None, *, at: dt.datetime = NOON, **kwargs: Any) -> Proposal:
    """Handed in and signed."""
    draft = make_expression(call, **kwargs)
    submission.hand_in(draft, version=draft.version, actor=draft.pi, at=at)
    sign(Proposal.objects.get(pk=draft.pk), at=at)
    return Proposal.objects.get(pk=draft.pk)


def officer() -> User:
    return make_user("Petra Officer", Role.PROGRAMME_OFFICER)


def make_invited(call: Call | None = None, **kwargs: Any) -> Proposal:
    return invitations.invite(make_expression_in(call, **kwargs), actor=officer(), at=DECIDED)


def start_full(first: Proposal, *, at: dt.datetime = FULL_NOON) -> Proposal:
    assert first.pi is not None
    return proposals.start_proposal(
        full_stage_of(first.call), title="", pi=first.pi, follows=first, actor=first.pi, at=at
    )
