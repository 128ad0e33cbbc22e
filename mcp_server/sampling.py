"""The client's own model as the one that answers, where this server has none of its own.

Up to 2025-11-25 a server asks its client in the midst of a call. Since 2026-07-28 a call is
answered with what is needed, and comes again with it: meanwhile the turn waits here, under its own
id. The protocol is leaving sampling (SEP-2577), and hosts that have it will keep it for a while.
"""

import asyncio
import json
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    InputRequiredResult,
    Role,
    SamplingMessage,
    TextContent,
    Tool,
    ToolResultContent,
    ToolUseContent,
)
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import (
    CompletedStreamedResponse,
    Model,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import RunContext
from typing_extensions import override

from core.models import Mind, ModelUnavailable, hush
from core.models import Model as Record

LONGEST = 4_096
"""Tokens of one answer of the client's model."""
NAME = "client:sampling"
PROTOCOL = """
You have tools, but no other way to use them than this: to use one, answer with nothing but one \
JSON object {"tool": "<name>", "arguments": {…}}. Its result comes as the next message. When you \
know the answer, write it as plain text.
Tools:
"""

Sample = Callable[[CreateMessageRequestParams], Awaitable[Any]]
"""Has the client's model answer; returns a CreateMessageResult, with tools or without."""


def mind(sample: Sample, *, tools: bool) -> Mind:
    """Return the client's model as one that the analyst can use.

    Args:
        sample: has it answer.
        tools: whether the client passes tools on to its model; else they are described in words.
    """
    hush()
    record = Record(id=NAME, name="the client's own", description="The model of the MCP client")
    return Mind(record, Sampled(sample, tools=tools), ModelSettings())


class Sampled(Model[None]):
    """A model behind an MCP client: one whole answer at a time."""

    def __init__(self, sample: Sample, *, tools: bool) -> None:
        """Ask by *sample*."""
        super().__init__()
        self._sample = sample
        self._tools = tools

    @property
    @override
    def model_name(self) -> str:
        """Nobody knows it before it has answered."""
        return NAME

    @property
    @override
    def system(self) -> str:
        """Whose it is."""
        return "mcp"

    @property
    @override
    def provider(self) -> None:
        """It has none that we could know."""
        return None

    @override
    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Return one answer.

        Raises:
            ModelUnavailable: the client, or its member, did not want to.
        """
        model_settings, parameters = self.prepare_request(model_settings, model_request_parameters)
        asked = _params(messages, parameters, tools=self._tools)
        result = await self._sample(asked)
        names = {tool.name for tool in parameters.function_tools}
        return ModelResponse(parts=_parts(result, names), model_name=result.model)

    @override
    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncGenerator[StreamedResponse]:
        """Return one answer as a stream of one piece."""
        response = await self.request(messages, model_settings, model_request_parameters)
        yield CompletedStreamedResponse(
            response, model_request_parameters=model_request_parameters, replay_events=True
        )


def at_once(session: Any, request_id: Any) -> Sample:
    """Return how a client is asked in the midst of its call."""

    async def sample(params: CreateMessageRequestParams) -> Any:
        with warnings.catch_warnings():
            # Deprecated, and still what hosts of these protocols speak.
            warnings.simplefilter("ignore")
            asking = session.create_message(
                params.messages,
                max_tokens=params.max_tokens,
                system_prompt=params.system_prompt,
                tools=params.tools,
                related_request_id=request_id,
            )
        try:
            return await asking
        except Exception as error:
            raise _declined(error) from error

    return sample


class Rounds:
    """What a turn needs of a client that brings it with its next call."""

    def __init__(self, whose: tuple[str, str]) -> None:
        """Wait for what the member *whose* turn it is brings: organization and member."""
        self.whose = whose
        self._needed: asyncio.Queue[tuple[str, CreateMessageRequestParams]] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def sample(self, params: CreateMessageRequestParams) -> Any:
        """Return what the client's model answers, once the client has come again."""
        key = f"sampling-{uuid4().hex[:8]}"
        self._waiting[key] = asyncio.get_running_loop().create_future()
        self._needed.put_nowait((key, params))
        try:
            return await self._waiting[key]
        finally:
            self._waiting.pop(key, None)

    async def needed(self, state: str) -> InputRequiredResult:
        """Return what the client is to bring next, once something is needed."""
        key, params = await self._needed.get()
        request = CreateMessageRequest(params=params)
        return InputRequiredResult(input_requests={key: request}, request_state=state)

    def bring(self, responses: Mapping[str, Any] | None) -> None:
        """Take what the client has brought; what it has not brought is a no."""
        for key, waiting in list(self._waiting.items()):
            if waiting.done():
                continue
            brought = (responses or {}).get(key)
            if isinstance(brought, CreateMessageResult | CreateMessageResultWithTools):
                waiting.set_result(brought)
            else:
                waiting.set_exception(_declined(None))


def _declined(error: Exception | None) -> ModelUnavailable:
    why = f" ({str(error)[:200]})" if error is not None else ""
    return ModelUnavailable(
        f"The client did not lend its model{why}. Use search_schema and run_sql yourself, or have "
        "a model configured on the server."
    )


def _params(
    messages: list[ModelMessage], parameters: ModelRequestParameters, *, tools: bool
) -> CreateMessageRequestParams:
    """Return a conversation in the protocol's words."""
    system = _system(messages)
    said: list[SamplingMessage] = []
    for role, block in _blocks(messages, tools=tools):
        if said and said[-1].role == role:
            said[-1] = SamplingMessage(role=role, content=[*said[-1].content_as_list, block])
        else:
            said.append(SamplingMessage(role=role, content=[block]))
    offered = parameters.function_tools
    if offered and not tools:
        listed = [
            {"name": each.name, "does": each.description, "arguments": each.parameters_json_schema}
            for each in offered
        ]
        system.append(PROTOCOL + "\n".join(json.dumps(each) for each in listed))
    return CreateMessageRequestParams(
        messages=[_plain(each) for each in said],
        system_prompt="\n\n".join(system) or None,
        max_tokens=LONGEST,
        tools=[
            Tool(
                name=each.name,
                description=each.description,
                input_schema=each.parameters_json_schema,
            )
            for each in offered
        ]
        if offered and tools
        else None,
    )


def _system(messages: list[ModelMessage]) -> list[str]:
    """Return the instructions of a conversation: the latest, and whatever a part of it says."""
    requests = [each for each in messages if isinstance(each, ModelRequest)]
    instructions = [each.instructions for each in requests if each.instructions][-1:]
    parts = [part for each in requests for part in each.parts]
    return instructions + [each.content for each in parts if isinstance(each, SystemPromptPart)]


def _blocks(messages: list[ModelMessage], *, tools: bool) -> Iterator[tuple[Role, Any]]:
    """Yield who said what, one block after the other."""
    for part in [part for each in messages for part in each.parts]:
        match part:
            case UserPromptPart(content=content):
                yield "user", _text(_words(content))
            case ToolReturnPart():
                yield "user", _result(part, part.model_response_str(), tools=tools)
            case RetryPromptPart():
                yield "user", _result(part, part.model_response(), tools=tools)
            case TextPart(content=content) if content:
                yield "assistant", _text(content)
            case ToolCallPart():
                yield "assistant", _call(part, tools=tools)
            case _:
                continue  # thoughts, and what no client's model could read


def _plain(message: SamplingMessage) -> SamplingMessage:
    """Return a message of texts as one text: the older protocols know no more than one block."""
    blocks = message.content_as_list
    texts = [block.text for block in blocks if isinstance(block, TextContent)]
    if len(texts) < len(blocks):
        return message
    return SamplingMessage(role=message.role, content=_text("\n\n".join(texts)))


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)


