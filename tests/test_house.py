"""The rules of the house, kept by the house itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = ("config", "core", "api", "mcp_server", "bot", "cli", "tests", "benchmarks")
FILES = sorted(file for room in ROOMS for file in (HOUSE / room).rglob("*.py"))
BANNED = {"utils", "util", "helpers", "common", "misc", "base", "manager", "handler", "shared"}
BEFORE_AN_ACTOR = {
    "stop",
    "settle",
    "found",
    "by_credential",
    "by_key",
    "by_token",
    # A platform vouches for an address, or for a person, and says what it heard and where.
    *("vouched", "join", "who"),
    *("workspace", "invited", "token_of", "forsake", "hear", "begun", "done", "orphans"),
    "under_way",
    "authenticate",
    "close",
    # What a program does at the token endpoint, before and after a member let it in.
    *("register", "find_client", "client_secret", "find_code", "redeem", "find_refresh"),
    *("refresh", "forgo"),
    # A worker looks for everybody whose notices are due.
    "tick",
    # Whoever holds a link to a file, and whoever was handed an upload to read on.
    *("by_link", "stream"),
}
WITHOUT_AN_ORGANIZATION = {"ClientStore", "WorkerStore"}
"""Programs register before anybody signs in; workers work for all."""
MOST_LINES = 420
MOST_LINES_OF_TESTS = 650
LONG = {"core/connections/policy.py"}
"""The issue asks for the policy in one file."""


def name(file: Path) -> str:
    return str(file.relative_to(HOUSE))


def methods(file: Path) -> Iterator[ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name not in WITHOUT_AN_ORGANIZATION:
            for method in node.body:
                if isinstance(method, ast.AsyncFunctionDef) and not method.name.startswith("_"):
                    yield method


def in_core(pattern: str) -> list[Path]:
    return sorted((HOUSE / "core").glob(pattern))


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_is_short_and_its_first_sentence_says_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    most = MOST_LINES_OF_TESTS if name(file).startswith("tests/") else MOST_LINES
    assert len(text.splitlines()) <= most or name(file) in LONG
    assert file.stem not in BANNED
    assert ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", in_core("*/service.py"), ids=name)
def test_every_verb_says_on_whose_behalf(file: Path) -> None:
    for method in methods(file):
        if method.name not in BEFORE_AN_ACTOR:
            arguments = [each.arg for each in method.args.args if each.arg not in {"self", "tx"}]
            assert arguments[0] == "actor", method.name


@pytest.mark.parametrize("file", in_core("*/[slr]e[rav]*.py"), ids=name)
def test_inside_a_transaction_every_await_names_it(file: Path) -> None:
    for block in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(block, ast.AsyncWith) and " as tx" in ast.unparse(block).splitlines()[0]:
            for node in ast.walk(ast.Module(block.body, [])):
                if isinstance(node, ast.Await):
                    assert "tx" in ast.unparse(node), ast.unparse(node)


@pytest.mark.parametrize("file", in_core("*/store.py"), ids=name)
def test_every_statement_names_its_organization_first(file: Path) -> None:
    for method in methods(file):
        if not method.name.startswith("find_"):
            assert method.args.args[1].arg == "organization_id", method.name
            assert "organization_id" in ast.unparse(ast.Module(method.body, [])), method.name


def test_the_locks_name_no_index_and_have_a_hash_for_everything() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (HOUSE / lock).read_text(encoding="utf-8")
        assert "://" not in text
        packages = [line for line in text.splitlines() if "==" in line]
        assert packages
        assert all(line.rstrip().endswith("\\") for line in packages)


def test_nothing_is_left_unfinished() -> None:
    signs = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert not [sign for sign in signs if sign in text], name(file)
