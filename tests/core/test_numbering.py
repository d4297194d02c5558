"""Numbers go on past the last that has four digits."""

import datetime as dt

import pytest

from awards.models import Slate
from core.numbering import next_number
from tests.awards.stories import make_recommended, make_slate

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def test_next_number_after_the_ten_thousandth_is_the_one_after_it():
    slate = make_slate(make_recommended())
    for number in ("SL-2026-9999", "SL-2026-10000"):
        Slate.objects.create(number=number, fund=slate.fund, call=slate.call, title="x", created_at=AT)
    assert next_number(Slate, "SL", AT) == "SL-2026-10001"
