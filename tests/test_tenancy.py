"""Every verb of every service, asked by another organization for what is not its own.

The verbs are found, not listed: a new one is covered, or fails here until its arguments are known.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from core.app import Core, build
from core.channels import Spot, Workspace, WorkspaceDraft
from core.chats import Chat, ChatDraft, Question, Verdict
from core.connections import Connection, ConnectionDraft
from core.db import Database
from core.errors import CoreError, NotFound
from core.grants import Asked, ClientDraft, Grant
from core.identity import Actor, ApiKey, Audience, Member, Role, Surface
from core.ids import MessageId, RunId
from core.links import Link, Person
from core.notices import Notice, NoticeDraft
from core.page import Page, PageAsked
from core.pipelines import RunDraft, Saved
from core.projects import Project, ProjectDraft
from core.queries import Match, Query, QueryChange, QueryDraft
from core.schedules import Schedule, ScheduleDraft
from core.secrets import Vault
from core.uploads import Upload
from core.voice import LiveKit
from tests.core.connections.conftest import shop, shop_file
from tests.core.pipelines.tools import Doing, echo
from tests.core.uploads.files import picture

__all__ = ["shop", "shop_file"]


PIPELINE = "{id: secret, goal: Secret, tasks: [{id: one, tool: answer}]}"
NOTICE = NoticeDraft(
    query="Secret",
    when="daily 9:00",
    spot=Spot(surface=Surface.SLACK, workspace="T1", channel="C1", audience=Audience.PUBLIC),
)


SCHEDULE = ScheduleDraft(name="secret", when="daily 9:00")
PERSON = Person(surface=Surface.DISCORD, workspace="discord", id="42", name="ada")
SPOT = Spot(surface=Surface.SLACK, workspace="T1", channel="C0123456789", audience=Audience.PUBLIC)


class Acme(NamedTuple):
    """What Ada's organization has."""

    ada: Actor
    shop: Connection
    query: Query
    project: Project
    key: ApiKey
    member: Member
    grant: Grant
    chat: Chat
    upload: Upload
    answer: MessageId
    link: Link
    workspace: Workspace
    notice: Notice
    saved: Saved
    schedule: Schedule
    run: RunId


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
async def core(db: Database, vault: Vault) -> AsyncIterator[Core]:
    """Return a core in which voice is on: what is off refuses everybody alike."""
    livekit = LiveKit(url="ws://127.0.0.1:7880", key="key", secret=SecretStr("s" * 32))
    core = build(db, vault, livekit=livekit, tools=[Doing("answer", echo)])
    yield core
    await core.chats.close()
    await core.connections.close()
    await core.audit.close()


@pytest.fixture
async def acme(core: Core, ada: Actor, vic: Actor, shop: Connection) -> Acme:
    draft = QueryDraft(title="Secret", prompt="?", sql="SELECT 1 AS a", connection="shop")
    query = await core.queries.create(ada, draft)
    key, _secret = await core.identity.create_key(ada, "ada's key")
    uri = "http://127.0.0.1:5000/callback"
    client, _none = await core.grants.register(ClientDraft(name="It", redirect_uris=(uri,)))
    await core.grants.approve(
        ada, Asked(client_id=client.id, redirect_uri=uri, explicit=True, challenge="c" * 43)
    )
    chat = await core.chats.create(ada, ChatDraft())
    (upload,) = await core.uploads.add(ada, chat.id, [picture()])
    turn = await core.chats.ask(ada, Question(text="Secret", chat_id=chat.id))
    assert [event async for event in turn]
    code = (await core.links.code(ada)).code.get_secret_value()
    await core.links.redeem(PERSON, ada.organization_id, code)
    workspace = WorkspaceDraft(surface=Surface.SLACK, id="T1", name="Acme")
    await core.channels.use(ada, SPOT, "shop")
    return Acme(
        ada,
        shop,
        query,
        await core.projects.create(ada, ProjectDraft(name="Secret")),
        key,
        await core.identity.me(vic),
        (await core.grants.list(ada))[0],
        chat,
        upload,
        turn.id,
        (await core.links.list(ada)).items[0],
        await core.channels.install(ada, workspace, SecretStr("xoxb-acme")),
        await core.notices.create(ada.model_copy(update={"surface": Surface.SLACK}), NOTICE),
        await core.pipelines.save(ada, PIPELINE),
        await core.schedules.create(ada, SCHEDULE),
        await ran(core, ada),
    )


async def ran(core: Core, ada: Actor) -> RunId:
    """Run Ada's pipeline, and return the run's id."""
    await core.pipelines.run(ada, RunDraft(name="secret"))
    (run,) = (await core.pipelines.list(ada, PageAsked())).items
    return run.id


def arguments(acme: Acme, verb: str) -> dict[str, Any]:
    """Return what each argument of a verb is given: always what belongs to Acme."""
    service, _, name = verb.partition(".")
    refs = {
        "connections": acme.shop.name,
        "queries": acme.query.title,
        "identity": acme.key.name if name == "revoke_key" else acme.member.id,
        "notices": acme.notice.title,
        "schedules": acme.schedule.id,
    }
    drafts = {"pipelines": RunDraft(name=acme.saved.name), "schedules": SCHEDULE}
    return {
        "ref": refs.get(service),
        "query_id": acme.query.id,
        "project_id": acme.project.id,
        "grant_id": acme.grant.id,
        "chat_id": acme.chat.id,
        "chat_ids": [acme.chat.id],
        "upload_id": acme.upload.id,
        "files": [picture()],
        "tables": ["orders"],
        "sql": "SELECT 1 AS a",
        "question": Question(text="?", chat_id=acme.chat.id) if service == "chats" else "orders",
        "message_id": acme.answer,
        "connection": acme.shop.name,
        "verdict": Verdict.NEGATIVE,
        "title": "Mine",
        "seconds": 0.0,
        "match": Match(acme.query, {}, ("year",), {}, 1.0, {}),
        "text": "Secret",
        "asked": PageAsked(),
        "role": Role.OWNER,
        "change": QueryChange(title="Mine"),
        "notice_id": acme.notice.id,
        "draft": drafts.get(service, NOTICE),
        "name": acme.saved.name,
        "run_id": acme.run,
        "path": "outputs/secret.csv",
        "schedule_id": acme.schedule.id,
        "surface": acme.link.surface if service == "links" else acme.workspace.surface,
        "person": acme.link.person,
        "id": acme.workspace.id,
        "spot": SPOT,
        "channel": SPOT.channel,
    }


