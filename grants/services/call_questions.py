"""Questions about a call: asked privately, answered to whoever asked, and where it concerns all published without a name."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from audit.services import record
from core.errors import InvalidInput, StaleWrite, WrongState
from core.text import clean_text
from grants.identifying import Trace, traces
from grants.models import Call, CallEnquiry
from grants.rules.calls import ASKABLE
from grants.services import call_news
from grants.services.call_letters import contacts_of

MOST_OPEN = 20
LONGEST = 4_000
LONGEST_ANSWER = 10_000


class Identifying(InvalidInput):
    """Words meant for everybody give away who asked; `data["traces"]` says which. `certain` ones are never published."""

    code = "identifies_the_asker"

    def __init__(self, found: list[Trace]) -> None:
        certain = [trace for trace in found if trace.certain]
        named = "; ".join(f"“{trace.words}” ({trace.what})" for trace in certain or found)
        if certain:
            words = _("This names whoever asked: %(named)s. Take it out before you publish.")
        else:
            words = _("This may give away who asked: %(named)s. Reword it, or tick that it does not.")
        super().__init__(
            words % {"named": named},
            traces=[{"words": one.words, "what": one.what, "certain": one.certain} for one in found],
        )


# --- asking -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def ask(call: Call, text: str, *, actor: User, at: dt.datetime) -> CallEnquiry:
    """Ask the fund about a call. Its officers are told; nobody else reads who asked.

    The same question again, while it is open, is the one that is there. Refused: nothing asked, a call that takes no
    questions, more than 20 open questions of one person.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=actor.pk)
    text = _text(text, field="text", ask=_("Write your question."), longest=LONGEST)
    if call.status not in ASKABLE:
        raise WrongState(_("Questions about this call are no longer taken here."), state=call.status)
    unanswered = CallEnquiry.objects.filter(asked_by=actor, answered_at=None)
    if twin := unanswered.filter(call=call, text=text).first():
        return twin
    if unanswered.count() >= MOST_OPEN:
        raise InvalidInput(
            _("%(most)d of your questions wait for an answer. Ask again when some are answered.") % {"most": MOST_OPEN},
            code="too_many_questions",
            field="text",
        )
    enquiry = CallEnquiry.objects.create(call=call, asked_by=actor, asked_at=at, text=text)
    record(actor, "call.question_asked", enquiry, at=at, subject=call)
    _tell_officers(enquiry, at)
    return enquiry


def _tell_officers(enquiry: CallEnquiry, at: dt.datetime) -> None:
    call = enquiry.call
    names = {"call": call.title, "code": call.code, "name": enquiry.asked_by.name, "text": enquiry.text}
    for person in contacts_of(call, at):
        call_news.tell(
            [person],
            call,
            f"question:{enquiry.pk}",
            subject=_("A question about %(code)s") % names,
            body=_("%(name)s asks about the call “%(call)s”:\n\n%(text)s") % names,
            at=at,
            path=enquiry.get_absolute_url(),
        )


# --- answering --------------------------------------------------------------------------------------------------------
@transaction.atomic
def answer(enquiry: CallEnquiry, text: str, *, version: int, actor: User | None, at: dt.datetime) -> CallEnquiry:
    """Answer whoever asked, and nobody else. A later answer takes the place of the first; both are in the audit trail."""
    held = _held(enquiry, version)
    text = _text(text, field="answer", ask=_("Write the answer."))
    if text == held.answer:
        return held
    before = {"answer": held.answer} if held.answer else None
    held.answer, held.answered_by, held.answered_at = text, actor, at
    held.version += 1
    held.save(update_fields=["answer", "answered_by", "answered_at", "version"])
    record(actor, "call.question_answered", held, at=at, subject=held.call, before=before, after={"answer": text})
    _tell_asker(held, at, again=before is not None)
    return held


@transaction.atomic
def publish(
    enquiry: CallEnquiry,
    *,
    public_text: str,
    public_answer: str,
    sure: bool = False,
    tell_again: bool = False,
    version: int,
    actor: User | None,
    at: dt.datetime,
) -> CallEnquiry:
    """Put a question and its answer on the call's page, in words for everybody; or change those that are there.

    Whoever asked, if not answered yet, is answered by it. Everybody who writes under the call is told once; of a change
    only with `tell_again`. Refused where the words name whoever asked; where they may, unless one is `sure` that they
    don't (`Identifying`).
    """
    held = _held(enquiry, version)
    public_text = _text(public_text, field="public_text", ask=_("Write the question as everybody reads it."))
    public_answer = _text(public_answer, field="public_answer", ask=_("Write the answer as everybody reads it."))
    found = traces(held.asked_by, public_text, public_answer)
    if any(trace.certain for trace in found) or (found and not sure):
        raise Identifying(found)
    was_public, was_answered = held.published_at is not None, held.answered_at is not None
    before = {"public_text": held.public_text, "public_answer": held.public_answer}
    after = {"public_text": public_text, "public_answer": public_answer}
    if was_public and before == after:
        return held
    held.public_text, held.public_answer = public_text, public_answer
    held.published_at = held.published_at or at
    held.changed_at = at if was_public else None
    if not was_answered:
        held.answer, held.answered_by, held.answered_at = public_answer, actor, at
    held.version += 1
    held.save()
    verb = "call.answer_changed" if was_public else "call.answer_published"
    record(actor, verb, held, at=at, subject=held.call, before=before if was_public else None, after=after)
    _tell_published(held, at, changed=was_public, tell=tell_again or not was_public)
    return held


