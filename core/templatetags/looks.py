"""How each state looks: a tone (a colour role of tokens.css) and an icon, one table for every kind of thing."""

from typing import NamedTuple


class Look(NamedTuple):
    """`tone`: neutral, info, accent, success, warning, danger or ended. Colour never says anything that words don't."""

    tone: str
    icon: str


LOOKS = {
    # calls
    "draft": Look("neutral", "pencil"),
    "published": Look("info", "speakerphone"),
    "open": Look("success", "door-enter"),
    "closed": Look("neutral", "lock"),
    "in_review": Look("accent", "eye"),
    "decided": Look("accent", "gavel"),
    "archived": Look("ended", "archive"),
    "cancelled": Look("ended", "x"),
    "paused": Look("warning", "player-pause"),
    "to_answer": Look("warning", "message-question"),
    "answered": Look("success", "message-check"),
    # proposals
    "awaiting_sign_off": Look("warning", "writing-sign"),
    "awaiting_signoff": Look("warning", "writing-sign"),
    "submitted": Look("info", "send"),
    "eligible": Look("success", "circle-check"),
    "ineligible": Look("danger", "ban"),
    "under_review": Look("accent", "eye"),
    "recommended": Look("success", "thumb-up"),
    "not_recommended": Look("neutral", "thumb-down"),
    "awarded": Look("success", "award"),
    "declined": Look("ended", "circle-x"),
    "reserve_list": Look("warning", "list-numbers"),
    "reserve": Look("warning", "list-numbers"),
    "withdrawn": Look("ended", "arrow-back-up"),
    "returned": Look("warning", "arrow-back-up"),
    "returned_for_correction": Look("warning", "arrow-back-up"),
    # reviews
    "invited": Look("info", "mail"),
    "assigned": Look("info", "user-check"),
    "accepted": Look("success", "check"),
    "reopened": Look("warning", "refresh"),
    "final": Look("success", "checks"),
    "recused": Look("danger", "user-x"),
    # awards
    "offered": Look("info", "mail-opened"),
    "active": Look("success", "player-play"),
    "suspended": Look("warning", "player-pause"),
    "closing": Look("accent", "hourglass-low"),
    "terminated": Look("danger", "hand-stop"),
    # payments
    "planned": Look("neutral", "calendar"),
    "requested": Look("info", "cash-register"),
    "approved": Look("accent", "check"),
    "batched": Look("accent", "stack-2"),
    "released": Look("accent", "stack-2"),
    "sent": Look("accent", "send"),
    "settled": Look("success", "checks"),
    "failed": Look("danger", "alert-triangle"),
    "rejected": Look("danger", "circle-x"),
    "blocked": Look("danger", "lock"),
    # reports, jobs, notices
    "due": Look("warning", "clock"),
    "overdue": Look("danger", "clock-exclamation"),
    "waiting": Look("neutral", "hourglass"),
    "running": Look("info", "loader"),
    "done": Look("success", "check"),
    "queued": Look("neutral", "hourglass"),
    "scheduled": Look("info", "calendar-clock"),
    "delivered": Look("success", "checks"),
    "sending": Look("info", "loader"),
    "unknown": Look("warning", "help-circle"),
    "deferred": Look("warning", "hourglass"),
    "unreachable": Look("warning", "plug-connected-x"),
    "broken": Look("danger", "file-broken"),
    "passed": Look("ended", "circle-off"),
    "skipped": Look("ended", "player-skip-forward"),
    # governance, people, checks by a second person
    "proposed": Look("info", "file-description"),
    "voting": Look("accent", "checkbox"),
    "adopted": Look("success", "gavel"),
    "lost": Look("ended", "circle-x"),
    "pledged": Look("info", "heart-handshake"),
    "received": Look("success", "coins"),
    "pending": Look("warning", "hourglass"),
    "confirmed": Look("success", "circle-check"),
    "claimed": Look("warning", "hourglass"),
    "listed": Look("success", "circle-check"),
    "merged": Look("ended", "arrow-merge"),
    "refused": Look("danger", "circle-x"),
    "entered": Look("warning", "hourglass"),
    "picked": Look("success", "circle-check"),
    "not_picked": Look("ended", "circle-x"),
    "replaced": Look("ended", "replace"),
    "verified": Look("success", "shield-check"),
    "unverified": Look("warning", "shield-question"),
    "checked": Look("success", "shield-check"),
    "unchecked": Look("warning", "shield-question"),
    "revoked": Look("ended", "ban"),
    "in_force": Look("success", "clock-check"),
    "over": Look("ended", "clock-off"),
    "ended": Look("ended", "circle-off"),
    "inactive": Look("ended", "circle-off"),
}
