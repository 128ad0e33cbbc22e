"""Rich text: sections, lists, quotes and code, and what stands in a line.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from tests.bot.slack.platform.shapes import (
    Check,
    anything,
    array,
    boolean,
    by_type,
    integer,
    members,
    one_of,
    words,
)

FLAGS = ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink")
STYLE = members(dict.fromkeys(FLAGS, boolean))


def leaf(fields: dict[str, Check], *required: str) -> Check:
    """Return a check for what stands in a line."""
    return members({"type": anything, "style": STYLE, **fields}, required)


LINE = by_type(
    {
        "text": leaf({"text": words(least=1)}, "text"),
        "link": leaf({"url": words(least=1), "text": words(), "unsafe": boolean}, "url"),
        "user": leaf({"user_id": words(least=1)}, "user_id"),
        "usergroup": leaf({"usergroup_id": words(least=1)}, "usergroup_id"),
        "team": leaf({"team_id": words(least=1)}, "team_id"),
        "channel": leaf({"channel_id": words(least=1)}, "channel_id"),
        "emoji": leaf(
            {"name": words(least=1), "unicode": words(least=1), "skin_tone": integer(1, 6)}, "name"
        ),
        "broadcast": leaf({"range": one_of("here", "channel", "everyone")}, "range"),
        "color": leaf({"value": words(least=1)}, "value"),
        "date": leaf(
            {
                "timestamp": integer(),
                "format": words(least=1),
                "url": words(least=1),
                "fallback": words(),
            },
            "timestamp",
            "format",
        ),
    }
)
"""A text must have a character at least: «must be more than 0 characters»."""

SECTION = members({"type": anything, "elements": array(LINE)}, ("elements",))
PART = by_type(
    {
        "rich_text_section": SECTION,
        "rich_text_preformatted": members(
            {
                "type": anything,
                "elements": array(LINE),
                "border": integer(0, 1),
                "language": words(least=1),
            },
            ("elements",),
        ),
        "rich_text_quote": members(
            {"type": anything, "elements": array(LINE), "border": integer(0, 1)}, ("elements",)
        ),
        "rich_text_list": members(
            {
                "type": anything,
                "elements": array(by_type({"rich_text_section": SECTION}), least=1),
                "style": one_of("bullet", "ordered"),
                "indent": integer(0, 8),
                "offset": integer(0),
                "border": integer(0, 1),
            },
            ("elements", "style"),
        ),
    }
)
RICH_TEXT_FIELDS: dict[str, Check] = {"type": anything, "elements": array(PART)}
RICH_TEXT_CELL = members(RICH_TEXT_FIELDS, ("elements",))
"""A rich text within a cell; it has no block_id of its own."""
