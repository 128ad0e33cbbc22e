"""`trellis up`: everything in one process."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.terminal import Home


def test_the_first_start_hands_out_a_key_and_all_it_takes_to_begin(tmp_path: Path) -> None:
    home = Home(tmp_path / "new home")

    with home.launching() as server:
        key, bearer = server.key, {"authorization": f"Bearer {server.key}"}
        queries = httpx2.get(f"{server.url}/v1/queries", headers=bearer).json()["queries"]
        mcp = httpx2.post(f"{server.url}/mcp", json={})
        health = httpx2.get(f"{server.url}/health")

    said = "\n".join(server.said)
    assert key is not None
    assert len(queries) == 10
    assert (mcp.status_code, health.status_code) == (401, 200)
    start, end = said.index("{"), said.rindex("}") + 1
    pasted = json.loads(said[start:end])["mcpServers"]["trellis"]
    assert Path(pasted["command"]).is_absolute()
    assert pasted["args"] == ["mcp"]
    assert pasted["env"] == {"TRELLIS_HOME": str(home.folder)}
    for off in ("OPENAI_API_KEY", "SLACK_BOT_TOKEN", "DISCORD_TOKEN"):
        assert off in said
    assert server.code == 0
    # The key is stored nowhere, and not shown again.
    kept = b"".join(file.read_bytes() for file in home.folder.rglob("*") if file.is_file())
    assert key.encode() not in kept
    assert key not in "\n".join(server.logged)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_later_start_shows_no_key_and_ends_when_it_is_told_to(
    trellis: Home, sign: signal.Signals
) -> None:
    trellis("key", "create", "mine")

    with trellis.launching("api") as server:
        url, key = server.url, server.key
        code = server.end(sign)

    assert (key, code) == (None, 0)
    assert not server.logged
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_a_taken_port_is_named(trellis: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = trellis("up", TRELLIS_API_PORT=str(port))

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"Port {port} is taken on 127.0.0.1: ")
    assert "TRELLIS_API_PORT" in refused.err
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host.invalid", "::1%nowhere"])
def test_an_address_of_another_machine_is_refused(trellis: Home, host: str) -> None:
    refused = trellis("api", "--host", host, "--port", "0")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"Cannot listen on {host}, port 0: ")


def test_two_servers_on_one_home_serve_side_by_side(trellis: Home) -> None:
    key = trellis("key", "create", "mine", "--json").json["key"]
    bearer = {"authorization": f"Bearer {key}"}

    with trellis.serving("api") as one, trellis.serving("api") as other:
        urls = [one.url, other.url]

        def save(number: int) -> int:
            body = {"title": f"Query {number}", "prompt": "?"}
            url = f"{urls[number % 2]}/v1/queries"
            return httpx2.post(url, headers=bearer, json=body, timeout=30).status_code

        with ThreadPoolExecutor(8) as people:
            statuses = list(people.map(save, range(40)))
        lists = [httpx2.get(f"{url}/v1/queries", headers=bearer).json() for url in urls]

    assert statuses == [201] * 40
    assert len(lists[0]["queries"]) == 50
    assert lists[0] == lists[1]


def test_a_request_leaves_one_line_without_what_was_in_it(trellis: Home) -> None:
    key = trellis("key", "create", "mine", "--json").json["key"]
    secret = "hunter2"

    with trellis.serving("api") as server:
        url = f"{server.url}/v1/queries?token={secret}"
        headers = {"authorization": f"Bearer {key}", "x-correlation-id": "my-7"}
        httpx2.post(url, headers=headers, json={"title": secret, "prompt": secret})

    lines = [json.loads(line) for line in server.logged]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (
        line.items()
        >= {
            "method": "POST",
            "route": "/v1/queries",
            "status": 201,
            "correlation_id": "my-7",
            "level": "info",
        }.items()
    )
    assert len(line["member"]) == 36
    assert line["ms"] > 0
    assert secret not in "".join(server.logged)
    assert key not in "".join(server.logged)


def test_mcp_may_stand_alone(trellis: Home) -> None:
    trellis("key", "create", "mine")

    with trellis.launching("mcp", "--http") as server:
        statuses = [
            httpx2.get(f"{server.url}{path}").status_code
            for path in ("/health", "/v1/queries", "/mcp")
        ]

    assert statuses == [200, 404, 401]
