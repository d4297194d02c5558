"""The whole road in a browser, through pages only: from a member's pledge to a settled payment and a downloaded export.

What the pages can't do is done by hand: the first administrator, as on a new server, and the passing of a deadline.
"""

import datetime as dt
import io
import sys
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from funds.models import Fund
from funds.queries import faults, positions
from tests.road import awarding, calls, exporting, money, opening, paying, proposing, reminding, reviewing
from tests.road.cast import Cast, meet
from tests.road.people import PASSWORD

UNIVERSITY, MEMBER = "University of Northmoor", "Nimbus Labs"
CALL, CALL_TITLE, TITLE = "CROPS", "Open models for crops", "Harvests foreseen"
CRITERIA = {"Quality of the idea": "3", "Openness of the results": "2", "The team": "1"}
MARKS = {2: "2 – Fair", 3: "3 – Good", 4: "4 – Very good", 5: "5 – Excellent"}


@pytest.fixture
def first_administrator(transactional_db, monkeypatch) -> None:
    """As on a new server: by the command that asks for a password."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD))
    call_command("create_admin", "ada@alliance.example", name="Ada Admin", password_stdin=True, stdout=io.StringIO())


@pytest.fixture
def cast(browser, site, worker, settings, first_administrator):
    settings.BANK_COOL_OFF = dt.timedelta(0)
    cache.clear()  # how often one address may sign up is counted there
    people = meet(browser, site)
    yield people
    people.leave()


@pytest.fixture
def years() -> list[str]:
    """The five fiscal years, as pages call them; the first is this one, so that a first instalment is due today."""
    return [str(timezone.localdate().year + number) for number in range(5)]


@pytest.mark.timeout(900)  # a minute and a half by itself; other tests share the two cores
def test_the_whole_road_from_a_pledge_to_a_settled_payment_and_an_export(cast, mail, years, tmp_path):
    people_get_their_standing(cast, mail)
    money_is_pledged_and_made_available(cast, years)
    a_call_opens_by_itself(cast)
    receipt = a_proposal_is_handed_in(cast, mail, tmp_path)
    whoever_still_writes_is_reminded_once(cast, mail)
    it_is_reviewed_and_recommended(cast, mail)
    the_board_awards_it(cast, years)
    it_is_paid(cast, years)
    finance_takes_the_ledger_home(cast, tmp_path)
    assert (receipt, cast.leave()) == (f"R-{CALL}-0001-1", [])
    the_books_are_right(years)


# --- the acts ---------------------------------------------------------------------------------------------------------
def people_get_their_standing(cast: Cast, mail) -> None:
    cast.administrator.sign_in()
    for person in (cast.officer, cast.finance, cast.approver, cast.chair, cast.board, cast.member):
        person.sign_up(mail)
    for person in (cast.representative, cast.office):
        person.sign_up(mail)
    opening.grant_role(cast.administrator, cast.officer, "Programme officer")
    opening.grant_role(cast.administrator, cast.finance, "Finance officer")
    opening.grant_role(cast.administrator, cast.approver, "Finance approver")
    opening.list_university(cast.administrator, UNIVERSITY, country="United Kingdom")
    opening.add_to_office(cast.administrator, cast.representative, UNIVERSITY, "Authorised representative")
    opening.add_to_office(cast.administrator, cast.office, UNIVERSITY, "Research office")
    for person in (cast.officer, cast.finance, cast.approver, cast.representative, cast.office):
        person.come_back()


def money_is_pledged_and_made_available(cast: Cast, years: list[str]) -> None:
    money.set_up_fund(cast.finance, code="af", first=dt.date(int(years[0]), 1, 1), ceiling="20,000,000")
    money.add_member(cast.finance, MEMBER, code="nimbus-labs", country="France", speaker=cast.member)
    money.pledge(cast.finance, MEMBER, "2,000,000", years=years)
    money.receive(cast.finance, MEMBER, "1,500,000", year=years[0], reference="NB-001")
    cast.member.come_back()
    money.sees_its_share(cast.member, MEMBER, pledged="10m USD", received="1.5m USD")
    money.give_seat(cast.administrator, cast.chair, chair=True)
    money.give_seat(cast.administrator, cast.board)
    for year in years[:2]:
        title = f"Money for {year}"
        money.propose_appropriation(cast.officer, "5,000,000", year=year, title=title)
        for person in (cast.chair, cast.board):
            person.come_back()
            money.vote_for(person, title)
        cast.board.in_state("Adopted")


def a_call_opens_by_itself(cast: Cast) -> None:
    """It closes a day and half a minute after: the reminder of the last day falls due while proposals are written."""
    calls.set_up_programme(cast.officer, "Earth and people", code="earth")
    calls.draft_call(cast.officer, CALL_TITLE, code=CALL, programme="Earth and people")
    calls.set_money(cast.officer, envelope="1,000,000", largest="400,000")
    calls.set_eligibility(cast.officer, countries="GB, France")
    calls.build_form(cast.officer)
    calls.build_rubric(cast.officer, CRITERIA)
    soon, day = dt.timedelta(seconds=10), dt.timedelta(days=1)
    calls.publish(cast.officer, CALL, opens_in=soon, open_for=day + 2 * soon)
    calls.wait_until_open(cast.member, CALL)


def a_proposal_is_handed_in(cast: Cast, mail, folder) -> str:
    """The receipt's number. Where it is saved without a button, the helpers wait for the word that it is."""
    researcher, today = cast.researcher.sign_up(mail), timezone.localdate()
    proposing.name_university(researcher, UNIVERSITY, department="Plant sciences")
    proposing.confirm_affiliation(cast.representative, researcher)
    proposing.set_rate(cast.representative, "20", since=today.replace(month=1, day=1))
    number = proposing.start_proposal(researcher, CALL_TITLE, TITLE)
    proposing.write_details(researcher, starts=today, months=24)
    for section, (question, _words) in calls.SECTIONS.items():
        proposing.answer(researcher, section, question, "Whether what satellites see foretells the harvest.")
    proposing.invite(researcher, cast.coauthor, mail)
    lines = {1: ("Personnel", "Two researchers", "2", "50,000"), 2: ("Compute", "Hours", "1,000", "25")}
    proposing.write_budget(researcher, lines, total="150,000.00")
    proposing.attach(researcher, folder, "Plan of work")
    proposing.hand_in(researcher)
    receipt = proposing.sign_off(cast.representative, number)
    for person in (researcher, cast.coauthor, cast.representative):
        mail.wait_for(person.email, f"Receipt {receipt}")
    return receipt


