"""One call of a tool: for which core, on whose behalf, and the ways to speak back meanwhile."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    SamplingCapability,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict

from mcp_server.apps.chart import EXTENSION, MIME
from mcp_server.desk import Desk

if TYPE_CHECKING:
    from core.app import Core
    from core.identity import Actor

FORM = "parameters"
"""What our one question to the member is called."""


class Arguments(BaseModel):
    """What a tool takes; a field that it does not know is a mistake worth naming."""

    # Built at the first call: the list of tools does not need it.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Reply(NamedTuple):
    """What a tool answers."""

    structured: Mapping[str, Any]
    text: Callable[[bool], str]
    """Told whether the text is all that the client will see."""
    pictures: tuple[bytes, ...] = ()
    """PNGs, after the text."""


class InputNeeded(Exception):
    """The client must ask its member first, and then call again with what they said."""

    def __init__(self, result: InputRequiredResult) -> None:
        """Keep what to send to the client."""
        super().__init__()
        self.result = result


class Client:
    """Who called, as far as it can be spoken to before the answer."""

    def __init__(self, ctx: ServerRequestContext[Desk, Any], params: CallToolRequestParams) -> None:
        """Speak to the client of one request."""
        self._ctx = ctx
        self._params = params

    async def ask(self, message: str, names: Sequence[str]) -> Mapping[str, Any] | None:
        """Return what the member says to each of *names*; None if nobody can or wants to say it.

        Raises:
            InputNeeded: in the protocol of this client a question is an answer of its own.
        """
        modern = self._ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
        said = (self._params.input_responses or {}).get(FORM) if modern else None
        if said is None:
            if not self._can_ask():
                return None
            form = ElicitRequestFormParams(message=message, requested_schema=_form(names))
            if modern:
                ask = ElicitRequest(params=form)
                raise InputNeeded(InputRequiredResult(input_requests={FORM: ask}))
            said = await self._ctx.session.elicit_form(
                form.message, form.requested_schema, related_request_id=self._ctx.request_id
            )
        if not isinstance(said, ElicitResult) or said.action != "accept" or not said.content:
            return None
        return {name: said.content[name] for name in names if said.content.get(name) is not None}

    @property
    def modern(self) -> bool:
        """Whether a question to it is an answer of its own, after which it comes again."""
        return self._ctx.protocol_version in MODERN_PROTOCOL_VERSIONS

    @property
    def state(self) -> str | None:
        """What it was told to come again with."""
        return self._params.request_state if self.modern else None

    @property
    def brought(self) -> Mapping[str, Any] | None:
        """What it was asked for, and brings."""
        return self._params.input_responses

    @property
    def desk(self) -> Desk:
        """Where what waits between two of its calls is kept."""
        return self._ctx.lifespan_context

    @property
    def sampling(self) -> SamplingCapability | None:
        """What it offers of its own model; None where it offers nothing."""
        capabilities = self._ctx.session.client_capabilities
        reachable = self.modern or self._ctx.session.can_send_request
        return capabilities.sampling if capabilities and reachable else None

    @property
    def line(self) -> tuple[Any, Any]:
        """The session and the request that a question of ours belongs to."""
        return self._ctx.session, self._ctx.request_id

    @property
    def views(self) -> bool:
        """Whether it shows interactive views, in the one type that there is."""
        capabilities = self._ctx.session.client_capabilities
        extensions = (capabilities and capabilities.extensions) or {}
        types = (extensions.get(EXTENSION) or {}).get("mimeTypes")
        return isinstance(types, list | tuple) and MIME in types

    def _can_ask(self) -> bool:
        capabilities = self._ctx.session.client_capabilities
        if capabilities is None or capabilities.elicitation is None:
            return False
        elicitation = capabilities.elicitation
        # A client of 2025-06-18 says no more than `{}`, and means forms.
        forms = elicitation.form is not None or elicitation.url is None
        modern = self._ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
        return forms and (modern or self._ctx.session.can_send_request)


class Call(NamedTuple):
    """What a verb's face is handed."""

    core: "Core"
    actor: "Actor"
    client: Client | None
    """None where nothing but the answer can be sent."""
    doing: list[str]
    """The last thing begun, in words; a client that wants progress is told now and then."""

    @property
    def views(self) -> bool:
        """Whether the client shows interactive views (MCP Apps)."""
        return self.client is not None and self.client.views

    async def ask(self, message: str, names: Sequence[str]) -> Mapping[str, Any] | None:
        """Return what the member says to each of *names*; None if nobody can or wants to say it.

        Raises:
            InputNeeded: the client must come again.
        """
        return None if self.client is None else await self.client.ask(message, names)


class Tool(NamedTuple):
    """A verb that an assistant may call."""

    name: str
    does: str
    """Product text: assistants choose by it."""
    takes: Mapping[str, Mapping[str, Any]]
    """JSON schemas of the arguments, written by hand so that the list of tools stays small."""
    needs: Sequence[str]
    """Arguments that must be there."""
    gives: Mapping[str, Mapping[str, Any]]
    """JSON schemas of what is in the structured content, always."""
    arguments: type[Arguments]
    """The same as `takes`, for validation; a test holds them together."""
    run: Callable[[Call, Any], Awaitable[Reply]]
    reads: bool = True
    """Changes nothing."""
    destroys: bool = False
    repeatable: bool = True
    """A second call with the same arguments changes nothing more."""
    slow: bool = False
    """Waits for a customer's database."""
    open: bool = False
    """May reach what is none of ours, such as the web."""
    rich: bool = False
    """May answer with more than text, or ask its client something meanwhile."""
    meta: Mapping[str, Any] | None = None
    """What hosts are told besides, such as the view that shows its answers."""

    @property
    def wire(self) -> dict[str, Any]:
        """The tool as `tools/list` tells it."""
        meta = {"_meta": dict(self.meta)} if self.meta else {}
        return {
            "name": self.name,
            "description": self.does,
            "inputSchema": _object(self.takes, self.needs) | {"additionalProperties": False},
            # What is always there is not listed as such: the list is read at every start.
            "outputSchema": _object(self.gives, ()),
            "annotations": {
                "readOnlyHint": self.reads,
                "destructiveHint": self.destroys,
                "idempotentHint": self.repeatable,
                "openWorldHint": self.open,
            },
            **meta,
        }


def _object(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return schema | ({"required": list(required)} if required else {})


def _form(names: Sequence[str]) -> dict[str, Any]:
    return _object({name: {"type": "string"} for name in names}, names)
