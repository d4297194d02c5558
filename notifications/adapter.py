"""Mail about accounts (confirm an address, reset a password) goes through the outbox like all other."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from core.clock import server_now
from core.models import uuid7
from notifications.services import queue_notice


class OutboxAccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue what allauth wants to say; a mail server that is down delays it and loses nothing.

        Its links lead to this site's own address, whatever host name the request claimed to come to. The text is secret:
        whoever read it could take the account over.
        """
        request = allauth_context.request  # not every caller puts it into the mail's own context
        context = {name: _at_home(value, request) for name, value in context.items()}
        subject = render_to_string(f"{template_prefix}_subject.txt", context, request=request)
        body = render_to_string(f"{template_prefix}_message.txt", context, request=request)
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
                secret=True,
            )


def _at_home(value: Any, request: HttpRequest | None) -> Any:
    """An address that allauth made of the request's host, made of ours."""
    if request is None or not isinstance(value, str):
        return value
    claimed = request.build_absolute_uri("/")
    return f"{settings.SITE_URL}/{value.removeprefix(claimed)}" if value.startswith(claimed) else value
