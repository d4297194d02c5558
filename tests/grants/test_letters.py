"""Letters of decisions: templates of the house and of calls, and W7: what stands in for a place is never looked at again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEvent
from core.errors import InvalidInput, StaleWrite
from grants.models import Call, LetterTemplate, Proposal
from grants.services import invitations, triage
from grants.services import letters_of_decisions as letters
from notifications.models import Notice
from tests.grants.stories import NOON, make_call, make_researcher, make_submitted
from tests.grants.stories_triage import asked, desk_of, make_officer, open_call, received
from tests.grants.stories_two_stage import DECIDED, make_expression_in

Kind = LetterTemplate.Kind
db = pytest.mark.django_db
NASTY = (
    "{reason}",
    "{{reason}}",
    "{title}{number}",
    "%(reason)s",
    "${reason}",
    "{0.__class__}",
    "[click](https://evil.example)",
    "https://evil.example/login",
    "<a href='https://evil.example'>x</a>",
    "<script>alert(1)</script>",
    "{% include 'x' %}",
    "{{ user.password }}",
)


def save(call: Call | None, kind: str = Kind.INELIGIBLE, body: str = "Sorry: {reason}", **more: object) -> None:
    how = {"subject": "About {number}", "version": 0, "actor": None, "at": NOON, **more}
    letters.save_template(call, kind, body=body, **how)  # type: ignore[arg-type]


def letter_to_lead(proposal: Proposal, state: str = "ineligible") -> Notice:
    return Notice.objects.get(kind=f"proposal.{state}", recipient=proposal.pi)


# --- templates ----------------------------------------------------------------------------------------------------------
def test_every_kind_of_letter_has_words_and_they_pass_their_own_check():
    assert set(letters.DEFAULTS) == set(Kind.values) == set(letters.PLACES_OF)
    for kind, (subject, body) in letters.DEFAULTS.items():
        assert letters.checked(kind, subject, body) == (subject, body)


@pytest.mark.parametrize("place", ["{reson}", "{}", "{Reason}", "{reason }", "{deadline}", "{0}", "{reason.x}"])
def test_unknown_place_is_refused_with_its_line(place):
    with pytest.raises(InvalidInput) as refused:
        letters.checked(Kind.INELIGIBLE, "Subject", f"Dear {{lead}},\nbecause {{reason}}\nand {place}")
    assert (refused.value.field, refused.value.data["line"], refused.value.data["place"]) == ("body", 3, place)
    with pytest.raises(InvalidInput) as refused:
        letters.checked(Kind.INELIGIBLE, f"About {place}", "{reason}")
    assert refused.value.field == "subject"


def test_refusal_without_its_reason_and_question_without_its_date_are_refused():
    for kind, body in ((Kind.INELIGIBLE, "Sorry."), (Kind.ENQUIRY, "{question}"), (Kind.INVITED, "Come.")):
        with pytest.raises(InvalidInput, match="is missing"):
            letters.checked(kind, "S", body)


@db
def test_words_of_the_call_come_before_the_house_s_and_these_before_the_system_s():
    call, other = make_call(), make_call("B-26")
    assert letters.templates_of(call)[Kind.INELIGIBLE].version == 0
    save(None, body="House: {reason}")
    save(call, body="Call: {reason}")
    assert letters.templates_of(call)[Kind.INELIGIBLE].body == "Call: {reason}"
    assert letters.templates_of(other)[Kind.INELIGIBLE].body == "House: {reason}"
    letters.drop_template(call, Kind.INELIGIBLE, actor=None, at=NOON)
    letters.drop_template(call, Kind.INELIGIBLE, actor=None, at=NOON)
    assert letters.templates_of(call)[Kind.INELIGIBLE].body == "House: {reason}"


@db
def test_save_over_a_colleague_s_words_is_refused_with_theirs_and_the_same_again_is_harmless():
    call = make_call()
    save(call, body="First: {reason}")
    save(call, body="First: {reason}")
    with pytest.raises(StaleWrite) as refused:
        save(call, body="Mine: {reason}")
    assert refused.value.data["body"] == "First: {reason}"
    save(call, body="Second: {reason}", version=1)
    assert LetterTemplate.objects.get().version == 2
    assert AuditEvent.objects.filter(verb="letter.template_saved").count() == 2


# --- filling in (W7) ------------------------------------------------------------------------------------------------------
PLACED = st.sampled_from([f"{{{name}}}" for name in letters.PLACES])  # what somebody may have typed as a title


@given(st.dictionaries(st.sampled_from(sorted(letters.PLACES)), st.text(max_size=30) | PLACED), st.text(max_size=60))
def test_filling_puts_each_value_in_once_and_looks_at_none_of_it_again(values, around):
    around = around.replace("{", "").replace("}", "")
    template = around.join(f"{{{name}}}" for name in values)
    assert letters.fill(template, values) == around.join(values.values())


@db
@pytest.mark.parametrize("nasty", NASTY)
def test_what_people_typed_stays_text_in_the_letter_and_on_every_page_of_it(nasty):
    officer, call = make_officer(), open_call()
    proposal = make_submitted(call, pi=make_researcher("Ada One"))
    Proposal.objects.filter(pk=proposal.pk).update(title=nasty)
    proposal = Proposal.objects.get(pk=proposal.pk)
    desk = desk_of(officer)
    shown = desk.post(f"/intake/{proposal.number}/", {"verdict": "ineligible", "reason": nasty, "look": "on"})
    assert shown.context["form"].initial["body"].count(nasty) == 2
    page = desk.get(f"/calls/{call.code}/edit/?step=letters&letter=ineligible").content.decode()
    for html in (shown.content.decode(), page):
        assert 'href="https://evil.example' not in html
        assert "<script>alert(1)" not in html
    triage.mark_ineligible(proposal, reason=nasty, actor=officer, at=NOON)
    letter = letter_to_lead(proposal)
    assert f"your proposal “{nasty}” ({proposal.number})" in letter.body
    assert f"The reason:\n\n{nasty}\n\n" in letter.body
    assert "\n" not in letter.subject


@db
def test_line_breaks_in_a_title_make_no_header_and_no_second_line_of_the_subject():
    proposal = make_submitted()
    Proposal.objects.filter(pk=proposal.pk).update(title="Soil\r\nBcc: everybody@evil.example")
    triage.mark_ineligible(proposal, reason="No.", actor=None, at=NOON)
    assert letter_to_lead(proposal).subject == f"Not eligible: {proposal.number} Soil Bcc: everybody@evil.example"


# --- going out ------------------------------------------------------------------------------------------------------------
@db
def test_letter_of_a_refusal_goes_to_team_and_office_with_the_reason_and_of_a_yes_to_the_team():
    first, second = (make_submitted(pi=make_researcher(name)) for name in ("Ada One", "Bea Two"))
    triage.mark_ineligible(first, reason="Too late.", actor=None, at=NOON)
    triage.mark_eligible(second, note="Between us.", actor=None, at=NOON)
    no, yes = (Notice.objects.filter(kind=f"proposal.{state}") for state in ("ineligible", "eligible"))
    assert sorted(str(one.recipient) for one in no) == ["Ada One", "Olga Office"]
    assert [str(one.recipient) for one in yes] == ["Bea Two"]
    assert ("Too late." in no[0].body, "Between us." in yes[0].body) == (True, False)


@db
def test_letter_in_the_words_of_the_call_and_one_written_by_hand_is_in_the_trail():
    officer, proposal = make_officer(), make_submitted()
    save(proposal.call, body="Alas, {lead}: {reason}")
    own = letters.own_letter("About {number}", "By hand: {reason}")
    triage.mark_ineligible(proposal, reason="Too late.", letter=own, actor=officer, at=NOON)
    assert letter_to_lead(proposal).body == "By hand: {reason}"
    assert AuditEvent.objects.get(verb="proposal.letter_written").after["body"] == "By hand: {reason}"
    triage.mark_eligible(proposal, actor=officer, at=NOON)
    triage.mark_ineligible(proposal, reason="Still too late.", actor=officer, at=NOON)
    last = Notice.objects.filter(kind="proposal.ineligible", recipient=proposal.pi).latest("created_at", "id")
    assert last.body == "Alas, Ada Example: Still too late."


@db
def test_letter_of_an_invitation_says_by_when_and_leads_the_lead_to_the_full_proposal():
    expression = make_expression_in()
    invitations.invite(expression, actor=None, at=DECIDED)
    letter = letter_to_lead(expression, "invited")
    assert letter.path == f"/proposals/{expression.number}/full/"
    assert "Hand in before: Tuesday 30 June 2026, 16:00 (UTC)\n" in letter.body
    assert "{" not in letter.body


@db
def test_question_goes_out_in_the_words_of_the_call():
    proposal = make_submitted()
    save(proposal.call, Kind.ENQUIRY, "Please: {question} By {deadline}.")
    asked(proposal, make_officer(), at=NOON)
    letter = Notice.objects.filter(kind="enquiry.asked", recipient=proposal.pi).get()
    assert letter.body == "Please: Where is the data? By Tuesday 17 March 2026, 12:00 (UTC)."


# --- the page -------------------------------------------------------------------------------------------------------------
@db
def test_letters_page_previews_saves_refuses_with_the_place_and_goes_back():
    officer, call = make_officer(), open_call()
    (proposal,) = received(call, ["Ada One"])
    desk, path = desk_of(officer), f"/calls/{call.code}/edit/?step=letters&letter=ineligible"
    words = {"subject": "About {number}", "body": "Dear {lead}: {reason}", "version": "0"}
    preview = desk.post(path, {**words, "preview": "1"}).context["editing"].preview
    assert (preview.subject, preview.body) == (f"About {proposal.number}", "Dear Ada One: (the reason)")
    assert not LetterTemplate.objects.exists()
    assert desk.post(path, words).status_code == 302
    wrong = desk.post(path, {**words, "body": "{reason}\n{nonsense}", "version": "1"})
    assert (wrong.status_code, b"Line 2: nothing is known" in wrong.content) == (422, True)
    stale = desk.post(path, {**words, "body": "Mine {reason}"})
    assert (stale.status_code, b"Mine {reason}" in stale.content) == (422, True)
    assert b"Dear {lead}: {reason}" in stale.content
    desk.post(path, {"drop": "1"})
    assert not LetterTemplate.objects.exists()


@db
def test_letters_of_the_house_are_written_by_officers_alone_and_used_by_every_call():
    officer = make_officer()
    path, words = "/letters/?letter=ineligible", {"subject": "S {number}", "body": "House {reason}", "version": "0"}
    assert desk_of(make_researcher()).get(path).status_code == 403
    assert desk_of(officer).post(path, words).status_code == 302
    proposal = make_submitted()
    triage.mark_ineligible(proposal, reason="No.", actor=officer, at=NOON)
    assert letter_to_lead(proposal).body == "House No."


@db
def test_invitations_are_offered_only_where_there_are_two_stages():
    desk = desk_of(make_officer())
    open_call()
    assert desk.get("/calls/AI-26/edit/?step=letters&letter=invited").status_code == 404
    assert desk.get("/letters/?letter=invited").status_code == 200


@db
def test_api_of_letters_writes_and_goes_back():
    call, desk = open_call(), desk_of(make_officer())
    path = f"/api/v1/calls/{call.code}/letters/"
    words = {"subject": "S", "body": "Sorry: {reason}", "version": 0}
    done = desk.put(f"{path}ineligible/", words, content_type="application/json")
    assert (done.status_code, done.json()["version"]) == (200, 1)
    assert {one["kind"]: one["version"] for one in desk.get(path).json()}["ineligible"] == 1
    stale = desk.put(f"{path}ineligible/", {**words, "body": "{reason}!"}, content_type="application/json")
    assert stale.status_code == 409
    assert desk.delete(f"{path}ineligible/").status_code == 204
    assert desk.get("/api/v1/letters/").status_code == 200
    assert desk_of(make_researcher()).get(path).status_code == 403
