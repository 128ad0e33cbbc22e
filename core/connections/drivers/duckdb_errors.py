"""What DuckDB says was wrong, and where, as a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import orjson

from core.connections.errors import StatementFailed


@contextmanager
def telling(sql: str = "", *, begins: int = 0, at: int = 0) -> Iterator[None]:
    """Raise `StatementFailed` for what DuckDB refuses, with the place in *sql*.

    Args:
        sql: the statement as it was asked.
        begins: the character of *sql* with which the part begins that is run.
        at: the byte at which this part begins in what is run.
    """
    import duckdb  # noqa: PLC0415 - who asks it has it already

    try:
        yield
    except (duckdb.InterruptException, duckdb.FatalException):
        raise
    except duckdb.Error as error:
        raise failure(error, sql, begins=begins, at=at) from None


def failure(error: Exception, sql: str = "", *, begins: int = 0, at: int = 0) -> StatementFailed:
    """Read an error of DuckDB; most are told in JSON, as `errors_as_json` asks for."""
    kind, _, told = str(error).partition(": ")
    words, place = told, None
    with suppress(orjson.JSONDecodeError, KeyError):
        known = orjson.loads(told)
        words = known["exception_message"]
        place = _place(int(known["position"]) - at, sql, begins)
    # Below an empty line stand drawings of the place and advice on settings that are locked.
    lines = words.partition("\n\n")[0].splitlines() or [""]
    return StatementFailed(
        f"{kind}: {lines[0]}" if lines[0] else kind,
        position=place,
        hint=" ".join(map(str.strip, lines[1:])) or None,
        state=type(error).__name__,
    )


def _place(byte: int, sql: str, begins: int) -> int | None:
    """Count characters from 1, where DuckDB counts bytes from 0."""
    part = sql[begins:].encode()
    if begins < 0 or not 0 <= byte < len(part):
        return None
    return begins + len(part[:byte].decode(errors="ignore")) + 1
