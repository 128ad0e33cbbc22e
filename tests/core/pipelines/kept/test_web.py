"""The web as pipelines reach it: nothing private, nothing endless, nothing of ours sent along."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from core.pipelines.errors import OutputTooLarge
from core.pipelines.plain import MOST
from core.pipelines.tools import web as module
from core.pipelines.tools.addresses import is_public, permitted
from core.pipelines.tools.edgar import Edgar
from core.pipelines.tools.errors import AddressRefused, FetchFailed, PageMissing
from core.pipelines.tools.fetching import FetchData
from core.pipelines.tools.web import SMALL, Web, origin
from tests.core.pipelines.kept.bench import Waits, call, endless, site, use, web


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.url.path}")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16"),
        *("192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1"),
        *("239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0"),
        *("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1"),
        *("::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
        *("64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "3fff::1", "100::1"),
        *("nonsense", "", "127.1"),
    ],
)
def test_an_address_that_is_not_everybodys_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_an_address_of_the_web_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
def test_no_address_of_a_private_network_is_public(address: object) -> None:
    assert not is_public(str(address))


def test_networks_that_are_named_may_be_reached() -> None:
    may = permitted(["10.1.0.0/16", "fd00::/8"])

    assert may("10.1.2.3")
    assert may("fd00::1")
    assert may("8.8.8.8")
    assert not may("10.2.0.1")


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/a", "file:///etc/passwd", "gopher://x", "javascript:alert(1)", ""),
        *("http://", "http:///path", "http://user:pass@example.org", "http://a b/", "//x"),
        *("gopher://127.0.0.1:70/", "//127.0.0.1:80/"),
        *("http://x:99999/", "http://[::1", "http://x\r\nHost: y/", "HTTP\u2028://x"),
        "http://" + "a" * 9000,
    ],
)
async def test_what_is_no_url_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        await Web().ask("GET", url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_not_reached(host: str) -> None:
    async with site(hello) as url:
        port = url.rpartition(":")[2]
        with pytest.raises(AddressRefused, match="not public"):
            await Web().ask("GET", f"http://{host}:{port}/")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001"])
async def test_other_ways_to_write_this_machine_lead_nowhere(host: str) -> None:
    async with site(hello) as url:
        port = url.rpartition(":")[2]
        with pytest.raises((AddressRefused, FetchFailed)):
            await Web().ask("GET", f"http://{host}:{port}/")


async def test_a_name_that_means_something_private_is_refused() -> None:
    async def inside(_host: str, _port: int) -> Sequence[str]:
        return ["8.8.8.8", "10.0.0.7"]

    with pytest.raises(AddressRefused, match=r"intranet\.example"):
        await Web(lookup=inside).ask("GET", "http://intranet.example/")


async def test_a_name_is_looked_up_once_and_the_connection_goes_to_what_was_judged() -> None:
    asked: list[str] = []

    async def turning(host: str, _port: int) -> Sequence[str]:
        # What was fine when it was judged leads inside the next time.
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async with site(hello) as url:
        port = url.rpartition(":")[2]
        found = web(lookup=turning)

        answer = await found.ask("GET", f"http://turning.example:{port}/a")
        assert answer.text == "hello /a"
        assert asked == ["turning.example"]
        with pytest.raises(AddressRefused):
            await found.ask("GET", f"http://turning.example:{port}/a")


async def test_an_answer_that_leads_inside_is_not_followed() -> None:
    async def leading(_request: Request) -> Response:
        return Response(status_code=302, headers={"Location": "http://169.254.169.254/latest"})

    async with site(leading) as url:
        with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
            await web().ask("GET", url)


async def test_a_trusted_origin_that_leads_inside_is_not_followed_either() -> None:
    async with site(hello) as inner:

        async def leading(_request: Request) -> Response:
            return Response(status_code=307, headers={"Location": inner})

        async with site(leading) as url:
            with pytest.raises(AddressRefused):
                await Web(trusted=frozenset({url})).ask("GET", url)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://x/", "http://u:p@x/", "gopher://x"])
async def test_an_answer_that_leads_out_of_the_web_is_not_followed(to: str) -> None:
    async def leading(_request: Request) -> Response:
        return Response(status_code=301, headers={"Location": to})

    async with site(leading) as url:
        with pytest.raises(AddressRefused):
            await web().ask("GET", url)


async def test_redirections_are_followed_but_not_for_ever() -> None:
    async def leading(request: Request) -> Response:
        left = int(request.query_params.get("left", "99"))
        if not left:
            return PlainTextResponse("there")
        return Response(status_code=302, headers={"Location": f"/?left={left - 1}"})

    async with site(leading) as url:
        assert (await web().ask("GET", f"{url}/?left=5")).text == "there"
        with pytest.raises(FetchFailed, match="redirects more than 5"):
            await web().ask("GET", f"{url}/?left=6")


async def test_headers_stay_with_the_server_they_were_meant_for() -> None:
    seen: list[dict[str, str]] = []

    async def second(request: Request) -> Response:
        seen.append(dict(request.headers))
        return PlainTextResponse("there")

    async with site(second) as other:

        async def first(_request: Request) -> Response:
            return Response(status_code=302, headers={"Location": other})

        async with site(first) as url:
            await web().ask("GET", url, headers={"Authorization": "Bearer x", "X-Key": "y"})

    assert "authorization" not in seen[0]
    assert "x-key" not in seen[0]


async def test_what_the_operator_sets_for_a_server_goes_to_it_alone() -> None:
    seen: dict[str, list[dict[str, str]]] = {"first": [], "second": []}

    async def second(request: Request) -> Response:
        seen["second"].append(dict(request.headers))
        return PlainTextResponse("there")

    async with site(second) as other:

        async def first(request: Request) -> Response:
            seen["first"].append(dict(request.headers))
            return Response(status_code=302, headers={"Location": other})

        async with site(first) as url:
            keyed = web(own={origin(url): {"Authorization": "Bearer ours", "X-Key": "k"}})
            await keyed.get("acme", f"{url}/a?b=c")
            await keyed.ask("GET", url, headers={"authorization": "Bearer mine"})
            await keyed.ask("GET", other)

    told = [(each.get("authorization"), each.get("x-key")) for each in seen["first"]]
    assert told == [("Bearer ours", "k"), ("Bearer mine", "k")]
    assert len(seen["second"]) == 3
    assert all("authorization" not in each and "x-key" not in each for each in seen["second"])


async def test_what_is_posted_to_one_server_is_not_passed_on_to_another() -> None:
    async with site(hello) as other:

        async def first(_request: Request) -> Response:
            return Response(status_code=307, headers={"Location": other})

        async with site(first) as url:
            with pytest.raises(AddressRefused, match="not passed on"):
                await web().ask("POST", url, body=b"secret")


@pytest.mark.parametrize(
    "name",
    ["Host", "Content-Length", "transfer-encoding", "Näme", "Content-Length ", "Host\t", "", "A:B"],
)
async def test_headers_that_are_not_a_tasks_to_set_are_refused(name: str) -> None:
    with pytest.raises(AddressRefused, match="cannot be sent"):
        await web().ask("GET", "http://127.0.0.1:1/", headers={name: "x"})


async def test_a_header_cannot_hold_another_one() -> None:
    with pytest.raises(AddressRefused, match="cannot be sent"):
        await web().ask("GET", "http://127.0.0.1:1/", headers={"X-A": "x\r\nX-B: y"})


async def test_a_gigabyte_is_not_read_to_its_end() -> None:
    async with endless(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 2**30) as (url, taken):
        with pytest.raises(PageMissing, match="more than 4 MB"):
            await web(largest=4 * 2**20).ask("GET", url)

        assert taken[0] < 64 * 2**20


async def test_a_length_that_is_told_is_believed_if_it_is_too_large() -> None:
    async def answer(request: Request) -> Response:
        return Response(b"x" * 2**20 if request.method == "GET" else b"")

    async with site(answer) as url:
        with pytest.raises(PageMissing, match="more than 0 MB"):
            await web(largest=2**19).ask("GET", url)


async def test_what_unpacks_to_gigabytes_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 40 * 2**20, 1)

    async def answer(_request: Request) -> Response:
        return Response(bomb, headers={"Content-Encoding": "gzip"})

    async with site(answer) as url:
        with pytest.raises(PageMissing, match="more than 4 MB"):
            await web(largest=4 * 2**20).ask("GET", url)


async def test_few_large_answers_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 1)
    begun, go = asyncio.Event(), asyncio.Event()

    async def serve(request: Request) -> Response:
        async def slow() -> AsyncIterator[bytes]:
            for _ in range(32):  # more than a socket holds that nobody reads
                yield b"x" * SMALL
            begun.set()
            await go.wait()

        if request.url.path == "/slow":
            return StreamingResponse(slow())
        return Response(b"x" * (2 * SMALL if request.url.path == "/large" else 10))

    asker = web()
    async with site(serve) as url:
        slow = asyncio.create_task(asker.ask("GET", f"{url}/slow"))
        await asyncio.wait_for(begun.wait(), 10)
        large = asyncio.create_task(asker.ask("GET", f"{url}/large"))
        for _ in range(5):
            assert len((await asker.ask("GET", f"{url}/small")).body) == 10
        assert not large.done()
        go.set()
        async with asyncio.timeout(10):
            assert len((await slow).body) == 32 * SMALL
            assert len((await large).body) == 2 * SMALL


async def test_a_server_that_hangs_is_left() -> None:
    leaving = asyncio.Event()

    async def hanging(_request: Request) -> Response:
        await asyncio.wait_for(leaving.wait(), 10)
        return PlainTextResponse("late")

    async with site(hanging) as url:
        with pytest.raises(FetchFailed, match=r"did not answer within 0\.2 seconds"):
            await web(seconds=0.2).ask("GET", url)
        leaving.set()


async def test_a_body_that_drips_is_left() -> None:
    leaving = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.wait_for(leaving.wait(), 10)

    async def answer(_request: Request) -> Response:
        return StreamingResponse(dripping())

    async with site(answer) as url:
        with pytest.raises(FetchFailed, match="did not answer within"):
            await web(seconds=0.2).ask("GET", url)
        leaving.set()


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(404, PageMissing), (403, PageMissing), (429, FetchFailed), (503, FetchFailed)],
)
async def test_a_status_says_whether_to_try_again(status: int, refusal: type[Exception]) -> None:
    async def answer(_request: Request) -> Response:
        return Response(status_code=status)

    async with site(answer) as url:
        with pytest.raises(refusal, match=f"status {status}"):
            await web().ask("GET", f"{url}/?token=secret")


async def test_nobody_listening_is_said_in_words() -> None:
    with pytest.raises(FetchFailed, match="nobody listens there"):
        await web().ask("GET", "http://127.0.0.1:1/")


async def test_an_answer_is_remembered_for_whoever_asked_and_for_a_while() -> None:
    counted = 0

    async def answer(_request: Request) -> Response:
        nonlocal counted
        counted += 1
        return PlainTextResponse(str(counted))

    waits = Waits()
    async with site(answer) as url:
        found = web(clock=waits.clock)
        mine = await asyncio.gather(*(found.get("acme", url) for _ in range(8)))
        assert {each.text for each in mine} == {"1"}
        assert (await found.get("elsewhere", url)).text == "2"
        waits.now += 1000
        assert (await found.get("acme", url)).text == "3"


async def test_what_must_not_be_remembered_is_not() -> None:
    counted = 0

    async def answer(_request: Request) -> Response:
        nonlocal counted
        counted += 1
        return PlainTextResponse(str(counted), headers={"Cache-Control": "no-store"})

    async with site(answer) as url:
        found = web()
        assert [(await found.get("acme", url)).text for _ in range(2)] == ["1", "2"]


def fetch(**more: Any) -> FetchData:
    found = web(**more)
    return FetchData(found, Edgar(found, Waits().throttle()))


async def test_a_url_is_fetched_as_what_it_is() -> None:
    async def answer(request: Request) -> Response:
        match request.url.path:
            case "/json":
                return JSONResponse({"a": [1, 2]})
            case "/bytes":
                return Response(b"\x00\x01", media_type="application/pdf")
        return PlainTextResponse("Grüße")

    async with site(answer) as url:
        json = await use(fetch(), source="url", url=f"{url}/json")
        text = await use(fetch(), source="url", url=f"{url}/text")
        bytes = await use(fetch(), source="url", url=f"{url}/bytes")

    assert json == {
        "status": "success",
        "source": "url",
        "url": f"{url}/json",
        "content_type": "application/json",
        "data": {"a": [1, 2]},
    }
    assert text["data"] == "Grüße"
    assert bytes["data"] == b"\x00\x01"


async def test_data_that_no_run_can_carry_is_not_read() -> None:
    async def serve(_request: Request) -> Response:
        return Response(b"[" + b" " * MOST + b"]", media_type="application/json")

    async with site(serve) as url:
        with pytest.raises(OutputTooLarge):
            await use(fetch(), source="url", url=url)


async def test_what_is_posted_bears_the_key_of_its_work() -> None:
    seen: list[tuple[str, bytes, str | None]] = []

    async def answer(request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        seen.append((request.method, await request.body(), key))
        return JSONResponse({"ok": True})

    async with site(answer) as url:
        made = call(run="abc", task="post", item=3)
        await use(fetch(), made, source="url", url=url, method="POST", body={"x": 1})

    assert seen == [("POST", b'{"x":1}', "abc:post:3")]
