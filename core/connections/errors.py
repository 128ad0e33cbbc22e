"""The refusals of connections.

* Invalid      AddressInvalid, StatementRefused, StatementFailed, TableUnknown,
               CursorInvalid, AddressForbidden, ParameterMisnamed, ParameterMisplaced,
               ParametersMissing, ParametersUnknown, ParameterInvalid
* Denied       AudienceTooWide
* NotFound     ConnectionNotFound
* Conflict     ConnectionExists, ConnectionAmbiguous
* Limited      StatementTimedOut, ConnectionBusy
* Unavailable  ConnectionFailed
"""

from core.errors import Conflict, Denied, Invalid, Limited, NotFound, Unavailable


class ConnectionNotFound(NotFound):
    """Connection not found"""


class AudienceTooWide(Denied):
    """Others would hear the answer who must not; ask in a direct message."""


class ConnectionExists(Conflict):
    """A connection of that name exists; choose another name or remove the old one."""


class ConnectionAmbiguous(Conflict):
    """There are several connections; name one."""


class AddressInvalid(Invalid):
    """An address is sqlite:///file.db, duckdb:///file.duckdb or kind://user:password@host/name."""


class AddressForbidden(Invalid):
    """That address is Trellis' own store, which holds what others entrusted to it."""


class ConnectionFailed(Unavailable):
    """The database cannot be reached."""


class ConnectionBusy(Limited):
    """Every session of this connection is busy; try again in a moment."""


class StatementRefused(Invalid):
    """Only one statement that reads may run here."""


class StatementFailed(Invalid):
    """The database refused the statement."""

    def __init__(
        self,
        message: str = "",
        *,
        position: int | None = None,
        hint: str | None = None,
        state: str | None = None,
    ) -> None:
        """Keep what an assistant needs to repair the statement.

        Args:
            message: the database's own words.
            position: where in the statement, counted in characters from 1.
            hint: what would work.
            state: the database's code for it: an SQLSTATE or an error number.
        """
        super().__init__(message)
        self.position = position
        self.hint = hint
        self.state = state


class StatementTimedOut(Limited):
    """The statement took too long and was stopped; narrow it, or raise TRELLIS_QUERY_TIMEOUT."""


class CursorInvalid(Invalid):
    """A cursor goes with the statement, values and connection that it was handed out for."""


class TableUnknown(Invalid):
    """There is no such table."""


class ParameterMisnamed(Invalid):
    """A parameter is written {{name}}: letters, digits and underscores, a letter first."""


class ParameterMisplaced(Invalid):
    """A parameter stands for a value, and no value can stand there."""


class ParametersMissing(Invalid):
    """A statement's parameters need values."""

    def __init__(self, names: tuple[str, ...], unknown: tuple[str, ...] = ()) -> None:
        """Name what is missing, and what was given instead."""
        also = f" (unknown: {', '.join(unknown)})" if unknown else ""
        super().__init__(f"Missing required parameters: {', '.join(names)}{also}")
        self.names = names
        self.unknown = unknown


class ParametersUnknown(Invalid):
    """The statement has no such parameters."""

    def __init__(self, names: tuple[str, ...], known: tuple[str, ...]) -> None:
        """Name what was given, and what there is."""
        there = f"it has {', '.join(known)}" if known else "it has none"
        super().__init__(f"Unknown parameters: {', '.join(names)}; {there}")
        self.names = names
        self.known = known


class ParameterInvalid(Invalid):
    """A parameter's value is of the wrong kind."""
