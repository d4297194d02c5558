"""How many notices a person has not read: asked on every page, so it is one bounded count over a partial index."""

import datetime as dt

from accounts.models import User
from notifications.models import inbox

MOST = 99


def unread_label(user: User, at: dt.datetime) -> str:
    """`""`, `7`, `99+`."""
    count = inbox(user, at).unread().order_by()[: MOST + 1].count()
    return f"{MOST}+" if count > MOST else str(count or "")
