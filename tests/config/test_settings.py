"""What the operator decides."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config import Settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read no `.env` and no file of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)


def test_a_home_holds_the_store_and_the_sample(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    assert settings.store == f"sqlite:///{tmp_path}/trellis.db"
    assert settings.sample == tmp_path / "sample.db"


def test_a_server_holds_the_store_and_its_password_stays_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRELLIS_STORE_URL", "postgresql://u:secret@db/trellis")

    settings = Settings(home=tmp_path)

    assert settings.store == "postgresql://u:secret@db/trellis"
    assert "secret@" not in repr(settings)


def test_a_tilde_is_the_members_own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings(home=Path("~/data")).home == Path.home() / "data"
    monkeypatch.setenv("TRELLIS_HOME", "here")
    assert Settings().home.is_absolute()


def test_a_platforms_settings_keep_the_platforms_names(tmp_path: Path) -> None:
    Path(".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nTRELLIS_API_PORT=9000\n", encoding="utf-8")

    settings = Settings()

    assert settings.api_port == 9000
    assert settings.slack_bot_token is not None
    assert "xoxb-1" not in repr(settings)


def test_the_environment_wins_over_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config").mkdir()
    Path("config/trellis.toml").write_text("api_port = 1\nmax_rows = 5\nsessions = 2\n", "utf-8")
    Path(".env").write_text("TRELLIS_API_PORT=2\nTRELLIS_MAX_ROWS=6\n", encoding="utf-8")
    monkeypatch.setenv("TRELLIS_API_PORT", "3")

    settings = Settings()

    assert (settings.api_port, settings.max_rows, settings.sessions) == (3, 6, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRELLIS_API_PORT", "99999"),
        ("TRELLIS_MAX_ROWS", "lots"),
        ("TRELLIS_QUERY_TIMEOUT", "0"),
        ("TRELLIS_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_mistyped_setting_is_an_error_and_never_a_default(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(Settings(), "api_port", 1)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
    ],
)
def test_an_address_can_be_opened_whatever_is_bound(host: str, url: str) -> None:
    assert Settings(api_host=host).api_url == url
    assert Settings(public_url="https://t.example/").api_url == "https://t.example"
