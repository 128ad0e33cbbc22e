"""Long chats and long answers hold nobody up."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from api.page.chats import LATEST, MOST, window
from api.page.readers import QUIET, Telling
from api.page.text import LONG, RICH, rendered, written
from core.app import Core
from core.chats import ChatDraft, Message, MessageNotFound, MessageStatus, Side
from core.chats.messages import MessageStore
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, MessageId, new_id, now
from tests.api.page.visits import Visit

LIST = "- an item\n"


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


def said(chat_id: str, *texts: str) -> list[Message]:
    """Return questions and answers by turns."""
    return [
        Message(
            id=MessageId(new_id()),
            chat_id=ChatId(chat_id),
            side=Side.ASSISTANT if at % 2 else Side.USER,
            content=text,
            status=MessageStatus.DONE,
            created_at=now(),
        )
        for at, text in enumerate(texts)
    ]


async def kept(core: Core, ada: Actor, db: Database, *texts: str) -> tuple[str, list[Message]]:
    chat = await core.chats.create(ada, ChatDraft())
    messages = said(chat.id, *texts)
    async with db.transaction() as tx:
        for each in messages:
            await MessageStore(tx).add(ada.organization_id, each)
    return chat.id, messages


def test_so_much_of_a_chat_is_shown_at_once() -> None:
    short = said("c", *["word"] * 100)
    long = said("c", *["q", "x" * 40_000] * 10)
    huge = said("c", "q", "a", "q" * MOST, "x" * MOST)

    assert window(short, None) == (100 - LATEST, 100)
    assert window(short, short[60].id) == (20, 60)
    assert window(short, short[0].id) == (0, 0)
    assert window(long, None) == (16, 20)
    assert window(huge, None) == (2, 4)
    assert window(huge, huge[3].id) == (2, 3)
    assert window([], None) == (0, 0)
    with pytest.raises(MessageNotFound):
        window(short, "other")


async def test_a_long_chat_is_read_back_to_its_beginning(
    at_page: Visit, core: Core, ada: Actor, db: Database
) -> None:
    texts = [f"{'answer' if at % 2 else 'question'}-{at}." for at in range(100)]
    chat, _messages = await kept(core, ada, db, *texts)
    path, seen = f"/chats/{chat}", ""
    for _page in range(3):
        page = (await at_page.get(path)).text
        seen += page
        earlier = re.search(r'href="([^"]+\?before=[^"]+)"', page)
        path = earlier[1] if earlier else ""

    assert not path
    assert all(f"<p>{text}</p>" in seen for text in texts)
    assert seen.count("Back to the latest") == 2
    assert (await at_page.get(f"/chats/{chat}?before=none")).status_code == 404


async def test_others_are_served_while_a_long_chat_is_drawn(
    at_page: Visit, core: Core, ada: Actor, db: Database
) -> None:
    texts = [part for at in range(4) for part in ("q", f"- {at} **an** `item`\n" * 900)]
    chat, _messages = await kept(core, ada, db, *texts)
    await at_page.get("/")  # what the first page alone takes
    began = time.monotonic()
    opening = asyncio.ensure_future(at_page.get(f"/chats/{chat}"))
    worst, last = 0.0, began
    while not opening.done():
        await asyncio.sleep(0)
        worst, last = max(worst, time.monotonic() - last), time.monotonic()

    assert opening.result().status_code == 200
    assert worst < (last - began) / 2


def test_the_end_of_a_very_long_answer_is_not_read_as_markdown() -> None:
    html = str(written("**begin**\n\n" + LIST * 10_000 + "\n\n<b>**end**</b>"))

    assert html.startswith("<p><strong>begin</strong></p>")
    assert RICH // 2 < html.index("</ul>") < RICH * 3
    assert html.count("an item") == 10_000
    assert html.endswith("<p>&lt;b&gt;**end**&lt;/b&gt;</p>\n")


def test_a_text_that_grows_is_rendered_in_parts_however_long() -> None:
    drawn = rendered("x" * (3 * RICH))
    words = rendered(LIST * (RICH // 2))

    assert drawn.begins == 2 * RICH
    assert len(drawn.growth.tail) < RICH + 10
    assert (words.growth.add + words.growth.tail).count("an item") == RICH // 2


async def test_what_is_said_is_rendered_once_for_all_readers() -> None:
    at = 1_000.0
    telling = Telling(lambda: at)
    for number, text in ((1, "One.\n\n"), (2, "Two"), (1, "One.\n\n"), (2, "Two")):
        telling.say(number, text)
    await asyncio.gather(telling.look(), telling.look())
    first, seen = telling.since((0, 0))
    late, _seen = telling.since((0, 0))
    again, _seen = telling.since(seen)

    assert first is not None
    assert (first.add, first.tail) == ("<p>One.</p>\n", "<p>Two</p>\n")
    assert late == first
    assert again is None
    assert seen == (1, 1)
    assert not telling.behind


async def test_a_text_is_rendered_the_less_often_the_longer_it_takes() -> None:
    moments = iter([10.0, 11.0, 18.9, 19.1, 19.1])
    telling = Telling(lambda: next(moments))
    telling.say(1, "One")
    await telling.look()  # takes a second
    telling.say(2, " two")
    await telling.look()
    _nothing, seen = telling.since((0, 0))
    early = telling.behind
    await telling.look()

    assert (early, telling.behind) == (True, False)
    assert telling.since(seen)[0] is not None


async def test_the_last_words_of_a_long_paragraph_are_shown_after_a_while() -> None:
    at = 10.0
    telling = Telling(lambda: at)
    telling.say(1, "word " * LONG)
    await telling.look()
    telling.say(2, "last")
    await telling.look()
    soon = telling.behind
    at += QUIET
    await telling.look()

    assert (soon, telling.behind) == (True, False)
    assert "last" in telling.since((0, 0))[0].tail  # type: ignore[union-attr]
