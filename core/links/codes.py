"""Codes that people type: how they look, and how forgivingly they are read."""

import secrets
import unicodedata
from datetime import timedelta

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter of it looks like a digit of it."""
LIFE = timedelta(minutes=10)
LENGTH = 8
"""40 bits: with five guesses in ten minutes, a million people would guess for 40 years."""
READ = str.maketrans("OIL", "011")
LONGEST = 100
"""Characters of what was typed that are looked at."""


def new_code() -> str:
    """Return a fresh code, `7K3M-Q9TX`."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


def read(typed: str) -> str | None:
    """Return what was typed as a code is kept: capitals, no dash; None if it can be none.

    Full-width letters, dashes and quotes of any kind, and an O for a zero are all understood.
    """
    text = unicodedata.normalize("NFKC", typed[:LONGEST]).upper()
    signs = "".join(each for each in text if each.isalnum()).translate(READ)
    return signs if len(signs) == LENGTH and set(signs) <= set(ALPHABET) else None
