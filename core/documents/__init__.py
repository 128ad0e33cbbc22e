"""Documents: what files say, page by page, read in a process of their own.

PDF, Word, Excel, CSV, HTML and plain text become text whose tables are Markdown; pages that are
pictures become pictures, for whoever can read them.
"""

from core.documents.kinds import LARGEST
from core.documents.process import Bounds, read
from core.documents.records import Document, Form, Page
from core.documents.tables import Table, tables_in, written

__all__ = [
    "LARGEST",
    "Bounds",
    "Document",
    "Form",
    "Page",
    "Table",
    "read",
    "tables_in",
    "written",
]
