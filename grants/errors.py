"""What calls and proposals refuse."""

import datetime as dt

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import DomainError, InvalidInput, WrongState


class CallNotOpen(WrongState):
    """The call takes nothing now: not yet, no more, or at all."""

    code = "call_not_open"


class ByInvitation(WrongState):
    """A full proposal of a two-stage call, without an invitation of one's own."""

    code = "by_invitation"


class NotPicked(WrongState):
    """The call takes only so many proposals of a university, and its office has not picked this one."""

    code = "not_picked"


class PlacesTaken(WrongState):
    """All places that a call gives a university are taken."""

    code = "places_taken"

    def __init__(self, university: str, most: int) -> None:
        words = ngettext(
            "The only place of %(university)s is taken. Take it back first.",
            "All %(n)d places of %(university)s are taken. Take one back first.",
            most,
        )
        super().__init__(words % {"university": university, "n": most}, places=most)


class TooLate(DomainError):
    """Fully received at or after the deadline's instant. The message names both instants."""

    code = "too_late"

    def __init__(self, deadline: dt.datetime, received: dt.datetime, *, what: str) -> None:
        super().__init__(
            _("Too late: %(what)s until %(deadline)s (UTC), and this was received at %(received)s (UTC).")
            % {"what": what, "deadline": instant(deadline), "received": instant(received)},
            deadline=deadline.isoformat(),
            received=received.isoformat(),
        )


class Frozen(WrongState):
    """The text was handed in: nothing of it changes until it is returned or taken back."""

    code = "frozen"


class Incomplete(InvalidInput):
    """Something stops handing in; `data` lists every finding with its place."""

    code = "incomplete"


def instant(moment: dt.datetime) -> str:
    """To the millisecond, in UTC: near a deadline the second is too coarse."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
