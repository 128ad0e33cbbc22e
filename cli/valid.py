"""From what a person typed to a record of the core."""

from typing import Any, TypeVar

from pydantic import ValidationError

from core.errors import Invalid
from core.record import Record

R = TypeVar("R", bound=Record)


def valid(record: type[R], **fields: Any) -> R:
    """Return a *record* of these fields.

    Raises:
        Invalid: a field is not what it should be; the message names it.
    """
    try:
        return record(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise Invalid(f"{field}: {first['msg']}") from None
