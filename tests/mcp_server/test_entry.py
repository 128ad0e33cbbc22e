"""The short way for plain calls beside the SDK's own: what one answers, so does the other."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.app import Core
from core.connections import Connection
from core.queries import Query
from mcp_server.app import guests
from mcp_server.tools import TOOLS
from tests.mcp_server.test_http import META
from tests.mcp_server.test_tools import EXAMPLES

URL = "http://127.0.0.1:8000"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
INFO = "io.modelcontextprotocol/clientInfo"
VERSION = "io.modelcontextprotocol/protocolVersion"

Headers = list[tuple[bytes, bytes]]


@dataclass
class Said:
    """One answer, as it went over the wire."""

    status: int = 0
    headers: Headers = field(default_factory=list)
    body: bytes = b""


@dataclass
class Ways:
    """Both ways into one core."""

    core: Core
    key: str
    short: Any
    sdk: Any

    def taken(self, way: str) -> int:
        return self.core.tally.counts["mcp_call", (("way", way),)]

    async def both(self, headers: Headers, chunks: Sequence[bytes]) -> tuple[Said, Said, bool]:
        """Send one request both ways; return both answers, and whether the short way was taken."""
        before = self.taken("short")
        one = await say(self.short, headers, chunks)
        took = self.taken("short") > before
        return one, await say(self.sdk, headers, chunks), took

    def headers(self, name: str, **others: str | None) -> Headers:
        usual: dict[str, str | None] = {
            "host": "127.0.0.1:8000",
            "authorization": f"Bearer {self.key}",
            "content-type": "application/json",
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call",
            "mcp-name": name,
        }
        given = usual | {key.replace("_", "-"): value for key, value in others.items()}
        return [(k.encode(), v.encode("latin-1")) for k, v in given.items() if v is not None]


@pytest.fixture
async def ways(core: Core, ada_key: str) -> AsyncIterator[Ways]:
    short = guests(core, url=URL, host="127.0.0.1")
    sdk = guests(core, url=URL, host="127.0.0.1", short=False)
    entered, leave = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # One task enters and leaves: a fixture is set up in one, and torn down in another.
        async with short.lifespan, sdk.lifespan:
            entered.set()
            await leave.wait()

    living = asyncio.create_task(live())
    await asyncio.wait_for(entered.wait(), 5)
    yield Ways(core, ada_key, short.routes["/mcp"], sdk.routes["/mcp"])
    leave.set()
    await asyncio.wait_for(living, 5)


async def say(app: Any, headers: Headers, chunks: Sequence[bytes]) -> Said:
    said, left, gone = Said(), list(chunks), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said.status, said.headers = message["status"], list(message["headers"])
        else:
            said.body += message.get("body", b"")

    length = (
        []
        if any(name == b"content-length" for name, _ in headers)
        else [(b"content-length", str(sum(map(len, chunks))).encode())]
    )
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "raw_path": b"/mcp",
        "query_string": b"",
        "headers": headers + length,
        "client": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(app(scope, receive, send), 20)
    gone.set()
    return said


def body(name: str, arguments: Any, *, id: Any = 1, meta: Any = None, **more: Any) -> bytes:
    params = {"name": name, "arguments": arguments, "_meta": META if meta is None else meta} | more
    whole = {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}
    return json.dumps(whole).encode()


def timeless(said: bytes) -> bytes:
    """Return an answer without how long it took, which no two calls share."""
    said = re.sub(rb'"duration_ms":[0-9.e+-]+', b'"duration_ms":0', said)
    return re.sub(rb" in [0-9]+ ms\.", b" in 0 ms.", said)


def pairs(said: bytes) -> Any:
    """Return a document with the order of its keys."""
    return json.loads(said, object_pairs_hook=lambda each: [("{}", *each)])


def same(one: Said, other: Said) -> None:
    first, second = timeless(one.body), timeless(other.body)
    assert one.status == other.status
    lengthless = [
        [each for each in said.headers if each[0] != b"content-length"] for said in (one, other)
    ]
    assert lengthless[0] == lengthless[1]
    assert (b"content-length", str(len(one.body)).encode()) in one.headers
    if second.isascii() and b"\\u" not in second:
        assert first == second
    elif second:
        # The SDK spells what is not ASCII as escapes; it is the same document.
        assert pairs(first) == pairs(second)


READING = [name for name, tool in TOOLS.items() if tool.reads and not tool.rich]


@pytest.mark.parametrize("name", READING)
async def test_a_plain_call_takes_the_short_way_to_the_same_answer(
    ways: Ways, by_country: Query, name: str
) -> None:
    one, other, took = await ways.both(ways.headers(name), [body(name, EXAMPLES[name])])

    assert took
    same(one, other)
    assert b'"isError":false' in one.body


async def test_what_writes_takes_it_too(ways: Ways, by_country: Query) -> None:
    for name in ("save_query", "update_query", "delete_query"):
        before = ways.taken("short")
        which = {} if name == "save_query" else {"query": by_country.id}
        said = await say(ways.short, ways.headers(name), [body(name, EXAMPLES[name] | which)])
        assert ways.taken("short") == before + 1
        assert b'"isError":false' in said.body, said.body


STATEMENTS = [
    {"sql": "SELECT 1 AS one"},
    {"sql": "SELECT * FROM customers ORDER BY id"},
    {
        "sql": "SELECT 'é 日本 😀' AS text, NULL AS nothing, 1.5e300 AS far, 0.1 AS near, "
        "-0.0 AS zero"
    },
    {"sql": "SELECT 'a\"b\\c' || char(10, 9, 13, 0, 127) AS odd"},
    {"sql": "SELECT 9223372036854775807 AS most, -9223372036854775808 AS least"},
    {"sql": "SELECT x'00ff' AS bytes"},
    {"sql": "SELECT id FROM orders ORDER BY id", "limit": 3},
    {"sql": "SELECT id FROM orders WHERE 1 = 0"},
    {"sql": "SELECT {{a}} AS a", "parameters": {"a": "'; DROP"}},
    {"sql": "DELETE FROM orders"},
    {"sql": "SELECT {{a}} AS a"},
    {"sql": ""},
    {"sql": "SELECT 1 AS one", "connection": "nowhere"},
    {"sql": "SELECT 1 AS one", "limit": 0},
    {"sql": "SELECT 1 AS one", "actor": "eve"},
    {"sql": 7},
    {},
    None,
]


@pytest.mark.parametrize("arguments", STATEMENTS, ids=repr)
async def test_answers_and_refusals_are_the_same_both_ways(
    ways: Ways, shop: Connection, arguments: Any
) -> None:
    one, other, took = await ways.both(ways.headers("run_sql"), [body("run_sql", arguments)])

    assert took
    same(one, other)


@pytest.mark.parametrize("id", [0, -1, 2**53, "a", "", "é", "\x00", '"', "x" * 1_000])
async def test_every_kind_of_id_comes_back(ways: Ways, shop: Connection, id: Any) -> None:
    sent = body("run_sql", {"sql": "SELECT 1 AS one"}, id=id)
    one, other, took = await ways.both(ways.headers("run_sql"), [sent])

    assert took
    same(one, other)
    assert json.loads(one.body)["id"] == id


SQL = {"sql": "SELECT 1 AS one"}
PLAIN = body("run_sql", SQL)
ODD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "deep": b"[" * 100_000,
    "many digits": PLAIN.replace(b'"id": 1', b'"id": ' + b"1" * 5_000),
    "not UTF-8": b"\xff\xfe",
    "a list": b"[" + PLAIN + b"]",
    "a text": b'"x"',
    "null": b"null",
    "no version": PLAIN.replace(b'"jsonrpc": "2.0", ', b""),
    "another version": PLAIN.replace(b'"2.0"', b'"1.0"'),
    "no id": PLAIN.replace(b'"id": 1, ', b""),
    "id null": PLAIN.replace(b'"id": 1', b'"id": null'),
    "id true": PLAIN.replace(b'"id": 1', b'"id": true'),
    "id 1.5": PLAIN.replace(b'"id": 1', b'"id": 1.5'),
    "id a list": PLAIN.replace(b'"id": 1', b'"id": [1]'),
    "another method": PLAIN.replace(b"tools/call", b"tools/list"),
    "a method of nobody": PLAIN.replace(b"tools/call", b"tools/steal"),
    "a method that is none": PLAIN.replace(b'"tools/call"', b"7"),
    "a response": b'{"jsonrpc":"2.0","id":1,"result":{}}',
    "no params": b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    "params a list": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}',
    "params null": b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}',
    "no name": PLAIN.replace(b'"name": "run_sql", ', b""),
    "name null": PLAIN.replace(b'"name": "run_sql"', b'"name": null'),
    "name a list": PLAIN.replace(b'"name": "run_sql"', b'"name": ["run_sql"]'),
    "another name": PLAIN.replace(b'"name": "run_sql"', b'"name": "run_query"'),
    "arguments a list": body("run_sql", []),
    "arguments a text": body("run_sql", "SELECT 1"),
    "arguments a number": body("run_sql", 7),
    "no meta": PLAIN.replace(b'"_meta"', b'"meta"'),
    "meta a list": body("run_sql", SQL, meta=[]),
    "meta empty": body("run_sql", SQL, meta={}),
    "no protocol": body("run_sql", SQL, meta={k: v for k, v in META.items() if k != VERSION}),
    "another protocol": body("run_sql", SQL, meta=META | {VERSION: "2025-06-18"}),
    "protocol a number": body("run_sql", SQL, meta=META | {VERSION: 20260728}),
    "no capabilities": body(
        "run_sql", SQL, meta={k: v for k, v in META.items() if k != CAPABILITIES}
    ),
    "capabilities null": body("run_sql", SQL, meta=META | {CAPABILITIES: None}),
    "capabilities a list": body("run_sql", SQL, meta=META | {CAPABILITIES: []}),
    "odd capabilities": body("run_sql", SQL, meta=META | {CAPABILITIES: {"sampling": 7}}),
    "odd client": body("run_sql", SQL, meta=META | {INFO: {"name": 7}}),
    "client a text": body("run_sql", SQL, meta=META | {INFO: "me"}),
    "wants progress": body("run_sql", SQL, meta=META | {"progressToken": 1}),
    "wants logs": body("run_sql", SQL, meta=META | {"io.modelcontextprotocol/logLevel": "debug"}),
    "is traced": body("run_sql", SQL, meta=META | {"traceparent": "00-x"}),
    "can be asked": body("run_sql", SQL, meta=META | {CAPABILITIES: {"elicitation": {"form": {}}}}),
    "answers us": body("run_sql", SQL, inputResponses={}),
    "answers oddly": body("run_sql", SQL, inputResponses={"parameters": {"action": "dance"}}),
    "brings state": body("run_sql", SQL, requestState="x"),
    "brings a task": body("run_sql", SQL, task={"ttl": 1}),
    "more params": body("run_sql", SQL, other=1),
    "an unknown tool": body("steal", SQL),
}


@pytest.mark.parametrize("odd", ODD_BODIES, ids=str)
async def test_an_odd_body_is_the_sdks_to_judge(ways: Ways, shop: Connection, odd: str) -> None:
    name = "steal" if odd == "an unknown tool" else "run_sql"
    one, other, took = await ways.both(ways.headers(name), [ODD_BODIES[odd]])

    assert not took
    same(one, other)


@pytest.mark.parametrize(
    "sent",
    [
        PLAIN.replace(b'"SELECT 1 AS one"', b"NaN"),
        PLAIN.replace(b'"SELECT 1 AS one"', b"1e999"),
        PLAIN.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + PLAIN,
        b"  " + PLAIN + b"\n",
        PLAIN.replace(b'"SELECT 1 AS one"', b'"\\ud800"'),
    ],
)
async def test_what_the_sdk_reads_as_json_is_read_the_same(
    ways: Ways, shop: Connection, sent: bytes
) -> None:
    one, other, _took = await ways.both(ways.headers("run_sql"), [sent])

    same(one, other)


async def test_a_name_that_comes_twice_means_the_last_both_ways(
    ways: Ways, shop: Connection
) -> None:
    twice = PLAIN.replace(b'"name": "run_sql"', b'"name": "steal", "name": "run_sql"')
    one, other, _took = await ways.both(ways.headers("run_sql"), [twice])

    same(one, other)


async def test_no_client_need_say_its_name(ways: Ways, shop: Connection) -> None:
    meta = {k: v for k, v in META.items() if k != INFO}
    for sent in (meta, META | {INFO: None}):
        one, other, _took = await ways.both(
            ways.headers("run_sql"), [body("run_sql", SQL, meta=sent)]
        )
        same(one, other)
        assert one.status == 200


ODD_HEADERS: dict[str, dict[str, str | None]] = {
    "no accept": {"accept": None},
    "accepts JSON alone": {"accept": "application/json"},
    "accepts events alone": {"accept": "text/event-stream"},
    "accepts nothing of ours": {"accept": "text/html"},
    "no content type": {"content_type": None},
    "another content type": {"content_type": "text/plain"},
    "no protocol": {"mcp_protocol_version": None},
    "an older protocol": {"mcp_protocol_version": "2025-06-18"},
    "a protocol of nobody": {"mcp_protocol_version": "2099-01-01"},
    "no method": {"mcp_method": None},
    "another method": {"mcp_method": "tools/list"},
    "no name": {"mcp_name": None},
    "another name": {"mcp_name": "run_query"},
    "a name in base64": {"mcp_name": "=?base64?cnVuX3NxbA?="},
    "a parameter": {"mcp_param_sql": "SELECT 2"},
    "a session": {"mcp_session_id": "x", "mcp_protocol_version": "2025-06-18"},
    "a wrong length": {"content_length": "many"},
    "a great length": {"content_length": "99999999"},
    "in chunks": {"transfer_encoding": "chunked"},
    "a strange host": {"host": "evil.example"},
    "a strange page": {"origin": "https://evil.example"},
    "no key": {"authorization": None},
    "a wrong key": {"authorization": "Bearer tr_wrong"},
    "no bearer": {"authorization": "Basic eA=="},
}


@pytest.mark.parametrize("odd", ODD_HEADERS, ids=str)
async def test_odd_headers_are_the_sdks_to_judge(ways: Ways, shop: Connection, odd: str) -> None:
    headers = ways.headers("run_sql", **ODD_HEADERS[odd])
    one, other, took = await ways.both(headers, [PLAIN])

    assert not took
    one.headers = [each for each in one.headers if each[0] != b"mcp-session-id"]
    other.headers = [each for each in other.headers if each[0] != b"mcp-session-id"]
    same(one, other)


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json,text/event-stream",
        "text/*;q=0.5, APPLICATION/JSON ;q=1",
        "application/*, text/*",
    ],
)
async def test_every_way_to_accept_both_is_plain(ways: Ways, shop: Connection, accept: str) -> None:
    one, other, took = await ways.both(ways.headers("run_sql", accept=accept), [PLAIN])

    assert took
    same(one, other)


@pytest.mark.parametrize("name", [b"mcp-method", b"mcp-name", b"accept", b"x-other"])
async def test_a_header_that_comes_twice_is_the_sdks_to_judge(
    ways: Ways, shop: Connection, name: bytes
) -> None:
    headers = ways.headers("run_sql")
    (value,) = [value for key, value in headers if key == name] or [b"x"]
    one, other, took = await ways.both([*headers, (name, value), (name, value)], [PLAIN])

    assert not took
    same(one, other)


async def test_a_body_in_pieces_is_whole_again_for_the_sdk(ways: Ways, shop: Connection) -> None:
    one, other, took = await ways.both(
        ways.headers("run_sql"), [PLAIN[:10], PLAIN[10:50], PLAIN[50:]]
    )

    assert not took
    same(one, other)
    assert one.status == 200


async def test_a_large_body_is_the_sdks(ways: Ways, shop: Connection) -> None:
    large = body("run_sql", {"sql": "SELECT 1 AS one --" + "x" * 300_000})
    one, other, took = await ways.both(ways.headers("run_sql"), [large])

    assert not took
    same(one, other)


async def test_who_can_be_asked_is_asked_by_the_sdks_way(ways: Ways, by_country: Query) -> None:
    meta = META | {CAPABILITIES: {"elicitation": {"form": {}}}}
    sent = body("run_query", {"query": by_country.title}, meta=meta)
    one, other, took = await ways.both(ways.headers("run_query"), [sent])

    assert not took
    same(one, other)
    assert json.loads(one.body)["result"]["resultType"] == "input_required"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(arguments=st.dictionaries(st.sampled_from(["sql", "limit", "x", "connection"]), JSON))
async def test_whatever_is_asked_both_ways_say_the_same(
    ways: Ways, shop: Connection, arguments: dict[str, Any]
) -> None:
    one, other, _took = await ways.both(ways.headers("run_sql"), [body("run_sql", arguments)])

    same(one, other)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(value=st.text(max_size=40))
async def test_whatever_a_cell_holds_both_ways_say_the_same(
    ways: Ways, shop: Connection, value: str
) -> None:
    asked = {"sql": "SELECT {{value}} AS value", "parameters": {"value": value}}
    one, other, took = await ways.both(ways.headers("run_sql"), [body("run_sql", asked)])

    assert took
    same(one, other)
    result = json.loads(one.body)["result"]
    if not result["isError"]:
        assert result["structuredContent"]["rows"] == [[value]]


async def test_hanging_up_stops_the_work_on_the_short_way(ways: Ways, shop: Connection) -> None:
    endless = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    sent = [{"type": "http.request", "body": body("run_sql", {"sql": endless})}]
    hung_up = asyncio.Event()
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        if sent:
            return sent.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    headers = [*ways.headers("run_sql"), (b"content-length", b"500")]
    scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": headers}
    call = asyncio.ensure_future(ways.short(scope, receive, send))
    done, _ = await asyncio.wait({call}, timeout=0.2)
    assert not done
    hung_up.set()

    await asyncio.wait_for(call, 10)
    assert said == []
    assert ways.taken("short") == 1
