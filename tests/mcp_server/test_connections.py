"""Connections as tools: what an assistant is told of a database, and of an answer."""

import json
import sqlite3
from pathlib import Path

import pytest
from mcp import Client
from pydantic import SecretStr

from core.app import Core
from core.connections import Connection, ConnectionDraft
from core.identity import Actor
from mcp_server.app import create_server, here
from tests.mcp_server.said import answer_of, refusal_of, text_of


async def test_connections_are_listed_without_their_addresses_secrets(
    client: Client, core: Core, ada: Actor, shop: Connection
) -> None:
    url = SecretStr("postgresql://reader:hunter2@db.example/shop")
    await core.connections.add(ada, ConnectionDraft(name="away", url=url, description="Far off"))

    async with client:
        result = await client.call_tool("list_connections", {})

    away, here_ = answer_of(result)["connections"]
    assert (away["name"], away["dialect"], away["description"]) == ("away", "postgresql", "Far off")
    assert (here_["id"], here_["name"], here_["status"]) == (shop.id, "shop", "pending")
    assert "hunter2" not in json.dumps(answer_of(result)) + text_of(result)
    assert text_of(result).splitlines()[0] == "2 connections"


async def test_without_a_connection_the_way_to_one_is_told(client: Client) -> None:
    async with client:
        listed = await client.call_tool("list_connections", {})
        said = refusal_of(await client.call_tool("run_sql", {"sql": "SELECT 1"}))

    assert answer_of(listed) == {"connections": []}
    assert "trellis connection add" in said


async def test_a_question_finds_tables_columns_and_joins(client: Client, shop: Connection) -> None:
    async with client:
        asked = {"question": "total of orders by country of the customer"}
        result = await client.call_tool("search_schema", asked)

    found = answer_of(result)
    assert (found["connection"], found["dialect"], found["total"]) == ("shop", "sqlite", 2)
    orders = next(line for line in found["tables"] if line.startswith("orders("))
    assert "customer_id INTEGER -> customers.id" in orders
    assert "id INTEGER pk" in orders
    assert found["joins"] == ["orders.customer_id = customers.id"]
    for line in (*found["tables"], *found["joins"]):
        assert line in text_of(result)


async def test_tables_are_described_with_keys_and_sample_values(
    client: Client, shop: Connection
) -> None:
    async with client:
        given = {"connection": "shop", "tables": ["main.orders", "customers"]}
        result = await client.call_tool("describe_tables", given)

    orders, customers = answer_of(result)["tables"]
    assert orders["name"] == "orders"
    assert orders["primary_key"] == ["id"]
    assert orders["foreign_keys"] == [
        {"columns": ["customer_id"], "table": "customers", "targets": ["id"]}
    ]
    status = next(column for column in orders["columns"] if column["name"] == "status")
    assert set(status["samples"]) == {"open", "paid"}
    assert status["nullable"] is True
    assert [column["name"] for column in customers["columns"]] == [
        "id",
        "name",
        "country",
        "joined",
    ]
    assert "status TEXT default 'open' e.g. " in text_of(result)


async def test_an_unknown_table_is_told_with_the_nearest(client: Client, shop: Connection) -> None:
    async with client:
        said = refusal_of(await client.call_tool("describe_tables", {"tables": ["order"]}))

    assert said.startswith("table_unknown: There is no table order.")
    assert "orders" in said


async def test_an_answer_travels_once_and_exactly(client: Client, shop: Connection) -> None:
    sql = (
        "SELECT 9007199254740993 AS big, 1.5 AS half, NULL AS void, "
        "'a' || char(9) || 'b' AS tab, 2 > 1 AS yes"
    )
    async with client:
        result = await client.call_tool("run_sql", {"sql": sql, "connection": shop.id})

    answer = answer_of(result)
    assert [column["name"] for column in answer["columns"]] == [
        "big",
        "half",
        "void",
        "tab",
        "yes",
    ]
    assert answer["rows"] == [["9007199254740993", 1.5, None, "a\tb", 1]]
    assert answer["row_count"] == 1
    assert answer["truncated"] is None
    assert answer["cursor"] is None
    assert answer["connection"] == "shop"
    summary, names, row = text_of(result).split("\n")
    assert summary.startswith("1 row from shop in ")
    assert names == "big\thalf\tvoid\ttab\tyes"
    assert row == "9007199254740993\t1.5\tNULL\ta\\tb\t1"


async def test_values_are_bound_and_never_pasted(client: Client, shop: Connection) -> None:
    evil = "'; DROP TABLE orders; --"
    async with client:
        given = {"sql": "SELECT {{text}} AS text", "parameters": {"text": evil}}
        assert answer_of(await client.call_tool("run_sql", given))["rows"] == [[evil]]


async def test_a_cut_answer_says_so_and_its_cursor_brings_the_rest(
    client: Client, shop: Connection
) -> None:
    sql = "SELECT id FROM orders ORDER BY id"
    rows: list[int] = []
    cursor = None
    async with client:
        for _ in range(5):
            given = {"sql": sql, "limit": 150} | ({"cursor": cursor} if cursor else {})
            result = await client.call_tool("run_sql", given)
            answer = answer_of(result)
            rows += [row[0] for row in answer["rows"]]
            cursor = answer["cursor"]
            if cursor is None:
                break
            assert answer["truncated"] == {"rows": True, "bytes": False, "cells": 0}
            assert f"call again with cursor {cursor!r}" in text_of(result)

    assert rows == list(range(1, 501))
    assert answer["truncated"] is None


