"""Text on its way to Slack and from it: whole, within bounds, and only words."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import Button, Card, Choice, FieldKind, Form, FormField, Menu
from bot.slack import forms, markdown, words
from bot.slack.blocks import posts
from bot.slack.harmless import GAP, harmless, settled
from bot.slack.parts import cut, parts, seam
from bot.slack.tables import tabled
from core.charts import grid
from tests.bot.slack.platform.blocks import Surface, check
from tests.bot.slack.platform.modals import checked_view
from tests.bot.slack.platform.payloads import WEIGHT, one_table
from tests.bot.slack.platform.prose import weight

SIGNS = [
    "<",
    "@",
    "!",
    "&",
    "lt;",
    "]",
    "(",
    "[",
    ":",
    "/",
    "www",
    ".",
    "w",
    "\n",
    "# ",
    "- ",
    "1. ",
]
SIGNS += [
    "```\n",
    "```sql\n",
    "~~~",
    "`",
    "**",
    "_",
    "> ",
    "|a|b|\n|-|-|\n",
    "日本",
    "👩‍👩‍👧",
    "\u0627",
    " ",
    "x" * 40,
]
ODD = st.lists(st.sampled_from(SIGNS), max_size=200).map("".join)


def shown(blocks: list[dict[str, Any]]) -> str:
    """Return all text of rich text."""
    return "".join(_texts(blocks))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [each for inner in value.values() for each in _texts(inner)]
    return [each for inner in value for each in _texts(inner)] if isinstance(value, list) else []


@given(ODD)
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_is_taken_as_blocks(text: str) -> None:
    card = Card(title=text[:100] or None, text=text * 20, notes=(text,))

    for post in posts(card, {}):
        assert not check(post.blocks, Surface.MESSAGE)
        assert weight(post.blocks) <= WEIGHT
        assert post.text
        one_table(post.blocks, [])


@given(ODD, st.integers(100, 400))
@settings(max_examples=100, deadline=None)
def test_a_text_in_parts_is_the_same_text(text: str, most: int) -> None:
    found = list(parts(text, most))

    assert all(len(each) <= most for each in found)
    bare = text.replace("`", "").replace("~", "").replace("sql", "")
    again = "".join(found).replace("`", "").replace("~", "").replace("sql", "")
    assert again.split() == bare.split() or "".join(again.split()) == "".join(bare.split())


@given(ODD)
@settings(max_examples=100, deadline=None)
def test_what_was_sent_of_a_text_that_grows_stays_what_it_is(text: str) -> None:
    whole = harmless(text)

    assert whole.replace(GAP, "") == text
    for end in range(0, len(text), 7):
        sent = harmless(text[: settled(text[:end])])
        assert whole.startswith(sent)


def test_markdown_becomes_rich_text() -> None:
    (block,) = markdown.blocks(
        "# Title\nSome **bold _both_** `code <b>`\n\n- a\n  1. b\n\n> quoted\n\n"
        "```sql\nSELECT 1\n```"
    )
    section, bullets, numbers, quote, code = block["elements"]

    assert section["elements"][0] == {"type": "text", "text": "Title", "style": {"bold": True}}
    assert {"bold": True, "italic": True} in [each.get("style") for each in section["elements"]]
    assert section["elements"][-1] == {"type": "text", "text": "code <b>", "style": {"code": True}}
    assert (bullets["style"], bullets["indent"]) == ("bullet", 0)
    assert (numbers["style"], numbers["indent"]) == ("ordered", 1)
    assert quote["type"] == "rich_text_quote"
    assert code["elements"][0]["text"] == "SELECT 1"


def test_a_table_among_words_stands_in_letters_of_one_width_or_row_by_row() -> None:
    narrow = shown(markdown.blocks("| a | b |\n|---|--:|\n| 日本 | 1 |"))
    wide = shown(markdown.blocks(f"| a | b |\n|---|---|\n| {'x' * 90} | {'y' * 90} |"))

    assert narrow == "a     b\n────  ─\n日本  1"
    assert wide.startswith(f"a: {'x' * 90}\nb: ")


def test_long_lists_go_on_counting() -> None:
    text = "\n".join(f"{at}. {'word ' * 40}" for at in range(1, 60))
    lists = [each for block in markdown.blocks(text) for each in block["elements"]]

    assert len(lists) > 1
    count = 0
    for each in lists:
        assert each.get("offset", 0) == count
        count += len(each["elements"])
    assert count == 59


def test_a_cut_is_made_between_paragraphs_and_closes_what_is_open() -> None:
    assert cut("a b\n\nc d e f g h", 12).at == 5
    place = cut("```py\n" + "x = 1\n" * 40, 100)
    assert (place.close, place.reopen) == ("\n```", "```py\n")
    assert seam("```\nhalf").close == "\n```"
    assert seam("whole").close == ""


def test_a_table_shows_its_head_and_says_so() -> None:
    columns = [(f"column {at}", "text") for at in range(30)]
    wide = tabled(grid(columns, [["x" * 300] * 30 for _ in range(100)], total=500))
    small = tabled(grid([("n", "integer"), ("who", "text")], [[1234, None], [5, ""]]))
    empty = tabled(grid([("n", "integer")], []))

    assert wide.block is not None
    assert not check([wide.block], Surface.MESSAGE)
    assert "of 500 rows" in wide.note
    assert "20 of 30 columns" in wide.note
    assert small.block is not None
    cells = [[cell["text"] for cell in row] for row in small.block["rows"]]
    assert cells == [["n", "who"], ["1,234", "NULL"], ["5", " "]]
    assert small.note == ""
    assert empty.block is None


def test_controls_and_forms_are_taken() -> None:
    choices = tuple(Choice(label=f"Choice {at}", value=str(at)) for at in range(25))
    controls = (
        tuple(Button(label="B" * 75, press=f"run:{at}") for at in range(25)),
        (Menu(label="Which?", press="pick:1", choices=(*choices[:24], choices[0])),),
    )
    (post,) = posts(Card(text="x", controls=controls), {})
    form = Form(
        press="run:1",
        title="A title of 24 characters",
        text="**What** <!channel>",
        fields=(
            FormField(name="a", label="A", hint="such as 1", problem="That is none."),
            FormField(name="b", label="B", kind=FieldKind.LINES, value="x" * 4_000),
            FormField(name="c", label="C", kind=FieldKind.CHOICE, choices=choices, value="3"),
            FormField(name="d", label="D", kind=FieldKind.CHOICE),
        ),
    )

    assert not check(post.blocks, Surface.MESSAGE)
    view = checked_view(forms.view(form, {"channel": "C1"}))
    assert forms.kept(view) == {"channel": "C1", "press": "run:1"}
    assert forms.errors(form) == {"a": "That is none."}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("<@UBOT> how many?", "how many?"),
        ("<@UBOT|trellis>:  how  many <@U1>?", ": how many @Ada?"),
        ("in <#C1|sales> and <#C2>", "in #sales and #C2"),
        ("<!here> <!subteam^S1|@devs> <!date^1^{date}|Feb 1>", "@here @devs Feb 1"),
        (
            "<https://a.test/x?a=1&amp;b=2> <http://b.test|b.test>",
            "https://a.test/x?a=1&b=2 b.test",
        ),
        ("<mailto:a@b.test|a@b.test> 1 &lt; 2 &amp;amp; 3", "a@b.test 1 < 2 &amp; 3"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_what_slack_marks_is_read_as_its_writer_meant_it(said: str, read: str) -> None:
    assert words.written(said, "UBOT", {"U1": "Ada"}) == read
