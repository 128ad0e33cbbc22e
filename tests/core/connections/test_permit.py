"""What the policy asks a server, what it makes of the answers, and how long it believes them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest
from typing_extensions import override

from core.connections.driver import Driver, Effect, Progress, TableName, View
from core.connections.errors import ConnectionFailed, StatementRefused
from core.connections.policy import REMEMBERED, SHORT, Policy
from core.connections.records import (
    Ceilings,
    Dialect,
    Health,
    Result,
    ResultColumn,
    Schema,
    Statement,
)

Name = tuple[str, ...]


class Server(Driver):
    """A server that knows what it is told to know, and counts what it is asked."""

    def __init__(
        self,
        dialect: Dialect = Dialect.POSTGRESQL,
        effects: Mapping[str, Effect] | None = None,
        views: Mapping[str, str] | None = None,
    ) -> None:
        self.dialect = dialect
        self.effects = dict(effects or {})
        self.known_views = dict(views or {})
        self.row_functions: set[str] = set()
        self.asked: list[set[Name]] = []
        self.looked: list[set[Name]] = []
        self.reachable = True

    @override
    async def functions(self, names: Collection[Name]) -> dict[Name, Effect]:
        if not self.reachable:
            raise ConnectionFailed
        self.asked.append(set(names))
        known = {name: self.effects.get(".".join(name)) for name in names}
        return {name: effect for name, effect in known.items() if effect is not None}

    @override
    async def views(self, names: Collection[Name]) -> tuple[View, ...]:
        self.looked.append(set(names))
        found = {".".join(name) for name in names} & self.known_views.keys()
        return tuple(View(name, self.known_views[name]) for name in sorted(found))

    @override
    async def test(self) -> Health:
        return Health(version="a stand-in", latency_ms=0.0)

    @override
    async def discover(self, progress: Progress | None = None) -> Schema:
        return Schema((), "public")

    @override
    async def sample(
        self, columns: Mapping[TableName, Sequence[str]], *, seconds: float
    ) -> dict[TableName, dict[str, tuple[str, ...]]]:
        return {}

    @override
    async def close(self) -> None:
        self.reachable = False

    @override
    async def execute(self, statement: Statement, ceilings: Ceilings, *, skip: int = 0) -> Result:
        rows: list[list[Any]] = [[name] for name in statement.values if name in self.row_functions]
        return Result(
            columns=[ResultColumn("name", "text")], rows=rows, truncated=None, duration_ms=0.1
        )


PURE, VOLATILE = Effect.PURE, Effect.VOLATILE


async def refusal(server: Server, sql: str, policy: Policy | None = None) -> str:
    with pytest.raises(StatementRefused) as refused:
        await (policy or Policy()).permit(server, sql)
    return refused.value.message


# What the answers mean


async def test_what_the_server_calls_pure_passes() -> None:
    server = Server(effects={"lower": PURE, "shop.vat": PURE})
    verdict = await Policy().permit(server, "SELECT lower(a), shop.vat(b) FROM orders")
    assert verdict.functions == {("lower",), ("shop", "vat")}
    assert server.asked == [{("lower",), ("shop", "vat")}]
    assert server.looked == [{("orders",)}]


async def test_what_may_change_something_is_refused_and_named_with_its_place() -> None:
    server = Server(effects={"touch": VOLATILE})
    said = await refusal(server, "SELECT 1,\n touch(2)")
    assert said.startswith("touch() ")
    assert "(line 2, column 2)" in said
    assert "STABLE" in said


async def test_what_the_server_does_not_know_is_left_to_its_own_words() -> None:
    await Policy().permit(Server(), "SELECT no_such_function(1)")


@pytest.mark.parametrize("dialect", [Dialect.MYSQL, Dialect.MARIADB])
async def test_mysql_has_to_call_a_function_pure_that_we_do_not_know(dialect: Dialect) -> None:
    sql = "SELECT vat(total), lower(name) FROM orders"
    server = Server(dialect, {"vat": PURE})
    await Policy().permit(server, sql)
    assert server.asked == [{("vat",)}], "what is known to compute only is not asked about"
    for effects in ({}, {"vat": VOLATILE}):
        assert "vat()" in await refusal(Server(dialect, effects), sql)


async def test_harmless_volatile_functions_pass_where_the_server_has_them_itself() -> None:
    volatile = ("random", "pg_catalog.random", "evil.random", "x.uuid_generate_v4")
    server = Server(effects=dict.fromkeys(volatile, VOLATILE))
    await Policy().permit(server, "SELECT random(), pg_catalog.random(), x.uuid_generate_v4()")
    await refusal(server, "SELECT evil.random()")


async def test_a_server_that_cannot_be_asked_lets_nothing_pass() -> None:
    server = Server()
    server.reachable = False
    with pytest.raises(ConnectionFailed):
        await Policy().permit(server, "SELECT lower('a')")


async def test_names_are_asked_about_as_the_server_reads_them() -> None:
    server = Server()
    await Policy().permit(server, f'SELECT "Wipe All"(), {"f" * 70}(), "ÄFF"()')
    assert server.asked == [{("wipe all",), ("f" * 63,), ("Äff",), ("äff",)}]


# Fields


async def test_a_field_that_could_be_a_function_of_the_row_is_refused() -> None:
    server = Server(effects={"stamp": VOLATILE})
    server.row_functions = {"stamp"}
    for sql in ("SELECT o.stamp FROM orders o", "SELECT (o).stamp FROM orders o"):
        assert "stamp" in await refusal(server, sql)


async def test_a_column_with_the_name_of_another_kind_of_function_passes() -> None:
    server = Server(effects={"status": VOLATILE})
    await Policy().permit(server, "SELECT o.status FROM orders o")
    assert ("status",) in server.asked[0]


# Views

VIEWS = {
    "busy": "SELECT id, touch() FROM orders",
    "shop.busier": " SELECT * FROM busy;",
    "fine": "SELECT lower(name) FROM customers",
    "spy": "SELECT rolpassword FROM pg_authid",
    "pg_catalog.pg_roles": "SELECT rolname FROM pg_authid",
    "sleepy": "SELECT pg_sleep(1)",
    "mine": "SELECT * FROM orders WHERE tenant = current_setting('app.tenant'::text)",
}


async def test_a_view_is_as_good_as_what_is_behind_it() -> None:
    server = Server(effects={"lower": PURE, "touch": VOLATILE}, views=VIEWS)
    await Policy().permit(server, "SELECT * FROM fine")
    said = await refusal(server, "SELECT * FROM busy")
    assert "touch()" in said
    assert "behind the view busy" in said


@pytest.mark.parametrize("dialect", [Dialect.SQLITE, Dialect.DUCKDB, Dialect.MARIADB])
async def test_views_are_followed_to_the_end(dialect: Dialect) -> None:
    bad = {Dialect.SQLITE: "load_extension", Dialect.DUCKDB: "read_text"}.get(dialect, "sleep")
    views = {"a": "SELECT * FROM b", "b": "SELECT * FROM c", "c": f"SELECT {bad}('x') FROM a"}
    server = Server(dialect, views=views)
    assert "The view c" in await refusal(server, "SELECT * FROM a")


async def test_views_that_show_each_other_end_somewhere() -> None:
    views = {"a": "SELECT * FROM b", "b": "SELECT * FROM a"}
    await Policy().permit(Server(Dialect.MYSQL, views=views), "SELECT * FROM a")


async def test_a_view_shows_no_secrets_but_the_servers_own_are_left_to_it() -> None:
    server = Server(views=VIEWS)
    assert "pg_authid" in await refusal(server, "SELECT * FROM spy")
    await Policy().permit(server, "SELECT * FROM pg_catalog.pg_roles")


async def test_a_view_that_waits_is_refused() -> None:
    assert "pg_sleep" in await refusal(Server(views=VIEWS), "SELECT * FROM sleepy")


async def test_a_view_may_read_the_settings_that_its_maker_meant() -> None:
    await Policy().permit(Server(views=VIEWS), "SELECT * FROM mine")


async def test_a_view_that_cannot_be_read_is_refused_by_name() -> None:
    server = Server(views={"odd": "SELECT 'never"})
    assert "The view odd" in await refusal(server, "SELECT * FROM odd")


# Memory


async def test_what_passed_is_not_asked_again_for_a_while() -> None:
    server, policy = Server(effects={"lower": PURE}), Policy()
    first = await policy.permit(server, "SELECT lower(a) FROM t")
    again = await policy.permit(server, "SELECT lower(a) FROM t")
    assert again is first
    assert (len(server.asked), len(server.looked)) == (1, 1)


async def test_what_is_known_of_a_function_serves_the_next_statement() -> None:
    server, policy = Server(effects={"lower": PURE, "upper": PURE}), Policy()
    await policy.permit(server, "SELECT lower(a)")
    await policy.permit(server, "SELECT lower(b), upper(b)")
    assert server.asked == [{("lower",)}, {("upper",)}]


async def test_what_was_not_there_is_asked_about_every_time() -> None:
    server, policy = Server(), Policy()
    await policy.permit(server, "SELECT later(1)")
    server.effects["later"] = VOLATILE
    await refusal(server, "SELECT later(1)", policy)


async def test_nothing_is_believed_for_longer_than_it_is_fresh() -> None:
    server, policy = Server(effects={"f": PURE}, views={}), Policy(fresh=0.0)
    await policy.permit(server, "SELECT f(1) FROM v")
    server.effects["f"] = VOLATILE
    await refusal(server, "SELECT f(1) FROM v", policy)


async def test_one_servers_answers_are_not_anothers() -> None:
    policy = Policy()
    await policy.permit(Server(effects={"f": PURE}), "SELECT f(1)")
    await refusal(Server(effects={"f": VOLATILE}), "SELECT f(1)", policy)


async def test_a_refusal_is_not_remembered() -> None:
    server, policy = Server(effects={"f": VOLATILE}), Policy(fresh=0.0)
    await refusal(server, "SELECT f(1)", policy)
    server.effects["f"] = PURE
    await policy.permit(server, "SELECT f(1)")


async def test_memory_is_bounded() -> None:
    server, policy = Server(effects={"f": PURE}), Policy()
    for number in range(REMEMBERED + 10):
        await policy.permit(server, f"SELECT {number}, f(1)")
    asked = len(server.looked)
    await policy.permit(server, "SELECT 0, f(1)")
    await policy.permit(server, f"SELECT {REMEMBERED}, f(1)")
    assert len(server.asked) == 1
    assert len(server.looked) == asked
    (memory,) = policy._memories.values()
    assert len(memory.permitted) == REMEMBERED


async def test_a_long_statement_is_judged_and_not_remembered() -> None:
    server, policy = Server(effects={"f": PURE}), Policy()
    sql = "SELECT f(1) FROM t WHERE id IN (" + "1," * SHORT * 3 + "1)"
    await policy.permit(server, sql)
    (memory,) = policy._memories.values()
    assert not memory.permitted


async def test_a_driver_that_is_gone_leaves_nothing_behind() -> None:
    server, policy = Server(), Policy()
    await policy.permit(server, "SELECT 1")
    del server
    assert len(policy._memories) == 0
