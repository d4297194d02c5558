import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.funds.stories import make_fund

pytestmark = pytest.mark.django_db


def test_verify_ledger_when_the_books_are_whole_says_so(capsys):
    make_fund()
    call_command("verify_ledger")
    assert capsys.readouterr().out == "1 funds verified: every entry and balance is as posted.\n"


def test_verify_ledger_when_a_balance_was_changed_names_it():
    fund = make_fund(700)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE funds_balance SET amount = 701 WHERE amount = 700")
        cursor.execute("SET session_replication_role = DEFAULT")
    with pytest.raises(CommandError, match=rf"^{fund.code}: Balance .* is kept as 701\.0000, its lines give 700\.0000"):
        call_command("verify_ledger")
