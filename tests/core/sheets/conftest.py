"""One reader for all tests: to open a database for each would take longer than to read."""

from collections.abc import Iterator

import pytest

from tests.core.sheets.reading import Reader


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(tmp_path_factory.mktemp("sheets"))
    yield reader
    reader.close()
