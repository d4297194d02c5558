"""The pages of the money: figures that lead to their lines, past days, a new fund, a reversal, and constant queries."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Role
from core.lists import ListPage
from funds import services
from funds.lists import ACCOUNTS, ENTRIES, FUNDS, LINES
from funds.models import Entry, Fund
from tests.funds.stories import NOON, funded, make_award, make_fund, make_user, year_of
from tests.funds.test_rules import with_role

pytestmark = pytest.mark.django_db
NEXT_DAY = NOON + dt.timedelta(days=1)


def story() -> Fund:
    """600 appropriated and 100 committed on 1 March 2026, 40 more committed the day after."""
    fund = make_fund(1000, 1000)
    funded(fund, 600)
    award = make_award(fund)
    services.commit(award, {year_of(fund): Decimal(100)}, text="First", actor=None, at=NOON)
    services.commit(award, {year_of(fund): Decimal(40)}, text="Second", actor=None, at=NEXT_DAY)
    return fund


def shown(rf, user, spec, query=""):
    request = rf.get(f"/x/?{query}")
    request.user = user
    return ListPage(spec, request)


@pytest.mark.parametrize(
    ("query", "free", "committed"), [("", "460.00", "140.00"), ("as_of=2026-03-01", "500.00", "100.00")]
)
def test_fund_page_when_drawn_for_a_day_then_figures_are_those_of_that_day(client, query, free, committed):
    fund = story()
    client.force_login(with_role(Role.AUDITOR))
    answer = client.get(f"{reverse('funds:fund', args=[fund.code])}?{query}")
    row = answer.context["rows"][0]
    assert answer.status_code == 200
    assert [f"{row.figures[n].amount:.2f}" for n in (1, 2)] == [free, committed]
    followed = client.get(row.figures[2].url)
    assert (followed.status_code, followed.context["page"].query.totals["credit"]) == (
        200,
        [(Decimal(committed), "USD")],
    )


def test_fund_page_when_the_board_reads_it_then_no_figure_leads_to_entries(client):
    fund = story()
    client.force_login(with_role(Role.PROGRAMME_OFFICER))
    page = client.get(reverse("funds:fund", args=[fund.code])).content.decode()
    assert ("/ledger/lines/" in page, "/ledger/entries/" in page, "First" in page) == (False, False, False)


@pytest.mark.parametrize("query", ["as_of=2999-01-01", "as_of=yesterday"])
def test_fund_page_when_the_day_can_not_be_used_then_it_shows_no_figure(client, query):
    fund = story()
    client.force_login(with_role(Role.AUDITOR))
    answer = client.get(f"{reverse('funds:fund', args=[fund.code])}?{query}")
    assert (answer.status_code, "rows" in answer.context, "as_of" in answer.context["form"].errors) == (
        400,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("name", "args"),
    [("fund_list", []), ("fund", ["af"]), ("ledger", []), ("lines", []), ("accounts", ["af"]), ("create", [])],
)
def test_pages_when_somebody_without_a_part_in_the_money_asks_are_closed(client, name, args):
    story()
    client.force_login(make_user("Nobody Special"))
    assert client.get(reverse(f"funds:{name}", args=args)).status_code == (404 if name == "fund" else 403)
    client.force_login(with_role(Role.ADMINISTRATOR))
    assert client.get(reverse(f"funds:{name}", args=args)).status_code == 200


@pytest.mark.parametrize(("spec", "queries"), [(ENTRIES, 5), (LINES, 5), (ACCOUNTS, 4), (FUNDS, 3)])
def test_lists_when_there_are_more_rows_then_no_more_queries(rf, django_assert_num_queries, spec, queries):
    user = with_role(Role.AUDITOR)
    make_fund(code="one")
    for rows in range(2):
        if rows:
            story()
            make_fund(code="three")
        user.__dict__.pop("roles", None)
        with django_assert_num_queries(queries):
            page = shown(rf, user, spec)
            assert (len(page.rows) > 0, page.foot is not None, [str(f) for f in page.filter_fields] != []) == (
                True,
            ) * 3


def test_ledger_when_filtered_then_entries_of_that_award_year_and_event(rf):
    fund, user = story(), with_role(Role.AUDITOR)
    second_year = year_of(fund, 2)

    def texts(query: str) -> list[str]:
        return [row.values["words"] for row in shown(rf, user, ENTRIES, query).rows]

    assert texts("award=aw-1") == ["Second", "First"]
    assert texts("award=aw-1&as_of=2026-03-01") == ["First"]
    assert texts("event=appropriation") == ["Appropriation"]
    assert texts(f"year={second_year.pk}") == ["Ceilings of Alliance Fund"]
    assert texts("effective_after=2026-03-02") == ["Second"]
    assert texts("fund=af&q=contrib") == ["Contribution"]


def test_ledger_as_of_a_day_before_the_reversal_then_the_entry_stands(rf):
    fund, user = make_fund(), with_role(Role.AUDITOR)
    entry = services.appropriate(year_of(fund), Decimal(10), text="x", actor=None, at=NOON)
    services.reverse(entry, reason="Wrong", actor=make_user("Bob Example"), at=NEXT_DAY)

    def standing(query: str) -> list[str | None]:
        return [row.values["reversed"] for row in shown(rf, user, ENTRIES, query).rows]

    assert (standing(""), standing("as_of=2026-03-01")) == (["reversal", "reversed", None], [None, None])


def test_trial_balance_when_drawn_for_any_day_then_debits_equal_credits(client):
    fund = story()
    client.force_login(with_role(Role.AUDITOR))
    for query, moved in (("", 3940), ("?as_of=2026-03-01", 3900), ("?as_of=2026-02-01", None)):
        page = client.get(reverse("funds:accounts", args=[fund.code]) + query).context["page"]
        sums = {key: [amount for amount, _currency in pairs] for key, pairs in page.query.totals.items()}
        assert (sums["debits"], len(page.rows)) == (sums["credits"], 12)
        assert sums["debits"] == [moved or 0]


# --- an entry ---------------------------------------------------------------------------------------------------------
def test_entry_page_when_a_colleague_reverses_then_both_entries_say_so(client):
    fund = make_fund()
    entry = services.appropriate(year_of(fund), Decimal(10), text="x", actor=make_user(), at=NOON)
    client.force_login(with_role(Role.FINANCE_APPROVER))
    answer = client.post(reverse("funds:reverse", args=[entry.pk]), {"reason": "Wrong year"}, follow=True)
    made = Entry.objects.get(reverses=entry)
    assert (answer.context["entry"], made.text) == (made, "Reverses #2: Wrong year")
    page = client.get(reverse("funds:entry", args=[entry.pk])).content.decode()
    assert ("This entry was reversed" in page, 'id="reverse"' in page) == (True, False)


def test_entry_page_when_the_reason_is_missing_then_it_asks_again(client):
    entry = services.appropriate(year_of(make_fund()), Decimal(10), text="x", actor=make_user(), at=NOON)
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:reverse", args=[entry.pk]), {"reason": " "})
    assert (answer.status_code, Entry.objects.filter(reverses=entry).exists()) == (422, False)


def test_entry_page_when_the_money_has_moved_on_then_the_refusal_stands_in_the_form(client):
    fund = make_fund()
    entry = services.appropriate(year_of(fund), Decimal(10), text="x", actor=make_user(), at=NOON)
    services.commit(make_award(fund), {year_of(fund): Decimal(10)}, text="x", actor=None, at=NOON)
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:reverse", args=[entry.pk]), {"reason": "Wrong year"})
    assert (answer.status_code, "Wrong year" in answer.content.decode()) == (422, True)
    assert "There is not enough money" in answer.content.decode()


def test_reverse_when_an_auditor_or_the_poster_asks_is_refused_with_the_reason(client):
    ada = with_role(Role.FINANCE_OFFICER, "Ada Example")
    entry = services.appropriate(year_of(make_fund()), Decimal(10), text="x", actor=ada, at=NOON)
    for user in (ada, with_role(Role.AUDITOR)):
        client.force_login(user)
        assert client.post(reverse("funds:reverse", args=[entry.pk]), {"reason": "No"}).status_code == 403
    client.force_login(make_user("Nobody Special"))
    assert client.post(reverse("funds:reverse", args=[entry.pk]), {"reason": "No"}).status_code == 404


# --- a new fund -------------------------------------------------------------------------------------------------------
def typed(**changes: str) -> dict[str, str]:
    rows = {"years-TOTAL_FORMS": "3", "years-INITIAL_FORMS": "0"}
    for n, ceiling in enumerate(("60,000,000", "40,000,000.50", "")):
        rows |= {f"years-{n}-starts_on": f"{2027 + n}-07-01", f"years-{n}-ceiling": ceiling}
    return {"name": "Open Models", "code": "open-models", "currency": "usd", **rows, **changes}


def test_create_when_filled_in_then_the_fund_has_its_years_and_their_sum(client):
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:create"), typed())
    fund = Fund.objects.get()
    assert (answer.url, fund.total, fund.currency) == ("/funds/open-models/", Decimal("100000000.50"), "USD")
    assert [(year.starts_on.year, year.ends_before.isoformat(), year.label) for year in fund.years.all()] == [
        (2027, "2028-07-01", "2027/28"),
        (2028, "2029-07-01", "2028/29"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"years-1-ceiling": "forty"}, "Write the amount like"),
        ({"years-1-ceiling": "", "years-2-ceiling": "5"}, "Give this year a ceiling"),
        ({"years-1-starts_on": ""}, "Say when this year starts."),
        ({"years-1-starts_on": "2026-01-01"}, "starts after the one before it has ended"),
        ({"currency": "JPY"}, "JPY has 0 decimals at most."),
        ({"currency": "xyz"}, "This is not a currency"),
        ({"code": "ledger"}, "This code can&#x27;t be used."),
        ({"years-0-ceiling": "", "years-1-ceiling": ""}, "at least one year"),
        ({"years-TOTAL_FORMS": "99"}, "Open Models"),
    ],
)
def test_create_when_something_is_wrong_then_it_says_so_and_keeps_what_was_typed(client, changes, words):
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:create"), typed(**changes))
    page = answer.content.decode()
    assert (answer.status_code, Fund.objects.exists(), words in page) == (422, False, True)
    assert 'value="Open Models"' in page
    assert (
        f'value="{typed(**changes)["years-0-ceiling"]}"' in page or "value" not in typed(**changes)["years-0-ceiling"]
    )


def test_create_when_one_more_year_is_asked_for_then_a_row_is_added_and_nothing_lost(client):
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:create"), typed(one_more="1", **{"years-1-ceiling": "forty"}))
    page = answer.content.decode()
    assert (answer.status_code, len(answer.context["years"].forms), Fund.objects.exists()) == (200, 4, False)
    assert [text in page for text in ('value="forty"', 'value="2027-07-01"', 'value="Open Models"')] == [True] * 3
    assert (answer.context["total"], answer.context["count"]) == (Decimal(60_000_000), 1)


def test_ceilings_sum_when_asked_while_typing_then_it_adds_what_can_be_read(client):
    client.force_login(with_role(Role.FINANCE_OFFICER))
    answer = client.post(reverse("funds:ceilings_sum"), typed(**{"years-2-ceiling": "nonsense"}))
    assert "100,000,000.50" in answer.content.decode()
