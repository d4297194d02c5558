"""`manage.py demo_signins`: whom one can sign in as in the demo world, and what there is to see."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from demo.world.people import PASSWORD

TABLE = (
    ("Researcher", "researcher@northmoor.example", "writes proposals, reports"),
    ("Research office", "office@northmoor.example", "signs proposals and awards"),
    ("Research office, 2nd", "grants@northmoor.example", "asks for payments"),
    ("Reviewer", "reviewer@larkfield.example", "has reviews to write"),
    ("Programme officer", "officer@alliance.example", "runs calls; has one conflict"),
    ("Deputy officer", "deputy@alliance.example", "sees what the officer may not"),
    ("Finance officer", "finance@alliance.example", "checks payments"),
    ("Finance approver", "approver@alliance.example", "releases them"),
    ("Board, chair", "chair@alliance.example", "has a slate to vote on"),
    ("Member's representative", "member@alliance.example", "its pledge and its share"),
    ("Auditor", "auditor@alliance.example", "reads everything, changes nothing"),
    ("Administrator", "admin@alliance.example", "people, roles, the audit trail"),
)


class Command(BaseCommand):
    help = "Print the table of sign-ins of the demo world."

    def handle(self, *args: Any, **options: Any) -> None:
        there = set(
            User.objects.filter(email__in=[email for _who, email, _what in TABLE]).values_list("email", flat=True)
        )
        self.stdout.write(f"Sign in as (the password of all is  {PASSWORD} ):\n")
        for who, email, what in TABLE:
            if email in there:
                self.stdout.write(f"  {who:<24} {email:<30} {what}")
