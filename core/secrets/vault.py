"""Sealing and signing, with keys that can be rotated."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pydantic import SecretStr

from core.errors import Unauthenticated, Unavailable

ALGORITHM = "HS256"


class SealBroken(Unavailable):
    """A stored secret cannot be opened: TRELLIS_SECRET_KEY is not the one that sealed it."""


class TokenInvalid(Unauthenticated):
    """Invalid or expired token"""


class Vault:
    """Seals with the newest key, opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys, newest first; each is stretched into one for sealing, one for signing."""
        if not keys:
            raise ValueError("a vault needs a key")
        self._keys = tuple(keys)

    @cached_property
    def _fernet(self) -> Any:
        # Imported when the first secret is sealed or opened: a start can do without.
        from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

        return MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_stretch(key, b"seal"))) for key in self._keys]
        )

    @cached_property
    def _signing(self) -> tuple[bytes, ...]:
        return tuple(_stretch(key, b"sign") for key in self._keys)

    def seal(self, secret: SecretStr) -> str:
        """Return *secret* as it may be stored: encrypted and authenticated."""
        sealed: bytes = self._fernet.encrypt(secret.get_secret_value().encode())
        return sealed.decode()

    def open(self, sealed: str) -> SecretStr:
        """Return what was sealed.

        Raises:
            SealBroken: none of the keys sealed it.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415

        try:
            return SecretStr(self._fernet.decrypt(sealed.encode()).decode())
        except InvalidToken:
            raise SealBroken from None

    def reseal(self, sealed: str) -> str:
        """Return the same secret under the newest key.

        Raises:
            SealBroken: none of the keys sealed it.
        """
        return self.seal(self.open(sealed))

    def marks(self, text: str) -> tuple[str, ...]:
        """Return what may be stored of *text* to know it again, by each key, the newest first.

        Who has the store alone cannot try short texts until one fits.
        """
        return tuple(
            hmac.new(_stretch(key, b"mark"), text.encode(), hashlib.sha256).hexdigest()
            for key in self._keys
        )

    def sign(self, claims: dict[str, Any]) -> str:
        """Return *claims* as a JSON Web Token."""
        import jwt  # noqa: PLC0415 - the stdio server never needs it

        return jwt.encode(claims, self._signing[0], ALGORITHM)

    def verify(self, token: str, *, audience: str | None = None) -> dict[str, Any]:
        """Return the claims of a token that one of our keys signed and that has not expired.

        Args:
            token: what was signed.
            audience: what it was signed for, its `aud`; a token for one thing opens no other.

        Raises:
            TokenInvalid: another algorithm, key or audience, expired, or no token at all.
        """
        import jwt  # noqa: PLC0415

        for key in self._signing:
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    audience=audience,
                    options={"require": ["exp", "sub", "jti"]},
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                raise TokenInvalid from None
            return claims
        raise TokenInvalid


def _stretch(key: str, purpose: bytes) -> bytes:
    """Return 32 bytes for one *purpose*: HMAC-SHA256 as in the one-block case of HKDF-Expand."""
    secret = hmac.new(b"trellis", key.encode(), hashlib.sha256).digest()
    return hmac.new(secret, purpose + b"\x01", hashlib.sha256).digest()
