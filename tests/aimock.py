"""A program that speaks as the models' vendors do, on loopback, and says what a test has written.

`aimock` is lent to each test empty::

    async def test_it(aimock: Aimock) -> None:
        aimock.load(saying("How many?", "Twelve."))
        core = build(db, vault, provider=Configured([openai(aimock.key, aimock.openai)]))

See the README of `@copilotkit/aimock`, and traps: `truncateAfterChunks` needs a `latency`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from tests.services import absent

PROGRAM = (
    Path(__file__).parent.parent / ".venv/npm/node_modules/@copilotkit/aimock/dist/aimock-cli.js"
)
KEY = "sk-a-key-for-tests-alone"


class Aimock:
    """The running program, as one test uses it."""

    def __init__(self, url: str, control: httpx2.Client) -> None:
        self.url, self._control = url, control
        self.key = SecretStr(KEY)
        self.openai = f"{url}/v1"
        self.anthropic = url
        self.google = url
        self.ollama = url

    def load(self, *fixtures: dict[str, Any]) -> None:
        """Answer by these from now on, the first that fits."""
        self._call("POST", "fixtures", {"fixtures": fixtures})

    def reset(self) -> None:
        """Forget what was loaded and heard."""
        self._call("POST", "reset")

    def heard(self) -> list[dict[str, Any]]:
        """Return the bodies of the questions that came, the oldest first, as chat completions."""
        entries: list[dict[str, Any]] = self._call("GET", "journal")
        return [each["body"] for each in entries]

    def _call(self, method: str, what: str, body: Any = None) -> Any:
        done = self._control.request(method, f"{self.url}/__aimock/{what}", json=body)
        assert done.status_code == 200, done.text
        return done.json()


def saying(question: str, answer: str, **more: Any) -> dict[str, Any]:
    """Return what answers a message that holds *question* with *answer*."""
    return {"match": {"userMessage": question}, "response": {"content": answer}, **more}


def calling(question: str, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return what answers *question* with the call of a tool, as long as none has returned."""
    return {
        "match": {"userMessage": question, "hasToolResult": False},
        "response": {"toolCalls": [{"name": tool, "arguments": json.dumps(arguments)}]},
    }


def failing(question: str, status: int, *, times: int | None = None, **more: Any) -> Any:
    """Return what answers *question* with an error; so many *times*, as separate fixtures."""
    error = {
        "match": {"userMessage": question},
        "response": {"error": {"message": f"status {status}"}, "status": status, **more},
    }
    if times is None:
        return error
    return [
        {**error, "match": {"userMessage": question, "sequenceIndex": index}}
        for index in range(times)
    ]


@pytest.fixture(scope="session")
def aimock_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """Start the program on a free port of loopback, once for all the tests of a process."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        why = "no node" if node is None else "`make test` installs it where npm is"
        absent("aimock", FileNotFoundError(why))
    assert node is not None
    config = tmp_path_factory.mktemp("aimock") / "aimock.json"
    config.write_text(json.dumps({"llm": {}, "auth": {"apiKeys": [KEY]}}), "utf-8")
    server = subprocess.Popen(
        [node, str(PROGRAM), "--config", str(config), "--port", "0"],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    try:
        said = []
        for line in server.stdout:
            said.append(line)
            if "listening on " in line:
                url = line.split("listening on ")[1].strip()
                headers = {"authorization": f"Bearer {KEY}"}
                with httpx2.Client(headers=headers, timeout=10, trust_env=False) as control:
                    yield Aimock(url, control)
                break
        else:
            pytest.fail("".join(said))
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.fixture
def aimock(aimock_server: Aimock) -> Iterator[Aimock]:
    """Lend the program, with nothing loaded."""
    yield aimock_server
    aimock_server.reset()