def _words(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = [each if isinstance(each, str) else "(a file that cannot be shown)" for each in content]
    return "\n\n".join(parts)


def _result(part: ToolReturnPart | RetryPromptPart, text: str, *, tools: bool) -> Any:
    if tools and part.tool_name is not None:
        return ToolResultContent(tool_use_id=part.tool_call_id, content=[_text(text)])
    return _text(f"Result of {part.tool_name}:\n{text}" if part.tool_name else text)


def _call(part: ToolCallPart, *, tools: bool) -> Any:
    arguments = part.args_as_dict()
    if tools:
        return ToolUseContent(name=part.tool_name, id=part.tool_call_id, input=arguments)
    return _text(json.dumps({"tool": part.tool_name, "arguments": arguments}))


def _parts(result: Any, names: set[str]) -> list[Any]:
    """Return what was answered, as parts of a response."""
    content = result.content if isinstance(result.content, list) else [result.content]
    parts: list[Any] = []
    for block in content:
        if isinstance(block, ToolUseContent):
            parts.append(ToolCallPart(block.name, block.input, tool_call_id=block.id))
        elif isinstance(block, TextContent):
            called = _called(block.text, names)
            parts.append(called or TextPart(block.text))
    return parts


def _called(text: str, names: set[str]) -> ToolCallPart | None:
    """Return the call that a text is, if it is one and no more."""
    bare = text.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    if not bare.startswith("{"):
        return None
    try:
        said = json.loads(bare)
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("tool") not in names:
        return None
    arguments = said.get("arguments") or {}
    return ToolCallPart(said["tool"], arguments if isinstance(arguments, dict) else {})
