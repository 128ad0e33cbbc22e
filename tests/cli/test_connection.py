"""`trellis connection`: customers' databases."""

import sqlite3

import pytest

from tests.terminal import Home


@pytest.fixture
def shop(trellis: Home) -> str:
    """Return the name of a database beside the home, as seen from where commands are typed."""
    with sqlite3.connect(trellis.elsewhere / "shop.db") as database:
        database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("INSERT INTO things VALUES (1, 'one')")
    database.close()
    return "sqlite:///shop.db"


def test_a_database_is_added_tested_discovered_asked_and_removed(trellis: Home, shop: str) -> None:
    added = trellis("connection", "add", "shop", shop, "--description", "Ours", "--json").json
    tested = trellis("connection", "test", "shop")
    discovered = trellis("connection", "discover", "shop")
    asked = trellis("sql", "SELECT name FROM things", "--connection", "shop", "--csv")
    listed = trellis("connection", "list", "--json").json
    again = trellis("connection", "add", "shop", shop)
    removed = trellis("connection", "remove", "shop")

    # A server in another folder finds it too.
    assert added["address"] == f"sqlite:///{trellis.elsewhere / 'shop.db'}"
    assert added["status"] == "active"
    assert tested.out.startswith("shop answers in ")
    assert discovered.out == "shop has 1 tables and views\n"
    assert discovered.err == ""
    assert asked.out == "name\r\none\r\n"
    assert [(each["name"], each["tables"]) for each in listed if each["name"] == "shop"] == [
        ("shop", 1)
    ]
    assert (again.code, again.err[:34]) == (1, "A connection of that name exists; ")
    assert removed.out == "Removed shop\n"
    assert "shop" not in trellis("connection", "list").out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///nowhere.db", "nowhere.db"),
        ("sqlite:///shop.db?read_only=ture", "read_only=ture"),
        ("sqlite:///:memory:", "names a file"),
        ("oracle://a:hunter2@db/x", "begins with one of"),
        ("hunter2", "An address is"),
        ("postgresql://reader:hunter2@127.0.0.1:9/shop", "127.0.0.1"),
        ("mysql://reader:hunter2@127.0.0.1:9/shop", "127.0.0.1"),
        ("duckdb:///nowhere.duckdb", "nowhere.duckdb"),
    ],
)
def test_a_database_that_does_not_answer_is_not_added(
    trellis: Home, shop: str, url: str, said: str
) -> None:
    refused = trellis("connection", "add", "it", url)

    assert (refused.code, refused.out) == (1, "")
    assert said in refused.err
    assert refused.err.count("\n") == 1
    assert "hunter2" not in refused.err
    assert "Traceback" not in refused.err


def test_the_home_itself_cannot_be_asked(trellis: Home) -> None:
    url = f"sqlite:///{trellis.folder}/trellis.db"

    refused = trellis("connection", "add", "it", url)

    assert (refused.code, refused.err[:36]) == (1, "That address is Trellis' own store, ")


def test_an_address_may_come_from_stdin_and_be_kept_untested(trellis: Home) -> None:
    url = "postgresql://reader:hunter2@127.0.0.1:9/shop"
    added = trellis("connection", "add", "it", "-", "--untested", stdin=f"{url}\n")
    listed = trellis("connection", "list")
    tested = trellis("connection", "test", "it")

    assert added.code == 0, added
    assert "127.0.0.1" in listed.out
    assert (tested.code, tested.out) == (1, "")
    assert "hunter2" not in added.out + listed.out + tested.err
    assert "error: " in trellis("connection", "list").out
