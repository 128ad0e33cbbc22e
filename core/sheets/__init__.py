"""Files of people: what they are by their bytes, and the tables in them as a DuckDB file.

Whatever reads more than a header runs in a process of its own (`child.py`), with bounds on its
memory, its time and what it may open: a crafted workbook can make a parser ask for half a terabyte.
"""

from core.sheets.errors import FileRefused
from core.sheets.kinds import MIME, Kind, inspect, safe_filename
from core.sheets.process import Bounds, File, Loaded, Made, load

__all__ = [
    "MIME",
    "Bounds",
    "File",
    "FileRefused",
    "Kind",
    "Loaded",
    "Made",
    "inspect",
    "load",
    "safe_filename",
]
