"""The forms of a call, one for each kind of stage: set whole while in the making, frozen once published, revised as a new
version that drafts are carried over to."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, WrongState
from core.text import clean_text
from grants.asking.checking import checked
from grants.asking.defaults import DEFAULT, DEFAULT_EOI
from grants.asking.specs import QuestionSpec, SectionSpec
from grants.asking.versions import Change, changes
from grants.models import Call, FormVersion, Proposal, Question, Section, Stage
from grants.services import carrying

__all__ = [
    "DEFAULT",
    "DEFAULT_EOI",
    "QuestionSpec",
    "SectionSpec",
    "carry_over",
    "changes_of",
    "discard_revision",
    "in_force",
    "newest",
    "publish_form",
    "revise_form",
    "set_form",
    "specs_of",
]
FULL = Stage.Kind.FULL
REVISABLE = frozenset({Call.Status.PUBLISHED, Call.Status.OPEN})
# Of these a draft can come again: they are held while a version is published, so that none slips past it.
MAY_COME_BACK = ("draft", "awaiting_sign_off", "submitted", "withdrawn")


# --- reading --------------------------------------------------------------------------------------------------------
def newest(call: Call, kind: str = FULL) -> FormVersion | None:
    """The last version, frozen or in the making."""
    return FormVersion.objects.filter(call=call, kind=kind).order_by("-number").first()


def in_force(call: Call, kind: str = FULL) -> FormVersion | None:
    """The last frozen version: what new drafts are written to."""
    return FormVersion.objects.filter(call=call, kind=kind, frozen_at__isnull=False).order_by("-number").first()


def specs_of(form: FormVersion) -> list[SectionSpec]:
    """A form as it would be set: what a revision, and an earlier call's form, is copied by."""
    return [
        SectionSpec(section.title, tuple(map(_spec_of, section.questions.all())), section.help)
        for section in Section.objects.filter(form=form).prefetch_related("questions")
    ]


def _spec_of(one: Question) -> QuestionSpec:
    return QuestionSpec(
        label=one.label,
        kind=one.kind,
        key=one.key,
        help=one.help,
        required=one.required,
        words=one.words,
        characters=one.characters,
        options=tuple(one.options),
        settings=dict(one.settings),
        shown_if=one.shown_if,
        required_if=one.required_if,
    )


def changes_of(form: FormVersion) -> list[Change]:
    """What is other than in the version before; nothing for the first."""
    before = FormVersion.objects.filter(call=form.call_id, kind=form.kind, number__lt=form.number)
    last = before.order_by("-number").first()
    return changes(specs_of(last), specs_of(form)) if last else []


# --- setting --------------------------------------------------------------------------------------------------------
@transaction.atomic
def set_form(
    call: Call, sections: Sequence[SectionSpec], *, kind: str = FULL, actor: User | None, at: dt.datetime
) -> FormVersion:
    """Replace the form in the making by these sections, in this order. Refused where there is only a frozen one."""
    locked = _lock(call)
    form = newest(locked, kind) or FormVersion(call=locked, kind=_kind(kind))
    if form.frozen_at is not None:
        raise WrongState(
            _("This form is frozen: proposals are written to it. Revise it, then publish the new version.")
        )
    wanted = checked(sections)
    form.save()
    _write(form, wanted)
    if form.number == 1:
        locked.stages.filter(kind=kind).update(form=form)
    after = {"kind": kind, "number": form.number, **_size(wanted)}
    record(actor, "form.set", form, at=at, subject=locked, after=after)
    return form


def _lock(call: Call) -> Call:
    return Call.objects.select_for_update(of=("self",)).get(pk=call.pk)


def _kind(kind: str) -> str:
    if kind not in Stage.Kind.values:
        raise InvalidInput(_("There is no such stage."), field="kind")
    return kind


def _size(sections: Sequence[SectionSpec]) -> dict[str, int]:
    return {"sections": len(sections), "questions": sum(len(section.questions) for section in sections)}


def _write(form: FormVersion, sections: Sequence[SectionSpec]) -> None:
    form.sections.all().delete()
    rows = Section.objects.bulk_create(
        Section(form=form, position=position, title=one.title, help=one.help)
        for position, one in enumerate(sections, 1)
    )
    Question.objects.bulk_create(
        _row(row, place, question)
        for row, section in zip(rows, sections, strict=True)
        for place, question in enumerate(section.questions, 1)
    )


def _row(section: Section, place: int, one: QuestionSpec) -> Question:
    values: dict[str, Any] = {name: getattr(one, name) for name in ("kind", "key", "label", "help", "required")}
    return Question(
        section=section,
        position=place,
        words=one.words,
        characters=one.characters,
        options=list(one.options),
        settings=dict(one.settings),
        shown_if=one.shown_if,
        required_if=one.required_if,
        **values,
    )


