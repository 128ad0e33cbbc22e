"""The secrets of a grant: how they look, how long they live, and what we remember of them."""

import hashlib
import secrets
from datetime import timedelta

CODE, ACCESS, REFRESH = "trc_", "tra_", "trr_"
"""What each begins with; scanners of leaked secrets can know them."""

CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=30)


def new_secret(mark: str) -> str:
    """Return 256 fresh random bits behind *mark*."""
    return mark + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored; a random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
