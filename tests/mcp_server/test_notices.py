"""Who hears that a list changed, in both eras, and who does not."""

import asyncio
from collections import Counter

from mcp import Client
from mcp.client.session import IncomingMessage
from mcp.client.subscriptions import PromptsListChanged, ResourcesListChanged
from mcp_types import PromptListChangedNotification, ResourceListChangedNotification
from pydantic import SecretStr

from core.app import Core
from core.connections import Connection, ConnectionDraft
from core.identity import Actor
from core.queries import QueryChange, QueryDraft
from mcp_server.app import create_server, here

DRAFT = QueryDraft(title="Sales", prompt="?")


class Ears:
    """Hears what a session of the older protocols is told."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self._more = asyncio.Condition()

    async def __call__(self, message: IncomingMessage) -> None:
        if isinstance(message, PromptListChangedNotification | ResourceListChangedNotification):
            async with self._more:
                self.heard[message.method.split("/")[1]] += 1
                self._more.notify_all()

    async def until(self, **counts: int) -> None:
        async with asyncio.timeout(5), self._more:
            await self._more.wait_for(lambda: self.heard == Counter(counts))


async def test_a_session_is_promised_notices_and_gets_them(
    core: Core, ada: Actor, shop: Connection
) -> None:
    ears = Ears()
    server = create_server(here(core, ada))
    async with Client(server, mode="legacy", message_handler=ears) as client:
        capabilities = client.server_capabilities
        assert capabilities.prompts is not None
        assert capabilities.resources is not None
        assert capabilities.prompts.list_changed
        assert capabilities.resources.list_changed
        await client.list_tools()

        query = await core.queries.create(ada, DRAFT)
        await ears.until(prompts=1, resources=1)
        await core.queries.update(ada, query.id, QueryChange(title="Turnover"))
        await ears.until(prompts=2, resources=2)
        await core.queries.delete(ada, query.id)
        await ears.until(prompts=3, resources=3)
        await core.connections.remove(ada, shop.id)
        await ears.until(prompts=3, resources=4)


async def test_a_tool_call_of_ones_own_is_heard_too(core: Core, ada: Actor) -> None:
    ears = Ears()
    async with Client(
        create_server(here(core, ada)), mode="legacy", message_handler=ears
    ) as client:
        await client.call_tool("save_query", {"title": "Sales", "prompt": "?"})
        await ears.until(prompts=1, resources=1)


async def test_an_organization_does_not_hear_of_another(core: Core, ada: Actor, eve: Actor) -> None:
    hers, mine = Ears(), Ears()
    server = create_server(here(core, ada))
    other = create_server(here(core, eve))
    async with (
        Client(server, mode="legacy", message_handler=mine) as one,
        Client(other, mode="legacy", message_handler=hers) as two,
    ):
        await one.list_tools()
        await two.list_tools()
        await core.queries.create(eve, DRAFT)
        await hers.until(prompts=1, resources=1)
        await core.queries.create(ada, DRAFT)
        await mine.until(prompts=1, resources=1)

        assert hers.heard == Counter(prompts=1, resources=1)


async def test_a_listener_hears_what_it_asked_for_of_its_organization(
    core: Core, ada: Actor, eve: Actor
) -> None:
    async with (
        Client(create_server(here(core, ada)), mode="2026-07-28") as client,
        client.listen(resources_list_changed=True, prompts_list_changed=True) as notices,
    ):
        events = aiter(notices)
        heard = asyncio.ensure_future(anext(events))
        await core.queries.create(eve, DRAFT)
        await core.connections.add(
            eve, ConnectionDraft(name="hers", url=SecretStr("sqlite:////nowhere/x.db"))
        )
        assert not heard.done()

        await core.queries.create(ada, DRAFT)
        first = await asyncio.wait_for(heard, 5)
        second = await asyncio.wait_for(anext(events), 5)

    assert {first, second} == {PromptsListChanged(), ResourcesListChanged()}


async def test_a_listener_does_not_hear_what_it_did_not_ask_for(core: Core, ada: Actor) -> None:
    async with (
        Client(create_server(here(core, ada)), mode="2026-07-28") as client,
        client.listen(resources_list_changed=True) as notices,
    ):
        events = aiter(notices)
        await core.queries.create(ada, DRAFT)
        await core.queries.create(ada, DRAFT)
        assert await asyncio.wait_for(anext(events), 5) == ResourcesListChanged()
        rest = asyncio.ensure_future(anext(events))
        await core.queries.create(ada, DRAFT)
        assert await asyncio.wait_for(rest, 5) == ResourcesListChanged()


async def test_whoever_has_left_is_forgotten(core: Core, ada: Actor, mode: str) -> None:
    ears = Ears()
    async with Client(create_server(here(core, ada)), mode=mode, message_handler=ears) as client:
        await client.list_tools()

    await asyncio.wait_for(core.queries.create(ada, DRAFT), 5)

    assert not ears.heard
