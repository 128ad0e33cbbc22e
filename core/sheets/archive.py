"""Files that are archives inside, as Office writes them: do they unpack to a sane size?"""

import zipfile
from pathlib import Path

from core.sheets.errors import FileRefused

UNPACKED = 600 * 1024 * 1024
"""Bytes of all that is packed in one archive."""
RATIO = 200
"""How many times smaller packed than unpacked a part may be; spreadsheets reach some 50."""
SMALL = 10 * 1024 * 1024
"""Bytes up to which the ratio does not matter."""
DIRECTORY = 2 * 1024 * 1024
"""Bytes of the archive's directory: some 20,000 parts."""
PIECE = 1024 * 1024
BROKEN = (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError)
"""What the library raises for what is no archive, or half of one."""


def parts(path: Path, noun: str) -> frozenset[str]:
    """Return the names of what is packed in the file at *path*, which is said to be a *noun*.

    Raises:
        FileRefused: it is no archive, or broken.
    """
    _directory(path, noun)
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(archive.namelist())
    except BROKEN:
        raise _broken(noun) from None


def check(path: Path, noun: str, instead: str) -> None:
    """Pass if the file at *path* can be unpacked without harm.

    Every part is unpacked once, in pieces that are thrown away: what its directory says of the
    sizes is not believed.

    Args:
        path: the file.
        noun: what it is said to be.
        instead: what to send where it is too large.

    Raises:
        FileRefused: it is broken, encrypted, or a bomb.
    """
    _directory(path, noun)
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, noun, instead)
    except BROKEN:
        raise _broken(noun) from None


def _directory(path: Path, noun: str) -> None:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 22 - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise FileRefused("The archive breaks off before its end; send it again.")
    if int.from_bytes(tail[at + 12 : at + 16], "little") > DIRECTORY:
        raise FileRefused(f"The archive has too many parts for a {noun}.")


def _check(archive: zipfile.ZipFile, noun: str, instead: str) -> None:
    every = archive.infolist()
    if any(each.flag_bits & 1 for each in every):
        raise FileRefused(f"A password protects the {noun}; save it without one.")
    total = sum(each.file_size for each in every)
    swollen = [
        each
        for each in every
        if each.file_size > SMALL and each.file_size > RATIO * max(each.compress_size, 1)
    ]
    if total > UNPACKED or swollen:
        raise FileRefused(
            f"The {noun} unpacks to {total / 1024 / 1024:,.0f} MiB, more than is sane for its "
            f"size; {instead}."
        )
    for each in every:
        with archive.open(each) as part:
            head = part.read(PIECE)
            if each.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in head[:4096]:
                raise FileRefused(f"The {noun} declares entities, which no {noun} has.")
            # More than it says is never handed out, and its checksum tells when there was more.
            while part.read(PIECE):
                pass


def _broken(noun: str) -> FileRefused:
    program = "Word" if noun == "document" else "Excel"
    return FileRefused(f"The {noun} is broken; open it in {program} and save it again.")