MAKING: dict[str, dict[str, Any]] = {
    "connections.add": {"draft": ConnectionDraft(name="mine", url=SecretStr("sqlite:///x.db"))},
    "queries.create": {"draft": QueryDraft(title="Mine", prompt="?")},
    "projects.create": {"draft": ProjectDraft(name="Mine")},
    "chats.create": {"draft": ChatDraft(title="Mine")},
    "identity.create_key": {"name": "mine"},
    "pipelines.save": {"text": PIPELINE},
    "channels.install": {"draft": WorkspaceDraft(surface=Surface.DISCORD, id="G1", name="Mine")},
    "identity.add_member": {"name": "Mine", "email": "m@e.test", "role": Role.VIEWER},
}
"""Verbs that make something new: it must be the asker's own."""

OWN = {
    "compiler.compile",
    "pipelines.validate",
    "plans.check",
    "plans.run",
    "grants.approve",
    "grants.reseal",
    "identity.is_prepared",
    "identity.me",
    "identity.set_prepared",
    "links.code",
    "channels.invite",
    "channels.press",
    "channels.release_press",
    "channels.reseal",
    "connections.reseal",
    "models.get",
    "models.list",
    "models.open",
}
"""Verbs that name nothing: they speak of the asker and its own organization."""


def verbs() -> Iterator[str]:
    for field in fields(Core):
        service = field.type
        if not inspect.isclass(service):
            continue
        for name, method in inspect.getmembers(service, inspect.iscoroutinefunction):
            parameters = list(inspect.signature(method).parameters)
            if not name.startswith("_") and parameters[1:2] == ["actor"]:
                yield f"{field.name}.{name}"


def asking(core: Core, verb: str) -> Callable[..., Awaitable[Any]]:
    service, _, name = verb.partition(".")
    method: Callable[..., Awaitable[Any]] = getattr(getattr(core, service), name)
    return method


def test_the_verbs_are_found() -> None:
    assert {"queries.run", "connections.run", "identity.revoke_key", "audit.list"} <= set(verbs())


async def test_what_belongs_to_others_does_not_exist_and_stays_as_it_is(
    core: Core, acme: Acme, eve: Actor
) -> None:
    told: dict[str, object] = {}
    for verb in sorted(set(verbs()) - set(MAKING) - OWN):
        method = asking(core, verb)
        known = arguments(acme, verb)
        needed = {
            name: known[name]
            for name, each in list(inspect.signature(method).parameters.items())[1:]
            if each.default is inspect.Parameter.empty
            or name == "ref"
            or (verb, name) == ("chats.followups", "chat_id")
        }
        try:
            answer = await method(eve, **needed)
        except NotFound:
            continue
        except CoreError as refusal:
            told[verb] = refusal
            continue
        if not _nothing(answer, acme):
            told[verb] = answer
    assert told == {}

    assert await core.queries.get(acme.ada, acme.query.id) == acme.query
    assert (await core.connections.get(acme.ada, "shop")).id == acme.shop.id
    assert (await core.notices.list(acme.ada, PageAsked())).items == (acme.notice,)
    assert (await core.pipelines.list_saved(acme.ada, PageAsked())).items == (acme.saved,)
    assert (await core.schedules.list(acme.ada, PageAsked())).items == (acme.schedule,)
    assert [each.id for each in (await core.pipelines.list(acme.ada, PageAsked())).items] == [
        acme.run
    ]
    said = (await core.chats.get(acme.ada, acme.chat.id)).messages
    assert [(each.content == "Secret", each.feedback) for each in said] == [
        (True, None),
        (False, None),
    ]
    assert [each.name for each in await core.identity.list_keys(acme.ada)] == ["ada's key"]
    assert (await core.links.list(acme.ada)).items == (acme.link,)
    assert await core.channels.list(acme.ada) == (acme.workspace,)
    assert (await core.channels.default(acme.ada, SPOT)) == acme.shop
    assert (await core.identity.list_members(acme.ada))[-1].role is Role.VIEWER


async def test_what_is_made_is_the_makers_own(core: Core, acme: Acme, eve: Actor) -> None:
    for verb in sorted(set(verbs()) & set(MAKING)):
        made = await asking(core, verb)(eve, **MAKING[verb])

        record = made[0] if isinstance(made, tuple) else made
        assert record.organization_id == eve.organization_id, verb


def _nothing(answer: Any, acme: Acme) -> bool:
    """Return whether an answer speaks of nothing that is Acme's."""
    if answer is None:
        return True
    items = answer.items if isinstance(answer, Page) else answer
    text = repr(items)
    ours = (
        acme.ada.organization_id,
        acme.shop.id,
        acme.query.id,
        acme.project.id,
        acme.key.id,
        acme.grant.id,
        acme.chat.id,
        acme.upload.id,
        acme.answer,
        acme.notice.id,
        acme.saved.text,
        acme.schedule.id,
        acme.run,
    )
    return (items is None or isinstance(items, tuple)) and not [id for id in ours if id in text]
