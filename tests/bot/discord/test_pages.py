"""Text in messages of Discord: torn where it hurts least, and no more than it was typed to be."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.discord.blocks import blocks
from bot.discord.marks import GAP, harmless, size, typed
from bot.discord.monospace import WIDTH, drawn, whole
from bot.discord.pages import FENCE, pages
from core.charts import Grid

PARTS = st.sampled_from(
    [
        *("word ", "longer words, ", "\n\n", "\n", "```sql\n", "```", "`", "# ", "- x\n", "~~~\n"),
        *(
            "| a | b |\n|---|---|\n",
            "| 1 | 2 |\n",
            "**bold** ",
            "👨\u200d👩\u200d👧",
            "日本語の長い文。",
        ),
        *("@everyone ", "x" * 900),
    ]
)


HELLO = "\u05e9\u05dc\u05d5\u05dd"


def grid(columns: Sequence[tuple[str, str]], *rows: Sequence[object], **more: object) -> Grid:
    fields = {"id": "g", "total": len(rows), "truncated": False} | more
    return Grid.model_validate({"columns": columns, "rows": rows, **fields})


def test_what_fits_is_one_message() -> None:
    assert pages("Revenue **rose**.\n\n- by 3 %") == ["Revenue **rose**.\n\n- by 3 %"]


def test_nothing_is_no_message() -> None:
    assert pages(" \n\n ") == []


def test_long_text_is_torn_at_paragraphs() -> None:
    paragraphs = [f"{number} " + "word " * 150 for number in range(6)]

    found = pages("\n\n".join(paragraphs))

    assert all(size(page) <= 2000 for page in found)
    assert [page[0] for page in found] == ["0", "2", "4"]
    assert " ".join(" ".join(found).split()) == " ".join(" ".join(paragraphs).split())


def test_a_long_paragraph_is_torn_at_the_end_of_a_sentence() -> None:
    found = pages("This is a sentence of a few words. " * 100)

    assert len(found) == 2
    assert found[0].endswith("few words.")
    assert found[1].startswith("This is")


def test_a_fence_that_fits_into_a_message_is_not_torn() -> None:
    code = "\n".join(f"select {number}" for number in range(100))

    found = pages("word " * 350 + f"\n\n```sql\n{code}\n```\n\nend")

    assert found[1].startswith("```sql\nselect 0\n")
    assert "select 99\n```" in found[1]


def test_a_longer_fence_is_closed_and_opened_again() -> None:
    lines = [f"select {number} from somewhere" for number in range(200)]

    found = pages("```sql\n" + "\n".join(lines) + "\n```")

    assert len(found) > 2
    assert all(page.startswith("```sql\n") and page.endswith(f"\n{FENCE}") for page in found)
    inside = [line for page in found for line in page.split("\n")[1:-1]]
    assert inside == lines


def test_a_fence_that_is_still_open_is_closed() -> None:
    assert pages("so far:\n```sql\nselect 1") == ["so far:\n```sql\nselect 1\n```"]


def test_a_fence_inside_of_a_fence_does_not_end_it() -> None:
    (page,) = pages("````md\n```\ninner\n```\n````\nafter")

    assert page.count(FENCE) == 2
    assert page.endswith("```\nafter")


def test_a_heading_stays_with_its_table() -> None:
    table = "\n".join(f"| {number} | word |" for number in range(60))

    found = pages("word " * 300 + f"\n\n**Title**\n| a | b |\n|---|---|\n{table}")

    assert found[1].startswith("**Title**\n```\n")


def test_a_table_of_markdown_stands_in_columns() -> None:
    (page,) = pages("| month | revenue |\n|---|--:|\n| 2025-01 | 9.50 |\n| 売上 | 1,000 |")

    lines = page.split("\n")
    assert lines[1] == "month    revenue"
    assert lines[3] == "2025-01     9.50"
    assert cell_len(lines[4]) == cell_len(lines[3])


def test_a_table_too_wide_for_columns_is_a_list() -> None:
    (page,) = pages(f"| a | b |\n|---|---|\n| {'x' * 50} | {'y' * 50} |")

    assert page == f"- a: {'x' * 50} · b: {'y' * 50}"


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, max_size=60).map("".join))
def test_no_message_is_too_long_and_every_fence_is_whole(text: str) -> None:
    found = pages(text)

    assert all(0 < size(page) <= 2000 for page in found)
    for page in found:
        assert len(re.findall(r"(?m)^```", page)) % 2 == 0, page
    words = re.findall(r"longer|bold|日本語", text)
    assert re.findall(r"longer|bold|日本語", "\n".join(found)) == words


@pytest.mark.parametrize("text", ["😀" * 40_000, "`" * 40_000, "```\n" * 9_000, "|" * 40_000])
def test_whatever_is_said_takes_no_time(text: str) -> None:
    assert all(size(page) <= 2000 for page in pages(text))


def test_a_family_is_not_torn_apart() -> None:
    found = pages("👨‍👩‍👧" * 600)

    assert all(page.startswith("👨") and page.endswith("👧") for page in found)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "@everyone",
            "@here",
            "<@123456789012345678>",
            "<@&123456789012345678>",
            "<#1234567890123>",
        ),
        *("<t:0:R>", "</ask:123456789012345678>", "<:smile:123456789012345678>", "<id:customize>"),
        *(
            "https://evil.example/?q=1",
            "[x](https://evil.example)",
            "discord.gg/abc",
            "a || b || c",
        ),
        *(">>> all of it", "steam://run/1"),
    ],
)
def test_what_would_lead_away_reads_as_it_was_typed(text: str) -> None:
    shown = harmless(text)

    assert shown.replace(GAP, "") == text
    assert text not in shown


def test_code_is_left_alone() -> None:
    code = "`select a || b from t where x = '@everyone'` and `` a`b <@1> ``"

    assert harmless(code) == code


def test_headings_too_deep_for_discord_are_bold() -> None:
    assert harmless("#### Why\ntext") == "**Why**\ntext"


@pytest.mark.parametrize(
    "text", ["#### " + "# " * 200_000 + "x", "\n" * 400_000 + "x", "```" + " " * 400_000 + "`"]
)
def test_what_a_stranger_wrote_is_walked_through_once(text: str) -> None:
    assert harmless(text)
    assert list(blocks(text))


def test_a_title_reads_as_it_was_typed() -> None:
    assert typed("2 * 3_x [a](b)") == r"2 \* 3\_x \[a\](b)"


def test_a_table_fits_into_its_width_and_gives_way_in_texts_first() -> None:
    columns = [("name", "text"), ("comment", "text"), ("revenue", "decimal")]
    table = drawn(grid(columns, ["Ann", "c" * 150, "1234567.5"]), room=1700)

    lines = table.text.split("\n")
    assert all(cell_len(line) <= WIDTH for line in lines)
    assert lines[2].startswith("Ann")
    assert lines[2].endswith("1,234,567.50")
    assert table.short


def test_columns_that_do_not_fit_are_left_out_and_counted() -> None:
    columns = [(f"column_{number}", "integer") for number in range(40)]

    table = drawn(grid(columns, [10**9] * 40), room=1700)

    assert 1 < table.columns < 40
    assert cell_len(table.text.split("\n")[2]) <= WIDTH


def test_rows_that_do_not_fit_are_left_out_and_counted() -> None:
    table = drawn(grid([("n", "integer")], *([each] for each in range(100))), room=30)

    assert 0 < table.rows < 15
    assert size(table.text) <= 30


def test_a_cell_ends_no_fence_and_turns_no_neighbour_around() -> None:
    table = drawn(grid([("a", "text"), ("b", "text")], ["```", "x"], [HELLO, "y\nz"]), room=500)

    assert FENCE not in table.text
    assert f"\u2068{HELLO}\u2069" in table.text
    assert table.text.count("\n") == 3


def test_wide_signs_keep_columns_straight() -> None:
    table = drawn(grid([("都市", "text"), ("n", "integer")], ["東京", 1], ["Rome", 22]), room=500)

    lines = table.text.split("\n")
    assert {cell_len(line) for line in lines} == {cell_len(lines[1])}


def test_nulls_and_truths_are_told_apart_from_nothing() -> None:
    table = drawn(grid([("a", "text"), ("b", "boolean")], [None, True], ["", False]), room=500)

    assert "NULL  true" in table.text
    assert "false" in table.text


def test_a_table_of_texts_is_whole_or_none() -> None:
    assert whole(["a"], [["x" * 200]]) is None
    assert whole(["a", "b"], []) == "a  b\n─  ─"