def whoever_still_writes_is_reminded_once(cast: Cast, mail) -> None:
    proposing.start_proposal(cast.latecomer.sign_up(mail), CALL_TITLE, "Rain foreseen")
    reminding.wait_for_reminder(cast.latecomer, mail)
    assert reminding.reminders_to(cast.researcher, mail) == []  # theirs is in
    reminding.staff_sees(cast.officer, cast.latecomer)


def it_is_reviewed_and_recommended(cast: Cast, mail) -> None:
    number = f"{CALL}-0001"
    for person in (*cast.reviewers, cast.conflicted):
        person.sign_up(mail)
    proposing.name_university(cast.conflicted, UNIVERSITY, department="Physics")
    proposing.confirm_affiliation(cast.representative, cast.conflicted)
    reviewing.let_the_deadline_pass(CALL)
    reviewing.wait_until_closed(cast.officer, CALL)
    reviewing.triage(cast.officer, number)
    reviewing.start_review(cast.officer, CALL)
    for person in (*cast.reviewers, cast.conflicted):
        reviewing.add_to_pool(cast.officer, person, knows="crops, satellites")
    reviewing.assign(cast.officer, number, cast.reviewers, conflicted=cast.conflicted)
    for person, marks in zip(cast.reviewers, ((4, 5, 3), (5, 4, 4), (3, 4, 5)), strict=True):
        given = zip(CRITERIA, marks, strict=True)
        reviewing.review(person, TITLE, {criterion: MARKS[mark] for criterion, mark in given})
    # (4×3 + 5×2 + 3) ÷ 6 = 4.17, then 4.5 and 3.67: their mean is 4.11
    reviewing.recommend(cast.officer, number, score="4.11")


def the_board_awards_it(cast: Cast, years: list[str]) -> None:
    """100,000 from this year and 50,000 from the next; the money that the board did not make available yet is not touched."""
    title = "The first awards"
    awarding.make_slate(cast.officer, title)
    awarding.set_line(cast.officer, f"{CALL}-0001", {years[0]: "100,000", years[1]: "50,000"}, others=years[2:])
    awarding.put_to_the_board(cast.officer)
    for person in (cast.chair, cast.board):
        money.vote_for(person, title)
    cast.board.in_state("Adopted")
    paying.budget_shows(cast.finance, {years[0]: row(5_000_000, free=4_900_000, committed=100_000)})
    awarding.accept(cast.representative, TITLE)
    paying.budget_shows(cast.finance, {years[1]: row(5_000_000, free=4_950_000, obligated=50_000)})


def it_is_paid(cast: Cast, years: list[str]) -> None:
    paying.enter_bank_details(cast.representative, country="United Kingdom")
    paying.check_bank_details(cast.office)
    number = paying.ask_for_instalment(cast.representative)
    paying.approve(cast.finance)
    paying.release(cast.approver)
    paying.settle(cast.finance, number, on=timezone.localdate(), reference="WIRE-1")
    paying.budget_shows(
        cast.finance,
        {
            years[0]: row(5_000_000, free=4_900_000, disbursed=100_000),
            years[1]: row(5_000_000, free=4_950_000, obligated=50_000),
            years[2]: row(0),
        },
    )


def finance_takes_the_ledger_home(cast: Cast, folder) -> None:
    on_the_page = exporting.totals_on_the_page(cast.finance)
    in_csv = exporting.totals_in_csv(exporting.download(cast.finance, "CSV", folder))
    in_xlsx = exporting.totals_in_xlsx(exporting.download(cast.finance, "XLSX", folder))
    # Ceilings, two appropriations, commitment, obligation, payment approved and settled; pledges, contribution, payment.
    expected = {"Authority": Decimal(110_500_000), "Cash": Decimal(11_600_000)}
    assert (on_the_page, in_csv, in_xlsx) == (expected, expected, expected)


def the_books_are_right(years: list[str]) -> None:
    fund = Fund.objects.get(code="af")
    assert faults(fund) == []
    names = ("ceiling", "appropriated", "free", "committed", "obligated", "in_process", "disbursed")
    found = {one.year.label: [int(getattr(one, name)) for name in names] for one in positions(fund)}
    assert found == {
        years[0]: [20_000_000, 5_000_000, 4_900_000, 0, 0, 0, 100_000],
        years[1]: [20_000_000, 5_000_000, 4_950_000, 0, 50_000, 0, 0],
        **{year: [20_000_000, 0, 0, 0, 0, 0, 0] for year in years[2:]},
    }


def row(appropriated: int, *, free: int = 0, committed: int = 0, obligated: int = 0, disbursed: int = 0) -> list[str]:
    """A year of the budget page as it is read, under its ceiling and with nothing on its way."""
    return [f"{amount:,.2f}" for amount in (20_000_000, appropriated, free, committed, obligated, 0, disbursed)]
