"""What accounts and the sign-in report is written down here; imported once, when all apps are there."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.db import transaction

from accounts import acts
from accounts.models import User
from audit.services import record
from core.clock import server_now


def record_act(act: acts.Act) -> None:
    record(act.actor, act.verb, act.target, at=act.at, subject=act.subject, before=act.before, after=act.after)


def _signed(verb: str, user: User, **after: Any) -> None:
    with transaction.atomic():
        record(user, verb, user, at=server_now(), after=after)


def signed_in(user: User, **_more: Any) -> None:
    _signed("user.signed_in", user)


def password_changed(user: User, **_more: Any) -> None:
    _signed("user.password_changed", user)


def password_reset(user: User, **_more: Any) -> None:
    _signed("user.password_reset", user)


def email_confirmed(email_address: Any, **_more: Any) -> None:
    _signed("user.email_confirmed", email_address.user, email=email_address.email)


def email_changed(user: User, from_email_address: Any, to_email_address: Any, **_more: Any) -> None:
    if from_email_address is None or from_email_address.email == to_email_address.email:
        return  # the first address of an account: its sign-up says so
    with transaction.atomic():
        before, after = {"email": from_email_address.email}, {"email": to_email_address.email}
        record(user, "user.email_changed", user, at=server_now(), before=before, after=after)


def factor_added(user: User, authenticator: Any, **_more: Any) -> None:
    _signed("user.second_factor_added", user, kind=str(authenticator.type))


def factor_removed(user: User, authenticator: Any, **_more: Any) -> None:
    _signed("user.second_factor_removed", user, kind=str(authenticator.type))


def codes_made(user: User, **_more: Any) -> None:
    _signed("user.recovery_codes_made", user)


acts.on_act(record_act)
for signal, receiver in (
    (account_signals.user_logged_in, signed_in),
    (account_signals.password_changed, password_changed),
    (account_signals.password_reset, password_reset),
    (account_signals.email_confirmed, email_confirmed),
    (account_signals.email_changed, email_changed),
    (mfa_signals.authenticator_added, factor_added),
    (mfa_signals.authenticator_removed, factor_removed),
    (mfa_signals.authenticator_reset, codes_made),
):
    signal.connect(receiver, dispatch_uid=f"audit.{receiver.__name__}")
