"""What customers entrust to us, sealed."""

from core.secrets.keys import key_file, keys_of
from core.secrets.vault import SealBroken, TokenInvalid, Vault

__all__ = ["SealBroken", "TokenInvalid", "Vault", "key_file", "keys_of"]
