"""A mail server in every mood, and a kind of deadline whose debtors a test can name."""

import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from accounts.models import User
from notifications import registry


class Moody:
    """Accepts, or answers DATA with `answer`; keeps what it accepted. `stop` and `start` take it down and up again."""

    def __init__(self, port: int) -> None:
        self.answer, self.mails, self.port = "250 OK", [], port
        self.refused: set[str] = set()
        self.controller = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer == "drop":
            session.transport = None
            server.transport.abort()
            return "421 gone"
        if self.answer.startswith("250"):
            self.mails.append(envelope.content.decode())
        return self.answer

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
        self.controller = None


@pytest.fixture
def smtp(settings) -> Iterator[Moody]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    moody = Moody(port)
    moody.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield moody
    moody.stop()


class Debtors:
    """Who owes a deadline of the kind "test.due": whoever a test adds, and no longer once it takes them out."""

    def __init__(self) -> None:
        self.keys: set[object] = set()

    def of(self, _deadline):
        return User.objects.filter(pk__in=list(self.keys))

    def add(self, *people: User) -> None:
        self.keys |= {person.pk for person in people}

    def remove(self, *people: User) -> None:
        self.keys -= {person.pk for person in people}


@pytest.fixture
def debtors(monkeypatch) -> Debtors:
    known = Debtors()
    kind = registry.Kind(key="test.due", label="Tests", who_owes=known.of)
    monkeypatch.setitem(registry._kinds, "test.due", kind)
    return known
