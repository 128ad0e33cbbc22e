"""The refusals of files."""

from core.errors import Invalid


class FileRefused(Invalid):
    """A file is one of CSV, XLSX, PDF, PNG and JPEG, and not larger than the limits."""
