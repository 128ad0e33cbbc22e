"""Reading one JSON object strictly: what is there, of which type, how long, and nothing else.

Discord ignores most fields it does not know; this stand-in refuses them (50035,
UNKNOWN_FIELD), because to us an unknown field is a mistyped one.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .errors import Problems

Path = tuple[str | int, ...]
URL = re.compile(r"https?://[^\s/?#]+\S*\Z")


class Body:
    """One object of a body; what is wrong with it goes to *problems*."""

    def __init__(self, problems: Problems, path: Path, value: Any) -> None:
        self.problems = problems
        self.path = path
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.wrong((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")

    def __contains__(self, name: str) -> bool:
        return self.value.get(name) is not None

    def wrong(self, at: Sequence[str | int], code: str, message: str) -> None:
        """Note that something inside is wrong."""
        self.problems.add((*self.path, *at), code, message)

    def only(self, *names: str) -> None:
        """Refuse every field but these."""
        for name in self.value:
            if name not in names:
                self.wrong((name,), "UNKNOWN_FIELD", "This field is not known")

    def _missing(self, name: str, required: bool) -> bool:
        if self.value.get(name) is not None:
            return False
        if required:
            self.wrong((name,), "BASE_TYPE_REQUIRED", "This field is required")
        return True

    def text(
        self,
        name: str,
        *,
        least: int = 0,
        most: int | None = None,
        required: bool = False,
        trim: bool = False,
        pattern: str | None = None,
    ) -> str | None:
        """Read a string of *least* to *most* characters, which Discord counts as code points."""
        if self._missing(name, required):
            return None
        value: object = self.value[name]
        if not isinstance(value, str):
            self.wrong((name,), "STRING_TYPE_CONVERT", "Could not interpret value as a string.")
            return None
        value = value.strip() if trim else value
        if not value and (required or least):
            self.wrong((name,), "BASE_TYPE_REQUIRED", "This field is required")
        elif most is not None and not least <= len(value) <= most:
            if least:
                said = f"Must be between {least} and {most} in length."
                self.wrong((name,), "BASE_TYPE_BAD_LENGTH", said)
            else:
                said = f"Must be {most} or fewer in length."
                self.wrong((name,), "BASE_TYPE_MAX_LENGTH", said)
        elif pattern and not re.fullmatch(pattern, value):
            self.wrong((name,), "STRING_TYPE_REGEX", "String value did not match validation regex.")
        return value

    def number(
        self,
        name: str,
        *,
        least: float | None = None,
        most: float | None = None,
        required: bool = False,
    ) -> int | None:
        """Read a whole number."""
        if self._missing(name, required):
            return None
        value = self.value[name]
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return None
        if least is not None and value < least:
            said = f"int value should be greater than or equal to {least}."
            self.wrong((name,), "NUMBER_TYPE_MIN", said)
        if most is not None and value > most:
            said = f"int value should be less than or equal to {most}."
            self.wrong((name,), "NUMBER_TYPE_MAX", said)
        return value

    def one_of(self, name: str, values: Collection[Any], *, required: bool = False) -> Any:
        """Read one of several values."""
        if self._missing(name, required):
            return None
        value = self.value[name]
        if value not in values or isinstance(value, bool):
            said = f"Value must be one of {tuple(values)}."
            self.wrong((name,), "BASE_TYPE_CHOICES", said)
            return None
        return value

    def truth(self, name: str) -> bool | None:
        """Read true or false."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            self.wrong((name,), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
            return None
        return value

    def snowflake(self, name: str, *, required: bool = False) -> int | None:
        """Read an id."""
        if self._missing(name, required):
            return None
        value = self.value[name]
        if isinstance(value, bool) or not str(value).isdecimal():
            self.wrong((name,), "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
            return None
        return int(value)

    def url(
        self, name: str, *, attachments: Collection[str] = (), required: bool = False
    ) -> str | None:
        """Read an address; `attachment://name` must name a file of the same message."""
        value = self.text(name, most=2048, required=required)
        if not value:
            return value
        if value.startswith("attachment://"):
            if value.removeprefix("attachment://") not in attachments:
                said = "There is no attachment of that name."
                self.wrong((name,), "URL_TYPE_UNKNOWN_ATTACHMENT", said)
        elif not URL.match(value):
            said = f"Scheme of \"{value[:40]}\" must be one of ('http', 'https')."
            self.wrong((name,), "URL_TYPE_INVALID_SCHEME", said)
        return value

    def items(
        self, name: str, *, least: int = 0, most: int, required: bool = False
    ) -> Iterator["Body"]:
        """Read a list of objects."""
        for index, value in enumerate(self.values(name, least=least, most=most, required=required)):
            yield Body(self.problems, (*self.path, name, index), value)

    def values(self, name: str, *, least: int = 0, most: int, required: bool = False) -> list[Any]:
        """Read a list."""
        if self._missing(name, required):
            return []
        value = self.value[name]
        if not isinstance(value, list):
            self.wrong((name,), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if not least <= len(value) <= most:
            code = "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH"
            said = f"Must be between {least} and {most} in length."
            self.wrong((name,), code, said if least else f"Must be {most} or fewer in length.")
        return value

    def inside(self, name: str, *, required: bool = False) -> "Body | None":
        """Read an object."""
        if self._missing(name, required):
            return None
        return Body(self.problems, (*self.path, name), self.value[name])
