"""The team: invited by mail, in by the link, out at once."""

import pytest

from core.errors import InvalidInput, WrongState
from grants.errors import Frozen
from grants.models import Proposal, TeamMember
from grants.rules import proposals as rules
from grants.services import access, team
from notifications.models import Notice
from tests.grants.stories import NOON, make_draft, make_handed_in, make_member, make_researcher, make_user

pytestmark = pytest.mark.django_db


def invite(proposal: Proposal, email: str = "ben@elsewhere.example", **more: object) -> TeamMember:
    return team.add_member(proposal, name="Ben Coauthor", email=email, actor=proposal.pi, at=NOON, **more)


def test_invitation_then_mailed_link_opens_it_and_only_accepting_opens_the_proposal():
    proposal, ben = make_draft(), make_user("Ben Coauthor")
    member = invite(proposal)
    mail = Notice.objects.get(kind="proposal.invitation")
    token = mail.path.removeprefix("/proposals/invitation/").removesuffix("/")
    assert (mail.address, team.invited_by_token(token)) == ("ben@elsewhere.example", member)
    assert not Proposal.objects.visible_to(ben).exists()
    team.accept_invitation(member, actor=ben, at=NOON)
    team.accept_invitation(member, actor=ben, at=NOON)
    assert Proposal.objects.visible_to(ben).get() == proposal
    assert (rules.can_edit(ben, proposal), Notice.objects.filter(kind="proposal.accepted").count()) == (None, 1)


@pytest.mark.parametrize("bend", ["{}xx", "{}"[:1], "a:b:c", ""])
def test_a_bent_link_opens_nothing(bend):
    token = team.invitation_token(invite(make_draft()))
    bent = bend.replace("{}", token[:-2])
    assert team.invited_by_token(bent) is None


def test_who_may_only_read_can_not_edit_until_the_right_is_given():
    proposal = make_draft()
    ben = make_member(proposal, may_edit=False)
    assert rules.can_edit(ben, proposal) is not None
    team.set_rights(TeamMember.objects.get(), may_edit=True, actor=proposal.pi, at=NOON)
    assert rules.can_edit(ben, proposal) is None


def test_removed_then_neither_the_page_nor_the_link_opens():
    proposal = make_draft()
    ben = make_member(proposal)
    member = TeamMember.objects.get()
    token = team.invitation_token(member)
    team.remove_member(member, actor=proposal.pi, at=NOON)
    team.remove_member(member, actor=proposal.pi, at=NOON)
    assert (Proposal.objects.visible_to(ben).exists(), team.invited_by_token(token)) == (False, None)


def test_the_pi_a_person_twice_and_a_link_used_by_two_are_refused():
    proposal = make_draft()
    member = invite(proposal)
    for email in (proposal.pi.email, "BEN@elsewhere.example", "not an address"):
        with pytest.raises(InvalidInput) as refused:
            invite(proposal, email)
        assert refused.value.field == "email"
    with pytest.raises(WrongState):
        team.accept_invitation(member, actor=proposal.pi, at=NOON)
    team.accept_invitation(member, actor=make_user("Ben Coauthor"), at=NOON)
    with pytest.raises(WrongState):
        team.accept_invitation(member, actor=make_researcher("Cleo Other"), at=NOON)


def test_after_handing_in_nobody_joins_the_list_but_the_invited_may_still_accept():
    proposal = make_draft()
    member = invite(proposal)
    Proposal.objects.update(status="awaiting_sign_off", handed_in_at=NOON)
    with pytest.raises(Frozen):
        invite(proposal, "cleo@elsewhere.example")
    with pytest.raises(Frozen):
        team.remove_member(member, actor=proposal.pi, at=NOON)
    ben = make_user("Ben Coauthor")
    team.accept_invitation(member, actor=ben, at=NOON)
    assert Proposal.objects.visible_to(ben).get() == proposal
    assert make_handed_in(proposal.call, title="Another").status == "awaiting_sign_off"


def test_a_link_fits_however_long_the_address():
    longest = f"{'a' * 64}@{'b' * 58}.{'c' * 58}.{'d' * 58}.example"
    member = invite(make_draft(), longest)
    mail = Notice.objects.get(kind="proposal.invitation")
    assert team.invited_by_token(mail.path.split("/")[3]) == member


def test_a_changed_address_ends_the_link():
    member = invite(make_draft())
    token = team.invitation_token(member)
    TeamMember.objects.update(email="else@elsewhere.example")
    assert team.invited_by_token(token) is None


def test_who_reviews_a_proposal_does_not_join_its_team():
    proposal, ben = make_draft(), make_user("Ben Coauthor")
    member = invite(proposal)
    access.grant(proposal, ben, "reviewer", at=NOON)
    with pytest.raises(WrongState):
        team.accept_invitation(member, actor=ben, at=NOON)
    assert TeamMember.objects.get().user is None
