"""Times on a wall clock and what they mean, over every change of every zone's clocks (row D2)."""

import datetime as dt
import itertools
import zoneinfo
from functools import cache

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from grants.zones import ANYWHERE, instant_at, instant_of, is_shown_twice, is_skipped, later_by_days, place, wall_of

HOUR, MINUTE, SECOND, DAY = (dt.timedelta(**{unit: 1}) for unit in ("hours", "minutes", "seconds", "days"))
BEGIN, YEARS = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 5
ZONES = sorted(zoneinfo.available_timezones())


@cache
def changes() -> list[tuple[str, dt.datetime, dt.timedelta]]:
    """(zone, instant, by how much) of every change of the clocks of every zone in five years."""
    found = []
    for zone in ZONES:
        there = zoneinfo.ZoneInfo(zone)
        days = [BEGIN + DAY * n for n in range(YEARS * 365 + 2)]
        offsets = [day.astimezone(there).utcoffset() or dt.timedelta() for day in days]
        for (day, before), after in zip(zip(days, offsets, strict=True), offsets[1:], strict=False):
            if before == after:
                continue
            low, high = day, day + DAY
            while high - low > SECOND:
                middle = low + dt.timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if middle.astimezone(there).utcoffset() == before else (low, middle)
            found.append((zone, high, after - before))
    return found


def test_every_zone_whose_clocks_change_is_looked_at_for_five_years():
    zones = {zone for zone, _at, _by in changes()}
    assert {
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Casablanca",
    } <= zones
    berlin = [at for zone, at, _by in changes() if zone == "Europe/Berlin"]
    assert (len(berlin), berlin[0]) == (2 * YEARS, dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC))
    assert len(changes()) >= len(zones) * 2 * (YEARS - 1)


def test_skipped_time_is_refused_and_its_first_valid_instant_is_the_change_itself():
    forward = [(zone, at, by) for zone, at, by in changes() if by > dt.timedelta()]
    wrong = []
    for zone, at, by in forward:
        after = wall_of(at, zone)
        for wall in (after - by, after - by / 2, after - SECOND):
            refused = False
            try:
                instant_of(wall, zone)
            except ValidationError:
                refused = True
            if not refused or not is_skipped(wall, zone) or instant_at(wall, zone) != at:
                wrong.append((zone, at, wall))
        there = (after - by - SECOND, after)
        wrong += [
            (zone, at, one) for one in there if is_skipped(one, zone) or wall_of(instant_of(one, zone), zone) != one
        ]
    assert (len(forward) > 500, wrong) == (True, [])


def test_time_shown_twice_means_the_second_for_a_deadline_and_the_first_for_an_opening():
    back = [(zone, at, -by) for zone, at, by in changes() if by < dt.timedelta()]
    wrong = []
    for zone, at, by in back:
        first_again = wall_of(at, zone)
        for wall in (first_again, first_again + by / 2, first_again + by - SECOND):
            closes, opens = instant_of(wall, zone), instant_of(wall, zone, opening=True)
            if not is_shown_twice(wall, zone) or closes - opens != by or not opens < at <= closes:
                wrong.append((zone, at, wall))
        once = (first_again - SECOND, first_again + by)
        wrong += [
            (zone, at, one)
            for one in once
            if is_shown_twice(one, zone) or instant_of(one, zone) != instant_of(one, zone, opening=True)
        ]
    assert (len(back) > 500, wrong) == (True, [])


@pytest.mark.parametrize("opening", [True, False])
def test_no_deadline_comes_twice_and_none_is_missed_around_any_change(opening: bool):
    """Each later time on the wall is a later instant, and that instant shows the time that was typed."""
    wrong = []
    for zone, at, _by in changes():
        walls = [wall_of(at, zone) + 20 * MINUTE * n for n in range(-9, 10)]
        there = [wall for wall in walls if not is_skipped(wall, zone)]
        instants = [instant_of(wall, zone, opening=opening) for wall in there]
        if any(one >= other for one, other in itertools.pairwise(instants)):
            wrong.append((zone, at, "order"))
        if [wall_of(one, zone) for one in instants] != there:
            wrong.append((zone, at, "shown"))
    assert wrong == []


MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2046, 1, 1)).map(lambda one: one.replace(microsecond=0))


@given(wall=MOMENTS, zone=st.sampled_from(ZONES))
@settings(max_examples=400, deadline=None)
def test_any_time_in_any_zone_means_one_instant_that_shows_it_or_is_skipped(wall: dt.datetime, zone: str):
    instant = instant_at(wall, zone)
    if is_skipped(wall, zone):
        assert wall_of(instant - SECOND, zone) < wall < wall_of(instant, zone)
    else:
        assert wall_of(instant, zone) == wall
        assert not instant_at(wall, zone, opening=True) > instant


@given(wall=MOMENTS, zone=st.sampled_from(ZONES), days=st.integers(0, 400))
@settings(max_examples=400, deadline=None)
def test_later_by_days_keeps_the_hour_wherever_the_clocks_change(wall: dt.datetime, zone: str, days: int):
    begun = instant_at(wall, zone)
    later = later_by_days(begun, zone, days)
    kept = wall_of(begun, zone) + DAY * days
    assert wall_of(later, zone) == kept or is_skipped(kept, zone)
    assert later >= begun


def test_anywhere_on_earth_is_the_last_place_where_a_day_ends():
    midnight = dt.datetime(2027, 4, 1)
    ends = {zone: instant_of(midnight, zone) for zone in ZONES}
    assert ends[ANYWHERE] == max(ends.values()) == dt.datetime(2027, 4, 1, 12, tzinfo=dt.UTC)
    assert place(ANYWHERE) == "the last place on Earth (UTC−12)"


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_year_that_no_plan_means_is_refused(year: int):
    with pytest.raises(ValidationError):
        instant_of(dt.datetime(year, 12, 31, 23, 59), "Pacific/Kiritimati")


def test_refusal_says_when_the_first_time_after_is():
    with pytest.raises(ValidationError) as refused:
        instant_of(dt.datetime(2027, 3, 28, 2, 30), "Europe/Berlin")
    assert refused.value.messages == [
        "In Europe/Berlin the clocks go forward over this time: it does not exist. The first after it is 03:00."
    ]
