"""`trellis query`: saved queries."""

from pathlib import Path

from tests.terminal import Home

SQL = "SELECT {{n}} AS n"


def test_what_is_saved_is_listed_shown_run_changed_and_deleted(trellis: Home) -> None:
    saved = trellis("query", "save", "Ünits", "How many?", "--sql", SQL, "--keyword", "count")
    listed = trellis("query", "list", "how", "many", "units")
    shown = trellis("query", "show", "ünits", "--json").json
    ran = trellis("query", "run", "ÜNITS", "n=3", "--csv")
    edited = trellis("query", "edit", "ünits", "--title", "Units", "--sql", f"{SQL}, {{{{m}}}}")
    gone = trellis("query", "delete", "Units")
    missing = trellis("query", "show", "Units")

    assert saved.out.startswith("Saved Ünits (")
    assert saved.out.endswith("), parameters: n\n")
    assert "Ünits" in listed.out
    assert shown["prompt"] == "How many?"
    assert shown["keywords"] == ["count"]
    assert ran.out == "n\r\n3\r\n"
    assert edited.out.endswith("parameters: n, m\n")
    assert gone.out == "Deleted Units\n"
    assert missing.code == 1
    assert missing.err.startswith("Query not found: Units.")


def test_sql_comes_from_a_file_or_from_stdin(trellis: Home, tmp_path: Path) -> None:
    file = tmp_path / "q.sql"
    file.write_text(f"{SQL} -- été\n", "utf-8")

    first = trellis("query", "save", "one", "--file", str(file), "--json").json
    second = trellis("query", "save", "two", "--file", "-", "--json", stdin=SQL).json
    missing = trellis("query", "save", "three", "--file", str(tmp_path / "none.sql"))

    assert first["sql"] == f"{SQL} -- été"
    assert (second["sql"], second["prompt"]) == (SQL, "two")
    assert missing.code == 2
    assert "none.sql" in missing.err


def test_an_editor_rewrites_the_sql(trellis: Home, tmp_path: Path) -> None:
    trellis("query", "save", "one", "--sql", SQL)
    editor = tmp_path / "my editor"
    editor.write_text("#!/bin/sh\nsed -i 's/AS n/AS changed/' \"$1\"\n")
    editor.chmod(0o700)

    without = trellis("query", "edit", "one")
    edited = trellis("query", "edit", "one", EDITOR=f"'{editor}'")
    failed = trellis("query", "edit", "one", EDITOR="false")

    assert (without.code, without.err[:18]) == (1, "Nothing to change:")
    assert edited.code == 0, edited
    assert (failed.code, failed.err[:16]) == (1, "false ended with")
    assert trellis("query", "show", "one", "--json").json["sql"] == "SELECT {{n}} AS changed"


def test_a_query_that_makes_no_sense_is_not_saved(trellis: Home) -> None:
    placed = trellis("query", "save", "a", "--sql", "SELECT * FROM {{table}}")
    writes = trellis("query", "save", "b", "--sql", "DROP TABLE orders")
    nameless = trellis("query", "save", " ")
    twice = trellis("query", "save", "c", "--sql", SQL, "--file", "x.sql")

    assert [each.code for each in (placed, writes, nameless, twice)] == [1, 1, 1, 2]
    assert "{{table}}" in placed.err
    assert nameless.err.startswith("title: ")
    assert len(trellis("query", "list", "--json").json) == 10
