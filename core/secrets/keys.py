"""The secret keys of a home: where they come from, newest first."""

import os
import secrets
from pathlib import Path


def keys_of(configured: str, home: Path) -> tuple[str, ...]:
    """Return the keys that are *configured*, or else those of the home, which gets its first.

    Both forms hold one key or several, newest first: the first seals and signs, all of them open
    and verify. Settings part them by commas, the file by lines.
    """
    if given := tuple(key.strip() for key in configured.split(",") if key.strip()):
        return given
    file = key_file(home)
    if not file.exists():
        _write_first(file)
    return tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())


def key_file(home: Path) -> Path:
    """Return where a home keeps its keys."""
    return home / "secret.key"


def add_key(home: Path) -> None:
    """Put a fresh key before those of the home; the older ones go on opening what they sealed."""
    file = key_file(home)
    old = file.read_text("utf-8") if file.exists() else ""
    draft = file.with_suffix(f".{os.getpid()}.new")
    _write(draft, f"{secrets.token_urlsafe(48)}\n{old}")
    draft.replace(file)


def _write_first(file: Path) -> None:
    """Write the first key so that of two processes that start together one wins for both."""
    draft = file.with_suffix(f".{os.getpid()}.new")
    _write(draft, secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # the other one was first; its key is ours too
    finally:
        draft.unlink()


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as writer:
        writer.write(text)
        writer.flush()
        os.fsync(writer.fileno())
