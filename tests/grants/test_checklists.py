"""Checklists: set up per call, ticked per proposal, and a required item that nobody looked at stops a yes."""

import pytest
from django.test import Client

from audit.models import AuditEvent
from core.errors import DomainError, InvalidInput, NotAllowed, StaleWrite, WrongState
from grants.models import Call, ChecklistItem, ChecklistTick, Proposal
from grants.services import access, checklists, invitations, triage
from grants.services.checklists import ItemSpec
from tests.grants.stories import NOON, make_call, make_draft, make_submitted, make_user
from tests.grants.stories_triage import desk_of, make_officer, tick_all, with_checklist
from tests.grants.stories_two_stage import DECIDED, make_expression_in

pytestmark = pytest.mark.django_db


def texts(call: Call) -> list[tuple[str, bool]]:
    return [(item.text, item.required) for item in call.checklist.filter(retired_at=None)]


# --- setting it up ------------------------------------------------------------------------------------------------------
def test_checklist_keeps_order_and_what_is_left_out_is_retired_with_its_ticks() -> None:
    officer, proposal = make_officer(), make_submitted()
    first, second = with_checklist(proposal.call)
    checklists.tick(proposal, first, "no", actor=officer, at=NOON)
    specs = [ItemSpec("New"), ItemSpec(second.text, required=False, pk=second.pk)]
    checklists.set_checklist(proposal.call, specs, actor=officer, at=NOON)
    assert texts(proposal.call) == [("New", True), ("The summary is plain", False)]
    lines = [(line.item.text, line.retired, line.finding) for line in checklists.lines_of(proposal)]
    assert lines == [
        ("The university is a member", True, "no"),
        ("New", False, ""),
        ("The summary is plain", False, ""),
    ]


def test_checklist_set_twice_the_same_is_recorded_once() -> None:
    call = make_call()
    items = with_checklist(call)
    again = [ItemSpec(item.text, required=item.required, pk=item.pk) for item in items]
    checklists.set_checklist(call, again, actor=None, at=NOON)
    assert AuditEvent.objects.filter(verb="call.checklist_set").count() == 1


def test_checklist_refuses_an_item_of_another_call_and_one_without_words() -> None:
    (item, _other), call = with_checklist(make_call()), make_call("B-26")
    for spec in (ItemSpec("Theirs", pk=item.pk), ItemSpec("  ")):
        with pytest.raises(InvalidInput):
            checklists.set_checklist(call, [spec], actor=None, at=NOON)
    assert texts(call) == []


def test_checklist_is_set_up_on_its_page_by_places_and_words_taken_out_retire() -> None:
    call = make_call()
    first, second = with_checklist(call)
    desk = desk_of(make_officer())
    sent = {
        f"text-{first.pk}": "Member",
        f"required-{first.pk}": "on",
        f"place-{first.pk}": "2",
        f"text-{second.pk}": "",
        f"place-{second.pk}": "1",
        "text-new1": "Budget read",
        "place-new1": "1",
    }
    assert desk.post(f"/calls/{call.code}/edit/?step=checking", sent).status_code == 302
    assert texts(call) == [("Budget read", False), ("Member", True)]
    assert ChecklistItem.objects.get(pk=second.pk).retired_at is not None
    assert b"Budget read" in desk.get(f"/calls/{call.code}/edit/?step=checking").content


# --- ticking ------------------------------------------------------------------------------------------------------------
def test_tick_is_kept_once_changed_and_taken_back() -> None:
    officer, proposal = make_officer(), make_submitted()
    item, _other = with_checklist(proposal.call)
    for finding in ("yes", "yes", "na", ""):
        checklists.tick(proposal, item, finding, actor=officer, at=NOON)
    assert not ChecklistTick.objects.exists()
    seen = AuditEvent.objects.filter(verb="proposal.checked").order_by("id").values_list("after__finding", flat=True)
    assert list(seen) == ["yes", "na", ""]


