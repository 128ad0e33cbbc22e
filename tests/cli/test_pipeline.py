"""`trellis pipeline` and `trellis plan`: checked, run, saved, scheduled, and their exit codes."""

import io
import json
import signal
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
import typer
from rich.console import Console

from cli.objects import read_object
from cli.watching import Watching
from core.pipelines import RunEvent
from tests.aimock import Aimock, aimock, aimock_server, saying
from tests.cli.test_stop import has_begun, on_a_terminal, wait_until
from tests.terminal import Home

__all__ = ["aimock", "aimock_server"]

SALES = """
pipeline:
  id: sales
  goal: Sales of {{params.year}}
  inputs: {region: EU}
  params: {year: {type: integer, description: 年}}
  tasks:
    - {id: fetch, tool: mock, inputs: {year: "{{params.year}}", rows: [1, 2, 3]}}
    - {id: each, tool: mock, retry: 2, parallel_over: "{{fetch.inputs.rows}}",
       inputs: {n: "{{item}}"}}
    - {id: keep, tool: store, inputs: {key: sales, value: "{{session.seed}}"}}
"""
FAILING = "{id: bad, goal: Fail, tasks: [{id: one, tool: compute, inputs: {function: nothing}}]}"
PLAN = """
plan:
  id: report
  goal: Fetch and tell
  inputs: {year: 2025}
  sub_pipelines:
    - {id: tell, goal: Tell, reads: [sales]}
    - {id: fetch, goal: Fetch, stores: [sales], inputs: [year]}
"""
PARTS = {
    "fetch": "{id: fetch, goal: F, tasks: [{id: keep, tool: store, "
    'inputs: {key: sales, value: "{{pipeline.inputs.year}}"}}]}',
    "tell": '{id: tell, goal: T, tasks: [{id: say, tool: mock, inputs: {a: "{{session.sales}}"}}]}',
}


@pytest.fixture
def file(trellis: Home) -> Path:
    """Return a pipeline in the folder from which commands are typed."""
    found = trellis.elsewhere / "sales.yaml"
    found.write_text(SALES, "utf-8")
    return found


def test_a_valid_pipeline_is_told_in_figures(trellis: Home, file: Path) -> None:
    found = trellis("pipeline", "validate", "sales.yaml", "--json")
    people = trellis("validate", str(file))
    piped = trellis("pipeline", "validate", "-", "--json", stdin=SALES)

    assert found.json == piped.json
    assert list(found.json.items()) == [
        ("id", "sales"),
        ("goal", "Sales of {{params.year}}"),
        ("tasks", 3),
        ("tools", ["mock", "store"]),
        ("inputs_count", 1),
        ("store_keys", ["sales"]),
        ("waves", 2),
        ("wave_sizes", [2, 1]),
        ("fan_out_tasks", 1),
        ("total_retries", 2),
    ]
    assert people.code == 0
    assert people.out.startswith("sales is valid: Sales of {{params.year}}\ntasks: 3\n")


def test_what_is_not_valid_ends_with_1_and_every_problem(trellis: Home) -> None:
    broken = SALES.replace("tool: mock, inputs: {year", "tool: mok, inputs: {year")
    broken = broken.replace("params.year}}", "params.yaer}}")

    for words in (["validate"], ["run"], ["save"]):
        done = trellis("pipeline", *words, "-", stdin=broken)
        assert (done.code, done.out) == (1, "")
        lines = done.err.splitlines()
        assert "tasks.0.tool: Unknown tool 'mok'; did you mean mock? (line 8, column 25)" in lines
        assert len(lines) == 3
    as_json = trellis("pipeline", "validate", "-", "--json", stdin=broken)
    assert as_json.code == 1
    told = json.loads(as_json.out)
    assert (told["ok"], told["message"], len(told["errors"])) == (False, "Validation failed", 3)
    torn = trellis("pipeline", "validate", "-", stdin="{")
    assert (torn.code, torn.err.partition(":")[0]) == (1, "This is no YAML")