async def test_a_cursor_of_another_statement_is_refused(client: Client, shop: Connection) -> None:
    async with client:
        first = {"sql": "SELECT id FROM orders", "limit": 1}
        cursor = answer_of(await client.call_tool("run_sql", first))["cursor"]
        for given in (
            first | {"cursor": cursor, "sql": "SELECT id FROM customers"},
            first | {"cursor": "1"},
        ):
            assert refusal_of(await client.call_tool("run_sql", given)).startswith("cursor_invalid")


async def test_rows_are_few_unless_more_are_asked_for(client: Client, shop: Connection) -> None:
    sql = "SELECT id FROM orders ORDER BY id"
    async with client:
        few = await client.call_tool("run_sql", {"sql": sql})
        more = await client.call_tool("run_sql", {"sql": sql, "limit": 10_000})

    assert answer_of(few)["row_count"] == 200
    assert answer_of(more)["row_count"] == 500


async def test_a_wide_answer_fits_into_what_hosts_take(
    core: Core, ada: Actor, tmp_path: Path, mode: str
) -> None:
    file = tmp_path / "wide.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE wide (id INTEGER PRIMARY KEY, body TEXT)")
        db.executemany("INSERT INTO wide VALUES (?, ?)", [(n, "é" * 5_000) for n in range(100)])
    db.close()
    url = SecretStr(f"sqlite:///{file}")
    await core.connections.add(ada, ConnectionDraft(name="wide", url=url))

    seen: list[int] = []
    cursor = None
    async with Client(create_server(here(core, ada)), mode=mode) as client:
        while True:
            given = {"sql": "SELECT * FROM wide ORDER BY id"} | (
                {"cursor": cursor} if cursor else {}
            )
            result = await client.call_tool("run_sql", given)
            answer = answer_of(result)
            wire = result.model_dump_json(by_alias=True)
            assert len(wire.encode()) < 100_000
            assert len(text_of(result)) < 6_000
            seen += [row[0] for row in answer["rows"]]
            cursor = answer["cursor"]
            if cursor is None:
                break
            assert answer["truncated"]["bytes"]

    assert seen == list(range(100))


async def test_many_small_cells_fit_too(client: Client, shop: Connection) -> None:
    names = ", ".join(f"{n} AS c{n}" for n in range(300))
    sql = f"SELECT id, {names} FROM orders ORDER BY id"
    seen: list[int] = []
    cursor = None
    async with client:
        while True:
            given = {"sql": sql, "limit": 400} | ({"cursor": cursor} if cursor else {})
            answer = answer_of(await client.call_tool("run_sql", given))
            assert len(json.dumps(answer["rows"], separators=(",", ":"))) < 90_000
            seen += [row[0] for row in answer["rows"]]
            cursor = answer["cursor"]
            if cursor is None:
                break

    assert seen == list(range(1, 501))


async def test_the_head_is_what_hosts_show_that_read_text_alone(
    client: Client, shop: Connection
) -> None:
    async with client:
        result = await client.call_tool("run_sql", {"sql": "SELECT id, status FROM orders"})

    summary, names, *rows = text_of(result).split("\n")
    assert summary.startswith("200 rows from shop in ")
    assert "The first 50 follow. All of them are in structuredContent." in summary
    assert names == "id\tstatus"
    assert len(rows) == 50
    assert rows[0] == "1\topen"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DELETE FROM orders", "statement_refused"),
        ("SELECT 1; SELECT 2", "statement_refused"),
        ("", "statement_refused"),
        ("SELEC 1", "statement_refused"),
        ("SELECT totl FROM orders", "statement_failed"),
        ("SELECT {{year}}", "parameters_missing"),
    ],
)
async def test_a_statement_that_does_not_do_is_told_what_would(
    client: Client, shop: Connection, sql: str, code: str
) -> None:
    async with client:
        said = refusal_of(await client.call_tool("run_sql", {"sql": sql}))

    assert said.startswith(f"{code}: ")
    assert len(said) > len(code) + 10
    assert "Traceback" not in said


async def test_with_several_connections_one_must_be_named(
    client: Client, core: Core, ada: Actor, shop: Connection, shop_file: Path
) -> None:
    url = SecretStr(f"sqlite:///{shop_file}")
    await core.connections.add(ada, ConnectionDraft(name="second", url=url))
    async with client:
        said = refusal_of(await client.call_tool("run_sql", {"sql": "SELECT 1 AS one"}))
        unknown = refusal_of(
            await client.call_tool("run_sql", {"sql": "SELECT 1", "connection": "shpo"})
        )

    assert said == "connection_ambiguous: There are several connections; name one of second, shop."
    assert "Connection not found: shpo. There are second, shop." in unknown


async def test_a_missing_file_is_named(
    client: Client, core: Core, ada: Actor, tmp_path: Path
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path}/gone.db")
    await core.connections.add(ada, ConnectionDraft(name="gone", url=url))
    async with client:
        said = refusal_of(await client.call_tool("run_sql", {"sql": "SELECT 1 AS one"}))

    assert said.startswith("connection_failed: ")
    assert "gone.db" in said
