"""Wrong settings, and what the doctor says."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.doctor import State, disk
from tests.terminal import Home


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("TRELLIS_MAX_ROWS", "lots", "TRELLIS_MAX_ROWS is 'lots': it should be a valid integer"),
        ("TRELLIS_MAX_ROWS", "0", "TRELLIS_MAX_ROWS is '0': it should be greater than or equal"),
        ("TRELLIS_API_PORT", "70000", "TRELLIS_API_PORT is '70000': it should be less than or"),
        ("TRELLIS_QUERY_TIMEOUT", "-1", "TRELLIS_QUERY_TIMEOUT is '-1': it should be greater"),
        ("TRELLIS_LOG_LEVEL", "LOUD", "TRELLIS_LOG_LEVEL is 'LOUD': it should be 'DEBUG', 'INFO'"),
    ],
)
def test_a_wrong_setting_is_named(trellis: Home, setting: str, value: str, said: str) -> None:
    refused = trellis("query", "list", **{setting: value})

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(said)
    assert "; the default is " in refused.err
    assert refused.err.count("\n") == 1


def test_the_files_of_settings_are_read_and_their_faults_are_named(trellis: Home) -> None:
    (trellis.elsewhere / "config").mkdir()
    toml = trellis.elsewhere / "config" / "trellis.toml"

    toml.write_text("max_rows = 2\n")
    counted = trellis("sql", "SELECT id FROM orders", "--csv")
    toml.write_text("max_rows = = 2\n")
    broken = trellis("sql", "SELECT 1")
    toml.write_text('max_rows = 2\ncolour = "red"\n')
    (trellis.elsewhere / ".env").write_text("TRELLIS_SESSIONS=4\nTRELLIS_MAX_ROW=7\n")
    doctor = trellis("doctor")

    assert len(counted.out.split()) == 3
    assert (broken.code, broken.err[:31]) == (1, "config/trellis.toml is not TOML")
    assert doctor.code == 0, doctor
    assert "colour in config/trellis.toml is no setting" in doctor.out
    assert "TRELLIS_MAX_ROW is no setting; is it TRELLIS_MAX_ROWS?" in doctor.out
    rows = [line.split() for line in doctor.out.splitlines()]
    assert ["TRELLIS_SESSIONS", "4", ".env"] in rows
    assert ["TRELLIS_MAX_ROWS", "2", "config/trellis.toml"] in rows
    assert ["TRELLIS_HOME", str(trellis.folder), "environment"] in rows


def test_the_doctor_masks_secrets_and_says_what_is_off(trellis: Home) -> None:
    secrets = {
        "TRELLIS_SECRET_KEY": (trellis.folder / "secret.key").read_text().strip(),
        "OPENAI_API_KEY": "sk-hunter2",
        "SLACK_SIGNING_SECRET": "hunter2",
    }
    report = trellis("doctor", "--json", **secrets).json
    checks = {check["what"]: check for check in report["checks"]}

    assert report["ok"] is True
    assert checks["store"]["state"] == "ok"
    assert checks["migrations"]["state"] == "ok"
    assert checks["connection sample"]["state"] == "ok"
    assert checks["slack"]["state"] == "off"
    assert checks["voice"]["state"] == "off"
    assert checks["voice"]["fix"].startswith("Set LIVEKIT_URL")
    assert checks["discord"]["state"] == "off"
    assert checks["discord"]["fix"] == "Set DISCORD_TOKEN and DISCORD_GUILD_ID."
    assert report["settings"]["OPENAI_API_KEY"] == {"value": "********", "source": "environment"}
    assert "hunter2" not in str(report)
    assert secrets["TRELLIS_SECRET_KEY"] not in str(report)


def test_the_doctor_finds_what_is_broken(trellis: Home) -> None:
    url = "postgresql://reader:hunter2@127.0.0.1:9/shop"
    assert trellis("connection", "add", "dead", url, "--untested").code == 0
    (trellis.folder / "secret.key").chmod(0o644)

    found = trellis("doctor", SLACK_BOT_TOKEN="nonsense")
    lines = {line.split(": ")[0]: line for line in found.out.splitlines() if ": " in line}

    assert found.code == 1
    assert "-> " in lines["FAIL connection dead"]
    assert "-> chmod 600 " in lines["FAIL secret key"]
    assert "xoxb-" in lines["FAIL slack"]
    assert "ok   connection sample" in lines
    assert "hunter2" not in found.out + found.err


@pytest.mark.parametrize(
    "settings",
    [
        {"TRELLIS_STORE_URL": "postgresql://u:hunter2@127.0.0.1:9/none"},
        {"TRELLIS_STORE_URL": "hunter2"},
        {"TRELLIS_STORE_URL": "oracle://u:hunter2@127.0.0.1/x"},
        {"TRELLIS_STORE_URL": "sqlite:////nowhere/hunter/2.db"},
        {"TRELLIS_MAX_ROWS": "lots"},
    ],
)
def test_the_doctor_survives_what_it_is_asked_about(
    trellis: Home, settings: dict[str, str]
) -> None:
    found = trellis("doctor", **settings)
    command = trellis("query", "list", **settings)

    assert found.code == 1
    assert "FAIL " in found.out
    assert (command.code, command.out) == (1, "")
    assert command.err.count("\n") == 1
    for said in (found.out, found.err, command.err):
        assert "hunter2" not in said
        assert "Traceback" not in said


def test_a_home_that_cannot_be_one_is_told(trellis: Home, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    taken = Home(file)("query", "list")
    beneath = Home(file / "home")("query", "list")

    for refused in (taken, beneath):
        assert (refused.code, refused.out) == (1, "")
        assert str(file) in refused.err
        assert "Set TRELLIS_HOME to a folder that can be written." in refused.err


def test_a_store_of_a_newer_version_is_said_in_a_line(trellis: Home) -> None:
    with closing(sqlite3.connect(trellis.folder / "trellis.db")) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")

    asked, doctor = trellis("query", "list"), trellis("doctor")

    assert (asked.code, doctor.code) == (1, 1)
    assert asked.err.startswith("A newer Trellis has brought this store to 9999, and this version")
    (line,) = [line for line in doctor.out.splitlines() if line.startswith("FAIL")]
    assert "store: A newer Trellis" in line
    assert "go back to a copy from before it." in line


def test_the_doctor_tells_that_the_disk_is_nearly_full(tmp_path: Path) -> None:
    assert disk(tmp_path, least=0) == disk(tmp_path / "not there") == []
    (found,) = disk(tmp_path, least=2**62)
    assert (found.what, found.state) == ("disk", State.ODD)
    assert found.said.endswith(f" MB are free beside {tmp_path}")
