"""The load generator, against a real server of MCP."""

from collections.abc import Iterator

import pytest

from benchmarks.calls import call, line, request
from benchmarks.load import LoadFailed, put
from benchmarks.places import fill_sqlite
from benchmarks.processes import Absent, Serving, bare, environment, free_port, serving

SQL = "SELECT i, s FROM facts WHERE i = 7"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return fill_sqlite(tmp_path_factory.mktemp("facts") / "facts.db", 10)


@pytest.fixture(scope="module")
def served(url: str) -> Iterator[Serving]:
    port = free_port()
    with serving(bare(url, "--port", str(port)), port, env=environment()) as running:
        yield running


def test_so_many_calls_are_answered_and_their_bytes_counted(served: Serving) -> None:
    asked = request(call("run_sql", {"sql": SQL}, meta=True), served.port)

    one, four = put([asked], "fact000007", callers=(1, 4), calls=20, seconds=10, port=served.port)

    assert (one.calls, four.calls) == (20, 20)
    assert one.asked > one.calls
    assert 100 < one.size == four.size < 1000
    assert 0 < one.p50 <= one.p99
    assert one.rate == pytest.approx(one.calls / one.seconds)


def test_a_server_over_stdio_is_started_asked_and_ended(url: str) -> None:
    asked = line(call("run_sql", {"sql": SQL}))

    (found,) = put(
        [asked],
        "fact000007",
        callers=(3,),
        calls=20,
        seconds=10,
        command=bare(url),
        env=environment(),
    )

    assert found.calls == 20


def test_a_wrong_answer_is_no_figure(served: Serving) -> None:
    asked = request(call("run_sql", {"sql": "SELECT nothing"}, meta=True), served.port)

    with pytest.raises(LoadFailed, match="run_sql"):
        put([asked], "fact000007", callers=(1,), calls=20, seconds=10, port=served.port)


def test_a_port_where_nobody_listens_is_no_figure() -> None:
    with pytest.raises(LoadFailed, match=r"(?i)refused|connect"):
        put([b"x"], "x", callers=(1,), calls=1, seconds=5, port=free_port())


def test_a_server_that_ends_at_once_is_absent_with_its_last_words() -> None:
    port = free_port()
    command = bare("sqlite:///nowhere", "--port", "no-number")

    with (
        pytest.raises(Absent, match="invalid int value"),
        serving(command, port, env=environment()),
    ):
        pytest.fail("it cannot have started")


def test_no_setting_of_ours_leaks_into_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_MAX_ROWS", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    env = environment(TRELLIS_HOME="here")

    assert env["TRELLIS_HOME"] == "here"
    assert not {"TRELLIS_MAX_ROWS", "PYTHONDONTWRITEBYTECODE"} & env.keys()
