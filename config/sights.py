"""The screens in the world of this process's database: who looks at each, and where it is. Needs Django set up."""

import dataclasses
import io
import json
import re
import sys
from collections.abc import Iterator

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from config.navigation import standing
from config.screens import SCREENS, Sight

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def sign_ins() -> dict[str, User]:
    """Those in the table of sign-ins, in its order, by address."""
    table = io.StringIO()
    call_command("demo_signins", stdout=table)
    emails = dict.fromkeys(EMAIL.findall(table.getvalue()))
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    return {email: people[email] for email in emails if email in people}


def sights(people: dict[str, User], sessions: dict[str, str]) -> Iterator[Sight]:
    """Each screen, with the first person who has its role."""
    for screen in SCREENS:
        if not screen.role:
            yield Sight(screen.name, "public", "", screen.path(None), "")
            continue
        user = next(user for user in people.values() if screen.role in standing(user))
        yield Sight(screen.name, screen.role, user.email, screen.path(user), sessions[user.email])


def session_of(user: User) -> str:
    """A session as signing in would make it, without the form."""
    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def tell() -> None:
    """As JSON, for the process with the browser."""
    people = sign_ins()
    sessions = {email: session_of(user) for email, user in people.items()}
    found = [dataclasses.asdict(sight) for sight in sights(people, sessions)]
    json.dump({"sights": found, "sessions": sessions}, sys.stdout)
