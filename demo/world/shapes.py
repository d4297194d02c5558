"""Two calls that run another way: one asks for an idea first and invites; one is always open, with cut-off dates."""

import datetime as dt
from typing import Any

from demo.texts import calls as texts
from demo.texts import prose
from demo.texts.calls import CallText
from demo.texts.titles import TITLES
from demo.world.calls import draft, draw_on, sections_of, stem
from demo.world.proposals import DRAFT, SIGNED, WAITING, answer, budget, hand_in_as, tick_all, triage_all, write
from demo.world.reviews import review_all
from demo.world.scene import Scene
from grants.models import Call, Proposal, Stage
from grants.services.budget import set_lines
from grants.services.call_rules import set_eligibility
from grants.services.calls import change_shape, open_and_close, publish_call, set_dates
from grants.services.checklists import ItemSpec, set_checklist
from grants.services.forms import set_form
from grants.services.invitations import invite, not_invite
from grants.services.proposals import save_details, start_proposal
from grants.services.schedule import StageDates
from grants.services.triage import mark_ineligible
from reviews.services.rubrics import set_call_rubric

INVITED, NOT_INVITED = 6, 5  # of the ideas; one is not eligible, the others wait


def make_shapes(scene: Scene) -> None:
    """Both calls, published before they opened."""
    voices = [StageDates(scene.ago(50, 17), scene.ago(100, 9)), StageDates(scene.ago(-50, 17), scene.ago(24, 9))]
    _make(scene, texts.VOICES, "two_stage", voices, opened=100, reviews_due=-110)
    quarters = [
        StageDates(scene.ago(40, 17), scene.ago(130, 9), scene.ago(38, 17)),
        StageDates(scene.ago(-50, 17), sign_off_until=scene.ago(-52, 17)),
        StageDates(scene.ago(-140, 17), sign_off_until=scene.ago(-142, 17)),
    ]
    _make(scene, texts.COMPUTE, "cut_offs", quarters, opened=130, reviews_due=-5)


def _make(scene: Scene, text: CallText, shape: str, dates: list[StageDates], *, opened: int, reviews_due: int) -> None:
    at = scene.ago(opened + 40)
    how: dict[str, Any] = {"actor": scene.staff["officer"], "at": at}
    first = dates[0]
    assert first.opens_at is not None
    call = draft(scene, text, scene.programmes[text.programme], opens=first.opens_at, closes=first.closes_at, at=at)
    change_shape(call, shape, **how)
    set_dates(call, dates, zone="UTC", **how)
    if shape == "two_stage":
        set_form(call, sections_of(texts.EOI_FORM), kind=Stage.Kind.EOI, **how)
        set_form(call, sections_of(texts.FORM), **how)
        set_eligibility(call, "co_investigator", {"least": 1, "elsewhere": False}, blocks=False, **how)
    else:
        set_form(call, sections_of(texts.COMPUTE_FORM), **how)
        set_eligibility(call, "most_concurrent", {"most": 6}, blocks=False, **how)
    set_checklist(call, [ItemSpec(words, required) for words, required in texts.CHECKLIST], **how)
    draw_on(scene, call, at)
    call = Call.objects.get(pk=call.pk)
    set_call_rubric(call, scene.yardstick, reviews_due_at=scene.ago(reviews_due, 17), **how)
    scene.calls[stem(text)] = publish_call(call, actor=scene.staff["officer"], at=scene.ago(opened + 10))


# --- ideas first --------------------------------------------------------------------------------------------------------
def live_voices(scene: Scene) -> None:
    """Ideas came in and were chosen from; of those invited one has handed the full proposal in."""
    ideas, full = Stage.objects.filter(call=scene.calls["VOICES"]).select_related("call__programme__fund")
    came = _write_all(scene, ideas, "voices", [SIGNED] * len(TITLES["voices"]))
    officer, at = scene.staff["officer"], scene.ago(30)
    for proposal in came[: INVITED + NOT_INVITED]:
        tick_all(scene, proposal, at)
    invited = [invite(proposal, actor=officer, at=at) for proposal in came[:INVITED]]
    for proposal in came[INVITED : INVITED + NOT_INVITED]:
        reason = "The idea is good, but others came closer to what this call wants to change."
        not_invite(proposal, reason=reason, actor=officer, at=at)
    mark_ineligible(came[-1], reason="Its main part is text, not speech.", actor=officer, at=at)
    for proposal, fate in zip(invited, (SIGNED, WAITING, DRAFT, DRAFT), strict=False):
        _follow(scene, full, proposal, fate)


def _follow(scene: Scene, full: Stage, idea: Proposal, fate: str) -> None:
    """The full proposal after an invited idea: what was written there is in it already."""
    pi, begun, done = idea.pi, scene.ago(20), scene.ago(3)
    assert pi is not None
    proposal = start_proposal(full, title=idea.title, pi=pi, follows=idea, actor=pi, at=begun)
    months, starts = scene.dice.choice((24, 36)), (full.closes_at + dt.timedelta(days=110)).date().replace(day=1)
    details = {"months": months, "starts_on": starts}
    proposal = save_details(proposal, version=proposal.version, fields=details, actor=pi, at=begun)
    about = next(about for title, about, _keywords in TITLES["voices"] if title == idea.title)
    answer(proposal, prose.answers(about, scene.dice), pi, begun, whole=fate != DRAFT)
    set_lines(proposal, budget(scene, full.call, months), actor=pi, at=begun + dt.timedelta(days=4))
    hand_in_as(scene, proposal, fate, done)


# --- always open ----------------------------------------------------------------------------------------------------------
def live_compute(scene: Scene) -> None:
    """One cut-off has passed: what was in is being reviewed, a draft has gone on to the next."""
    first, second, _third = Stage.objects.filter(call=scene.calls["COMPUTE"]).select_related("call__programme__fund")
    passed = _write_all(scene, first, "compute", [SIGNED] * 6 + [DRAFT])
    open_and_close(at=scene.ago(37))
    eligible = triage_all(scene, [one for one in passed if one.status == "submitted"], scene.ago(32), ineligible=1)
    review_all(scene, "COMPUTE", eligible, scene.ago(30), share=0.7)
    _write_all(scene, second, "compute", [SIGNED, SIGNED, WAITING, DRAFT], skip=7)


def _write_all(scene: Scene, stage: Stage, theme: str, fates: list[str], *, skip: int = 0) -> list[Proposal]:
    written = []
    for n, (title, fate) in enumerate(zip(TITLES[theme][skip:], fates, strict=False), skip):
        place = scene.universities[(n * 3 + 1) % len(scene.universities)]
        people = scene.researchers[place]
        written.append(write(scene, stage, title, pi=people[(n + skip) % len(people)], place=place, fate=fate))
    return written
