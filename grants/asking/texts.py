"""Questions answered in words: a line, paragraphs, or paragraphs with a little Markdown."""

from typing import Any

from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.prose import prose
from core.text import clean_text, count_words
from grants.asking.base import Manner, Problem, over, plain
from grants.asking.specs import Asked


class Text(Manner):
    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        return "" if value is None else clean_text(value, field=asked.key)

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:  # noqa: ARG002
        text, found = plain(value), []
        if asked.words and (count := count_words(text)) > asked.words:
            words = _("“%(question)s” has %(count)s words; at most %(most)s are allowed.")
            found.append(over(_counted(words, asked, count, asked.words)))
        if asked.characters and len(text) > asked.characters:
            words = _("“%(question)s” has %(count)s characters; at most %(most)s are allowed.")
            found.append(over(_counted(words, asked, len(text), asked.characters)))
        return found

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:  # noqa: ARG002
        return mark_safe(linebreaks(plain(value), autoescape=True))  # noqa: S308  (escaped by linebreaks)


class Rich(Text):
    """Markdown as it was typed; shown through `core.prose`, which lets nothing harmful through."""

    def html(self, asked: Asked, value: Any, currency: str) -> SafeString:  # noqa: ARG002
        return prose(plain(value))


def _counted(words: str, asked: Asked, count: int, most: int) -> str:
    return words % {"question": asked.label, "count": f"{count:,}", "most": f"{most:,}"}
