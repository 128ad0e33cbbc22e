"""What a command does not import, since whoever typed it would wait for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Home

HOUSE = Path(__file__).parent.parent.parent
HEAVY = {"pydantic_ai", "altair", "vl_convert", "duckdb", "python_calamine", "jinja2", "dbos"}
CODE = """
import atexit, os, pathlib, sys
file = pathlib.Path(os.environ.pop("MODULES"))
atexit.register(lambda: file.write_text("\\n".join(sys.modules)))
sys.path.insert(0, os.environ.pop("HOUSE"))
from cli.app import main
main()
"""
TALK: list[dict[str, object]] = [
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "light", "version": "1"},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
]


def imported(home: Home, *words: str, stdin: str = "") -> set[str]:
    """Return the packages that a command has imported at its end, and show that it worked."""
    file = home.folder.parent / "modules"
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        cwd=home.elsewhere,
        env=home.environment({"MODULES": str(file), "HOUSE": str(HOUSE)}),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return {name.split(".")[0] for name in file.read_text("utf-8").split()}


@pytest.mark.parametrize("words", [["query", "--help"], ["query", "list"]], ids=" ".join)
def test_saved_queries_are_listed_without_what_only_answers_need(
    trellis: Home, words: list[str]
) -> None:
    found = imported(trellis, *words) & {*HEAVY, "fastapi", "mcp", "mcp_server"}

    assert not found


def test_an_assistant_is_greeted_without_what_only_answers_need(trellis: Home) -> None:
    talk = "".join(json.dumps({"jsonrpc": "2.0"} | each) + "\n" for each in TALK)

    found = imported(trellis, "mcp", stdin=talk) & {*HEAVY, "fastapi"}

    assert not found
