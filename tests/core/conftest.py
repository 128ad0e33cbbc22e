"""The sample store, written once for all tests that only read or copy it."""

from pathlib import Path

import pytest

from core.sample import write


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    write(path)
    return path
