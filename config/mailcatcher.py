"""A mail server that delivers to nobody: it keeps each message as a file and shows them on a page. For the demo and tests.

`python -m config.mailcatcher --smtp 1025 --http 8025 --keep var/mail`. Listens on this machine only, unless --bind says
otherwise (in a container); the page is shown at the name localhost alone.
"""

import argparse
import datetime as dt
import email
import email.policy
import json
import re
import signal
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HERE = "127.0.0.1"
NEWEST = 500  # messages shown in the list; every message stays on disk and in /messages.json
LARGEST = 30 * 1024 * 1024
LINK = re.compile(r"https?://[^\s<>\"']+")
STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 1rem; } p.quiet, td.quiet, dt { color: GrayText; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .45rem .6rem .45rem 0; text-align: left; vertical-align: top; }
tr + tr > * { border-top: 1px solid color-mix(in srgb, GrayText 30%, transparent); }
td, dd { overflow-wrap: anywhere; } td.quiet { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; padding: 1rem; border: 1px solid color-mix(in srgb, GrayText 40%, transparent); border-radius: .5rem; }
@media (max-width: 40rem) { th { display: none; } td { display: block; padding: .1rem 0; border: 0 !important; } tr { display: block; padding: .6rem 0; } }
"""


@dataclass(frozen=True)
class Message:
    """What a page or a test asks of a message. `at` is the catcher's clock, ISO 8601, UTC."""

    id: str
    at: str
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str


class Mailbox:
    """The messages, oldest first, each one a file in `folder` from before the sender is told that it was taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._messages = [self._read(path) for path in sorted(folder.glob("*.eml"))]

    def __iter__(self) -> Iterator[Message]:
        with self._lock:
            return iter(list(self._messages))

    def add(self, content: bytes, sender: str, to: list[str]) -> None:
        now = dt.datetime.now(dt.UTC)
        name = f"{now:%Y%m%dT%H%M%S.%f}Z-{uuid.uuid4().hex[:8]}"
        envelope = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(to)}\r\n".encode()
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(envelope + content)
        path = unfinished.rename(self.folder / f"{name}.eml")
        with self._lock:
            self._messages.append(self._read(path))

    @staticmethod
    def _read(path: Path) -> Message:
        parsed = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
        at = dt.datetime.strptime(path.name.split("Z-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=dt.UTC)
        return Message(
            id=path.stem,
            at=at.isoformat(),
            sender=str(parsed["X-Envelope-From"]),
            to=str(parsed["X-Envelope-To"]).split(", "),
            subject=str(parsed["Subject"] or ""),
            text=_body(parsed, "plain"),
            html=_body(parsed, "html"),
        )


def _body(parsed: EmailMessage, kind: str) -> str:
    """The message's text of this kind, or nothing: a message that can't be decoded must not hide the others."""
    part = parsed.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return "(This part can't be decoded.)"


class Taker:
    """The SMTP side: whatever comes in is kept, for any address."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self.mailbox.add(content, envelope.mail_from or "", list(envelope.rcpt_tos))
        return "250 Kept, delivered to nobody"


def page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/style.css">'
        f"</head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def linked(text: str) -> str:
    """Text for a page: everything escaped, addresses of the web made links."""
    parts, end = [], 0
    for match in LINK.finditer(text):
        address = escape(match.group())
        parts += [escape(text[end : match.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def list_page(messages: list[Message]) -> str:
    rows = "".join(
        f'<tr><td class="quiet">{escape(message.at[:19].replace("T", " "))}</td><td>{escape(", ".join(message.to))}</td>'
        f'<td><a href="/messages/{escape(message.id)}">{escape(message.subject or "(no subject)")}</a></td></tr>'
        for message in reversed(messages[-NEWEST:])
    )
    if not rows:
        return page("Mail of the demo", '<p class="quiet">No message yet. What the site sends arrives here.</p>')
    count = f"{len(messages)} messages, newest first; times are UTC. None of them left this machine."
    head = "<tr><th>Time</th><th>To</th><th>Subject</th></tr>"
    return page("Mail of the demo", f'<p class="quiet">{count}</p><table>{head}{rows}</table>')


def message_page(message: Message) -> str:
    facts = {"From": message.sender, "To": ", ".join(message.to), "Time": f"{message.at[:19].replace('T', ' ')} UTC"}
    head = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    body = f"<pre>{linked(message.text or message.html)}</pre>"
    return page(message.subject or "(no subject)", f'<p><a href="/">All messages</a></p><dl>{head}</dl>{body}')


class Pages(BaseHTTPRequestHandler):
    """The web side: `/`, `/messages/ID`, `/messages.json` (`?to=ADDRESS` narrows the first and the last)."""

    mailbox: Mailbox
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in {"localhost", HERE}:  # a web page elsewhere that made its name point here reads nothing
            return self._answer(403, "text/plain", "Ask for localhost.")
        address = urlsplit(self.path)
        wanted = parse_qs(address.query).get("to", [])
        messages = [message for message in self.mailbox if not wanted or set(wanted) & set(message.to)]
        if address.path == "/":
            return self._answer(200, "text/html", list_page(messages))
        if address.path == "/messages.json":
            return self._answer(200, "application/json", json.dumps([asdict(message) for message in messages]))
        if address.path == "/style.css":
            return self._answer(200, "text/css", STYLE)
        for message in messages:
            if address.path == f"/messages/{message.id}":
                return self._answer(200, "text/html", message_page(message))
        return self._answer(404, "text/html", page("Not found", '<p><a href="/">All messages</a></p>'))

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
        """Quiet: a page that is looked at is no news."""


def serve(*, smtp: int, http: int, keep: Path, bind: str = HERE) -> None:
    """Take mail and show it until SIGTERM or Ctrl-C."""
    mailbox = Mailbox(keep)
    handler = type("PagesOfMailbox", (Pages,), {"mailbox": mailbox})
    web = ThreadingHTTPServer((bind, http), handler)
    taker = Controller(Taker(mailbox), hostname=bind, port=smtp, data_size_limit=LARGEST, enable_SMTPUTF8=True)
    taker.start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=web.shutdown).start())
    try:
        web.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        taker.stop()
        web.server_close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="config.mailcatcher", description="Keep mail, deliver none.")
    parser.add_argument("--smtp", type=int, default=1025)
    parser.add_argument("--http", type=int, default=8025)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--bind", default=HERE)
    options = parser.parse_args(arguments)
    serve(smtp=options.smtp, http=options.http, keep=options.keep, bind=options.bind)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
