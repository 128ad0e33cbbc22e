"""`trellis ask`: a question and its answer in the terminal."""

import asyncio
import json
import signal
import socket
import threading
from functools import partial
from typing import Any

import pytest

from tests.aimock import Aimock, aimock, aimock_server, calling, saying
from tests.cli.test_stop import on_a_terminal
from tests.core.models.standin import chunks, standin
from tests.terminal import Home

__all__ = ["aimock", "aimock_server"]


def events(out: str) -> list[tuple[str, dict[str, Any]]]:
    return [(each["event"], each["data"]) for each in map(json.loads, out.splitlines())]


def test_without_a_model_a_saved_query_answers_with_table_and_chart(trellis: Home) -> None:
    done = trellis("ask", "monthly revenue for 2025")

    assert done.code == 0, done
    lines = done.out.splitlines()
    assert lines[1].split() == ["month", "revenue", "orders", "average_order_value"]
    assert [line.split()[:2] for line in lines[2:4]] == [
        ["2025-01", "387670.0"],
        ["2025-02", "321158.0"],
    ]
    assert any("█" in line and line.endswith("951,522.25") for line in lines)
    assert "12 rows" in done.out
    assert "--chat" in done.err


def test_json_is_the_events_of_the_contract(trellis: Home) -> None:
    done = trellis("ask", "monthly revenue for 2025", "--json")

    assert done.code == 0, done
    names = [name for name, _data in events(done.out)]
    assert names[0] == "chat_metadata"
    assert names[-1] == "message"
    assert names.count("visualization") == 2
    assert {"processing", "tool_call", "tool_result", "text_delta"} <= set(names)


def test_what_nobody_can_answer_is_an_honest_no(trellis: Home) -> None:
    done = trellis("ask", "what is the meaning of life?")

    assert done.code == 0, done
    assert "Monthly revenue" in done.out
    assert "OPENAI_API_KEY" in done.out


def test_a_chat_goes_on(trellis: Home) -> None:
    first = trellis("ask", "new customers per month in 2025")
    assert "region" in first.out
    chat = first.err.split()[-1].rstrip(")")
    second = trellis("ask", "EU", "--chat", chat, "--sql")

    assert second.code == 0, second
    assert "2025-12" in second.out
    assert "r1 on sample: SELECT" in second.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("  ",), "There is no question"),
        (("hello", "--chat", "nonsense"), "Chat not found"),
        (("hello", "--connection", "nowhere"), "Connection not found: nowhere"),
        (("hello", "--model", "openai:gpt-5"), "OPENAI_API_KEY"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(
    trellis: Home, words: tuple[str, ...], said: str
) -> None:
    done = trellis("ask", *words)

    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_model_answers_as_it_writes(trellis: Home, aimock: Aimock) -> None:
    sql = "SELECT count(*) AS orders FROM orders"
    aimock.load(
        calling("How many orders", "run_sql", sql=sql),
        saying("How many orders", "There are 50,000 orders \x1b[31m[r1]."),
    )
    key = aimock.key.get_secret_value()
    done = trellis("ask", "How many orders?", OPENAI_API_KEY=key, OPENAI_BASE_URL=aimock.openai)

    assert done.code == 0, done
    assert "There are 50,000 orders" in done.out
    assert "\x1b" not in done.out
    assert "50000" in done.out


def test_ctrl_c_interrupts_the_answer_and_keeps_the_question(trellis: Home) -> None:
    """A model that never answers is left at once; the chat can be gone on with."""
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            line, _address = listener.accept()
            with line:
                while line.recv(65536):
                    asked.set()

        model = threading.Thread(target=listen, daemon=True)
        model.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        process = trellis.start("ask", "How are things?", OPENAI_API_KEY="x", OPENAI_BASE_URL=url)
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            _out, err = process.communicate(timeout=30)
        finally:
            process.kill()
        model.join(10)

    said = err.decode()
    assert "Interrupted" in said, said
    assert "Traceback" not in said
    assert process.returncode not in {0, None}
    chat = next(line for line in said.splitlines() if "--chat" in line).split()[-1]
    again = trellis("ask", "monthly revenue for 2025", "--chat", chat)
    assert again.code == 0, again


async def test_a_terminal_shows_the_answer_of_a_model_and_no_advertisement(trellis: Home) -> None:
    """The library of models prints one where it sees a terminal, outside of tests."""
    async with standin(chunks("Twelve.")) as model:
        settings = {"OPENAI_BASE_URL": f"{model.url}/v1", "TRELLIS_MODEL": "openai:any"}
        asking = partial(on_a_terminal, trellis, "100", "ask", "Who knows best?", **settings)
        shown = await asyncio.to_thread(asking)

    assert "Twelve." in shown
    assert "logfire" not in shown.lower()
    assert "pydantic" not in shown.lower()
