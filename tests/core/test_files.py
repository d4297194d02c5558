"""What the bytes of a file show, whatever it is called."""

import io

import pytest

from core.files import CSV, PDF, TXT, sniffed


@pytest.mark.parametrize(
    "words",
    ["Notes.\n", "Guidance for those who want to apply: read it. appl", "BM is a name, too.\n", "naïve, ünïcode\n"],
)
def test_plain_text_is_text_whatever_signature_its_words_happen_to_hold(words: str):
    padded = words if "appl" not in words else " " * (60 - words.index("appl")) + words
    assert sniffed(io.BytesIO(padded.encode()), (PDF, TXT)) == TXT
    assert sniffed(io.BytesIO(padded.encode()), (CSV,)) == CSV


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7\nplain",
        b"{\\rtf1 words}",
        b"words with a \x01 control character",
        b"words with a \0",
        b"\xff\xfe\x00\xd8broken",
    ],
)
def test_what_is_another_format_or_no_text_is_not_taken_for_text(content: bytes):
    assert sniffed(io.BytesIO(content), (TXT,)) is None
