"""Mail about accounts (confirm an address, reset a password) goes through the outbox like all other."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from core.clock import server_now
from core.models import uuid7
from notifications.services import queue_notice


class OutboxAccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue what allauth wants to say; a mail server that is down delays it and loses nothing."""
        context = {**context, **_at_our_address(context), "site_url": settings.SITE_URL}
        subject = render_to_string(f"{template_prefix}_subject.txt", context, request=context.get("request"))
        body = render_to_string(f"{template_prefix}_message.txt", context, request=context.get("request"))
        user = context.get("user")
        with transaction.atomic():
            queue_notice(
                kind="account",
                key=f"account:{uuid7()}",
                subject=subject,
                body=body,
                at=server_now(),
                recipient=user if isinstance(user, User) and user.email == email else None,
                address=email,
            )


def _at_our_address(context: dict[str, Any]) -> dict[str, str]:
    """The links in it lead to SITE_URL, whatever host the request named: who asks for a mail must not aim its links."""
    links = {name: urlsplit(value) for name, value in context.items() if name.endswith("_url") and value}
    return {name: settings.SITE_URL + urlunsplit(("", "", *parts[2:])) for name, parts in links.items()}
