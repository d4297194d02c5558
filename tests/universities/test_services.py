import datetime as dt
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress

from audit.models import AuditEvent
from core.errors import InvalidInput, WrongState
from notifications.models import Notice
from tests.universities.makers import (
    DAY,
    NOON,
    enter_account,
    make_manager,
    make_office,
    make_university,
    make_user,
)
from universities import queries, rules, services
from universities.errors import (
    AlreadyAffiliated,
    AlreadyInOffice,
    AlreadyListed,
    ChangeWaiting,
    MergeRefused,
    OwnMatter,
    RateOverlap,
    ReasonMissing,
)
from universities.models import Affiliation, BankAccount, OfficeMember, University

pytestmark = pytest.mark.django_db
COOL_OFF = dt.timedelta(hours=72)


def notices(kind):
    return sorted(Notice.objects.filter(kind=kind).values_list("address", flat=True))


# --- affiliations -----------------------------------------------------------------------------------------------------
def test_claim_without_an_address_of_the_university_waits_for_its_office():
    university = make_university(domains=("example.edu",))
    office = make_office(university, "Mia")
    person = make_user("Rosa", verified=True)
    claim = services.claim_affiliation(university, department="Physics", actor=person, at=NOON)
    assert (claim.status, claim.decided_at, queries.home_university(person)) == ("claimed", None, None)
    assert notices("affiliation_claimed") == [office.email]


@pytest.mark.parametrize("address", ["rosa@example.edu", "rosa@cs.example.edu"])
def test_claim_with_a_confirmed_address_of_the_university_is_confirmed_by_nobody(address):
    university = make_university(domains=("example.edu",))
    person = make_user(address, verified=True)
    claim = services.claim_affiliation(university, actor=person, at=NOON)
    assert (claim.status, claim.decided_by, claim.decided_at, claim.by_address) == ("confirmed", None, NOON, True)
    assert queries.home_university(person) == university
    event = AuditEvent.objects.get(verb="affiliation.confirmed")
    assert (event.actor, event.after) == (None, {"reason": "A confirmed email address is under example.edu."})
    assert list(claim.steps.values_list("state", "actor")) == [("claimed", person.pk), ("confirmed", None)]


@pytest.mark.parametrize(("address", "verified"), [("rosa@notexample.edu", True), ("rosa@example.edu", False)])
def test_claim_with_an_address_that_proves_nothing_waits(address, verified):
    university = make_university(domains=("example.edu",))
    person = make_user(address, verified=verified)
    assert services.claim_affiliation(university, actor=person, at=NOON).status == "claimed"


def test_claim_whose_address_is_confirmed_later_is_confirmed_by_the_sweep_once():
    university = make_university(domains=("example.edu",))
    person = make_user("rosa@example.edu")
    claim = services.claim_affiliation(university, actor=person, at=NOON)
    EmailAddress.objects.create(user=person, email=person.email, verified=True)
    assert [services.confirm_claims_by_address(at=NOON + DAY) for _ in range(2)] == [1, 0]
    claim.refresh_from_db()
    assert (claim.status, claim.decided_at) == ("confirmed", NOON + DAY)


def test_domain_added_confirms_the_claims_that_wait():
    university = make_university()
    claim = services.claim_affiliation(university, actor=make_user("rosa@example.edu", verified=True), at=NOON)
    services.add_domain(university, "example.edu", actor=make_manager(), at=NOON)
    claim.refresh_from_db()
    assert claim.status == "confirmed"


def test_claim_where_nobody_else_is_in_the_office_reaches_the_programme_officers():
    university, manager = make_university(), make_manager()
    services.claim_affiliation(university, actor=make_office(university, "Mia"), at=NOON)
    services.propose_university(name="New School", country="NL", actor=make_user("Rosa"), at=NOON)
    assert notices("affiliation_claimed") == notices("university_proposed") == [manager.email]


def test_claim_twice_is_refused_and_again_after_a_rejection_is_not():
    university, person = make_university(), make_user("Rosa")
    office = make_office(university, "Mia")
    claim = services.claim_affiliation(university, actor=person, at=NOON)
    with pytest.raises(AlreadyAffiliated):
        services.claim_affiliation(university, actor=person, at=NOON)
    with pytest.raises(ReasonMissing):
        services.reject_affiliation(claim, reason=" ", actor=office, at=NOON)
    services.reject_affiliation(claim, reason="Not on our staff list.", actor=office, at=NOON)
    again = services.claim_affiliation(university, actor=person, at=NOON + DAY)
    assert (again.status, Affiliation.objects.count(), notices("affiliation_decided")) == ("claimed", 2, [person.email])


