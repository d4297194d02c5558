"""Text as people send it: made storable without losing a word, and counted as the page counts it."""

from django.utils.translation import gettext as _

from core.errors import InvalidInput

LONGEST = 200_000


def clean_text(value: object, *, field: str | None = None, longest: int = LONGEST) -> str:
    """`value` with one kind of line break and without what no database row can hold (NUL, half characters).

    Refuses what is no text, and text of more than `longest` characters. Blanks at the ends stay: whoever is typing a
    sentence is not interrupted.
    """
    if not isinstance(value, str):
        raise InvalidInput(_("This must be text."), field=field)
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    text = text.encode("utf-8", "ignore").decode("utf-8")
    if len(text) > longest:
        raise InvalidInput(_("This is longer than %(most)s characters.") % {"most": f"{longest:,}"}, field=field)
    return text


def clean_line(value: object, *, field: str | None = None, longest: int) -> str:
    """`value` as one line without blanks at its ends."""
    return " ".join(clean_text(value, field=field, longest=longest).split())


def given_reason(value: object, ask: str, *, field: str = "reason", longest: int = 4_000) -> str:
    """The reason that an act needs, cleaned; where there is none, `ask` says what to write."""
    text = clean_text(value, field=field, longest=longest).strip()
    if not text:
        raise InvalidInput(ask, field=field)
    return text


def count_words(text: str) -> int:
    return len(text.split())
