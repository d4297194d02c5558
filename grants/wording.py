"""Two texts beside each other: what is in one alone is marked."""

import re
from difflib import SequenceMatcher

from django.utils.html import format_html
from django.utils.safestring import SafeString

MOST = 6_000  # characters of each: beyond, the comparison would take longer than anybody reads
_PARTS = re.compile(r"\s+|[^\s]+")


def side_by_side(one: str, other: str) -> tuple[SafeString, SafeString]:
    """Both, word by word, with what the other has not in a mark. Everything in them is escaped."""
    mine, theirs = _PARTS.findall(one[:MOST]), _PARTS.findall(other[:MOST])
    blocks = SequenceMatcher(None, mine, theirs, autojunk=True).get_opcodes()
    left, right = SafeString(""), SafeString("")
    for what, a, b, c, d in blocks:
        left += _piece(mine[a:b], marked=what != "equal")
        right += _piece(theirs[c:d], marked=what != "equal")
    return left + _rest(one), right + _rest(other)


def _piece(words: list[str], *, marked: bool) -> SafeString:
    text = "".join(words)
    if not text.strip() or not marked:
        return format_html("{}", text)
    return format_html("<mark>{}</mark>", text)


def _rest(text: str) -> SafeString:
    return format_html("{}", text[MOST:])