def test_office_confirms_and_ends_but_nobody_decides_about_themselves():
    university = make_university()
    first, second = make_office(university, "Mia"), make_office(university, "Noor")
    claim = services.claim_affiliation(university, actor=first, at=NOON)
    assert rules.can_decide(first, claim) is not None
    with pytest.raises(OwnMatter):
        services.confirm_affiliation(claim, actor=first, at=NOON)
    assert services.confirm_affiliation(claim, actor=second, at=NOON).decided_by == second
    with pytest.raises(WrongState):
        services.reject_affiliation(claim, reason="Too late.", actor=second, at=NOON)
    with pytest.raises(ReasonMissing):
        services.end_affiliation(claim, actor=second, at=NOON)
    ended = services.end_affiliation(claim, actor=first, at=NOON + DAY)
    assert (ended.status, ended.ended_at, queries.home_university(first)) == ("ended", NOON + DAY, None)


# --- the office -------------------------------------------------------------------------------------------------------
def test_office_member_is_added_by_another_and_leaves():
    university, manager, person = make_university(), make_manager(), make_user("Mia")
    with pytest.raises(OwnMatter):
        services.add_office_member(university, manager, actor=manager, at=NOON)
    member = services.add_office_member(university, person, actor=manager, at=NOON)
    with pytest.raises(AlreadyInOffice):
        services.add_office_member(university, person, actor=manager, at=NOON)
    assert (queries.is_office(person, university), queries.may_sign(person, university)) == (True, False)
    signer = services.add_office_member(
        university, person, role=OfficeMember.Kind.AUTHORISED_REPRESENTATIVE, actor=manager, at=NOON + DAY
    )
    assert queries.may_sign(person, university)
    member.refresh_from_db()
    services.end_office_member(signer, actor=manager, at=NOON + 2 * DAY)
    assert (member.ends_at, queries.is_office(person, university)) == (NOON + DAY, False)
    with pytest.raises(WrongState):
        services.end_office_member(signer, actor=manager, at=NOON + 2 * DAY)


def test_only_who_signs_or_staff_adds_people_to_an_office():
    university = make_university()
    signer, officer = make_office(university, "Sam", signs=True), make_office(university, "Mia")
    people = [
        signer,
        make_manager(),
        officer,
        make_user("Rosa"),
        make_office(make_university("Other"), "Eve", signs=True),
    ]
    allowed = [rules.can_add_office_member(person, university) is None for person in people]
    assert allowed == [True, True, False, False, False]


# --- rates ------------------------------------------------------------------------------------------------------------
def test_rate_on_a_day_is_the_one_in_force_then():
    university, manager = make_university(), make_manager()
    january, july = dt.date(2026, 1, 1), dt.date(2026, 7, 1)

    def agree(rate, starts_on, ends_before=None):
        return services.set_indirect_rate(
            university, base="total_direct", rate=Decimal(rate), starts_on=starts_on, ends_before=ends_before,
            actor=manager, at=NOON,
        )  # fmt: skip

    agree("0.25", january)
    agree("0.30", july, dt.date(2027, 1, 1))
    days = [dt.date(2025, 12, 31), january, dt.date(2026, 6, 30), july, dt.date(2027, 1, 1)]
    assert [queries.rate_on(university, day, "total_direct") for day in days] == [
        None,
        Decimal("0.25000"),
        Decimal("0.25000"),
        Decimal("0.30000"),
        None,
    ]
    assert queries.rate_on(university, july, "salaries") is None
    for starts_on in (january, july, dt.date(2026, 12, 31), dt.date(2025, 1, 1)):
        with pytest.raises(RateOverlap):
            agree("0.4", starts_on)
    with pytest.raises(InvalidInput):
        agree("1.51", dt.date(2030, 1, 1))


# --- bank details -----------------------------------------------------------------------------------------------------
def test_new_bank_details_are_used_after_a_second_person_and_the_cool_off():
    university = make_university()
    maker, checker = make_office(university, "Mia"), make_office(university, "Noor")
    account = enter_account(university, maker)
    assert (account.iban, queries.usable_account(university, NOON)) == ("NL91ABNA0417164300", None)
    with pytest.raises(OwnMatter):
        services.confirm_bank_account(account, actor=maker, at=NOON)
    confirmed = services.confirm_bank_account(account, actor=checker, at=NOON)
    assert confirmed.usable_from == NOON + COOL_OFF
    before, then = NOON + COOL_OFF - dt.timedelta(microseconds=1), NOON + COOL_OFF
    assert (queries.usable_account(university, before), queries.usable_account(university, then)) == (None, account)
    assert queries.usable_account(university, then, currency="USD") is None


