"""The first use of an empty home, and how commands are called."""

import stat

import pytest

from tests.terminal import Home

NAMES = ["up", "api", "mcp", "sql", "query", "connection", "key", "member", "secret", "doctor"]


def test_the_first_use_founds_a_home_with_a_sample(trellis: Home) -> None:
    queries = trellis("query", "list", "--json").json
    connections = trellis("connection", "list", "--json").json
    members = trellis("member", "list", "--json").json

    assert len(queries) == 10
    assert all(query["sql"] for query in queries)
    assert [(each["name"], each["dialect"]) for each in connections] == [("sample", "sqlite")]
    assert [each["role"] for each in members] == ["owner"]
    assert stat.S_IMODE((trellis.folder / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(trellis.folder.stat().st_mode) == 0o700


def test_every_saved_question_of_the_sample_has_an_answer(trellis: Home) -> None:
    run = trellis("query", "run", "monthly revenue", "year=2025", "--json").json

    assert run["row_count"] == 12
    assert run["truncated"] is False


def test_help_names_every_command_without_founding_a_home(trellis: Home) -> None:
    home = Home(trellis.folder.parent / "nowhere")

    shown = home.typed("--help")

    assert shown.code == 0
    assert all(f" {name} " in shown.out for name in [*NAMES, "mcp-config"])
    assert not home.folder.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("quer", "list"),
        ("query", "nonsense"),
        ("query", "run"),
        ("sql",),
        ("sql", "SELECT 1", "--limit", "none"),
        ("sql", "SELECT 1", "--limit", "0"),
        ("sql", "SELECT {{x}}", "x"),
        ("sql", "SELECT {{x}}", "x=1", "x=2"),
        ("mcp", "--port", "9000"),
        ("member", "role", "a@b", "emperor"),
    ],
)
def test_bad_usage_is_exit_code_2_and_nothing_on_stdout(trellis: Home, words: tuple[str]) -> None:
    done = trellis(*words)

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
