"""Transport compression of the gateway: docs, Gateway, "Transport Compression"."""

import zlib
from typing import Protocol

BLOCK = 1 << 16
"""Bytes of a block of a zstd frame; at most 128 KiB are allowed."""


class Packer(Protocol):
    """Packs messages of one connection, one after the other."""

    def pack(self, text: str) -> bytes | str:
        """Return what goes over the wire."""
        ...


class Plain:
    """No compression."""

    def pack(self, text: str) -> str:
        """Return it as it is."""
        return text


class ZlibStream:
    """One shared context; every message ends with a sync flush: "zlib-stream"."""

    def __init__(self) -> None:
        self._context = zlib.compressobj()

    def pack(self, text: str) -> bytes:
        """Return the next piece of the stream."""
        return self._context.compress(text.encode()) + self._context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """One frame that never ends, of raw blocks: "zstd-stream", RFC 8878 §3.1.1.

    Python 3.11 has no zstd; raw blocks are valid in every frame and need no compressor.
    """

    def __init__(self) -> None:
        # The magic number, a frame header descriptor without anything, and a window of 8 MiB.
        self._head = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([13 << 3])

    def pack(self, text: str) -> bytes:
        """Return the next piece of the stream."""
        content = text.encode()
        found, self._head = self._head, b""
        for start in range(0, len(content), BLOCK):
            piece = content[start : start + BLOCK]
            # Last_Block 0, Block_Type 0 (raw), Block_Size.
            found += (len(piece) << 3).to_bytes(3, "little") + piece
        return found


PACKERS: dict[str | None, type[Packer]] = {
    None: Plain,
    "zlib-stream": ZlibStream,
    "zstd-stream": ZstdStream,
}
