"""What the makers of the world share: when it is, who is in it, and dice that fall the same way each time."""

import datetime as dt
import random
from dataclasses import dataclass, field

from accounts.models import User
from alliance.models import Member
from funds.models import Fund, FundYear
from grants.models import Call, Programme
from reviews.models import RubricVersion
from universities.models import University

SEED = 20260101


@dataclass
class Scene:
    """`now` is the instant at which the world ends; everything else is told from there."""

    now: dt.datetime
    dice: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - the same world each time
    staff: dict[str, User] = field(default_factory=dict)
    board: list[User] = field(default_factory=list)
    universities: list[University] = field(default_factory=list)
    signers: dict[University, User] = field(default_factory=dict)
    clerks: dict[University, User] = field(default_factory=dict)
    researchers: dict[University, list[User]] = field(default_factory=dict)
    reviewers: list[User] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    programmes: dict[str, Programme] = field(default_factory=dict)
    rubric: RubricVersion | None = None
    calls: dict[str, Call] = field(default_factory=dict)
    fund: Fund | None = None
    years: list[FundYear] = field(default_factory=list)

    def ago(self, days: float, hour: int = 10) -> dt.datetime:
        """So many days before the end of the world (negative: after it), at that hour."""
        day = self.now - dt.timedelta(days=days)
        return day.replace(hour=hour, minute=0, second=0, microsecond=0)

    def later(self, at: dt.datetime, days: float) -> dt.datetime:
        """`at` and some days and minutes on, but never after the end of the world."""
        return min(at + dt.timedelta(days=days, minutes=self.dice.randint(0, 400)), self.now)

    @property
    def yardstick(self) -> RubricVersion:
        assert self.rubric is not None
        return self.rubric

    @property
    def money(self) -> Fund:
        assert self.fund is not None
        return self.fund
