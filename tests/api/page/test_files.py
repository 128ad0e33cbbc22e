"""The tables of a chat's files are had whole as CSV, and of nobody else's database."""

import io
import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from core.app import VERSION, Core
from core.charts import suggest
from core.chats import ChatDraft, Cited, Message, MessageStatus, Side
from core.chats.messages import MessageStore
from core.connections import Connection, ConnectionDraft
from core.db import Database
from core.identity import Actor
from core.ids import ChatId, MessageId, new_id, now
from core.uploads import Offered
from tests.api.page.visits import Visit
from tests.core.chats.scripts import Script, Use, asked

ROWS = 2_500
CSV = b"city,visits\n" + b"".join(b"town,%d\n" % each for each in range(ROWS))


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


async def counted(core: Core, ada: Actor) -> Message:
    """Return an answer that shows all rows of an uploaded file."""
    chat = await core.chats.create(ada, ChatDraft())
    [upload] = await core.uploads.add(ada, chat.id, [Offered("visits.csv", io.BytesIO(CSV))])
    sql = f"SELECT visits FROM {upload.tables[0].name} ORDER BY visits"
    script = Script((Use("run_sql", {"sql": sql, "connection": "uploads"}),), ("Here [r1].",))
    given = {"chat_id": chat.id, "upload_ids": (upload.id,)}
    _events, message = await asked(core, ada, script, "All visits?", **given)
    return message


def answer(chat_id: ChatId) -> Message:
    return Message(
        id=MessageId(new_id()),
        chat_id=chat_id,
        side=Side.ASSISTANT,
        content="Here.",
        status=MessageStatus.DONE,
        created_at=now(),
    )


async def linked(at_page: Visit, chat_id: str) -> list[str]:
    page = (await at_page.get(f"/chats/{chat_id}")).text
    return re.findall(r'href="(/chats/[^"]+\.csv)"', page)


async def test_a_table_of_uploaded_files_is_had_whole(
    at_page: Visit, core: Core, ada: Actor, shop: Connection
) -> None:
    message = await counted(core, ada)

    [link] = await linked(at_page, message.chat_id)
    csv = await at_page.get(link)

    assert csv.status_code == 200
    assert csv.text.splitlines()[-1] == str(ROWS - 1)
    assert len(csv.text.splitlines()) == 1 + ROWS
    assert [each.lent for each in message.statements] == [True]


@pytest.mark.parametrize("lent", [True, None])
async def test_where_the_files_are_not_known_nothing_else_is_asked(
    at_page: Visit,
    core: Core,
    ada: Actor,
    db: Database,
    shop_file: Path,
    lent: bool | None,
) -> None:
    # As it was before the name was kept free.
    named = ConnectionDraft(name="shop", url=SecretStr(f"sqlite:///{shop_file}"))
    named = named.model_copy(update={"name": "uploads"})
    await core.connections.add(ada, named)
    told = await counted(core, ada)
    chat = await core.chats.create(ada, ChatDraft())
    sql = "SELECT id, region, amount FROM orders"
    cited = Cited(result="r1", connection="uploads", sql=sql, row_count=1, lent=lent)
    shown = {"visualizations": told.visualizations, "statements": (cited,)}
    message = answer(chat.id).model_copy(update=shown)
    async with db.transaction() as tx:
        await MessageStore(tx).add(ada.organization_id, message)

    [link] = await linked(at_page, chat.id)
    refused = await at_page.get(link)

    assert refused.status_code == 409
    assert "cannot be had again" in refused.text
    assert "amount" not in refused.text


async def test_whoever_has_signed_out_is_shown_no_chart_that_the_browser_kept(
    at_page: Visit, core: Core, ada: Actor, db: Database
) -> None:
    chart = suggest([("region", "text"), ("sum", "integer")], [("EU", 1), ("US", 2), ("JP", 3)])
    assert chart is not None
    chat = await core.chats.create(ada, ChatDraft())
    message = answer(chat.id).model_copy(update={"visualizations": (chart,)})
    async with db.transaction() as tx:
        await MessageStore(tx).add(ada.organization_id, message)
    path = f"/chats/{chat.id}/messages/{message.id}/{chart.id}.svg"
    mine = {"if-none-match": f'"{VERSION}-{chart.id}"'}

    same = await at_page.get(path, headers=mine)
    await at_page.post("/sign-out")
    gone = await at_page.get(path, headers=mine)

    assert (same.status_code, same.headers["cache-control"]) == (304, "private, no-cache")
    assert gone.status_code not in {200, 304}


@pytest.mark.parametrize("name", ["uploads", " Uploads"])
def test_no_connection_is_called_as_a_chats_files_are(name: str) -> None:
    with pytest.raises(ValidationError, match="choose another name"):
        ConnectionDraft(name=name, url=SecretStr("sqlite:///x.db"))
