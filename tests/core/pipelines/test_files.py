"""Files that runs have written: lent to those who see the run, and forgotten with it."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.app import Core, build
from core.db import Database
from core.errors import Denied
from core.identity import Actor, Role, Surface
from core.ids import now
from core.page import PageAsked
from core.pipelines import Run, RunDraft, RunFile, RunFileNotFound, RunNotFound
from core.pipelines.tools.every import Means
from core.pipelines.tools.exporting import Export
from core.pipelines.tools.outputs import Outputs
from core.secrets import Vault
from tests.core.pipelines.kept.bench import call, use
from tests.core.pipelines.tools import ADA

MINE = ADA.organization_id
WRITING = """
id: writing
goal: Write two files
params: {said: {type: string, default: hello}}
tasks:
  - {id: words, tool: export, inputs: {content: "{{params.said}}", filename: words}}
  - id: rows
    tool: export
    inputs: {data: [{a: 1}], format: csv, filename: "行", output_dir: outputs/2025}
"""


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    return Outputs(tmp_path / "written")


@pytest.fixture
async def core(db: Database, vault: Vault, tmp_path: Path) -> AsyncIterator[Core]:
    core = build(db, vault, means=Means(folder=tmp_path / "pipelines"), runs_kept=timedelta(days=7))
    yield core
    await core.audit.close()


async def write(core: Core, actor: Actor, said: str = "hello") -> Run:
    """Return a run that has written two files."""
    await core.pipelines.run(actor, RunDraft(pipeline=WRITING, params={"said": said}))
    return (await core.pipelines.list(actor, PageAsked())).items[0]


async def test_a_run_lends_what_it_has_written(core: Core, ada: Actor) -> None:
    run = await write(core, ada)

    assert await core.files.list(ada, run.id) == (
        RunFile(run_id=run.id, path="outputs/2025/行.csv", task_id="rows", size=9),
        RunFile(run_id=run.id, path="outputs/words.md", task_id="words", size=6),
    )
    assert await core.files.read(ada, run.id, "outputs/words.md") == b"hello\n"
    assert await core.files.read(ada, run.id, "outputs/2025/行.csv") == b"\xef\xbb\xbfa\r\n1\r\n"


async def test_who_does_not_see_the_run_gets_none_of_its_files(
    core: Core, ada: Actor, eve: Actor, vic: Actor
) -> None:
    amy = await core.identity.add_member(ada, name="Amy", email="amy@acme.test", role=Role.ANALYST)
    run = await write(core, ada)
    theirs = await write(core, Actor.of(amy, Surface.API))

    for other in (eve, vic, Actor.of(amy, Surface.API)):
        with pytest.raises(RunNotFound):
            await core.files.list(other, run.id)
        with pytest.raises(RunNotFound):
            await core.files.read(other, run.id, "outputs/words.md")
    assert len(await core.files.list(ada, theirs.id)) == 2  # an admin's are everybody's


@pytest.mark.parametrize(
    "path",
    [
        "outputs/other.md",
        "words.md",
        "../outputs/words.md",
        "outputs/../outputs/words.md",
        "outputs//words.md",
        "/etc/passwd",
        "outputs/words.md\x00",
        "",
        ".",
    ],
)
async def test_a_file_is_named_as_it_was_written_and_not_otherwise(
    core: Core, ada: Actor, path: str
) -> None:
    run = await write(core, ada)

    with pytest.raises(RunFileNotFound):
        await core.files.read(ada, run.id, path)


async def test_what_a_later_run_has_written_over_is_not_the_earlier_ones(
    core: Core, ada: Actor
) -> None:
    first = await write(core, ada)
    second = await write(core, ada, "later")

    with pytest.raises(RunFileNotFound):
        await core.files.read(ada, first.id, "outputs/words.md")
    assert await core.files.read(ada, second.id, "outputs/words.md") == b"later\n"
    assert [each.task_id for each in await core.files.list(ada, first.id)] == ["rows", "words"]


async def test_files_go_when_their_run_is_forgotten(core: Core, ada: Actor, tmp_path: Path) -> None:
    run = await write(core, ada)
    folder = tmp_path / "pipelines" / ada.organization_id
    (folder / "outputs" / "mine.md").write_text("put here by somebody")

    await core.pipelines.tick(now() + timedelta(days=6))
    assert len(await core.files.list(ada, run.id)) == 2
    await core.pipelines.tick(now() + timedelta(days=8))

    left = [each.name for each in folder.rglob("*") if each.is_file()]
    assert left == ["mine.md"]


def aged(folder: Path, run: str, days: int) -> None:
    """Let what a run has written be so many *days* old."""
    marks = folder / "written" / MINE / ".marks" / run
    at = (now() - timedelta(days=days)).timestamp()
    os.utime(marks, (at, at))


def ago(days: int) -> datetime:
    return now() - timedelta(days=days)


async def test_what_a_later_run_needs_stays(outputs: Outputs, tmp_path: Path) -> None:
    tool = Export(outputs)
    for run in ("old", "new"):
        await use(tool, call(run=run), content="the same", filename="same")
        await use(tool, call(run=run, task="other"), content=run, filename="other")
    aged(tmp_path, "old", 40)

    outputs.forget(ago(30))

    assert outputs.list(MINE, "old") == []
    assert [each.path for each in outputs.list(MINE, "new")] == [
        *("outputs/other.md", "outputs/same.md")
    ]
    assert outputs.read(MINE, "new", "outputs/same.md") == b"the same\n"


async def test_what_somebody_has_changed_is_theirs(outputs: Outputs, tmp_path: Path) -> None:
    made = await use(Export(outputs), call(run="old"), content="x", filename="notes")
    Path(made["path"]).write_text("y\n")
    aged(tmp_path, "old", 40)

    assert outputs.read(MINE, "old", "outputs/notes.md") is None
    outputs.forget(ago(30))

    assert Path(made["path"]).read_text() == "y\n"


async def test_what_cannot_be_removed_holds_up_nothing_else(
    outputs: Outputs, tmp_path: Path
) -> None:
    runs = ("a", "b", "c")
    made = [await use(Export(outputs), call(run=run), content=run, filename=run) for run in runs]
    (tmp_path / "written" / MINE / ".marks" / "b" / "no file").mkdir()
    for run in runs:
        aged(tmp_path, run, 40)

    outputs.forget(ago(30))

    assert [Path(each["path"]).exists() for each in (made[0], made[2])] == [False, False]


async def test_no_link_and_no_broken_mark_leads_out(outputs: Outputs, tmp_path: Path) -> None:
    made = await use(Export(outputs), call(run="r"), content="x", filename="notes")
    (tmp_path / "secret").write_text("x\n")
    Path(made["path"]).unlink()
    Path(made["path"]).symlink_to(tmp_path / "secret")
    marks = tmp_path / "written" / MINE / ".marks" / "r"
    for name, text in (("a", ""), ("b", "r:task:"), ("c", "[]"), ("d", '{"key": 1}')):
        (marks / name).write_text(text)
    aged(tmp_path, "r", 40)

    assert outputs.read(MINE, "r", "outputs/notes.md") is None
    outputs.forget(ago(30))

    assert (tmp_path / "secret").read_text() == "x\n"
    assert not marks.exists()


async def test_a_viewer_may_look_at_what_is_theirs_and_at_nothing_else(
    core: Core, ada: Actor
) -> None:
    """Somebody who became a viewer sees their runs, as before; they begin none."""
    bob = await core.identity.add_member(ada, name="Bob", email="bob@acme.test", role=Role.ANALYST)
    actor = Actor.of(bob, Surface.API)
    run = await write(core, actor)
    lesser = actor.model_copy(update={"role": Role.VIEWER})

    assert len(await core.files.list(lesser, run.id)) == 2
    with pytest.raises(Denied):
        await write(core, lesser)
