"""Threads, whispers and modals as Slack draws them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.bot.pictures.paper import WIDTH, markdown, page, picture, tag, text
from tests.bot.slack.platform import Message, Person, SlackPlatform, View

Json = dict[str, Any]

STYLE = f"""
* {{ box-sizing: border-box }}
body {{ margin: 0; width: {WIDTH}px; padding: 12px 0; background: #fff; color: #1d1c1d;
  font: 15px/22px Lato, "Noto Sans", "Noto Sans CJK JP", "Noto Sans Arabic", "Noto Sans Hebrew",
  "Noto Color Emoji", sans-serif }}
.message {{ display: flex; gap: 10px; padding: 8px 20px }}
.whisper {{ background: #f8f8f8 }}
.face {{ width: 36px; height: 36px; border-radius: 8px; flex: none; color: #fff; text-align: center;
  line-height: 36px; font-weight: 900; background: #4a7fb5 }}
.app {{ background: #2f7d6b }}
.body {{ min-width: 0; flex: 1 }}
.name {{ font-weight: 900 }}
.badge {{ font-size: 10px; background: #ddd; border-radius: 2px; padding: 1px 3px; color: #616061;
  margin-left: 4px; vertical-align: 1px }}
.at, .eye {{ font-size: 12px; color: #616061; margin-left: 6px }}
.eye {{ display: block; margin: 0 }}
.line {{ border-top: 1px solid #ddd; margin: 4px 20px; color: #616061; font-size: 13px }}
.section, .list {{ white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext }}
.list {{ margin: 0; padding-left: 26px }}
pre {{ font: 12px/18px "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace; background: #f8f8f8;
  border: 1px solid #ddd; border-radius: 4px; padding: 8px; margin: 4px 0; white-space: pre-wrap;
  overflow-wrap: anywhere }}
code {{ font: 12px "DejaVu Sans Mono", monospace; color: #e01e5a; background: #f8f8f8;
  border: 1px solid #ddd; border-radius: 3px; padding: 1px 3px }}
pre code {{ color: inherit; border: 0; padding: 0 }}
.quote {{ border-left: 4px solid #ddd; padding-left: 12px; white-space: pre-wrap }}
.wide {{ overflow-x: auto; margin: 6px 0; max-width: 100%; border: 1px solid #ddd;
  border-radius: 8px; width: fit-content }}
table {{ border-collapse: collapse; font-size: 13px; line-height: 18px }}
th {{ padding: 5px 10px; text-align: left }}
td {{ border: 1px solid #ddd; padding: 5px 10px; text-align: left; vertical-align: top;
  min-width: 90px; max-width: 280px; unicode-bidi: plaintext }}
tr:first-child td {{ border-top: 0; font-weight: 700; background: #f8f8f8 }}
td:first-child {{ border-left: 0 }} td:last-child {{ border-right: 0 }}
tr:last-child td {{ border-bottom: 0 }}
.right {{ text-align: right }} .nowrap {{ white-space: nowrap }}
img {{ display: block; max-width: 480px; max-height: 360px; border-radius: 8px; margin: 6px 0 0;
  border: 1px solid #ddd }}
.alt {{ font-size: 11px; line-height: 14px; color: #888; border-left: 2px dotted #bbb;
  padding-left: 6px; margin: 4px 0; max-width: 480px }}
.context {{ font-size: 12px; line-height: 18px; color: #616061; margin: 4px 0 }}
.context span {{ margin-right: 10px; white-space: pre-wrap }}
.actions {{ display: flex; flex-wrap: wrap; gap: 8px; margin: 6px 0 }}
.button, .select {{ border: 1px solid #bbb; border-radius: 4px; font-size: 13px; font-weight: 700;
  padding: 3px 10px; line-height: 20px; max-width: 320px; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis }}
.primary {{ background: #007a5a; color: #fff; border-color: #007a5a }}
.danger {{ color: #e01e5a; border-color: #e01e5a }}
.select {{ font-weight: 400; min-width: 220px; color: #616061 }}
.select::after {{ content: "⌄"; float: right; margin-left: 12px }}
.file {{ border: 1px solid #ddd; border-radius: 8px; padding: 8px 12px; width: 320px; margin: 6px 0;
  font-weight: 700 }}
.file small {{ display: block; font-weight: 400; color: #616061 }}
.modal {{ width: 520px; margin: 12px auto; border: 1px solid #ddd; border-radius: 8px;
  box-shadow: 0 4px 16px #0003 }}
.modal h1 {{ font-size: 22px; margin: 0; padding: 18px 24px 10px }}
.modal .in {{ padding: 4px 24px 12px }}
.modal .foot {{ border-top: 1px solid #ddd; padding: 12px 24px; display: flex; gap: 8px;
  justify-content: flex-end }}
.label {{ font-weight: 700; margin-top: 12px }} .label i {{ font-weight: 400; color: #616061 }}
.field {{ border: 1px solid #bbb; border-radius: 4px; padding: 6px 10px; min-height: 36px;
  white-space: pre-wrap }}
.hint {{ font-size: 13px; color: #616061 }} .wrong {{ font-size: 13px; color: #e01e5a }}
"""


class Drawing:
    """Draws what one person sees of a workspace."""

    def __init__(self, slack: SlackPlatform, reader: Person) -> None:
        self._slack = slack
        self._reader = reader

    def thread(self, asked: Message) -> str:
        """Return a thread as it stands open at the side."""
        said = self._slack.messages(asked.channel, thread=asked, as_seen_by=self._reader)
        first, *others = [self.message(each) for each in said]
        count = f"{len(others)} {'reply' if len(others) == 1 else 'replies'}"
        return page(STYLE, first, tag("div", count, "line"), *others)

    def messages(self, *messages: Message) -> str:
        """Return some messages."""
        return page(STYLE, *map(self.message, messages))

    def message(self, message: Message) -> str:
        """Return one message."""
        people = self._slack.people
        ours = bool(message.bot_id)
        name = "Trellis" if ours else people[message.author].name
        head = tag("span", text(name), "name") + (tag("span", "APP", "badge") if ours else "")
        eye = tag("span", "Only visible to you", "eye") if message.ephemeral_to else ""
        parts = [eye, head, tag("span", "9:00 AM", "at")]
        grown = message.grown
        if grown is not None:
            parts.append(tag("div", markdown(grown.text)))
        if not message.blocks and grown is None:
            said = message.text.replace(f"<@{message.team.bot_user}>", "@Trellis")
            parts.append(tag("div", text(said), "section"))
        parts.append(self.blocks(message.shown))
        for file in message.files:
            small = tag("small", f"{file.kind.upper()} · {len(file.content):,} bytes")
            parts.append(tag("div", text(file.title or file.name) + small, "file"))
        face = tag("div", name[0], "face app" if ours else "face")
        kind = "message whisper" if message.ephemeral_to else "message"
        return tag("div", face + tag("div", "".join(parts), "body"), kind)

    def modal(self, view: View) -> str:
        """Return a modal; what is wrong with what was typed stands at its field."""
        payload = view.payload
        inner = "".join(
            self.blocks([_typed(each, view)])
            + tag("div", text(view.errors.get(each.get("block_id", ""), "")), "wrong")
            for each in view.blocks
        )
        foot = [payload.get("close"), payload.get("submit")]
        buttons = "".join(
            tag("span", text(each["text"]), f"button {kind}")
            for each, kind in zip(foot, ("", "primary"), strict=True)
            if each
        )
        parts = tag("h1", text(view.title)) + tag("div", inner, "in") + tag("div", buttons, "foot")
        return page(STYLE, tag("div", parts, "modal"))

    # Blocks

    def blocks(self, blocks: Sequence[Json]) -> str:
        """Return blocks; one that is not known here is not drawn by guessing."""
        return "".join(self._kinds[each["type"]](self, each) for each in blocks)

    def _rich(self, block: Json) -> str:
        return "".join(_part(each) for each in block["elements"])

    def _section(self, block: Json) -> str:
        said = [block["text"]] if "text" in block else block["fields"]
        return "".join(tag("div", text(each["text"]), "section") for each in said)

    def _markdown(self, block: Json) -> str:
        return tag("div", markdown(block["text"]))

    def _header(self, block: Json) -> str:
        return tag("h3", text(block["text"]["text"]))

    def _divider(self, _block: Json) -> str:
        return "<hr>"

    def _table(self, block: Json) -> str:
        settings = block.get("column_settings") or []
        rows = []
        for row in block["rows"]:
            cells = []
            for at, cell in enumerate(row):
                how = settings[at] if at < len(settings) else {}
                right = "right" if how and how.get("align") == "right" else ""
                wrap = "" if how and how.get("is_wrapped") else "nowrap"
                inner = text(cell["text"]) if "text" in cell else self._rich(cell)
                cells.append(tag("td", inner, f"{right} {wrap}".strip()))
            rows.append(tag("tr", "".join(cells)))
        return tag("div", tag("table", "".join(rows)), "wide")

    def _image(self, block: Json) -> str:
        file = self._slack.uploads[block["slack_file"]["id"]]
        return picture(file.content, block["alt_text"])

    def _context(self, block: Json) -> str:
        inner = "".join(tag("span", text(each["text"])) for each in block["elements"])
        return tag("div", inner, "context")

    def _actions(self, block: Json) -> str:
        return tag("div", "".join(_control(each) for each in block["elements"]), "actions")

    def _input(self, block: Json) -> str:
        optional = " <i>(optional)</i>" if block.get("optional") else ""
        hint = text(block["hint"]["text"]) if block.get("hint") else ""
        return (
            tag("div", text(block["label"]["text"]) + optional, "label")
            + _field(block["element"])
            + tag("div", hint, "hint")
        )

    _kinds: Mapping[str, Callable[["Drawing", Json], str]] = {
        "rich_text": _rich,
        "section": _section,
        "markdown": _markdown,
        "header": _header,
        "divider": _divider,
        "table": _table,
        "image": _image,
        "context": _context,
        "actions": _actions,
        "input": _input,
    }


def _typed(block: Json, view: View) -> Json:
    """Return an input with what was typed into it."""
    if block["type"] != "input":
        return block
    element = block["element"]
    typed = view.state.get(block["block_id"], {}).get(element["action_id"], {}).get("value")
    return block if typed is None else block | {"element": element | {"initial_value": typed}}


def _part(part: Json) -> str:
    inner = "".join(_leaf(each) for each in part["elements"] if "text" in each)
    match part["type"]:
        case "rich_text_section":
            return tag("div", inner, "section")
        case "rich_text_preformatted":
            return tag("pre", inner)
        case "rich_text_quote":
            return tag("div", inner, "quote")
        case "rich_text_list":
            items = "".join(tag("li", _part(each)) for each in part["elements"])
            name = "ol" if part["style"] == "ordered" else "ul"
            margin = f"margin-left:{24 * part.get('indent', 0)}px"
            start = str(part.get("offset", 0) + 1) if name == "ol" else ""
            return tag(name, items, "list", style=margin, start=start)
    raise AssertionError(part["type"])


def _leaf(leaf: Json) -> str:
    shown = text(leaf["text"])
    names = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}
    for style in leaf.get("style", {}):
        shown = tag(names[style], shown)
    return shown


def _control(element: Json) -> str:
    if element["type"] == "static_select":
        return tag("span", text(element["placeholder"]["text"]), "select")
    assert element["type"] == "button", element["type"]
    return tag("span", text(element["text"]["text"]), f"button {element.get('style', '')}".strip())


def _field(element: Json) -> str:
    if element["type"] == "static_select":
        chosen = element.get("initial_option", {}).get("text") or element["placeholder"]
        return tag("div", text(chosen["text"]), "field select")
    assert element["type"] == "plain_text_input", element["type"]
    tall = "min-height:84px" if element.get("multiline") else ""
    return tag("div", text(element.get("initial_value", "")), "field", style=tall)