def test_changed_bank_details_stop_payments_until_they_are_checked_and_old():
    university = make_university()
    maker, checker = make_office(university, "Mia"), make_office(university, "Noor")
    first = services.confirm_bank_account(enter_account(university, maker), actor=checker, at=NOON)
    at = NOON + 10 * DAY
    assert queries.usable_account(university, at) == first
    OfficeMember.objects.update(ends_at=at)  # whoever takes the office over can't keep the former people from hearing
    thief, helper = make_office(university, "Tom"), make_office(university, "Hal")
    change = enter_account(university, thief, at=at, iban="DE89 3704 0044 0532 0130 00", country="DE")
    assert queries.usable_account(university, at) is None
    with pytest.raises(ChangeWaiting):
        enter_account(university, helper, at=at)
    services.confirm_bank_account(change, actor=helper, at=at)
    first.refresh_from_db()
    assert (first.status, queries.usable_account(university, at + COOL_OFF - DAY)) == ("replaced", None)
    assert queries.usable_account(university, at + COOL_OFF) == change
    told = set(notices("bank_account_confirmed"))
    assert {maker.email, checker.email, thief.email, helper.email} == told
    assert BankAccount.objects.filter(status="confirmed").count() == 1


def test_rejected_bank_details_leave_the_former_ones_in_use():
    university = make_university()
    maker, checker = make_office(university, "Mia"), make_office(university, "Noor")
    first = services.confirm_bank_account(enter_account(university, maker), actor=checker, at=NOON)
    change = enter_account(university, maker, at=NOON + DAY)
    services.reject_bank_account(change, reason="Not our bank.", actor=checker, at=NOON + DAY)
    assert queries.usable_account(university, NOON + 10 * DAY) == first


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"iban": "NL91 ABNA 0417 1643 01"}, "iban"),
        ({"iban": ""}, "iban"),
        ({"iban": "", "account_number": "123"}, "iban"),
        ({"currency": "EUX"}, "currency"),
        ({"holder": "  "}, "holder"),
    ],
)
def test_bank_details_with_an_error_are_refused(facts, field):
    university = make_university()
    with pytest.raises(InvalidInput) as refusal:
        enter_account(university, make_office(university, "Mia"), **facts)
    assert (refusal.value.field, BankAccount.objects.count()) == (field, 0)


def test_bank_details_are_seen_by_the_office_finance_and_auditors_alone():
    university = make_university()
    account = enter_account(university, make_office(university, "Mia"))
    people = {
        "office": make_office(university, "Noor"),
        "finance": make_user("Fay", role="finance_officer"),
        "auditor": make_user("Aud", role="auditor"),
        "researcher": make_user("Rosa"),
        "programme": make_manager(),
        "administrator": make_user("Adam", role="administrator"),
        "other office": make_office(make_university("Other"), "Eve", signs=True),
    }
    Affiliation.objects.create(
        user=people["researcher"], university=university, status="confirmed", claimed_at=NOON, decided_at=NOON
    )
    seen = {who for who, person in people.items() if list(BankAccount.objects.visible_to(person)) == [account]}
    assert seen == {"office", "finance", "auditor"}
    audit = AuditEvent.objects.filter(verb="bank_account.entered").get()
    assert audit.after["number"] == "•••• 4300"


# --- the directory ----------------------------------------------------------------------------------------------------
def test_domain_of_another_university_is_refused():
    first, second = make_university("First", domains=("example.edu",)), make_university("Second")
    with pytest.raises(AlreadyListed) as refusal:
        services.add_domain(second, "EXAMPLE.edu", actor=None, at=NOON)
    assert refusal.value.data == {"university": str(first.pk)}


def test_ror_id_of_another_university_is_refused():
    make_university("First", ror_id="https://ror.org/03vek6s52")
    with pytest.raises(AlreadyListed):
        make_university("Second", ror_id="03vek6s52")


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"country": "ZZ"}, "country"), ({"name": " "}, "name"), ({"website": "javascript:1"}, "website")],
)
def test_university_with_an_error_is_refused(facts, field):
    with pytest.raises(InvalidInput) as refusal:
        services.create_university(**{"name": "X", "country": "NL", **facts}, actor=None, at=NOON)
    assert refusal.value.field == field