@transaction.atomic
def unpublish(enquiry: CallEnquiry, *, version: int, actor: User | None, at: dt.datetime) -> CallEnquiry:
    """Take it off the call's page. Its words stay for the officers, who may publish it again."""
    held = _held(enquiry, version)
    if held.published_at is None:
        return held
    before = {"published_at": held.published_at, "public_answer": held.public_answer}
    held.published_at = held.changed_at = None
    held.version += 1
    held.save(update_fields=["published_at", "changed_at", "version"])
    record(actor, "call.answer_unpublished", held, at=at, subject=held.call, before=before)
    return held


# --- who is told ------------------------------------------------------------------------------------------------------
def _tell_asker(held: CallEnquiry, at: dt.datetime, *, again: bool) -> None:
    names = {"call": held.call.title, "code": held.call.code, "text": held.text, "answer": held.answer}
    if again:
        subject = _("Another answer to your question about %(code)s")
    else:
        subject = _("Your question about %(code)s is answered")
    call_news.tell(
        [held.asked_by],
        held.call,
        f"answer:{held.pk}:{held.version}",
        subject=subject % names,
        body=_("You asked about the call “%(call)s”:\n\n%(text)s\n\nOur answer:\n\n%(answer)s") % names,
        at=at,
        path=f"{held.call.get_absolute_url()}#your-questions",
    )


def _tell_published(held: CallEnquiry, at: dt.datetime, *, changed: bool, tell: bool) -> None:
    """Whoever asked reads it as the answer to their question; the others as news of the call, which names nobody."""
    call = held.call
    where = f"{call.get_absolute_url()}#{held.anchor}"
    names = {"call": call.title, "code": call.code, "text": held.public_text, "answer": held.public_answer}
    if tell:
        call_news.tell(
            [held.asked_by],
            call,
            f"answer:{held.pk}:{held.version}",
            subject=_("Your question about %(code)s is answered for everybody") % names,
            body=_(
                "The question that you asked about the call “%(call)s” stands on its page now, with its answer and "
                "without your name:\n\n%(text)s\n\nOur answer:\n\n%(answer)s"
            )
            % names,
            at=at,
            path=where,
        )
        _tell_writers(held, at, where, names, changed=changed)


def _tell_writers(held: CallEnquiry, at: dt.datetime, where: str, names: dict[str, str], *, changed: bool) -> None:
    call = held.call
    count = CallEnquiry.objects.filter(call=call).published().count()
    there = ngettext(
        "There is %(n)d answer on the page of the call now.",
        "There are %(n)d answers on the page of the call now.",
        count,
    ) % {"n": count}
    if changed:
        subject, lead = _("A changed answer about %(code)s"), _("An answer about the call “%(call)s” has changed.")
    else:
        subject, lead = _("A new answer about %(code)s"), _("There is a new answer about the call “%(call)s”.")
    body = _("You are writing a proposal, so it may concern you:\n\n%(text)s\n\nThe answer:\n\n%(answer)s")
    call_news.tell(
        [person for person in call_news.writers_of(call) if person != held.asked_by],
        call,
        f"news:{held.pk}:{held.version}" if changed else f"news:{held.pk}",
        subject=subject % names,
        body="\n\n".join([lead % names + " " + body % names, there]),
        at=at,
        path=where,
    )


# --- what they share --------------------------------------------------------------------------------------------------
def _held(enquiry: CallEnquiry, version: int) -> CallEnquiry:
    """The row, locked; refused where a colleague changed it after it was read."""
    held = (
        CallEnquiry.objects.select_for_update(of=("self",))
        .select_related("call__programme__fund", "call__created_by", "asked_by")
        .get(pk=enquiry.pk)
    )
    if held.version != version:
        raise StaleWrite(
            _("A colleague has answered or changed this meanwhile. What they wrote is below; yours is kept."),
            version=held.version,
            answer=held.answer,
            public_text=held.public_text,
            public_answer=held.public_answer,
        )
    return held


def _text(value: str, *, field: str, ask: str, longest: int = LONGEST_ANSWER) -> str:
    text = clean_text(value, field=field, longest=longest).strip()
    if not text:
        raise InvalidInput(ask, field=field)
    return text
