"""Host and Origin: what a browser may be made to send, and what may not."""

from typing import Any

import pytest

from mcp_server.guard import Guard

LOCAL = Guard("http://127.0.0.1:8000", "127.0.0.1")
WIDE = Guard("https://trellis.example", "0.0.0.0")
PORTED = Guard("https://Trellis.Example:8443", "::")


def status(guard: Guard, host: str | None, origin: str | None = None) -> int:
    headers = [(b"host", host.encode())] if host is not None else []
    headers += [(b"origin", origin.encode())] if origin is not None else []
    scope: Any = {"type": "http", "headers": headers}
    refused = guard.refusal(scope)
    return 200 if refused is None else refused.status_code


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.1", "localhost", "127.9.9.9"],
)
def test_loopback_is_known_by_any_of_its_names(host: str) -> None:
    assert status(LOCAL, host) == 200
    assert status(WIDE, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example:8000",
        "localhost.evil.example",
        "evil.example@127.0.0.1:8000",
        "127.0.0.1:8000@evil.example",
        "127.0.0.1:port",
        "127.0.0.1/evil",
        "10.0.0.7:8000",
        "0x7f000001",
        "2130706433",
    ],
)
def test_a_strange_host_is_misdirected(host: str | None) -> None:
    assert status(LOCAL, host) == 421


@pytest.mark.parametrize(
    "host", ["trellis.example", "TRELLIS.example:443", "10.0.0.7:8000", "[fd00::1]"]
)
def test_beyond_loopback_our_name_and_plain_addresses_are_known(host: str) -> None:
    assert status(WIDE, host) == 200


@pytest.mark.parametrize("host", ["evil.example", "trellis.example:8000", "trellis.example.evil"])
def test_beyond_loopback_other_names_are_not(host: str) -> None:
    assert status(WIDE, host) == 421


@pytest.mark.parametrize("host", ["trellis.example:8443", "[::1]:9"])
def test_a_port_of_our_own_is_part_of_our_name(host: str) -> None:
    assert status(PORTED, host) == 200
    assert status(PORTED, "trellis.example") == 421


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:8000", "http://localhost:6274", "https://localhost", "http://[::1]:1"],
)
def test_pages_of_this_machine_are_welcome(origin: str) -> None:
    assert status(LOCAL, "127.0.0.1:8000", origin) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://evil.example:8000",
        "http://127.0.0.1.evil.example",
        "https://trellis.example.evil",
        "file://",
        "chrome-extension://abc",
        "http://localhost:x",
        "http://localhost/path",
        "//localhost",
    ],
)
def test_pages_of_strangers_are_not(origin: str) -> None:
    assert status(LOCAL, "127.0.0.1:8000", origin) == 403
    assert status(WIDE, "trellis.example", origin) == 403


def test_a_page_of_our_own_is_welcome_by_the_name_it_was_called() -> None:
    assert status(WIDE, "trellis.example", "https://trellis.example") == 200
    assert status(WIDE, "10.0.0.7:8000", "http://10.0.0.7:8000") == 200
    assert status(WIDE, "10.0.0.7:8000", "http://10.0.0.8:8000") == 403
    assert status(WIDE, "trellis.example", "http://trellis.example:8000") == 403


def test_on_loopback_we_answer_to_the_name_we_were_called() -> None:
    def here(guard: Guard, host: str) -> str | None:
        return guard.here({"type": "http", "headers": [(b"host", host.encode())]})

    assert here(LOCAL, "localhost:8000") == "http://localhost:8000"
    assert here(LOCAL, "10.0.0.7:8000") is None
    assert here(WIDE, "localhost:8000") == "https://trellis.example"