# --- a new version of a published form ------------------------------------------------------------------------------
@transaction.atomic
def revise_form(call: Call, kind: str = FULL, *, actor: User | None, at: dt.datetime) -> FormVersion:
    """Begin a new version as a copy of the frozen one. Nobody writes to it before it is published.

    One that is begun already is answered as it is. Refused: a draft call (its form can be changed as it stands), a call
    that takes nothing more.
    """
    locked = _lock(call)
    form = newest(locked, kind)
    if form is None or locked.status == Call.Status.DRAFT:
        raise WrongState(_("This call is a draft: change its form as it is."), state=locked.status)
    if form.frozen_at is None:
        return form
    if locked.status not in REVISABLE:
        raise WrongState(_("This call takes no proposals any more: its form stays as it is."), state=locked.status)
    revision = FormVersion.objects.create(call=locked, kind=kind, number=form.number + 1)
    _write(revision, specs_of(form))
    record(
        actor, "form.revision_begun", revision, at=at, subject=locked, after={"kind": kind, "number": revision.number}
    )
    return revision


@transaction.atomic
def discard_revision(form: FormVersion, *, actor: User | None, at: dt.datetime) -> None:
    """Throw away a version that was not published; the one in force stays. Twice is harmless."""
    locked = _lock(form.call)
    held = FormVersion.objects.filter(pk=form.pk).first()
    if held is None:
        return
    if held.frozen_at is not None or held.number == 1:
        raise WrongState(_("Only a new version that is not published yet can be thrown away."))
    before = {"kind": held.kind, "number": held.number}
    record(actor, "form.revision_discarded", held, at=at, subject=locked, before=before)
    held.delete()


@transaction.atomic
def publish_form(form: FormVersion, *, note: str = "", actor: User | None, at: dt.datetime) -> FormVersion:
    """Put a new version in force: frozen, new drafts are written to it, and every draft is carried over.

    What a draft's answers have no place for any more is kept beside it, and its team is told once what changed. What waits
    for a signature, or is in, stays with the version that it was written to, until it is a draft again. Twice is harmless.
    Refused: a version that changes nothing, and one of a call that takes nothing more.
    """
    call = _lock(form.call)
    held = FormVersion.objects.get(pk=form.pk)
    if held.frozen_at is not None:
        return held
    if call.status not in REVISABLE:
        raise WrongState(_("A form is published with its call; a new version while the call is on."), state=call.status)
    found = changes_of(held)
    if not found:
        raise InvalidInput(_("Nothing is other than in the version in force."), code="no_changes")
    held.note = clean_text(note, field="note", longest=4_000).strip()
    held.frozen_at, held.frozen_by = at, actor
    held.save(update_fields=["note", "frozen_at", "frozen_by"])
    call.stages.filter(kind=held.kind).update(form=held)
    drafts = _drafts_behind(call, held)
    carrying.carry(drafts, held, at)
    carrying.tell(drafts, held, found, at)
    after = {
        "kind": held.kind,
        "number": held.number,
        "note": held.note,
        "changes": [str(one) for one in found],
        "drafts": len(drafts),
    }
    record(actor, "form.published", held, at=at, subject=call, after=after)
    return held


def _drafts_behind(call: Call, form: FormVersion) -> list[Proposal]:
    """Held. Whatever may become a draft at this moment is waited for first, and then found as one."""
    rows = Proposal.objects.filter(call=call, stage__kind=form.kind).exclude(form=form).order_by("pk")
    list(rows.filter(status__in=MAY_COME_BACK).select_for_update(of=("self",)).values_list("pk", flat=True))
    return list(rows.filter(status=Proposal.Status.DRAFT).select_related("pi"))


@transaction.atomic
def carry_over(locked: Proposal, *, actor: User | None, at: dt.datetime) -> Proposal:
    """Bring a draft that was handed in for a while to the form in force; its team is told what changed meanwhile.

    The caller holds the row and has made it a draft. Nothing happens where the form is the one in force.
    """
    form = in_force(locked.call, locked.stage.kind)
    if form is None or form.pk == locked.form_id:
        return locked
    before = locked.form
    found = changes(specs_of(before), specs_of(form)) if before else []
    carrying.carry([locked], form, at)
    carrying.tell([locked], form, found, at)
    after = {"form": form.number, "changes": [str(one) for one in found]}
    record(
        actor, "proposal.carried_over", locked, at=at, before={"form": before.number if before else None}, after=after
    )
    locked.refresh_from_db(fields=["form", "version", "updated_at"])
    return locked
