"""What a default install takes on the disk: the virtual environment less the developers' tools."""

import re
import sys
from collections import Counter
from importlib.metadata import Distribution, distributions
from pathlib import Path

from benchmarks.figures import absent, amount
from benchmarks.rows import Row

LOCK = Path(__file__).parent.parent / "requirements.lock"
MOST = 400.0
"""Megabytes."""
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==", re.MULTILINE)
BROUGHT = {"pip", "setuptools", "trellis"}
"""In every virtual environment, or ours."""
SHOWN = 5


def measure(*, quick: bool = False) -> list[Row]:  # noqa: ARG001 - it takes no time
    """Return the size of the virtual environment that this runs in, less what the lock lacks."""
    name = "size of a default install"
    here = Path(sys.prefix)
    if sys.prefix == sys.base_prefix:
        return [absent(name, "this does not run in a virtual environment")]
    kept = {plain(each) for each in PINNED.findall(LOCK.read_text(encoding="utf-8"))} | BROUGHT
    sizes: Counter[str] = Counter()
    extra = 0
    for each in distributions(path=[path for path in sys.path if path.startswith(str(here))]):
        if plain(each.name) in kept:
            sizes[each.name] = size(each)
        else:
            extra += size(each)
    total = sum(path.lstat().st_size for path in here.rglob("*") if path.is_file()) - extra
    largest = ", ".join(f"{each} {much / 1e6:.0f}" for each, much in sizes.most_common(SHOWN))
    return [amount(name, total / 1e6, "MB", most=MOST, note=f"the largest: {largest}")]


def plain(name: str) -> str:
    """Return the name of a package as every spelling of it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def size(distribution: Distribution) -> int:
    """Return how many bytes its files have, with the bytecode beside them."""
    files = {Path(str(distribution.locate_file(file))) for file in distribution.files or ()}
    compiled = {
        found
        for file in files
        if file.suffix == ".py"
        for found in (file.parent / "__pycache__").glob(f"{file.stem}.cpython-*.pyc")
    }
    return sum(path.lstat().st_size for path in files | compiled if path.is_file())
