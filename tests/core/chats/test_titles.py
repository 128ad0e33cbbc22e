"""What a chat is called, and the head of what was said in it."""

import pytest

from core.chats.titles import LONGEST, PREVIEW, UNTITLED, preview_of, title_of

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Monthly revenue for 2025?", "Monthly revenue for 2025?"),
        ("  two   spaces\tand a tab ", "two spaces and a tab"),
        ("\n\n  the first line\nthe second", "the first line"),
        ("# Heading\ntext", "Heading"),
        ("- a point\n- another", "a point"),
        ("> quoted", "quoted"),
        ("**Bold** and `code`", "Bold and code"),
        ("see [the table](https://e.test/x?y=1) here", "see the table here"),
        ("```sql\nSELECT 1\n```", "SELECT 1"),
        ("Why does this fail?\n```sql\nSELECT 1\n```", "Why does this fail?"),
        ("***\n???\nreally", "really"),
        ("売上を月ごとに見せて", "売上を月ごとに見せて"),
        ("👋", "👋"),
        ("\x07bell\x00", "bell"),
        ("???", UNTITLED),
        ("", UNTITLED),
    ],
)
def test_a_title_is_the_first_line_that_tells_something(question: str, title: str) -> None:
    assert title_of(question) == title


def test_a_long_title_ends_between_words() -> None:
    title = title_of("How many orders did customers from " + "Rest of Europe and " * 20)

    assert len(title) <= LONGEST
    assert title.endswith("…")
    assert title.removesuffix("…").split()[-1] in {"Rest", "of", "Europe", "and"}


@pytest.mark.parametrize("sign", ["長", FAMILY, FLAG, "e\u0301", "👍🏽", "x"])
@pytest.mark.parametrize("shift", range(9))
def test_a_long_title_without_words_is_cut_between_signs(sign: str, shift: int) -> None:
    title = title_of("a" * shift + sign * 200).removesuffix("…")

    assert LONGEST // 2 - 1 <= len(title) < LONGEST
    assert title[shift:] == sign * (len(title[shift:]) // len(sign))


def test_a_preview_is_one_line() -> None:
    assert preview_of("**Monthly revenue**\n\n- 12 rows\n") == "Monthly revenue 12 rows"
    assert len(preview_of("word " * 1000)) <= PREVIEW
    assert preview_of("") == ""


def test_a_preview_takes_nothing_that_works_out_of_code() -> None:
    said = (
        "```\n<!channel> <https://evil.test/?q=1|a> ![x](<https://evil.test/p.png>) @everyone\n```"
    )

    preview = preview_of(said)
    assert preview == "< !channel> evil.test/?q=1|a x @\u200beveryone"
    assert preview_of("```sql\nSELECT a < b, 'x' FROM t\n```") == "SELECT a < b, 'x' FROM t"


def test_a_title_of_a_hostile_text_takes_no_time() -> None:
    for part in ("[", "![](", "**", "`", "- ", "\u200d", "a\n"):
        assert len(title_of(part * 20_000)) <= LONGEST
        assert len(preview_of(part * 20_000)) <= PREVIEW
