"""Law 6 over triage: two worlds that differ in what officers did with one proposal, and everything that a person fetches.

A sealed officer's worlds differ in everything written down about the hidden proposal; an applicant's in what officers
wrote down about their own.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from grants import urls_triage
from grants.models import Likeness, Proposal
from grants.services import access, enquiries, invitations, likeness, notes, submission, triage
from grants.services.triage_many import ACTS
from reviews.services import conflicts
from tests.crawling import Crawl, apart, differences
from tests.grants.stories import make_member, make_proposal, make_researcher, make_signer, make_user, sign
from tests.grants.stories_triage import asked, make_officer, open_call, received, tick_all, with_checklist
from tests.personas import PEOPLE, Visits, addresses, make_people, table

pytestmark = pytest.mark.django_db
# The same in both worlds, whenever they are made.
AT = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
ROLES = [("programme_officer",), ("auditor", "administrator")]


# --- a sealed officer -------------------------------------------------------------------------------------------------------
def dealt_with(hidden: Proposal, twin: Proposal) -> None:
    """Everything that triage can write down, at a time that both worlds share."""
    officer, at = make_officer(), AT
    triage.assign(hidden, make_officer("Otto Other"), actor=officer, at=at)
    tick_all(hidden, officer)
    notes.add_note(hidden, "Between us.", actor=officer, at=at)
    first, second = asked(hidden, officer, at=at), asked(hidden, officer, "And who pays?", at=at)
    pi: Any = hidden.pi
    enquiries.answer(first, "We do.", actor=pi, at=at)
    enquiries.withdraw(second, actor=officer, at=at)
    late = asked(hidden, officer, "Who else?", at=at)
    type(late).objects.filter(pk=late.pk).update(due_at=at - dt.timedelta(days=2))
    likeness.find(Proposal.objects.select_related("call__programme").get(pk=hidden.pk), at=at)
    pair = Likeness.objects.get(proposal__in=[hidden, twin], other__in=[hidden, twin])
    likeness.set_aside(pair, actor=officer, at=at)
    likeness.bring_back(pair, actor=officer, at=at)


def make_world(*roles: str, dealt: bool) -> User:
    call = open_call(at=AT)
    with_checklist(call)
    (first,) = received(call, ["Ann Other"])
    hidden = _submitted(call, "Bees in towns and on farms", "Hal Hidden")
    twin = _submitted(call, "Bees in towns and on the farms", "Twila Twin")
    make_officer("Otto Other")
    sealed = make_user("Cleo Conflicted", *roles)
    access.seal(hidden, sealed, at=AT)
    officer = make_officer()
    notes.add_note(first, "A note that all may know.", actor=officer, at=AT)
    asked(first, officer, "Of the other one?", at=AT)
    if dealt:
        dealt_with(hidden, twin)
    return sealed


def _submitted(call: Any, title: str, lead: str) -> Proposal:
    draft = make_proposal(call, pi=make_researcher(lead), title=title)
    handed = submission.hand_in(draft, version=draft.version, actor=draft.pi, at=draft.created_at)
    sign(handed)
    return Proposal.objects.get(pk=draft.pk)


def starts() -> list[str]:
    hidden = Proposal.objects.get(title="Bees in towns and on farms")
    twin = Proposal.objects.get(title="Bees in towns and on the farms")
    boards = ("/intake/", "/calls/AI-26/intake/")
    filters = (
        *("state=submitted", "kind=full", "handler=me", "handler=nobody", "handler=others", "rule=none", "rule=any"),
        *("checklist=done", "checklist=todo", "enquiry=open", "enquiry=overdue", "enquiry=answered"),
        *("alike=yes", "alike=no", "country=GB", "university=north", "q=bees", f"q={hidden.number}", "q=hal"),
        *("sort=-submitted_at", "sort=requested", "sort=university"),
    )
    pages = [*boards, *(f"{board}?{one}" for board in boards for one in filters)]
    pages += [f"/intake/{one.number}/" for one in (hidden, twin)]
    pages += [
        f"/intake/{twin.number}/?call=AI-26&alike=yes",
        "/intake/first/?call=AI-26",
        f"/proposals/{hidden.number}/",
    ]
    api = [f"/api/v1/intake/?{one}" for one in filters if "sort" not in one and not one.startswith("q=")]
    parts = ("", "findings/", "checklist/", "notes/", "enquiries/", "alike/")
    api += [f"/api/v1/intake/{one.number}/{part}" for one in (hidden, twin) for part in parts]
    others = ["/home/", "/audit/", "/notices/log/", "/notices/deadlines/", "/api/v1/audit/", "/api/v1/enquiries/"]
    return [*pages, *api, *others, "/calls/all/", "/api/v1/notice-log/", "/api/v1/deadlines/"]


def ours(path: str) -> bool:
    """Each row of each board is opened as the board leads to it; facets and sorts are among the starts already."""
    if path.startswith("/intake/AI-26-"):
        return "sort=" not in path and path.count("=") <= 2
    return path.startswith(("/intake/", "/audit/")) and "?" not in path


@pytest.mark.parametrize("roles", ROLES)
def test_everything_a_sealed_officer_fetches_is_the_same_whatever_was_done_with_the_hidden_proposal(roles):
    worlds = [
        apart(lambda: make_world(*roles, dealt=dealt), lambda reader: Crawl(reader, ours, most=900).fetch(starts()))  # noqa: B023
        for dealt in (True, False)
    ]
    assert differences(*worlds) == ""
    assert sum(status == 200 for status, _text in worlds[0].values()) > 60


def test_the_same_crawl_by_an_officer_without_the_conflict_sees_both_worlds_differ():
    """The control: what is compared above could leak."""
    wanted = ["/intake/?alike=yes", "/intake/?handler=others", "/intake/?enquiry=overdue", "/intake/?checklist=done"]

    def fetch(_reader: User) -> dict[str, tuple[int, str]]:
        return Crawl(make_officer("Otto Other"), lambda _path: False).fetch(wanted)

    one, other = (apart(lambda: make_world("programme_officer", dealt=d), fetch) for d in (True, False))  # noqa: B023
    assert [path for path in wanted if one[path] == other[path]] == []


# --- applicants -------------------------------------------------------------------------------------------------------------
def make_applicants(*, dealt: bool) -> list[User]:
    """A proposal with its whole team, of which officers wrote down everything but a question; or nothing."""
    call = open_call(at=AT)
    with_checklist(call)
    draft = make_proposal(call, pi=make_researcher("Ada One"), title="Bees in towns and on farms")
    people = [make_member(draft, "Ed Editor"), make_member(draft, "Rea Reader", may_edit=False)]
    draft.refresh_from_db()
    sign(submission.hand_in(draft, version=draft.version, actor=draft.pi, at=draft.created_at))
    mine = Proposal.objects.get(pk=draft.pk)
    _submitted(call, "Bees in towns and on the farms", "Twila Twin")
    access.grant(mine, make_user("Rex Reviewer"), "reviewer", at=AT)
    if dealt:
        officer, at = make_officer(), AT
        triage.assign(mine, officer, actor=make_officer("Otto Other"), at=at)
        tick_all(mine, officer)
        notes.add_note(mine, "Between us.", actor=officer, at=at)
        likeness.find(Proposal.objects.select_related("call__programme").get(pk=mine.pk), at=at)
    pi: Any = mine.pi
    return [pi, *people, make_signer(), make_user("Rex Reviewer")]


def theirs() -> Iterable[str]:
    mine = Proposal.objects.get(title="Bees in towns and on farms")
    pages = ("/home/", "/proposals/", f"/proposals/{mine.number}/", "/sign-offs/", "/notices/", "/calls/AI-26/")
    api = (f"/api/v1/proposals/{mine.number}/", "/api/v1/proposals/", "/api/v1/enquiries/", "/api/v1/calls/AI-26/")
    closed = ("/intake/", f"/intake/{mine.number}/", "/calls/AI-26/intake/", f"/api/v1/intake/{mine.number}/notes/")
    return [*pages, *api, *closed]


def test_pages_of_applicants_are_the_same_bytes_with_and_without_what_officers_wrote_down():
    def fetch(people: list[User]) -> dict[str, tuple[int, str]]:
        found = {}
        for person in people:
            crawl = Crawl(person, lambda path: path.startswith("/proposals/") and "?" not in path)
            found |= {f"{person}: {path}": answer for path, answer in crawl.fetch(theirs()).items()}
        return found

    worlds = [apart(lambda: make_applicants(dealt=dealt), fetch) for dealt in (True, False)]  # noqa: B023
    assert differences(*worlds) == ""
    assert sum(status == 200 for status, _text in worlds[0].values()) > 30


def test_words_of_a_verdict_show_no_officer_to_the_applicants():
    officer = make_officer()
    (one,) = received(open_call(at=AT), ["Ada One"])
    triage.assign(one, officer, actor=officer, at=AT)
    triage.mark_ineligible(one, reason="Too late.", actor=officer, at=AT)
    pages = Crawl(one.pi, lambda _path: False).fetch([f"/proposals/{one.number}/", "/notices/", "/home/"])
    assert ["Oda" in text for _status, text in pages.values()] == [False] * 3
    assert "Too late." in pages[f"/proposals/{one.number}/"][1]


# --- doors ------------------------------------------------------------------------------------------------------------------
def places(own: Proposal) -> dict[str, tuple[Any, ...]]:
    pair = Likeness.objects.get()
    enquiry = own.enquiries.get()
    return {
        "intake": (own.call.code,),
        "intake_all": (),
        "intake_first": (),
        "triage": (own.number,),
        "triage_alike": (own.number, pair.pk),
        "letters": (),
        "enquiry": (own.number, enquiry.pk),
    }


def acts(own: Proposal) -> dict[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {f"intake_{act}": () for act in ACTS}
    names = ("triage", "triage_letter", "triage_tick", "triage_note", "triage_assign", "triage_ask")
    found |= dict.fromkeys(names, (own.number,))
    found["triage_ask_withdraw"] = (own.number, own.enquiries.get().pk)
    found["triage_alike"] = (own.number, Likeness.objects.get().pk)
    found["letters"] = ()
    found["enquiry"] = (own.number, own.enquiries.get().pk)
    return found


def make_own() -> Proposal:
    call = open_call(at=AT)
    own = _submitted(call, "Bees in towns and on farms", "Ada Example")
    twin = _submitted(call, "Bees in towns and on the farms", "Twila Twin")
    access.grant(own, make_user("Rita Reviewer"), "reviewer", at=AT)
    asked(own, make_officer(), at=AT)
    likeness.find(Proposal.objects.select_related("call__programme").get(pk=twin.pk), at=AT)
    return Proposal.objects.get(pk=own.pk)


READ = """
intake               302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
intake_all           302 403 403 403 403 403 403 200 200 403 403 403 403 200 200
intake_first         302 403 403 403 403 403 403 302 302 403 403 403 403 302 302
triage               302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
triage_alike         302 403 403 403 403 403 403 200 404 403 403 403 403 200 200
letters              302 403 403 403 403 403 403 200 200 403 403 403 403 403 403
enquiry              302 404 200 200 404 404 404 200 404 404 404 404 404 200 200
"""
WRITE = """
intake_eligible      302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
intake_ineligible    302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
intake_invite        302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
intake_not_invite    302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
intake_assign        302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
intake_ask           302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
triage               302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
triage_letter        302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
triage_tick          302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
triage_note          302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
triage_assign        302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
triage_ask           302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
triage_ask_withdraw  302 403 403 403 403 403 403 302 404 403 403 403 403 403 403
triage_alike         302 403 403 403 403 403 403 422 404 403 403 403 403 403 403
letters              302 403 403 403 403 403 403 422 422 403 403 403 403 403 403
enquiry              302 404 422 403 404 404 404 403 404 404 404 404 404 403 403
"""


def test_doors_of_triage_by_person_and_verb():
    own = make_own()
    visits = Visits(make_people(own))
    read = table((name, visits.row(path)) for name, path in addresses("grants", places(own)).items())
    write = table((name, visits.row(path, {})) for name, path in addresses("grants", acts(own)).items())
    assert (len(PEOPLE), read.splitlines()) == (15, READ.strip().splitlines())
    assert write.splitlines() == WRITE.strip().splitlines()


def test_every_address_of_triage_is_in_the_tables():
    own = make_own()
    named = {pattern.name for pattern in urls_triage.urlpatterns}
    assert named == {*places(own), *acts(own)}
    assert reverse("grants:triage", args=["X"]) == "/intake/X/"


def test_sealed_is_by_conflict_too():
    """What the table above calls sealed was sealed by a declared conflict, as it happens in earnest."""
    own = make_own()
    officer = make_officer("Con Flicted")
    conflicts.declare(own, officer, kind="family", text="My sister.", actor=officer, at=AT)
    assert Crawl(officer, lambda _path: False).fetch([f"/intake/{own.number}/"])[f"/intake/{own.number}/"][0] == 404
    with pytest.raises(Exception, match="conflict"):
        invitations.invite(own, actor=officer, at=AT)
