"""What models and rows write is shown as text: nothing of it runs, loads or leads away."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.page.cells import LONGEST, cell
from api.page.text import Growing, written
from core.sheets.written import sheet

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[go](javascript:alert(1))",
    "[go](https://evil.test/?q=secret)",
    "![](https://evil.test/?q=secret)",
    "<https://evil.test>",
    "[a]: https://evil.test\n\n[a]",
    "<a href='https://evil.test'>x</a>",
    '```"><img src=x onerror=alert(1)>\ncode\n```',
    "| <b>x</b> | y |\n|---|---|\n| <i onclick=a()> | ![](//evil.test) |",
    "&#60;script&#62;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_link_no_image_no_html_comes_of_markdown(text: str) -> None:
    html = str(written(text)).lower()

    for sign in ("<script", "<img", "<a ", "<b>", "<i ", 'src="', 'onerror=alert(1)>"'):
        assert sign not in html


def test_markdown_that_is_harmless_is_shown() -> None:
    html = str(written("# Big\n\n**7** of `x`\n\n- a\n- b\n\n| m | n |\n|---|--:|\n| 1 | 2 |"))

    for sign in (
        "<h3>Big</h3>",
        "<strong>7</strong>",
        "<code>x</code>",
        "<li>a</li>",
        "<td>1</td>",
        '<td class="right">2</td>',
    ):
        assert sign in html
    assert "style" not in html


@given(st.lists(st.text(alphabet="ab*`#|-\n\r 1.>_<", max_size=12), max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_text_that_grows_comes_to_what_it_would_have_been(pieces: list[str]) -> None:
    growing, done, tail = Growing(), "", ""
    for piece in pieces:
        growing.say(piece)
        grown = growing.grown()
        if grown is not None:
            done, tail = done + grown.add, grown.tail
    # Blocks are finished one by one, so what stands between them may differ, but no word does.
    whole = str(written("".join(pieces)))
    assert _letters(done + tail) == _letters(whole)
    assert "<script" not in done + tail


def _letters(html: str) -> str:
    return "".join(sign for sign in re.sub(r"<[^>]*>", "", html) if sign in "ab1")


def test_what_is_finished_is_rendered_once() -> None:
    growing = Growing()
    growing.say("One.\n\nTwo")
    first = growing.grown()
    growing.say(", and more.\n\n```\ncode")
    second = growing.grown()

    assert first is not None
    assert second is not None
    assert (first.add, first.tail) == ("<p>One.</p>\n", "<p>Two</p>\n")
    assert second.add == "<p>Two, and more.</p>\n"
    assert "<pre><code>code" in second.tail
    assert growing.grown() is None


def test_a_paragraph_without_an_end_is_not_sent_again_for_every_word() -> None:
    growing, sent = Growing(), 0
    for _each in range(4000):
        growing.say("fifty characters of a paragraph that has no end...")
        grown = growing.grown()
        sent += 0 if grown is None else len(grown.tail)

    assert sent < 20 * 4000 * 50


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "NULL"),
        (True, "true"),
        (0, "0"),
        (1.5, "1.5"),
        ("", ""),
        ("山田", "山田"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
    ],
)
def test_a_value_is_shown_as_it_is(value: object, shown: str) -> None:
    assert cell(value).text == shown
    assert cell(value).null is (value is None)


def test_a_long_value_is_folded_and_a_very_long_one_cut() -> None:
    folded, cut = cell("x" * 500), cell("y" * (LONGEST + 7))

    assert len(folded.text) < 200
    assert folded.rest == "x" * 500
    assert (len(cut.rest), cut.left) == (LONGEST, 7)


def test_a_spreadsheet_computes_nothing_of_a_csv() -> None:
    columns = [("=name", "text"), ("n", "decimal")]
    rows: list[list[object]] = [
        ["=1+1", "-12.5"],
        ["@x", None],
        ["-a", 3],
        ['quo"ted,\nline', -1],
        ["山田", 0.5],
    ]

    assert sheet(columns, rows) == (
        "\ufeff'=name,n\r\n'=1+1,-12.5\r\n'@x,\r\n'-a,3\r\n\"quo\"\"ted,\nline\",-1\r\n山田,0.5\r\n"
    )
