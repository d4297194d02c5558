"""Drafts brought from one version of a form to the next: in a handful of statements, however many they are."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grants.asking import kinds
from grants.asking.specs import Kind
from grants.asking.versions import Change, Fate, carried, fate
from grants.models import Answer, Attachment, FormVersion, KeptAnswer, Proposal, Question, TeamMember
from notifications.services import notice_of, queue_notices

BATCH = 1_000
MOST_LINES = 30

# Answers that no question of the new form takes, as the old one asked for them. Nothing is kept of an empty one.
_KEEP = """
    INSERT INTO grants_keptanswer (proposal_id, form_id, key, label, kind, value, kept_at)
    SELECT a.proposal_id, %(old)s, a.key, coalesce(q.label, a.key), coalesce(q.kind, ''), a.value, %(at)s
    FROM grants_answer a
    LEFT JOIN (grants_question q JOIN grants_section s ON s.id = q.section_id AND s.form_id = %(old)s) ON q.key = a.key
    WHERE a.proposal_id = ANY(%(proposals)s) AND NOT a.key = ANY(%(staying)s)
        AND a.value IS NOT NULL AND a.value NOT IN ('null', '""', '[]', '{}')
        AND NOT (coalesce(q.kind, '') = 'consent' AND a.value = 'false')
    ORDER BY a.proposal_id, s.position, q.position
"""


def carry(drafts: Iterable[Proposal], form: FormVersion, at: dt.datetime) -> None:
    """Write these drafts, which the caller holds, to `form`. An answer ends in its question, or in `KeptAnswer`."""
    by_form: dict[Any, list[Any]] = {}
    for one in drafts:
        by_form.setdefault(one.form_id, []).append(one.pk)
    after = _questions(form.pk)
    for old, proposals in by_form.items():
        if old is not None:
            _answers(old, _questions(old), after, proposals, at)
            _files(_questions(old), after, proposals)
        Proposal.objects.filter(pk__in=proposals).update(form=form, version=F("version") + 1, updated_at=at)


def _questions(form: Any) -> dict[str, Question]:
    return {one.key: one for one in Question.objects.filter(section__form=form)}


def _answers(
    old: Any, before: dict[str, Question], after: dict[str, Question], proposals: list[Any], at: dt.datetime
) -> None:
    fates = {key: fate(before.get(key), one) for key, one in after.items()}
    staying = [key for key, what in fates.items() if what is not Fate.GOES]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"old": old, "at": at, "proposals": proposals, "staying": staying})
    rows = Answer.objects.filter(proposal__in=proposals)
    rows.exclude(key__in=staying).delete()
    unsure = rows.filter(key__in=[key for key, what in fates.items() if what is Fate.DEPENDS])
    _look_at(unsure, old, before, after, at)


def _look_at(
    rows: Iterable[Answer], old: Any, before: dict[str, Question], after: dict[str, Question], at: dt.datetime
) -> None:
    """Answers whose new question may or may not take them: a choice less, a column less."""
    kept, changed, emptied = [], [], []
    for answer in rows:
        was, becomes = before[answer.key], after[answer.key]
        found = carried(was, becomes, answer.value)
        if not found.whole:
            names = {"key": answer.key, "label": was.label, "kind": was.kind}
            kept.append(
                KeptAnswer(proposal_id=answer.proposal_id, form_id=old, value=answer.value, kept_at=at, **names)
            )
        if kinds.is_empty(becomes, found.value):
            emptied.append(answer.pk)
        elif found.value != answer.value:
            answer.value, answer.version = found.value, answer.version + 1
            changed.append(answer)
    KeptAnswer.objects.bulk_create(kept, BATCH)
    Answer.objects.bulk_update(changed, ["value", "version"], BATCH)
    Answer.objects.filter(pk__in=emptied).delete()


def _files(before: dict[str, Question], after: dict[str, Question], proposals: list[Any]) -> None:
    """Files whose question went stay with the proposal, among its files, named by what was asked for."""
    for key, one in before.items():
        if one.kind == Kind.FILE and (key not in after or after[key].kind != Kind.FILE):
            rows = Attachment.objects.filter(proposal__in=proposals, key=key)
            rows.filter(title="").update(title=one.label[:120])
            rows.update(key="")


_BODY = gettext_lazy(
    "The fund changed the form of the call “%(call)s”. Your draft “%(title)s” is now written to the new version. Nothing "
    "that you wrote is lost: what is no longer asked is kept beside the draft.\n\n%(note)sWhat changed:\n%(lines)s"
)


# --- telling --------------------------------------------------------------------------------------------------------
def tell(drafts: Sequence[Proposal], form: FormVersion, changes: Sequence[Change], at: dt.datetime) -> None:
    """Everybody of each team, once for each draft."""
    if not drafts:
        return
    call = form.call
    lines = [f"- {one}" for one in changes[:MOST_LINES]]
    if len(changes) > MOST_LINES:
        lines.append(_("- and %(more)d changes more") % {"more": len(changes) - MOST_LINES})
    note = f"{form.note}\n\n" if form.note else ""
    members = TeamMember.objects.filter(proposal__in=[one.pk for one in drafts], user__is_active=True)
    teams: dict[Any, list[Any]] = {one.pk: [one.pi] if one.pi else [] for one in drafts}
    for member in members.select_related("user"):
        teams[member.proposal_id].append(member.user)
    queue_notices(
        notice_of(
            kind="proposal.form_changed",
            key=f"form:{form.pk}:{one.pk}:{person.pk}",
            subject=_("The form changed: %(number)s %(title)s") % {"number": one.number, "title": one.title},
            body=_BODY % {"call": call.title, "title": one.title, "note": note, "lines": "\n".join(lines)},
            at=at,
            recipient=person,
            path=reverse("grants:proposal_edit", args=[one.number]),
            about=one,
        )
        for one in drafts
        for person in dict.fromkeys(teams[one.pk])
    )