def test_tick_over_what_a_colleague_found_meanwhile_is_refused() -> None:
    proposal = make_submitted()
    item, _other = with_checklist(proposal.call)
    checklists.tick(proposal, item, "no", was="", actor=make_officer(), at=NOON)
    with pytest.raises(StaleWrite):
        checklists.tick(proposal, item, "yes", was="", actor=make_officer("Otto Other"), at=NOON)
    checklists.tick(proposal, item, "no", was="", actor=make_officer("Otto Other"), at=NOON)  # the same: no harm
    assert ChecklistTick.objects.get().finding == "no"


def test_tick_of_nonsense_of_another_call_or_by_who_has_a_conflict_is_refused() -> None:
    sealed, proposal = make_officer("Cleo Conflicted"), make_submitted()
    item, _other = with_checklist(proposal.call)
    strange, _more = with_checklist(make_call("B-26"))
    access.seal(proposal, sealed, at=NOON)
    cases = [(item, "perhaps", None), (strange, "yes", None), (item, "yes", sealed)]
    for asked, finding, actor in cases:
        with pytest.raises(DomainError):
            checklists.tick(proposal, asked, finding, actor=actor, at=NOON)
    with pytest.raises(NotAllowed):
        checklists.tick(proposal, item, "yes", actor=sealed, at=NOON)
    with pytest.raises(WrongState):
        checklists.tick(make_draft(proposal.call), item, "yes", actor=None, at=NOON)
    assert not ChecklistTick.objects.exists()


# --- what it stops --------------------------------------------------------------------------------------------------------
def test_required_item_undone_stops_eligible_in_the_service_and_on_the_page() -> None:
    officer, proposal = make_officer(), make_submitted()
    item, _optional = with_checklist(proposal.call)
    with pytest.raises(WrongState) as refused:
        triage.mark_eligible(proposal, actor=officer, at=NOON)
    assert (refused.value.code, refused.value.message) == (
        "checklist_incomplete",
        "The checklist is not done: The university is a member.",
    )
    page = desk_of(officer).post(f"/intake/{proposal.number}/", {"verdict": "eligible", "reason": ""})
    assert (page.status_code, b"The checklist is not done" in page.content) == (422, True)
    checklists.tick(proposal, item, "no", actor=officer, at=NOON)
    assert triage.mark_eligible(proposal, actor=officer, at=NOON).status == "eligible"


def test_retired_item_and_a_no_are_not_held_up_by_the_checklist() -> None:
    officer, call = make_officer(), make_call()
    with_checklist(call)
    proposal = make_submitted(call)
    assert triage.mark_ineligible(proposal, reason="Too late.", actor=officer, at=NOON).status == "ineligible"
    checklists.set_checklist(call, [], actor=officer, at=NOON)
    assert triage.mark_eligible(proposal, actor=officer, at=NOON).status == "eligible"


def test_required_item_undone_stops_an_invitation_too() -> None:
    expression = make_expression_in()
    with_checklist(expression.call)
    with pytest.raises(WrongState, match="checklist"):
        invitations.invite(expression, actor=None, at=DECIDED)
    tick_all(expression)
    assert invitations.invite(expression, actor=None, at=DECIDED).status == "invited"


def test_applicants_find_nothing_of_the_checklist() -> None:
    proposal = make_submitted()
    item, _other = with_checklist(proposal.call)
    checklists.tick(proposal, item, "no", actor=None, at=NOON)
    client = Client()
    client.force_login(proposal.pi)
    assert b"The university is a member" not in client.get(proposal.get_absolute_url()).content
    assert client.get(f"/api/v1/intake/{proposal.number}/checklist/").status_code == 403
    assert client.post(f"/intake/{proposal.number}/checklist/", {f"item-{item.pk}": "yes"}).status_code == 403
    assert Proposal.objects.get().ticks.get().finding == "no"
    assert not ChecklistTick.objects.visible_to(make_user("Bo Body")).exists()
