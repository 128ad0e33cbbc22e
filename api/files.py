"""Reading a form with files: to disk as it comes, each file with a limit, nothing unknown."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from typing_extensions import override

from api.errors import SHOWN, Refused
from api.incoming import CLOSE

LINE = 1000
"""Bytes of a field that is no file."""


class Form(NamedTuple):
    """What was sent."""

    files: tuple[UploadFile, ...]
    fields: dict[str, str]


class _Parser(MultiPartParser):
    """Stops at the first byte that is too many of a file."""

    largest = 0
    _size = 0

    @override
    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._size = 0

    @override
    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        file = self._current_part.file
        if file is not None:
            self._size += end - start
            if self._size > self.largest:
                name = (file.filename or "file")[:SHOWN]
                raise Refused(
                    400,
                    f"{name}: The file is larger than {self.largest // 1024 // 1024} MB.",
                    "file_refused",
                    CLOSE,
                )
        super().on_part_data(data, start, end)


@asynccontextmanager
async def form(
    request: Request, *, files: str, most: int, largest: int, fields: frozenset[str]
) -> AsyncIterator[Form]:
    """Lend what a form holds; its files are gone afterwards.

    Args:
        request: its body is read here.
        files: the name under which files are sent.
        most: how many of them.
        largest: bytes of each.
        fields: the names of the other fields, each at most once.

    Raises:
        Refused: it is no such form, or holds too much.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "multipart/form-data":
        raise _no("Send the files as a form: Content-Type: multipart/form-data with a boundary")
    async with aclosing(request.stream()) as stream:
        # One more of each than may be: then we can say so in our own words.
        parser = _Parser(
            request.headers, stream, max_files=most + 1, max_fields=20, max_part_size=LINE
        )
        parser.largest = largest
        try:
            data = await parser.parse()
        except MultiPartException as error:
            if error.message.startswith("Too many files"):
                raise _many(most) from None
            raise _no(f"body: {error.message[:SHOWN]}") from None
        except (ValueError, LookupError):
            raise _no("body: The form cannot be read") from None
    try:
        yield _form(data.multi_items(), files, most, fields)
    finally:
        await data.close()


def _form(
    items: list[tuple[str, UploadFile | str]], files: str, most: int, fields: frozenset[str]
) -> Form:
    found: dict[str, str] = {}
    sent: list[UploadFile] = []
    for name, value in items:
        match value:
            case UploadFile() if name == files:
                # A browser sends a file without a name where none was chosen.
                if value.filename or value.size:
                    sent.append(value)
            case str() if name in fields:
                if name in found:
                    raise _no(f"{name}: The field is given twice")
                found[name] = value
            case str() if name == files:
                raise _no(f"{files}: Send files, each with its name, and not their text")
            case _:
                raise _no(f"{name[:SHOWN]}: Unknown field; known are {', '.join([*fields, files])}")
    if len(sent) > most:
        raise _many(most)
    return Form(tuple(sent), found)


def _many(most: int) -> Refused:
    return Refused(400, f"files: At most {most} files may be sent at once", "too_many_files")


def _no(detail: str) -> Refused:
    return Refused(400, detail, "invalid")
