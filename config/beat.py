"""What the scheduler wakes, and how often. Every task is safe to run twice, late, or by two."""

from typing import Any

EVERY = {  # seconds
    "deliver-notices": ("notifications.deliver_due", 15.0),
    "plan-reminders": ("notifications.plan_reminders", 60.0),
    "sweep-stale-leases": ("notifications.sweep_leases", 60.0),
    "run-exports": ("reports.run_exports", 15.0),
    "sweep-exports": ("reports.sweep_exports", 3600.0),
    "decide-resolutions": ("alliance.decide_due", 60.0),
    "activate-awards": ("awards.activate_due", 3600.0),
    "run-institution-imports": ("universities.run_imports", 10.0),
    "confirm-affiliations-by-address": ("universities.confirm_by_address", 60.0),
    "open-and-close-calls": ("grants.open_and_close", 30.0),
    "follow-zone-rules": ("grants.follow_zone_rules", 3600.0),
    "run-proposal-imports": ("grants.run_imports", 10.0),
    "find-likenesses": ("grants.find_likenesses", 600.0),
}
SCHEDULE: dict[str, dict[str, Any]] = {
    # A tick that nobody took in time is worthless: the next one does the same.
    name: {"task": task, "schedule": seconds, "options": {"expires": 300}}
    for name, (task, seconds) in EVERY.items()
}
