"""Programs sign in with a token: `Authorization: Bearer alf_…`. They may what the token's owner may at that moment.

The header is never sent by a browser of its own accord, so these requests need no CSRF token; sessions do as always.
"""

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.services import live_token
from core.clock import server_now

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """None where no token was sent: the session may answer then. A token that opens nothing is refused at once.

        Unknown, revoked, expired, and of a closed account are one answer: it tells nobody which.
        """
        scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = live_token(secret.strip(), server_now())
        if token is None:
            raise AuthenticationFailed(_("This token does not open anything: it is unknown, revoked or expired."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="api"'


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": _("A token from your profile page.")}
