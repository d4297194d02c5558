"""The browser that tests and screens use does show text: without fonts a page is blank, and other tests still pass."""

import hashlib

WORDS = ("iiiiiiii", "WWWWWWWW", "Alliance")


def test_text_when_a_page_shows_it_is_drawn_with_a_real_font(page):
    spans = "".join(f'<span id="w{n}" style="font:40px sans-serif">{word}</span><br>' for n, word in enumerate(WORDS))
    page.set_content(spans)
    widths = [page.evaluate(f"document.getElementById('w{n}').getBoundingClientRect().width") for n in range(3)]

    narrow, wide, _ = widths
    assert 0 < narrow < wide / 2  # boxes for missing glyphs are all of one width
    pictures = {hashlib.sha256(page.locator(f"#w{n}").screenshot()).hexdigest() for n in range(3)}
    assert len(pictures) == 3
