"""Connections: kept sealed, found by name, asked safely."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from core.app import Core, build
from core.connections import (
    AddressInvalid,
    Ceilings,
    Connection,
    ConnectionAmbiguous,
    ConnectionDraft,
    ConnectionExists,
    ConnectionFailed,
    ConnectionNotFound,
    CursorInvalid,
    Dialect,
    StatementFailed,
    StatementRefused,
    StatementTimedOut,
    Status,
    TableUnknown,
)
from core.connections.errors import ParametersMissing, ParametersUnknown
from core.db import Database
from core.errors import Denied
from core.identity import Actor
from core.page import PageAsked
from core.secrets import SealBroken, Vault

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def draft(name: str, url: str = "postgresql://reader:hunter2@db.example/shop") -> ConnectionDraft:
    return ConnectionDraft(name=name, url=SecretStr(url))


async def test_a_connection_is_found_by_name_by_id_and_as_the_only_one(
    core: Core, ada: Actor, shop: Connection
) -> None:
    for ref in ("shop", "SHOP", shop.id, None):
        assert (await core.connections.get(ada, ref)).id == shop.id


async def test_one_of_several_must_be_named(core: Core, ada: Actor, shop: Connection) -> None:
    await core.connections.add(ada, draft("warehouse"))

    with pytest.raises(ConnectionAmbiguous, match="shop, warehouse"):
        await core.connections.get(ada)
    with pytest.raises(ConnectionNotFound, match="There are shop, warehouse"):
        await core.connections.get(ada, "shpo")


async def test_an_empty_organization_is_told_how_to_begin(core: Core, ada: Actor) -> None:
    with pytest.raises(ConnectionNotFound, match="trellis connection add"):
        await core.connections.get(ada)


async def test_a_name_is_taken_once_even_by_two_at_the_same_moment(core: Core, ada: Actor) -> None:
    added = await asyncio.gather(
        *(core.connections.add(ada, draft("shop")) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(each, Connection) for each in added) == 1
    assert sum(isinstance(each, ConnectionExists) for each in added) == 3


async def test_a_password_is_nowhere_to_be_seen(core: Core, db: Database, ada: Actor) -> None:
    connection = await core.connections.add(ada, draft("shop"))

    assert "hunter2" not in connection.model_dump_json()
    assert connection.address == "postgresql://reader@db.example/shop"
    async with db.reading() as tx:
        rows = (await tx.execute(text("SELECT * FROM connections"))).all()
    assert "hunter2" not in repr(rows)


async def test_a_database_that_is_away_says_so_without_its_password(core: Core, ada: Actor) -> None:
    url = "postgresql://reader:hunter2@127.0.0.1:1/shop"
    await core.connections.add(ada, draft("away", url))

    with pytest.raises(ConnectionFailed) as failed:
        await core.connections.run(ada, "away", "SELECT 1")

    assert "hunter2" not in failed.value.message
    seen = await core.connections.get(ada, "away")
    assert seen.status is Status.ERROR
    assert seen.problem == failed.value.message


async def test_a_file_that_is_not_there_says_so(core: Core, ada: Actor, tmp_path: Path) -> None:
    await core.connections.add(ada, draft("gone", f"sqlite:///{tmp_path}/gone.db"))

    with pytest.raises(ConnectionFailed, match=r"gone\.db"):
        await core.connections.test(ada, "gone")
    assert not (tmp_path / "gone.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nothing",
        "oracle://h/d",
        "postgresql://h",
        "postgresql://h:port/d",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?read_only=ture",
        "sqlite:///x.db?read_only=false",
        "postgresql://h/d?ssl=maybe",
        "mysql+pymysql://h/d",
    ],
)
async def test_a_mistyped_address_is_refused_and_not_repeated(
    core: Core, ada: Actor, url: str
) -> None:
    with pytest.raises(AddressInvalid):
        await core.connections.add(ada, draft("x", url))


def test_a_name_is_for_people() -> None:
    for name in ("", " ", "x" * 101, "a\nb"):
        with pytest.raises(ValidationError):
            draft(name)


async def test_another_organization_sees_nothing(
    core: Core, ada: Actor, eve: Actor, shop: Connection
) -> None:
    verbs = core.connections
    for ref in (shop.id, "shop"):
        for ask in (
            verbs.get(eve, ref),
            verbs.remove(eve, ref),
            verbs.test(eve, ref),
            verbs.discover(eve, ref),
            verbs.schema(eve, ref),
            verbs.describe(eve, ref, ["orders"]),
            verbs.search(eve, "orders", ref=ref),
            verbs.run(eve, ref, "SELECT 1"),
            verbs.check(eve, ref, "SELECT 1"),
        ):
            with pytest.raises(ConnectionNotFound):
                await ask
    assert (await verbs.list(eve, PageAsked())).total == 0
    assert await verbs.reseal(eve) == 0


async def test_a_viewer_asks_and_does_not_manage(
    core: Core, ada: Actor, vic: Actor, shop: Connection
) -> None:
    assert (await core.connections.run(vic, None, "SELECT 1 AS one")).rows[0][0] == 1
    with pytest.raises(Denied, match="connections:write"):
        await core.connections.add(vic, draft("x"))
    with pytest.raises(Denied, match="connections:write"):
        await core.connections.remove(vic, "shop")


async def test_what_is_in_it_is_discovered_when_it_is_first_needed(
    core: Core, ada: Actor, shop: Connection
) -> None:
    schema = await core.connections.schema(ada)

    assert {table.name for table in schema.tables} == {"customers", "orders", "注文"}
    seen = await core.connections.get(ada)
    assert (seen.status, seen.tables) == (Status.ACTIVE, 3)
    orders, customers = await core.connections.describe(ada, None, ["orders", "main.CUSTOMERS"])
    assert orders.foreign_keys[0].table == "customers"
    assert set(customers.samples["country"]) == {"GB", "SE", "JP"}
    assert "email" not in customers.samples


async def test_a_new_table_is_known_after_the_next_discovery(
    core: Core, ada: Actor, shop: Connection, shop_file: Path
) -> None:
    await core.connections.schema(ada)
    with pytest.raises(TableUnknown, match="orders"):
        await core.connections.describe(ada, "shop", ["ordrs"])
    other = sqlite3.connect(shop_file)
    other.execute("CREATE TABLE refunds (id INTEGER PRIMARY KEY)")
    other.close()

    seen = await core.connections.discover(ada, "shop")

    assert seen.tables == 4
    assert (await core.connections.describe(ada, "shop", ["refunds"]))[0].name == "refunds"


async def test_a_schema_outlives_the_process(
    core: Core, db: Database, vault: Vault, ada: Actor, shop: Connection, shop_file: Path
) -> None:
    before = await core.connections.schema(ada)
    shop_file.unlink()

    second = build(db, vault)
    try:
        assert await second.connections.schema(ada) == before
    finally:
        await second.connections.close()
        await second.audit.close()


async def test_a_question_finds_its_tables(core: Core, ada: Actor, shop: Connection) -> None:
    found = await core.connections.search(ada, "which customers placed orders?")

    assert {hit.table.name for hit in found.tables[:2]} == {"customers", "orders"}
    assert (found.connection, found.dialect, found.total) == ("shop", Dialect.SQLITE, 3)


async def test_an_answer_says_all_about_itself(core: Core, ada: Actor, shop: Connection) -> None:
    answer = await core.connections.run(
        ada,
        "shop",
        "SELECT id, total FROM orders WHERE placed_at >= {{since}} ORDER BY id",
        parameters={"since": "2025-01-01"},
    )

    assert [column.name for column in answer.columns] == ["id", "total"]
    assert [list(row) for row in answer.rows] == [[1, 10.5], [2, 20], [3, 5.25]]
    assert (answer.row_count, answer.truncated, answer.cursor) == (3, None, None)
    assert "2025-01-01" not in answer.sql
    assert answer.connection == "shop"


async def test_a_cut_answer_goes_on_where_it_ended(
    core: Core, ada: Actor, shop: Connection
) -> None:
    sql = "SELECT id FROM orders ORDER BY id"
    first = await core.connections.run(ada, "shop", sql, limit=3)
    assert first.truncated is not None
    assert first.truncated.rows

    rest = await core.connections.run(ada, "shop", sql, limit=3, cursor=first.cursor)

    assert [row[0] for row in (*first.rows, *rest.rows)] == [1, 2, 3, 4]
    assert (rest.truncated, rest.cursor) == (None, None)
    for wrong in ("", "3", "x.y", "3.0000000000000000", f"4{first.cursor}", "٣.abc"):
        with pytest.raises(CursorInvalid):
            await core.connections.run(ada, "shop", sql, cursor=wrong)
    with pytest.raises(CursorInvalid):
        await core.connections.run(ada, "shop", sql + " DESC", cursor=first.cursor)


async def test_what_is_missing_or_unknown_is_named(
    core: Core, ada: Actor, shop: Connection
) -> None:
    with pytest.raises(ParametersMissing, match="Missing required parameters: year"):
        await core.connections.run(ada, "shop", "SELECT {{year}}")
    with pytest.raises(ParametersUnknown, match="yaer"):
        await core.connections.run(ada, "shop", "SELECT 1", parameters={"yaer": 1})


@pytest.mark.parametrize("sql", ["DELETE FROM orders", "SELECT 1; DROP TABLE orders", "", "hello"])
async def test_what_does_more_than_read_is_refused_and_on_record(
    core: Core, ada: Actor, shop: Connection, sql: str
) -> None:
    with pytest.raises(StatementRefused):
        await core.connections.run(ada, "shop", sql)

    events = (await core.audit.list(ada, PageAsked())).items
    assert events[0].outcome == "denied"
    assert events[0].details == sql
    assert (await core.connections.run(ada, "shop", "SELECT count(*) FROM orders")).rows[0][0] == 4


async def test_a_failure_names_what_was_meant(core: Core, ada: Actor, shop: Connection) -> None:
    await core.connections.schema(ada)

    with pytest.raises(StatementFailed, match="total"):
        await core.connections.run(ada, "shop", "SELECT totl FROM orders")


async def test_no_statement_works_longer_than_it_may(
    db: Database, vault: Vault, ada: Actor, shop: Connection
) -> None:
    quick = build(db, vault, ceilings=Ceilings(seconds=0.2))
    try:
        with pytest.raises(StatementTimedOut):
            await quick.connections.run(ada, "shop", ENDLESS)
        assert (await quick.connections.run(ada, "shop", "SELECT 1 AS a")).rows[0][0] == 1
    finally:
        await quick.connections.close()
        await quick.audit.close()


async def test_who_goes_away_stops_the_work(core: Core, ada: Actor, shop: Connection) -> None:
    asked = asyncio.create_task(core.connections.run(ada, "shop", ENDLESS))
    done, _pending = await asyncio.wait({asked}, timeout=0.3)
    assert not done

    asked.cancel()

    done, _pending = await asyncio.wait({asked}, timeout=2)
    assert done
    assert asked.cancelled()
    assert (await core.connections.run(ada, "shop", "SELECT 1 AS a")).row_count == 1


async def test_a_connection_may_ask_for_less_than_the_server_allows(
    core: Core, ada: Actor, shop_file: Path
) -> None:
    url = SecretStr(f"sqlite:///{shop_file}")
    await core.connections.add(ada, ConnectionDraft(name="small", url=url, max_rows=2))

    answer = await core.connections.run(ada, "small", "SELECT id FROM orders", limit=1_000_000)

    assert answer.row_count == 2
    assert answer.truncated is not None


async def test_a_removed_connection_is_gone_with_its_schema(
    core: Core, db: Database, ada: Actor, shop: Connection
) -> None:
    await core.connections.schema(ada)

    await core.connections.remove(ada, "shop")

    with pytest.raises(ConnectionNotFound):
        await core.connections.run(ada, shop.id, "SELECT 1")
    async with db.reading() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM schemas")) == 0


async def test_secrets_move_to_the_newest_key(db: Database, ada: Actor, core: Core) -> None:
    await core.connections.add(ada, draft("one"))
    rotated = build(db, Vault(["new", "a key for tests, and for nothing else"]))
    lost = build(db, Vault(["lost"]))

    with pytest.raises(SealBroken):
        await lost.connections.reseal(ada)
    with pytest.raises(SealBroken, match="TRELLIS_SECRET_KEY"):
        await lost.connections.run(ada, "one", "SELECT 1")
    assert await rotated.connections.reseal(ada) == 1
    for each in (rotated, lost):
        await each.connections.close()
        await each.audit.close()


async def test_every_change_is_on_record(core: Core, ada: Actor, shop: Connection) -> None:
    await core.connections.discover(ada, "shop")
    await core.connections.run(ada, "shop", "SELECT {{x}}", parameters={"x": "a secret"})
    await core.connections.remove(ada, "shop")

    events = (await core.audit.list(ada, PageAsked())).items
    assert {event.verb for event in events} == {
        "connection.added",
        "connection.discovered",
        "connection.removed",
        "statement.run",
    }
    assert "a secret" not in repr(events)
