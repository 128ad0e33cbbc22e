"""The keepers of the driver promise, one per kind of database; only `core.app` meets them."""
