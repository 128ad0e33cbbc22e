"""Pipelines at the root of the API port, in the words of their published contract."""
