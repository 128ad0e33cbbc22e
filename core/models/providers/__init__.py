"""The keepers of models; only the app meets them."""
