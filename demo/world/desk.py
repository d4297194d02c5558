"""What officers have on their desk this morning: questions, notes, extra time, a deadline that was moved, ideas that wait."""

from typing import Any

from django.core.files.base import ContentFile

from demo.texts import desk as texts
from demo.texts import prose
from demo.texts.titles import TITLES
from demo.world.proposals import tick_all
from demo.world.scene import Scene
from grants.models import Call, Proposal, Stage
from grants.services import call_questions, enquiries, likeness, triage
from grants.services.competition import enter
from grants.services.documents import add_document
from grants.services.late import give_extra_time
from grants.services.life import extend_deadline
from grants.services.notes import add_note


def put_on_desk(scene: Scene) -> None:
    _questions(scene)
    _documents(scene)
    _dates(scene)
    _ideas(scene)
    _triage(scene)
    likeness.find_for_all(at=scene.now)


def _questions(scene: Scene) -> None:
    """Asked by researchers; most are answered, some of them for everybody."""
    officer = scene.staff["officer"]
    for n, (name, text, answer, public) in enumerate(texts.QUESTIONS):
        call = Call.objects.get(pk=scene.calls[name].pk)
        person = scene.researchers[scene.universities[n % len(scene.universities)]][1]
        asked = call_questions.ask(call, text, actor=person, at=scene.ago(9 - n))
        how: dict[str, Any] = {"version": asked.version, "actor": officer, "at": scene.ago(8 - n, 15)}
        if answer and public:
            call_questions.publish(asked, public_text=text, public_answer=answer, sure=True, **how)
        elif answer:
            call_questions.answer(asked, answer, **how)


def _documents(scene: Scene) -> None:
    for name in ("SEED", "VOICES", "COMPUTE"):
        content = texts.GUIDANCE.format(call=scene.calls[name].title).encode()
        file = ContentFile(content, name=f"guidance-{name.lower()}.txt")
        note = "What applicants asked most often, in one place."
        add_document(
            scene.calls[name],
            file,
            title="Guidance for applicants",
            note=note,
            actor=scene.staff["officer"],
            at=scene.ago(10),
        )


def _dates(scene: Scene) -> None:
    """One deadline was moved, and one university has more time than the others."""
    officer = scene.staff["officer"]
    full = Stage.objects.select_related("call").get(call=scene.calls["VOICES"], kind=Stage.Kind.FULL)
    reason = "Two conferences of the field fall into the last week."
    extend_deadline(full, scene.ago(-57, 17), reason=reason, actor=officer, at=scene.ago(6))
    seed = Stage.objects.select_related("call").get(call=scene.calls["SEED"])
    flooded = scene.universities[4]
    reason = "Their buildings were flooded, and the network was down for a week."
    give_extra_time(seed, until=scene.ago(-16, 17), reason=reason, university=flooded, actor=officer, at=scene.ago(2))


def _ideas(scene: Scene) -> None:
    """Two researchers of the first university wait for their office's word."""
    place = scene.universities[0]
    for n, person in enumerate(scene.researchers[place][-2:]):
        title, about, _keywords = TITLES["seed"][-1 - n]
        call = Call.objects.get(pk=scene.calls["SEED"].pk)
        if call.internal_entries.filter(person=person).exists():
            continue
        summary = prose.abstract(about, scene.dice)
        enter(
            call,
            person=person,
            university=place,
            title=f"{title}, taken further",
            summary=summary,
            actor=person,
            at=scene.ago(1),
        )


def _triage(scene: Scene) -> None:
    """Of what waits to be checked: some is given to somebody, some has notes, two have questions to their applicants."""
    officer, deputy = scene.staff["officer"], scene.staff["deputy"]
    waiting = list(
        Proposal.objects.filter(call=scene.calls["HARDWARE"], status="submitted").order_by("submitted_at", "pk")
    )
    for n, proposal in enumerate(waiting[:9]):
        triage.assign(proposal, (officer, deputy)[n % 2], actor=officer, at=scene.ago(2))
        if n % 3 == 0:
            add_note(proposal, texts.NOTES[n // 3 % len(texts.NOTES)], actor=deputy, at=scene.ago(1))
    for proposal in waiting[:3]:
        tick_all(scene, proposal, scene.ago(1))
    first = enquiries.ask(waiting[3], texts.ASKED[0], actor=officer, at=scene.ago(2))
    assert waiting[3].pi is not None
    enquiries.answer(first, texts.ANSWERED, actor=waiting[3].pi, at=scene.ago(1))
    enquiries.ask(waiting[4], texts.ASKED[1], actor=officer, at=scene.ago(1))
