"""What a file is, its bytes say; a name that says something else is a lie."""

import struct
import zlib
from pathlib import Path

import pytest

from core.sheets import FileRefused, Kind, inspect, safe_filename


def png(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


def jpeg(width: int, height: int) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 10) + b"Exif\x00\x00\x00\x00"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + exif + b"\xff" + frame + b"\xff\xd9"


PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
CSV = b"a,b\n1,2\n"


def kind(tmp_path: Path, body: bytes, filename: str) -> Kind:
    (tmp_path / "file").write_bytes(body)
    return inspect(tmp_path / "file", filename)


@pytest.mark.parametrize(
    ("body", "filename", "expected"),
    [
        (png(10, 10), "a.png", Kind.PNG),
        (png(10, 10), "no name at all", Kind.PNG),
        (png(10, 10), "a.unknown", Kind.PNG),
        (jpeg(10, 10), "a.jpg", Kind.JPEG),
        (jpeg(10, 10), "A.JPEG", Kind.JPEG),
        (PDF, "a.pdf", Kind.PDF),
        (b"\xef\xbb\xbf\n" + PDF, "a.pdf", Kind.PDF),
        (CSV, "a.csv", Kind.CSV),
        (CSV, "a.xls", Kind.CSV),  # as half of all exports are called
        ("a\tb\n".encode("utf-16"), "a.txt", Kind.CSV),
        (b"MZ and others\n1,2\n", "a.csv", Kind.CSV),
        (b"PK\x03\x04", "a.xlsx", Kind.XLSX),
    ],
)
def test_the_bytes_say_what_it_is(
    tmp_path: Path, body: bytes, filename: str, expected: Kind
) -> None:
    assert kind(tmp_path, body, filename) is expected


@pytest.mark.parametrize(
    ("body", "filename", "said"),
    [
        (b"", "a.csv", "empty"),
        (png(1, 1), "a.csv", "says CSV, but it is a PNG image"),
        (png(1, 1), "a.jpg", "says JPEG, but it is a PNG image"),
        (PDF, "a.png", "says PNG, but it is a PDF"),
        (CSV, "a.xlsx", "says XLSX, but it is a text file"),
        (b"PK\x03\x04", "a.csv", "says CSV, but it is an archive"),
        (b"<html><body>", "a.pdf", "says PDF, but it is HTML or XML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a.csv", "HTML or XML"),
        ("<!DOCTYPE html>".encode("utf-16"), "a.csv", "HTML or XML"),
        (b"GIF89a", "a.png", "says PNG, but it is a GIF"),
        (b"MZ\x90\x00\x03\x00", "a.csv", "it is a program"),
        (b"\x7fELF\x02", "photo", "It is a program; send a CSV, XLSX, PDF, PNG or JPEG"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx", "old Office file"),
        (b"SQLite format 3\x00", "a.csv", "a SQLite database"),
        (b"\x00\x01\x02\x03" * 100, "a.csv", "binary data"),
        (b"\x01\x02\x03\x04" * 100, "a.csv", "binary data"),
        (b"a,b\n1,\x002\n", "a.csv", "binary data"),
    ],
)
def test_a_file_that_lies_is_told_what_it_is(
    tmp_path: Path, body: bytes, filename: str, said: str
) -> None:
    with pytest.raises(FileRefused) as refusal:
        kind(tmp_path, body, filename)

    assert said in refusal.value.message
    assert refusal.value.message.startswith(filename)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (png(50_000, 50_000), "50,000 by 50,000"),
        (png(2**31 - 1, 1), "pixels"),
        (png(0, 10), "no size"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "broken"),
        (png(1, 1)[:20], "broken"),
        (jpeg(65_000, 65_000), "pixels"),
        (jpeg(0, 1), "no size"),
        (b"\xff\xd8\xff\xe0", "broken"),
        (b"\xff\xd8\xff\xff\xff\xff", "broken"),
        (b"\xff\xd8\xff\xe1\x00\x00" + b"\x00" * 100, "broken"),
        (b"\xff\xd8\xff\xd9", "broken"),
        (PDF[:-6], "breaks off"),
        (PDF.replace(b"/Root", b"/Encrypt 5 0 R /Root"), "password"),
        (PDF.replace(b"/Root", b"/Encrypt<< /V 4 >> /Root"), "password"),
    ],
)
def test_what_cannot_be_handed_on_is_refused_by_its_header(
    tmp_path: Path, body: bytes, said: str
) -> None:
    with pytest.raises(FileRefused, match=said):
        kind(tmp_path, body, "file")


@pytest.mark.parametrize(
    ("before", "taken"),
    [
        (b"\xff" * 60, True),
        (b"\xff" * 100, False),
        (b"\xff\xe0\x00\x02" * 900, True),
        (b"\xff\xe0\x00\x02" * 1_100, False),
        (b"\xff\x01" * 1_100, False),
    ],
    ids=["some fill", "much fill", "some segments", "many segments", "many marks"],
)
def test_a_picture_whose_header_has_no_end_is_not_read_to_its_end(
    tmp_path: Path, before: bytes, taken: bool
) -> None:
    whole = jpeg(10, 10)
    body = whole[:2] + before + whole[2:]

    if taken:
        assert kind(tmp_path, body, "file") is Kind.JPEG
    else:
        with pytest.raises(FileRefused, match="broken"):
            kind(tmp_path, body, "file")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\sales.csv", "sales.csv"),
        ("売上 2025.csv", "売上 2025.csv"),
        ("a\x00b\r\nSet-Cookie: x.csv", "abSet-Cookie: x.csv"),
        ("gpj.\u202eexe.csv", "gpj.exe.csv"),
        ("e\u0301.csv", "é.csv"),
        ("", "file"),
        (None, "file"),
        ("...", "file"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("y" * 300, "y" * 200),
        (".." + "/" * 500, "file"),
    ],
)
def test_a_name_is_kept_without_paths_and_without_what_cannot_be_seen(
    given: str | None, kept: str
) -> None:
    assert safe_filename(given) == kept
