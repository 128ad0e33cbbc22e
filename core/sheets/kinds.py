"""What a file is, by its bytes and never by its name."""

import re
import struct
import unicodedata
from enum import StrEnum
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from core.sheets.errors import FileRefused

HEAD = 4096
"""Bytes by which a file is known."""
PIXELS = 40_000_000
"""Of an image: whoever decodes it holds four bytes for each."""
SIDE = 30_000
"""Pixels of one side of an image."""
TAIL = 2048
"""Bytes at the end of a PDF in which it must end."""
SEGMENTS = 1000
"""Of a JPEG before the one that tells its size; a camera writes some twenty."""
FILL = 64
"""Bytes that only fill, before one of them."""
LONGEST = 200
"""Characters of a file's name that are kept."""


class Kind(StrEnum):
    """What we take."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"


MIME = {
    Kind.CSV: "text/csv",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Kind.PDF: "application/pdf",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
}
SAID = {
    Kind.CSV: "a text file",
    Kind.XLSX: "an Excel workbook",
    Kind.PDF: "a PDF",
    Kind.PNG: "a PNG image",
    Kind.JPEG: "a JPEG image",
}
NAMED = {
    "csv": Kind.CSV,
    "tsv": Kind.CSV,
    "txt": Kind.CSV,
    "xlsx": Kind.XLSX,
    "pdf": Kind.PDF,
    "png": Kind.PNG,
    "jpg": Kind.JPEG,
    "jpeg": Kind.JPEG,
}
"""What a name promises."""

ZIP = b"PK\x03\x04"
FOREIGN = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file (.xls, .doc) or one that a password "
    "protects; save it as .xlsx without one",
    b"GIF8": "a GIF image",
    b"BM": "a bitmap image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"RIFF": "a WebP image, a sound or a film",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x05\x06": "an empty archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"#!": "a script",
    b"SQLite format 3\x00": "a SQLite database",
    b"PAR1": "a Parquet file",
    b"{\\rtf": "an RTF document",
    b"%!PS": "a PostScript file",
}
"""First bytes of what people send by mistake."""

_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d{1,10}\s+\d{1,5}\s+R|<<)")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers in a JPEG behind which its size stands."""


def inspect(path: Path, filename: str) -> Kind:
    """Return what the file at *path* is, as far as its header and its trailer tell.

    A table is only told from other text when it is loaded.

    Raises:
        FileRefused: it is nothing that we take, it is not what its name says, or it is broken,
            encrypted or an image too large to be decoded; the message begins with the name.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        kind = _kind(head, filename)
        match kind:
            case Kind.PNG:
                _size(filename, *_png(head, filename))
            case Kind.JPEG:
                _size(filename, *_jpeg(file, filename))
            case Kind.PDF:
                _pdf(file, filename)
    return kind


def safe_filename(name: str | None) -> str:
    """Return a *name* without a path, and without signs that cannot be seen."""
    last = PureWindowsPath(PurePosixPath(name or "").name).name
    shown = "".join(
        each for each in unicodedata.normalize("NFC", last) if unicodedata.category(each)[0] != "C"
    ).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > LONGEST and dot and len(ending) <= len("jpeg"):
        return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"
    return shown[:LONGEST] or "file"


def _kind(head: bytes, filename: str) -> Kind:
    if not head:
        raise FileRefused(f"{filename}: The file is empty.")
    kind, what = _recognised(head)
    promised = NAMED.get(filename.rpartition(".")[2].lower()) if "." in filename else None
    if kind is None:
        raise FileRefused(
            f"{filename}: It is {what}; send a CSV, XLSX, PDF, PNG or JPEG file."
            if promised is None
            else f"{filename}: Its name says {promised.value.upper()}, but it is {what}."
        )
    if promised is not None and promised is not kind:
        raise FileRefused(
            f"{filename}: Its name says {promised.value.upper()}, but it is {what}; "
            "rename it, or send the right file."
        )
    return kind


def _recognised(head: bytes) -> tuple[Kind | None, str]:
    kind = None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        kind = Kind.PNG
    elif head.startswith(b"\xff\xd8\xff"):
        kind = Kind.JPEG
    elif b"%PDF-" in head[:1024]:
        kind = Kind.PDF
    elif head.startswith(ZIP):
        return Kind.XLSX, "an archive"
    if kind is not None:
        return kind, SAID[kind]
    for magic, what in FOREIGN.items():
        if head.startswith(magic) and (len(magic) > 2 or not is_text(head)):  # noqa: PLR2004
            return None, what
    if not is_text(head):
        return None, "binary data"
    return (None, "HTML or XML") if is_markup(head) else (Kind.CSV, SAID[Kind.CSV])


def is_text(head: bytes) -> bool:
    """Return whether what begins with *head* is text, in whatever encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(1 for each in head if each < 32 and each not in b"\t\n\r\f\x1b")  # noqa: PLR2004
    return b"\x00" not in head and control * 100 <= len(head)


def is_markup(head: bytes) -> bool:
    """Return whether a text that begins with *head* is HTML or XML."""
    for encoding in ("utf-16",) if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("latin-1",):
        text = head[: len(head) // 2 * 2].decode(encoding, "replace").lstrip("ï»¿\ufeff \t\r\n")
        return bool(re.match(r"<(!doctype|html|\?xml|svg|[a-z]+[ >/])", text, re.IGNORECASE))
    return False


def _size(filename: str, width: int, height: int) -> None:
    if not (width and height):
        raise FileRefused(f"{filename}: The image has no size; it is broken.")
    if width * height > PIXELS or max(width, height) > SIDE:
        raise FileRefused(
            f"{filename}: The image has {width:,} by {height:,} pixels; at most "
            f"{PIXELS // 1_000_000} million are taken."
        )


def _png(head: bytes, filename: str) -> tuple[int, int]:
    if len(head) < 33 or head[8:16] != b"\x00\x00\x00\rIHDR":  # noqa: PLR2004
        raise FileRefused(f"{filename}: The PNG image is broken.")
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def _jpeg(file: BinaryIO, filename: str) -> tuple[int, int]:
    """Walk from segment to segment up to the one that tells the size."""
    file.seek(2)
    for _segment in range(SEGMENTS):
        mark = file.read(2)
        filled = 0
        while len(mark) == 2 and mark[1] == 0xFF and filled < FILL:  # noqa: PLR2004
            mark = mark[:1] + file.read(1)
            filled += 1
        if len(mark) < 2 or mark[0] != 0xFF or mark[1] == 0xFF:  # noqa: PLR2004
            break
        if mark[1:] == b"\x01" or 0xD0 <= mark[-1] <= 0xD8:  # noqa: PLR2004 - they stand alone
            continue
        length = int.from_bytes(file.read(2), "big")
        if mark[-1] in _FRAMES:
            frame = file.read(5)
            if len(frame) == 5:  # noqa: PLR2004
                height, width = struct.unpack(">HH", frame[1:])
                return width, height
        if length < 2 or mark[-1] in {0xD9, 0xDA}:  # noqa: PLR2004
            break
        file.seek(length - 2, 1)
    raise FileRefused(f"{filename}: The JPEG image is broken.")


def _pdf(file: BinaryIO, filename: str) -> None:
    file.seek(0)
    body = file.read()
    if b"%%EOF" not in body[-TAIL:]:
        raise FileRefused(f"{filename}: The PDF breaks off before its end; send it again.")
    if _ENCRYPTED.search(body):
        raise FileRefused(f"{filename}: A password protects the PDF; save it without one.")
