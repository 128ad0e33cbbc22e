"""Channels, threads and modals as Discord draws them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.bot.discord.platform import Channel, DiscordPlatform, Message, Modal, Person
from tests.bot.pictures.paper import WIDTH, page, picture, tag, text

Json = dict[str, Any]

STYLE = f"""
* {{ box-sizing: border-box }}
body {{ margin: 0; width: {WIDTH}px; padding: 12px 0; background: #313338; color: #dbdee1;
  font: 16px/22px "gg sans", "Noto Sans", "Noto Sans CJK JP", "Noto Sans Arabic",
  "Noto Sans Hebrew", "Noto Color Emoji", sans-serif }}
.title {{ font-weight: 700; color: #f2f3f5; padding: 4px 16px 10px;
  border-bottom: 1px solid #26282c }}
.message {{ display: flex; gap: 16px; padding: 8px 16px }}
.hidden {{ background: #3a3c5033; border-left: 2px solid #5865f2 }}
.face {{ width: 40px; height: 40px; border-radius: 50%; flex: none; color: #fff; text-align: center;
  line-height: 40px; font-weight: 700; background: #4a7fb5 }}
.app {{ background: #2f7d6b }}
.body {{ min-width: 0; flex: 1 }}
.name {{ font-weight: 500; color: #f2f3f5 }}
.badge {{ font-size: 10px; background: #5865f2; border-radius: 3px; padding: 1px 4px; color: #fff;
  margin-left: 4px; vertical-align: 2px }}
.at, .eye {{ font-size: 12px; color: #949ba4; margin-left: 6px }}
.eye {{ display: block; margin: 2px 0 0 }}
.said {{ white-space: pre-wrap; overflow-wrap: anywhere }}
.said div {{ unicode-bidi: plaintext; min-height: 11px }}
.small {{ font-size: 12px; line-height: 17px; color: #949ba4 }}
h1, h2, h3 {{ color: #f2f3f5; margin: 8px 0 4px; line-height: 1.3; font-size: 16px }}
h1 {{ font-size: 24px }} h2 {{ font-size: 20px }}
ul, ol {{ margin: 2px 0; padding-left: 22px; white-space: normal }}
blockquote {{ border-left: 4px solid #4e5058; margin: 0; padding-left: 12px }}
pre {{ font: 14px/18px "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace; background: #2b2d31;
  border: 1px solid #1e1f22; border-radius: 4px; padding: 7px; margin: 6px 0; max-width: 90%;
  white-space: pre-wrap; overflow-wrap: anywhere }}
code {{ font: 14px "DejaVu Sans Mono", monospace; background: #2b2d31; padding: 1px 3px;
  border-radius: 3px }}
.embed {{ background: #2b2d31; border-left: 4px solid; border-radius: 4px; padding: 10px 14px;
  max-width: 516px; margin: 6px 0; font-size: 14px; line-height: 18px }}
.embed b.head {{ display: block; color: #f2f3f5; font-size: 16px; margin-bottom: 6px }}
.row {{ display: flex; flex-wrap: wrap; gap: 8px; margin: 6px 0 }}
.button, .menu {{ border-radius: 4px; padding: 6px 16px; font-size: 14px; line-height: 20px;
  font-weight: 500; color: #fff; background: #4e5058; max-width: 100% }}
.s1 {{ background: #5865f2 }} .s3 {{ background: #248046 }} .s4 {{ background: #da373c }}
.menu {{ background: #1e1f22; min-width: 400px; color: #949ba4 }}
.menu::after {{ content: "⌄"; float: right }}
img {{ display: block; max-width: 550px; max-height: 350px; border-radius: 8px; margin: 6px 0 0 }}
.alt {{ font-size: 11px; line-height: 14px; color: #949ba4; border-left: 2px dotted #666;
  padding-left: 6px; margin: 4px 0; max-width: 550px }}
.file {{ background: #2b2d31; border: 1px solid #1e1f22; border-radius: 8px; padding: 10px;
  width: 432px; margin: 6px 0; color: #00a8fc }}
.file small {{ display: block; color: #949ba4 }}
.modal {{ width: 440px; margin: 12px auto; background: #313338; border-radius: 8px; padding: 16px;
  box-shadow: 0 4px 24px #000a }}
.modal .label {{ font-size: 12px; font-weight: 700; margin: 14px 0 6px }}
.modal .label i {{ color: #f23f43; font-style: normal }}
.field {{ background: #1e1f22; border-radius: 3px; padding: 8px 10px; min-height: 40px;
  white-space: pre-wrap }}
.hint {{ color: #949ba4 }}
"""

FENCE = re.compile(r"```(?:[A-Za-z0-9_+#.\-]*\n)?(.*?)```", re.DOTALL)
LIST = re.compile(r"( *)([-*]|\d+\.) (.*)")
HEADING = re.compile(r"(#{1,3}) (.+)")
INLINE = re.compile(
    r"`([^`\n]+)`|\\([\\*_~`|>#@:<\[\]()!.\-+])|\*\*(.+?)\*\*|__(.+?)__|\*([^*\n]+)\*|~~(.+?)~~"
)
TAGS = {3: "b", 4: "u", 5: "i", 6: "s"}


class Drawing:
    """Draws what one person sees of a server."""

    def __init__(self, discord: DiscordPlatform, reader: Person) -> None:
        self._discord = discord
        self._reader = reader

    def channel(self, place: Channel) -> str:
        """Return a channel or a thread."""
        said = self._discord.messages(place, self._reader)
        title = tag("div", text(f"# {place.name}"), "title")
        return page(STYLE, title, *map(self.message, said))

    def messages(self, *messages: Message) -> str:
        """Return some messages."""
        return page(STYLE, *map(self.message, messages))

    def message(self, message: Message) -> str:
        """Return one message."""
        ours = message.author is self._discord.bot
        name = "Trellis" if ours else message.author.name
        head = tag("span", text(name), "name") + (tag("span", "APP", "badge") if ours else "")
        parts = [head, tag("span", "Today at 9:00 AM", "at")]
        said = message.content.replace(self._discord.bot.mention, "@Trellis")
        parts.append(tag("div", "".join(_written(said)), "said"))
        parts += [_file(each.name, each.content, each.description) for each in message.files]
        parts += [_embed(each) for each in message.embeds]
        parts += [_components([each]) for each in message.components]
        if message.ephemeral:
            parts.append(tag("span", "Only you can see this · Dismiss message", "eye"))
        face = tag("div", name[0].upper(), "face app" if ours else "face")
        kind = "message hidden" if message.ephemeral else "message"
        return tag("div", face + tag("div", "".join(parts), "body"), kind)

    def modal(self, modal: Modal) -> str:
        """Return a form."""
        parts = [tag("h2", text(modal.title)), _components(modal.components)]
        return page(STYLE, tag("div", "".join(parts), "modal"))


# Discord's Markdown


def _written(said: str) -> Iterator[str]:
    """Yield text with its code, lists, headings and small print."""
    at = 0
    for fence in FENCE.finditer(said):
        yield from _lines(said[at : fence.start()].strip("\n"))
        yield tag("pre", text(fence[1].strip("\n")))
        at = fence.end()
    yield from _lines(said[at:].strip("\n"))


def _lines(said: str) -> Iterator[str]:
    for line in said.split("\n") if said else ():
        if line.startswith("-# "):
            yield tag("div", _inline(line[3:]), "small")
        elif heading := HEADING.fullmatch(line):
            yield tag(f"h{len(heading[1])}", _inline(heading[2]))
        elif item := LIST.fullmatch(line):
            ordered = item[2][:-1] if item[2].endswith(".") else ""
            margin = f"margin-left:{12 * len(item[1])}px"
            yield tag(
                "ol" if ordered else "ul", tag("li", _inline(item[3])), start=ordered, style=margin
            )
        elif line.startswith("> "):
            yield tag("blockquote", _inline(line[2:]))
        else:
            yield tag("div", _inline(line))


def _inline(said: str) -> str:
    found, at = [], 0
    for mark in INLINE.finditer(said):
        found.append(text(said[at : mark.start()]))
        if mark[1] is not None:
            found.append(tag("code", text(mark[1])))
        elif mark[2] is not None:
            found.append(text(mark[2]))
        else:
            number = next(each for each in TAGS if mark[each] is not None)
            found.append(tag(TAGS[number], _inline(mark[number])))
        at = mark.end()
    return "".join([*found, text(said[at:])])


# What stands below


def _file(name: str, content: bytes, alt: str | None) -> str:
    if name.endswith(".png"):
        return picture(content, alt or "")
    return tag("div", text(name) + tag("small", f"{len(content):,} bytes"), "file")


def _embed(embed: Json) -> str:
    title = tag("b", text(embed["title"]), "head") if "title" in embed else ""
    said = tag("div", "".join(_written(embed.get("description", ""))), "said")
    colour = f"border-color:#{embed.get('color', 0):06x}"
    return tag("div", title + said, "embed", style=colour)


def _components(components: Sequence[Json]) -> str:
    return "".join(_component(each) for each in components)


def _component(component: Json) -> str:
    match component["type"]:
        case 1:
            return tag("div", _components(component["components"]), "row")
        case 2:
            return tag("span", text(component["label"]), f"button s{component['style']}")
        case 3:
            chosen = [each["label"] for each in component["options"] if each.get("default")]
            return tag("span", text("".join(chosen) or component["placeholder"]), "menu")
        case 4:
            typed = component.get("value") or ""
            hint = tag("span", text(component.get("placeholder", "")), "hint")
            tall = "min-height:84px" if component["style"] == 2 else ""
            return tag("div", text(typed) if typed else hint, "field", style=tall)
        case 10:
            return tag("div", "".join(_written(component["content"])), "said")
        case 18:
            needed = " <i>*</i>" if component["component"].get("required", True) else ""
            hint = tag("div", text(component.get("description", "")), "small")
            label = tag("div", text(component["label"]) + needed, "label")
            return label + hint + _component(component["component"])
    raise AssertionError(component["type"])