@pytest.mark.parametrize(
    "words",
    [
        ["validate"],
        ["validate", "nothing.yaml"],
        ["validate", "-", "--version", "1"],
        ["run", "-", "--inputs", "[1]"],
        ["run", "-", "--inputs", "{1"],
        ["run", "-", "--inputs", "year"],
        ["run", "-", "--inputs", "a=1", "--inputs", "a=2"],
        ["run", "-", "--session-file", "nothing.json"],
        ["run", "-", "--timeout", "-1"],
        ["run", "-", "--timeout", "soon"],
        ["run", "-", "--concurrency", "0"],
        ["run", "-", "--jitter", "1.5"],
        ["compile"],
        ["compile", "x", "--max-repairs", "11"],
        ["schedule", "add", "sales"],
        ["nothing"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2(trellis: Home, words: list[str]) -> None:
    done = trellis("pipeline", *words, stdin=SALES)

    assert (done.code, done.out) == (2, "")


def test_a_run_prints_what_it_came_to(trellis: Home, file: Path) -> None:
    (file.parent / "seed.json").write_text('{"seed": "種"}')
    words = ["sales.yaml", "--params", "year=2025", "--session-file", "seed.json"]
    more = ["--timeout", "5", "--concurrency", "2", "--jitter", "0.5"]

    people = trellis("pipeline", "run", *words, *more)
    found = trellis("run", *words, "--json").json

    assert people.code == 0
    assert "fetch:\n  {\n" in people.out
    assert people.err == "5 tasks in 2 waves\n"
    assert list(found) == ["outputs", "waves_executed", "tasks_executed", "events"]
    assert (found["waves_executed"], found["tasks_executed"]) == (2, 5)
    assert found["outputs"]["fetch"]["inputs"]["year"] == 2025
    assert [each["inputs"] for each in found["outputs"]["each"]] == [{"n": n} for n in (1, 2, 3)]
    assert found["outputs"]["keep"]["value"] == "種"
    assert len(found["events"]) == 6


def test_values_are_given_in_three_ways(trellis: Home, file: Path) -> None:
    (file.parent / "params.json").write_text('{"year": 2025}')
    seed = ["--session", '{"seed": 1}', "--json"]
    for params in ('{"year": 2025}', "@params.json", "year=2025"):
        done = trellis("pipeline", "run", "sales.yaml", "--params", params, *seed)
        assert done.json["outputs"]["fetch"]["inputs"]["year"] == 2025
    by_input = trellis("pipeline", "run", "sales.yaml", "--inputs", "year=2025", *seed)
    assert by_input.code == 0


def test_a_run_that_failed_ends_with_3(trellis: Home) -> None:
    done = trellis("pipeline", "run", "-", stdin=FAILING)
    as_json = trellis("pipeline", "run", "-", "--json", stdin=FAILING)

    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("Task 'one' failed on attempt 1: ")
    assert as_json.code == 3
    assert json.loads(as_json.out)["error"].startswith("Task 'one' failed on attempt 1: ")


def test_rows_are_printed_as_a_table_and_plain_values_a_line_each(trellis: Home) -> None:
    query = "{id: rows, tool: run_sql, inputs: {sql: 'SELECT 1 AS a,\\n 2.5 AS b'}}"
    lots = "{id: lots, tool: run_sql, inputs: {sql: 'SELECT id FROM orders', limit: 60}}"
    text = f"{{id: t, goal: g, tasks: [{query}, {lots}]}}".replace("'", '"')

    done = trellis("pipeline", "run", "-", stdin=text)

    assert done.code == 0, done
    lines = done.out.splitlines()
    assert lines[:5] == ["rows:", "a    b", "1  2.5", "  row_count: 1", "  truncated: false"]
    assert lines[5:8] == ["  sql:", "    SELECT 1 AS a,", "     2.5 AS b"]
    assert "… 10 more rows; --json has them all" in lines


def test_a_pipeline_is_saved_run_by_name_shown_and_forgotten(trellis: Home, file: Path) -> None:
    nothing = trellis("pipeline", "list")
    first = trellis("pipeline", "save", "sales.yaml")
    second = trellis("pipeline", "save", "-", "--json", stdin=SALES.replace("EU", "US")).json
    listed = trellis("pipeline", "list", "--json").json
    shown = trellis("pipeline", "show", "sales", "--version", "1")
    ran = trellis("pipeline", "run", "sales", "--params", "year=2025", "--session", "seed=1")
    runs = trellis("pipeline", "runs", "sales", "--json").json
    run = trellis("pipeline", "show", runs[0]["run_id"])
    told = trellis("pipeline", "show", runs[0]["run_id"], "--json").json
    versions = trellis("pipeline", "versions", "sales").out.splitlines()
    stats = trellis("pipeline", "validate", "sales", "--json").json
    gone = trellis("pipeline", "delete", "sales")
    missing = trellis("pipeline", "show", "sales")

    assert (nothing.code, nothing.out) == (0, "")
    assert first.out == "Saved sales, version 1\n"
    assert (second["name"], second["version"]) == ("sales", 2)
    assert [each["version"] for each in listed] == [2]
    assert shown.out.strip() == SALES.strip()
    assert ran.code == 0
    assert (runs[0]["status"], runs[0]["version"]) == ("succeeded", 2)
    told_of = run.out.splitlines()
    assert told_of[0] == f"{runs[0]['run_id']} of sales v2: succeeded"
    assert told_of[1:3] == ["Sales of 2025", "with year=2025"]
    assert told_of[3].startswith("began 20")
    assert told["result"]["tasks_executed"] == 5
    assert len(told["events"]) == 6
    assert [line.split()[1] for line in versions] == ["version", "2", "1"]
    assert stats["id"] == "sales"
    assert gone.out == "Deleted sales\n"
    assert (missing.code, missing.err) == (1, "Pipeline not found\n")


def test_a_run_is_left_for_a_worker_and_cancelled(trellis: Home) -> None:
    pipeline = "{id: later, goal: Wait, tasks: [{id: one, tool: mock}]}"
    left = trellis("pipeline", "run", "-", "--background", stdin=pipeline)
    run_id = left.out.strip()
    cancelled = trellis("pipeline", "cancel", run_id, "--json").json
    again = trellis("pipeline", "cancel", run_id)
    unknown = trellis("pipeline", "cancel", "0" * 32)

    assert (left.code, len(run_id)) == (0, 32)
    assert "It waits for a worker" in left.err
    assert (cancelled["run_id"], cancelled["status"]) == (run_id, "cancelled")
    assert (again.code, again.err) == (1, "Cannot cancel run in current state\n")
    assert (unknown.code, unknown.err) == (1, "Run not found\n")


def test_a_worker_does_what_was_left(trellis: Home) -> None:
    pipeline = "{id: later, goal: Wait, tasks: [{id: one, tool: mock}]}"
    run_id = trellis("pipeline", "run", "-", "--background", stdin=pipeline).out.strip()

    with trellis.serving(TRELLIS_PIPELINES_OPEN="true") as server:

        def status() -> dict[str, Any]:
            # Without a key: a program of this machine.
            found: dict[str, Any] = httpx2.get(f"{server.url}/pipelines/runs/{run_id}").json()
            return found

        wait_until(lambda: status()["status"] not in {"queued", "running"}, server.process)
        ended = status()

    assert ended["status"] == "succeeded"
    assert ended["result"]["outputs"]["one"]["status"] == "success"


def test_a_schedule_is_added_listed_paused_resumed_and_deleted(trellis: Home, file: Path) -> None:
    trellis("pipeline", "save", "sales.yaml")
    when = ["--when", "every Monday 9:00", "--zone", "Asia/Tokyo"]
    early = trellis("pipeline", "schedule", "add", "sales", *when)
    added = trellis("pipeline", "schedule", "add", "sales", *when, "--inputs", "year=2025")
    listed = trellis("pipeline", "schedule", "list").out.splitlines()
    paused = trellis("pipeline", "schedule", "pause", "sales", "--json").json
    resumed = trellis("pipeline", "schedule", "resume", paused["id"])
    gone = trellis("pipeline", "schedule", "delete", "sales")
    missing = trellis("pipeline", "schedule", "pause", "sales")

    assert (early.code, early.err) == (1, "params.year: A value is required (integer)\n")
    assert added.out.startswith("Runs sales every Monday at 09:00 (")
    assert added.out.endswith(" 09:00\n")
    assert "every Monday at 09:00, Asia/Tokyo" in listed[1]
    assert (paused["paused"], paused["next_at"], paused["inputs"]) == (True, None, {"year": 2025})
    assert resumed.out.startswith("Resumed sales")
    assert gone.out == "Deleted sales, every Monday at 09:00\n"
    assert (missing.code, missing.err) == (1, "Schedule not found\n")


def test_a_model_writes_a_pipeline(trellis: Home, aimock: Aimock) -> None:
    good = "{id: hello, goal: Greet, tasks: [{id: greet, tool: mock}]}\n"
    aimock.load(saying("Greet the world", f"```yaml\n{good}```"), saying("Fail", "{id: 1st}"))
    settings = {
        "OPENAI_API_KEY": aimock.key.get_secret_value(),
        "OPENAI_BASE_URL": aimock.openai,
        "TRELLIS_MODEL": "openai:gpt-4o",
    }
    said = trellis("pipeline", "compile", "Greet the world", **settings)
    written = trellis("compile", "Greet the world", "--output", "hello.yaml", **settings)
    bad = trellis("pipeline", "compile", "-", "--max-repairs", "1", stdin="Fail", **settings)
    bad_json = trellis("pipeline", "compile", "Fail", "--json", "--max-repairs", "0", **settings)

    assert (said.code, said.out) == (0, good)
    assert written.out == "Wrote hello.yaml\n"
    assert (trellis.elsewhere / "hello.yaml").read_text("utf-8") == good
    assert (bad.code, bad.out) == (1, "")
    assert "The model tried 2 times and wrote no valid pipeline: id: '1st' is no id" in bad.err
    assert bad_json.code == 1
    assert json.loads(bad_json.out)["text"] == "{id: 1st}\n"


def test_a_model_that_reasons_is_asked_without_a_warning(trellis: Home, aimock: Aimock) -> None:
    aimock.load(saying("Say hi", "Hi there"))
    settings = {"OPENAI_BASE_URL": aimock.openai, "OPENAI_API_KEY": aimock.key.get_secret_value()}
    ask = "{id: hi, goal: g, tasks: [{id: one, tool: llm_job, inputs: {prompt: Say hi}}]}"

    for model, sent in (("gpt-6-luna", None), ("gpt-4o", 0.7)):
        done = trellis(
            "pipeline", "run", "-", stdin=ask, TRELLIS_MODEL=f"openai:{model}", **settings
        )
        assert (done.out, done.err) == ("one:\n  Hi there\n", "1 task in 1 wave\n")
        assert aimock.heard()[-1].get("temperature") == sent


def test_without_a_model_nothing_is_written(trellis: Home) -> None:
    done = trellis("pipeline", "compile", "Greet the world")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("No language model is configured")


def test_a_plan_is_checked_and_run_with_the_files_beside_it(trellis: Home) -> None:
    folder = trellis.elsewhere
    (folder / "plan.yaml").write_text(PLAN)
    lonely = trellis("plan", "run", "plan.yaml")
    for name, text in PARTS.items():
        (folder / f"{name}.yaml").write_text(text)
    checked = trellis("plan", "validate", "plan.yaml", "--json").json
    came = trellis("plan", "run", "plan.yaml", "--inputs", "year=2030", "--json").json
    people = trellis("plan", "run", "plan.yaml")
    (folder / "tell.yaml").write_text(FAILING.replace("bad", "tell"))
    failed = trellis("plan", "run", "plan.yaml")
    twice = trellis(
        "plan", "validate", "-", stdin=PLAN.replace("reads: [sales]", "stores: [sales]")
    )

    assert (lonely.code, lonely.out) == (1, "")
    assert "tell: There is no tell.yaml beside plan.yaml" in lonely.err
    assert checked["order"] == [["fetch"], ["tell"]]
    assert list(came) == [
        *("plan_id", "sub_results", "blackboard", "total_tasks_executed", "total_waves", "events"),
    ]
    assert came["blackboard"] == {"sales": 2030}
    assert people.code == 0
    assert people.err == "2 tasks in 2 waves\n"
    assert (failed.code, failed.err.partition(":")[0]) == (3, "Pipeline 'tell'")
    assert (twice.code, twice.err) == (1, "tell and fetch both store 'sales'\n")


def test_the_schema_and_the_tools_are_printed(trellis: Home) -> None:
    schema = trellis("pipeline", "schema").json
    tools = trellis("pipeline", "tools")

    assert schema == json.loads(Path("docs/pipeline.schema.json").read_text("utf-8"))
    assert jsonschema_rs.is_valid(schema, {"id": "a", "goal": "b", "tasks": [TASK]})
    assert "llm_job" in tools.out
    assert [each["name"] for each in trellis("pipeline", "tools", "--json").json] == sorted(
        schema["$defs"]["task"]["properties"]["tool"]["enum"]
    )


TASK = {"id": "one", "tool": "mock"}


def test_a_terminal_shows_the_progress(trellis: Home, file: Path) -> None:
    words = ["pipeline", "run", "sales.yaml", "--params", "year=2025", "--session", "seed=1"]

    shown = on_a_terminal(trellis, "100", *words)

    assert "of 3 tasks done" in shown
    assert "5 tasks in 2 waves" in shown


def test_ctrl_c_stops_a_run_and_remembers_that(trellis: Home) -> None:
    endless = (
        "{id: slow, goal: g, tasks: [{id: one, tool: run_sql, inputs: {connection: sample, "
        'sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) '
        'SELECT count(*) FROM n WHERE i < 0"}}]}'
    )
    (trellis.elsewhere / "slow.yaml").write_text(endless)
    running = trellis.start("pipeline", "run", "slow.yaml", TRELLIS_QUERY_TIMEOUT="120")
    wait_until(lambda: has_begun(trellis), running)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)

    assert (running.returncode, out, err) == (130, b"", b"")
    (run,) = trellis("pipeline", "runs", "--json").json
    assert run["status"] == "cancelled"


def test_what_is_watched_is_drawn_latest_first_and_cannot_steer_the_terminal() -> None:
    watching = Watching(40)
    for number in range(30):
        watching.tell(RunEvent(type="on_task_started", task_id=f"t{number}", tool="mock"))
    for number in range(20):
        event = RunEvent(
            type="on_task_finished", task_id=f"t{number}", tool="mock", duration_ms=1500
        )
        watching.tell(event)
    failed = {"tool": "mock", "error": "\x1b[31mno\x07", "duration_ms": 1.0}
    watching.tell(RunEvent(type="on_task_failed", task_id="t20", **failed))
    watching.say("t25", "page 3 of 7 \x1b[2J")
    drawn = io.StringIO()
    Console(file=drawn, width=80, force_terminal=False).print(watching)
    lines = drawn.getvalue().splitlines()

    assert len(lines) == 13
    assert lines[0].startswith("✗ t20  0.0 s  \\x1b[31mno\\x07")
    assert any("… t25" in line and "page 3 of 7 \\x1b[2J" in line for line in lines)
    assert lines[-1] == "20 of 40 tasks done, 9 running"


def test_objects_are_read_as_people_type_them(tmp_path: Path) -> None:
    (tmp_path / "more.json").write_text('{"c": [1, null]}')

    found = read_object(['{"a": 1}', "b=true", f"@{tmp_path}/more.json", "d=x=y"], "--inputs")

    assert found == {"a": 1, "b": True, "c": [1, None], "d": "x=y"}
    for wrong in ("[1]", "{", "=1", "@nothing", ""):
        with pytest.raises(typer.BadParameter):
            read_object([wrong], "--inputs")
