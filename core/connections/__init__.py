"""Customers' databases: what is in them, and safe, bounded, read-only answers."""