def test_proposed_university_is_seen_by_who_proposed_it_and_staff_until_it_is_listed():
    rosa, other, manager = make_user("Rosa"), make_user("Otto"), make_manager()
    proposed = services.propose_university(name="New School", country="NL", actor=rosa, at=NOON)

    def seen():
        return [
            University.objects.visible_to(person).filter(pk=proposed.pk).exists() for person in (rosa, other, manager)
        ]

    assert (seen(), proposed in University.objects.active()) == ([True, False, True], False)
    services.list_university(proposed, actor=manager, at=NOON)
    assert (seen(), notices("university_decided")) == ([True, True, True], [rosa.email])


def test_refused_university_ends_the_claims_on_it():
    rosa, manager = make_user("Rosa"), make_manager()
    proposed = services.propose_university(name="No School", country="NL", actor=rosa, at=NOON)
    claim = services.claim_affiliation(proposed, actor=rosa, at=NOON)
    services.refuse_university(proposed, reason="A company.", actor=manager, at=NOON)
    claim.refresh_from_db()
    assert claim.status == "ended"


def test_merge_keeps_people_office_names_and_domains_and_the_better_of_two_affiliations():
    manager = make_manager()
    old = make_university("Old Name", domains=("old.edu",), ror_id="03vek6s52")
    stays = make_university("University of New", domains=("new.edu",))
    both, only = make_user("both@old.edu", verified=True), make_user("Only")
    services.claim_affiliation(stays, actor=both, at=NOON)  # claimed there, confirmed here
    services.claim_affiliation(old, actor=both, at=NOON)
    services.claim_affiliation(old, actor=only, at=NOON)
    office = make_office(old, "Mia", signs=True)
    merged = services.merge(old, stays, reason="Renamed in 2020.", actor=manager, at=NOON + DAY)
    old.refresh_from_db()
    assert (old.status, old.merged_into, merged.ror_id) == ("merged", stays, "03vek6s52")
    assert sorted(Affiliation.objects.filter(university=stays).values_list("user__name", "status")) == [
        ("Both", "confirmed"),
        ("Both", "ended"),
        ("Only", "claimed"),
    ]
    assert queries.may_sign(office, stays)
    assert sorted(stays.domains.values_list("domain", flat=True)) == ["new.edu", "old.edu"]
    assert list(University.objects.active().search("old name")) == [stays]
    with pytest.raises(WrongState):
        services.merge(old, stays, actor=manager, at=NOON)
    with pytest.raises(MergeRefused):
        services.merge(stays, stays, actor=manager, at=NOON)


def test_merge_of_a_university_that_is_paid_is_refused():
    paid, stays = make_university("Paid"), make_university("Stays")
    enter_account(paid, make_office(paid, "Mia"))
    with pytest.raises(MergeRefused):
        services.merge(paid, stays, actor=make_manager(), at=NOON)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MUNCHEN technische", "Technische Universität München"),
        ("московский", "Московский государственный университет"),
        ("جامعه القاهره", None),
        ("جامعة القاهرة", "جامعة القاهرة"),
        ("清华", "清华大学"),
        ("清华 tsinghua", "清华大学"),
        ("mit.edu", "Massachusetts Institute of Technology"),
        ("cambridge mit", "Massachusetts Institute of Technology"),
    ],
)
def test_search_finds_a_university_in_any_script(text, found):
    make_university("Technische Universität München")
    make_university("Московский государственный университет")
    make_university("جامعة القاهرة")
    services.add_name(make_university("清华大学"), "Tsinghua University", actor=None, at=NOON)
    make_university("Massachusetts Institute of Technology", short_name="MIT", city="Cambridge", domains=("mit.edu",))
    names = [one.name for one in University.objects.active().search(text).best_first(text)]
    assert names == ([found] if found else [])


def test_best_first_puts_names_that_begin_with_the_text_before_others():
    for name in ("Northern Bath College", "Sabbath School", "Bath Spa University", "Bath College"):
        make_university(name)
    names = [one.name for one in University.objects.active().search("bath").best_first("bath")]
    assert names == ["Bath College", "Bath Spa University", "Northern Bath College", "Sabbath School"]


def test_families_follow_every_merge_however_long_the_chain(django_assert_num_queries):
    first, second, third, apart = (make_university(name) for name in ("First", "Second", "Third", "Apart"))
    for duplicate, into in ((first, second), (second, third)):
        University.objects.filter(pk=duplicate.pk).update(status="merged", merged_into=into)
    with django_assert_num_queries(1):
        found = queries.families([first.pk, apart.pk, None])
    assert found == {first.pk: third.pk, second.pk: third.pk, third.pk: third.pk, apart.pk: apart.pk}
    assert queries.families([]) == {}
