"""Homes to type commands in."""

from pathlib import Path

import pytest

from tests.terminal import Home


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home that was used once; it is copied, not changed."""
    home = Home(tmp_path_factory.mktemp("founded") / "home")
    done = home.typed("query", "list", "--json")
    assert done.code == 0, done
    return home


@pytest.fixture
def trellis(founded: Home, tmp_path: Path) -> Home:
    """Return a home of one's own, with the sample store and its queries."""
    return founded.copy(tmp_path / "home")
