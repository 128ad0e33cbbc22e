"""The shop of the connections' tests."""

from tests.core.connections.conftest import shop, shop_file

__all__ = ["shop", "shop_file"]
