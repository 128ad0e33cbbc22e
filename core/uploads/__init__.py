"""Uploads: files that members bring to a chat, the tables in them ready to be asked."""

from core.uploads.errors import (
    LinkInvalid,
    TooManyFiles,
    UploadNotFound,
    UploadsBusy,
    UploadsFull,
    UploadsQueued,
)
from core.uploads.records import FILES, LARGEST, Kind, Offered, Upload, UploadTable
from core.uploads.service import Uploads

__all__ = [
    "FILES",
    "LARGEST",
    "Kind",
    "LinkInvalid",
    "Offered",
    "TooManyFiles",
    "Upload",
    "UploadNotFound",
    "UploadTable",
    "Uploads",
    "UploadsBusy",
    "UploadsFull",
    "UploadsQueued",
]
