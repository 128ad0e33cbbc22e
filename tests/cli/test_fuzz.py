"""Schemathesis against the running server: no 5xx, and every answer as it is described."""

import re
import subprocess
import sys
from pathlib import Path

from tests.terminal import Home

EXAMPLES = 6
"""Generated requests for each operation and phase."""

# What a statement means, and which values it needs, no schema can say.
SETTINGS = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "429"]
""" + "".join(
    f"""
[[operations]]
include-name = "{name}"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409", "429"]
"""
    for name in (
        "POST /v1/queries",
        "PATCH /v1/queries/{query_id}",
        "POST /v1/queries/{query_id}/run",
        "POST /v1/chats",
        "POST /v1/chats/followups",
        "POST /v1/chats/uploads",
        "PATCH /v1/chats/{chat_id}/messages/{message_id}",
        "POST /v1/voice/sessions",
        "POST /v1/notices",
        "POST /pipelines/run",
        "POST /pipelines/run_async",
        "POST /pipelines/runs/{run_id}/cancel",
        "POST /pipelines/saved",
        "POST /pipelines/saved/{name}/run_async",
        "POST /pipelines/schedules",
        "POST /pipelines/compile",
        "POST /plans/run",
    )
)
# That a definition is none is an answer, and no refusal.
SETTINGS += "".join(
    f"""
[[operations]]
include-name = "{name}"
checks.negative_data_rejection.expected-statuses = ["200", "400", "401", "413", "422"]
"""
    for name in ("POST /pipelines/validate", "POST /plans/validate")
)


def test_the_server_keeps_to_its_description(trellis: Home, tmp_path: Path) -> None:
    key = trellis("key", "create", "fuzz", "--json").json["key"]
    settings = tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS)

    with trellis.serving("api") as server:
        fuzzed = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
                *("run", f"{server.url}/openapi.json"),
                *("-H", f"Authorization: Bearer {key}", "-H", f"X-API-Key: {key}"),
                *("--max-examples", str(EXAMPLES), "--seed", "7", "--no-color"),
                *("--generation-database", "none"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    assert fuzzed.returncode == 0, fuzzed.stdout[-30000:] + fuzzed.stderr[-2000:]
    assert re.search(r"Operations: +(5\d) selected / \1 total", fuzzed.stdout)
    assert not [line for line in server.logged if '"status": 5' in line]
    assert not [line for line in server.logged if '"level": "error"' in line]
