"""The whole harness, in its quick mode: on SQLite alone, in seconds."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import PARTS, main
from benchmarks.mcp import AT, BARE


def test_a_quick_run_has_a_row_for_everything_or_says_what_is_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results.json"

    code = main(["--quick", "--output", str(output)])

    written = json.loads(output.read_text(encoding="utf-8"))
    rows = {row["name"]: row for row in written["rows"]}
    assert code == 0, [row for row in written["rows"] if row["note"].startswith("failed")]
    assert all(
        set(row) == {"name", "value", "unit", "goal", "met", "note"} for row in written["rows"]
    )
    assert all(
        row["value"] is not None or row["note"].startswith("absent: ") for row in written["rows"]
    )
    for name in (
        "size of a default install",
        "start over stdio to the list of tools: ours / bare MCPServer",
        "saved query, sqlite, 1,000 rows: ours / raw driver",
        "search over 100 tables: p50",
        f"run_sql over HTTP, {AT} callers: calls/s of ours / {BARE}",
        f"run_query over HTTP, {AT} callers: ours, p99",
        "tools/list: ours",
        "a chain of 4 on SQLite: ours / bare DBOS",
        "Slack, Socket Mode: 10 commands at once: acknowledged, p99",
        "Discord: 10 commands at once: acknowledged, p99",
    ):
        assert rows[name]["value"] > 0, name
    assert rows["discovery of 10,000 tables on PostgreSQL"]["value"] is None
    assert written["machine"]["cores"] >= 1
    assert written["machine"]["libraries"]["mcp"]
    printed = capsys.readouterr().out
    assert all(part in printed for part in PARTS)


def test_a_part_that_does_not_exist_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["speed"])

    assert ended.value.code == 2
    assert "there is no speed" in capsys.readouterr().err
