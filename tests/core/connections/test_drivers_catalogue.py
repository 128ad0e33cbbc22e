"""What every driver promises of refusals and of the catalogue; see `test_drivers`."""

import pytest

from core.connections.address import parse
from core.connections.driver import Driver, Effect
from core.connections.errors import ConnectionFailed, StatementFailed
from core.connections.records import Column, Dialect, ForeignKey, Table
from tests.core.connections.drivers.asking import ask, first
from tests.core.connections.drivers.grounds import Ground


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO customer (id) VALUES (9)",
        "UPDATE customer SET name = 'x'",
        "DELETE FROM customer",
        "CREATE TABLE mine (i INTEGER)",
        "CREATE VIEW mine AS SELECT 1 AS i",
        "CREATE INDEX mine ON customer (name)",
        "ALTER TABLE customer ADD COLUMN mine INTEGER",
        "DROP VIEW large_order",
        "DROP TABLE shipment",
        "SELECT 1; DELETE FROM customer",
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT; DROP TABLE shipment",
        "",
        "-- nothing",
        "no sql at all",
    ],
)
async def test_the_engine_itself_refuses(driver: Driver, sql: str) -> None:
    with pytest.raises(StatementFailed) as refused:
        await ask(driver, sql)

    assert refused.value.message
    assert first(await ask(driver, "SELECT count(*) FROM customer WHERE name <> 'x'")) == [4]
    assert first(await ask(driver, "SELECT count(*) FROM shipment")) == [1]


async def test_a_failed_statement_says_what_is_wrong_and_where(driver: Driver) -> None:
    sql = "SELECT name, nope FROM customer"

    with pytest.raises(StatementFailed, match="nope") as failed:
        await ask(driver, sql)

    place = failed.value.position
    assert place is None or sql[place - 1 :].startswith("nope")
    assert failed.value.state
    with pytest.raises(StatementFailed, match="nowhere"):
        await ask(driver, "SELECT 1 FROM nowhere")
    with pytest.raises(StatementFailed):
        await ask(driver, "SELECT count(*) FROM customer WHERE")


async def test_a_database_that_is_not_there_is_named_without_its_secret(ground: Ground) -> None:
    url = f"{ground.dialect}:////nowhere/at/all.db"
    if ground.dialect not in {Dialect.SQLITE, Dialect.DUCKDB}:
        url = f"{ground.dialect}://reader:hunter2@127.0.0.1:1/shop"
    driver = ground.open(parse(url), 2)

    for _ in range(2):
        with pytest.raises(ConnectionFailed) as failed:
            await ask(driver, "SELECT 1")
        assert "hunter2" not in failed.value.message
        assert "/nowhere/at/all.db" in failed.value.message or "127.0.0.1" in failed.value.message
    with pytest.raises(ConnectionFailed):
        await driver.test()
    await driver.close()


async def test_a_healthy_database_tells_its_version(driver: Driver) -> None:
    health = await driver.test()

    assert any(character.isdigit() for character in health.version)
    assert health.latency_ms > 0


async def found(driver: Driver, ground: Ground) -> dict[str, Table]:
    schema = await driver.discover()
    assert schema.default == ground.schema
    return {table.name: table for table in schema.tables if table.schema == ground.schema}


async def test_discovery_finds_tables_views_and_keys(driver: Driver, ground: Ground) -> None:
    tables = await found(driver, ground)

    assert {"customer", "order", "shipment", 'we"ird 注文', "large_order"} <= tables.keys()
    assert tables["large_order"].kind == "view"
    assert {tables[name].kind for name in ("customer", "order")} == {"table"}
    assert tables["order"].primary_key == ("number", "line")
    assert tables["shipment"].foreign_keys == (
        ForeignKey(("order_number", "order_line"), ground.schema, "order", ("number", "line")),
    )
    assert tables["order"].foreign_keys == (
        ForeignKey(("customer_id",), ground.schema, "customer", ("id",)),
    )
    assert [column.name for column in tables['we"ird 注文'].columns] == ["品 名", "from"]
    assert [column.name for column in tables["large_order"].columns] == ["number", "amount"]


async def test_discovery_describes_columns(driver: Driver, ground: Ground) -> None:
    customer = (await found(driver, ground))["customer"]
    id, name, country = customer.columns

    assert (id.name, id.nullable, id.default) == ("id", False, None)
    assert id.type.lower().startswith("int")
    assert (name.name, name.nullable) == ("name", False)
    assert "nobody" in (name.default or "")
    assert (country.name, country.nullable) == ("country", True)
    assert country.default in {None, "NULL"}
    assert "varchar" in name.type.lower() or "character varying" in name.type.lower()
    assert customer.comment == ("who buys" if ground.comments else None)
    assert country.comment == ("ISO 3166" if ground.comments else None)
    assert customer.rows in {None, 4} or ground.dialect is Dialect.MARIADB


async def test_discovery_sees_every_schema_and_no_system_table(
    driver: Driver, ground: Ground
) -> None:
    tables = (await driver.discover()).tables

    assert not {table.schema for table in tables} & {
        "information_schema",
        "pg_catalog",
        "pg_toast",
        "mysql",
        "performance_schema",
        "sys",
    }
    assert not [table.name for table in tables if table.name.startswith("sqlite_")]
    if ground.other:
        (lead,) = [table for table in tables if table.schema == ground.other]
        assert (lead.name, lead.columns[0][:3]) == (
            "lead",
            Column("id", lead.columns[0].type, False)[:3],
        )


async def test_discovery_tells_how_far_it_is(driver: Driver) -> None:
    told: list[tuple[int, int | None]] = []

    schema = await driver.discover(lambda done, total: told.append((done, total)))

    assert told[-1][0] == len(schema.tables)
    assert told == sorted(told, key=lambda each: each[0])


async def test_samples_are_the_few_values_of_a_column(driver: Driver, ground: Ground) -> None:
    customer = (ground.schema, "customer")
    weird = (ground.schema, 'we"ird 注文')
    gone = (ground.schema, "gone")

    samples = await driver.sample(
        {customer: ["country", "nope"], weird: ["品 名"], gone: ["x"]}, seconds=5
    )
    assert samples.get(customer, {}).get("nope") is None
    assert gone not in samples

    samples = await driver.sample({customer: ["country", "name"], weird: ["品 名"]}, seconds=5)
    assert samples[customer]["country"] == ("GB", "JP")
    assert set(samples[customer]["name"]) == {"Ada", "花子", "Bo", "Cy"}
    assert samples[weird] == {"品 名": ("本",)}


async def test_a_view_is_told_by_its_definition(driver: Driver, ground: Ground) -> None:
    views = await driver.views([("large_order",), ("customer",), ("nowhere",)])

    (view,) = views
    assert "large_order" in view.name
    definition = view.definition.strip().lower()
    assert definition.startswith(("select", "("))
    assert "amount" in definition
    assert not definition.endswith(";")
    (again,) = await driver.views([(ground.schema, "large_order")])
    assert again.definition == view.definition


async def test_functions_are_judged_by_what_the_server_knows(driver: Driver) -> None:
    effects = await driver.functions([("lower",), ("abs",), ("no_such_thing",)])

    assert effects == {
        ("lower",): Effect.PURE,
        ("abs",): Effect.PURE,
        ("no_such_thing",): Effect.UNKNOWN,
    }
    assert await driver.functions([]) == {}
