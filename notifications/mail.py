"""A notice as a mail: plain text, and the same as simple HTML that a phone can show.

What people typed is in these texts. It never becomes a header, markup or a link: everything that a mail program would make
into one is broken by an invisible joiner. The only link is the notice's own page; in a `secret` text, written by us
alone, also the addresses of this site.
"""

import re
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from notifications.models import Notice

JOINER = "\N{WORD JOINER}"
# An address of a person stays whole so that it can be copied; schemes and dots before a domain's end are parted.
_RISKY = re.compile(r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?P<scheme>:)//|(?<=\w)(?P<dot>\.)(?=[^\W\d_]{2,})")


def unlinked(text: str) -> str:
    """`text` reading the same, with nothing in it that a mail program takes for a web address."""
    return _RISKY.sub(_part, text)


def _part(found: re.Match[str]) -> str:
    if found["mail"]:
        return found[0]
    return f":{JOINER}//" if found["scheme"] else f"{JOINER}."


def compose(notice: Notice) -> EmailMultiAlternatives:
    url = f"{settings.SITE_URL}{notice.path}" if notice.path else ""
    pieces = _pieces(notice.body, own_links=notice.secret)
    text = "".join(words for words, _is_link in pieces).strip()
    message = EmailMultiAlternatives(
        notice.subject,
        f"{text}\n\n{url}\n" if url else f"{text}\n",
        to=[notice.address],
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )
    context = {
        "subject": notice.subject,
        "paragraphs": _paragraphs(pieces),
        "url": url,
        "site": parseaddr(settings.DEFAULT_FROM_EMAIL)[0],
        "site_url": settings.SITE_URL,
    }
    message.attach_alternative(render_to_string("notifications/mail.html", context), "text/html")
    return message


def _pieces(body: str, *, own_links: bool) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a link of ours."""
    if not own_links:
        return [(unlinked(body), False)]
    own = re.compile(rf"({re.escape(settings.SITE_URL)}/\S*)")
    parts = own.split(body)
    return [(part, True) if n % 2 else (unlinked(part), False) for n, part in enumerate(parts)]


def _paragraphs(pieces: list[tuple[str, bool]]) -> list[SafeString]:
    html = "".join(
        format_html('<a href="{}">{}</a>', words, words) if is_link else conditional_escape(words)
        for words, is_link in pieces
    )
    parts = [part.strip() for part in re.split(r"\r?\n\s*\n", html) if part.strip()]
    lines = [[(mark_safe(line),) for line in part.splitlines()] for part in parts]  # noqa: S308 - escaped above
    return [format_html_join(mark_safe("<br>"), "{}", rows) for rows in lines]
