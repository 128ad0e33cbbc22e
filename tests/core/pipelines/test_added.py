"""Tools that packages of a team bring, by an entry point."""

import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.app import build
from core.db import Database
from core.identity import Actor
from core.pipelines import RunDraft
from core.secrets import Vault

MODULE = '''
from pydantic import Field

from core.pipelines import Inputs, Output


class WeatherInputs(Inputs):
    """What `weather` takes."""

    city: str = Field(description="Of which city.")


class Weather:
    """Knows the weather."""

    name = "weather"
    description = "Tell the weather of a city."
    inputs = WeatherInputs
    output = Output("A sentence.", "string")

    async def run(self, call, given):
        return f"It rains in {given.city}."


class Mock(Weather):
    """Would be another mock."""

    name = "mock"


ready = Weather()
ready.name = "ready"
nothing = None
'''
ENTRIES = """
[trellis.pipeline_tools]
weather = weather_tools:Weather
ready = weather_tools:ready
mock = weather_tools:Mock
gone = weather_tools:Gone
broken = no_such_module:Tool
none = weather_tools:nothing
"""


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package as pip would."""
    home = tmp_path / "site"
    facts = home / "weather_tools-1.0.dist-info"
    facts.mkdir(parents=True)
    (home / "weather_tools.py").write_text(MODULE, "utf-8")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: weather-tools\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(home))
    monkeypatch.delitem(sys.modules, "weather_tools", raising=False)


@pytest.mark.usefixtures("package")
async def test_a_package_adds_its_tools_and_what_is_broken_is_left_out_and_said(
    db: Database, vault: Vault, ada: Actor
) -> None:
    core = build(db, vault)
    tasks = [
        {"id": "one", "tool": "weather", "inputs": {"city": "Oslo"}},
        {"id": "two", "tool": "ready", "inputs": {"city": "Bergen"}},
        {"id": "three", "tool": "mock", "inputs": {"city": "Narvik"}},
    ]

    with capture_logs() as logs:
        result = await core.pipelines.run(
            ada, RunDraft(pipeline={"id": "a", "goal": "g", "tasks": tasks})
        )
    await core.audit.close()

    assert result.outputs["one"] == "It rains in Oslo."
    assert result.outputs["two"] == "It rains in Bergen."
    # What the product has of its own, nobody takes the place of.
    assert result.outputs["three"]["message"] == "Mock tool executed"
    described = {each["name"]: each for each in core.pipelines.toolbox.described()}
    assert described["weather"]["inputs"]["city"]["required"] is True
    said = [each["tool"] for each in logs if "cannot be used" in each["event"]]
    assert sorted(said) == ["broken", "gone", "none"]
