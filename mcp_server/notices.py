"""Who hears that a list changed: each organization of its own changes, and of no others."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ServerEvent,
)
from mcp_types import (
    NotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from mcp_server.desk import Desk

if TYPE_CHECKING:
    from core.app import Core
    from core.ids import OrganizationId

Context = ServerRequestContext[Desk, Any]
Listener = Callable[[ServerEvent], None]
Whose = Callable[[], str | None]
"""Tells to which organization a listener belongs, once that is known."""

PATIENCE = 10.0
"""Seconds that a client has to take a notice."""

_asking: ContextVar[str | None] = ContextVar("asking", default=None)
"""The organization on whose behalf a stream of notices is being opened."""


class Notices:
    """The bus of one server. A listener belongs to the organization that it came from.

    It tells what changed in this process; another machine on the same store tells its own.
    """

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._listeners: dict[object, tuple[Whose, Listener]] = {}
        self._streams = ListenHandler(self)

    def attend(self, core: "Core") -> None:
        """Hear from *core* what changed, from now on."""
        core.queries.changed.connect(self._queries_changed)
        core.connections.changed.connect(self._connections_changed)

    async def listen(
        self, ctx: Context, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Serve a stream of notices to a client of 2026-07-28."""
        _core, actor = await ctx.lifespan_context.caller()
        _asking.set(actor.organization_id)
        return await self._streams(ctx, params)

    async def greet(self, ctx: Context, _params: NotificationParams) -> None:
        """Send notices to a session of the older protocols, for as long as it lasts."""
        desk = ctx.lifespan_context
        mine = desk.present()

        def whose() -> str | None:
            # Over stdio nobody opens the core for this: until it is open there is no news either.
            actor = mine or desk.local
            return None if actor is None else actor.organization_id

        hearer = _Hearer(ctx.session)
        leave = self._admit(whose, hearer.hear)
        # The SDK documents a connection's exit stack for this, and hands it out nowhere.
        ends = ctx.session._connection.exit_stack  # noqa: SLF001
        ends.callback(leave)
        ends.callback(hearer.leave)
        desk.tasks.start_soon(hearer.pass_on)

    async def publish(self, event: ServerEvent) -> None:
        """Tell whoever belongs to the organization of the present message."""
        self._tell(_asking.get(), event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Let *listener* hear, until the function that is returned is called."""
        mine = _asking.get()
        return self._admit(lambda: mine, listener)

    def _admit(self, whose: Whose, listener: Listener) -> Callable[[], None]:
        mark = object()
        self._listeners[mark] = (whose, listener)

        def leave() -> None:
            self._listeners.pop(mark, None)

        return leave

    async def _queries_changed(self, organization_id: "OrganizationId") -> None:
        self._tell(organization_id, PromptsListChanged())
        self._tell(organization_id, ResourcesListChanged())

    async def _connections_changed(self, organization_id: "OrganizationId") -> None:
        self._tell(organization_id, ResourcesListChanged())

    def _tell(self, organization_id: str | None, event: ServerEvent) -> None:
        for whose, listener in tuple(self._listeners.values()):
            if organization_id is not None and whose() == organization_id:
                listener(event)


class _Hearer:
    """Passes notices on to one session, at its own pace: what it has not taken yet is not doubled.

    Whoever saves a query does not wait for a client that has stopped reading.
    """

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._pending: dict[ServerEvent, None] = {}
        self._wake = anyio.Event()
        self._left = False

    def hear(self, event: ServerEvent) -> None:
        self._pending[event] = None
        self._wake.set()

    def leave(self) -> None:
        self._left = True
        self._wake.set()

    async def pass_on(self) -> None:
        while not self._left:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._pending and not self._left:
                event = next(iter(self._pending))
                del self._pending[event]
                with anyio.move_on_after(PATIENCE):
                    if event == PromptsListChanged():
                        await self._session.send_prompt_list_changed()
                    else:
                        await self._session.send_resource_list_changed()
