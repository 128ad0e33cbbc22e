"""assistant.threads.* and agents.sessions.*: what an assistant shows beside its messages."""

from tests.bot.slack.platform.arguments import parsed, text
from tests.bot.slack.platform.chat import LOOKS, customized
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Channel
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import Faults, array, members, words
from tests.bot.slack.platform.streams import STATUSES

PROMPTS = array(
    members({"title": words(least=1), "message": words(least=1)}, ("title", "message")),
    least=1,
    most=4,
)
"""https://docs.slack.dev/ai/developing-agents: four suggested prompts at most."""
LOADING = array(words(least=1), most=10)
TITLE = 200


def place(asking: Asking, ts: object) -> tuple[Channel, str]:
    """Return the channel of a call, and the first message of its thread."""
    channel = asking.channel("channel_id")
    if not asking.member(channel):
        raise Refused("channel_not_found")
    return channel, asking.message(channel, ts, error="invalid_thread_ts").root


@method(
    "assistant.threads.setStatus",
    tier=0,
    scopes=("chat:write", "assistant:write"),
    required=("channel_id", "thread_ts", "status"),
    optional=("loading_messages", *LOOKS),
)
async def set_status(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/assistant.threads.setStatus."""
    channel, root = place(asking, asking.found["thread_ts"])
    customized(asking)
    loading: list[str] = []
    if "loading_messages" in asking.found:
        loading = parsed(asking.found, "loading_messages", list)
        faults = Faults()
        LOADING(loading, "/loading_messages", faults)
        if faults:
            raise Refused("invalid_arguments", *faults)
    thread = asking.world.conversation(channel, root)
    thread.status = text(asking.found, "status")
    thread.statuses.append(thread.status)
    thread.status_at = asking.world.clock.now()
    thread.loading = loading
    asking.world.changed()
    return {}


@method(
    "assistant.threads.setTitle",
    tier=4,
    scopes=("assistant:write",),
    required=("channel_id", "thread_ts", "title"),
)
async def set_title(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/assistant.threads.setTitle."""
    channel, root = place(asking, asking.found["thread_ts"])
    if channel.kind != "im":
        raise Refused("channel_not_found")
    first = channel.messages[root]
    before = asking.world.shape(first)
    asking.world.conversation(channel, root).title = text(asking.found, "title")
    if first.subtype == "assistant_app_thread":
        # Its title is the text of the first message: the app hears of its own change.
        first.text = text(asking.found, "title")
        asking.world.became(first, before)
    asking.world.changed()
    return {}


@method(
    "assistant.threads.setSuggestedPrompts",
    tier=4,
    scopes=("assistant:write",),
    required=("channel_id", "prompts"),
    optional=("thread_ts", "title"),
)
async def set_prompts(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts.

    Without a thread they stand above the composer; only an agent's do.
    """
    if not asking.world.app.view:
        raise Refused("not_agent_app")
    prompts = parsed(asking.found, "prompts", list)
    faults = Faults()
    PROMPTS(prompts, "/prompts", faults)
    if faults:
        raise Refused("invalid_arguments", *faults)
    if asking.found.get("thread_ts"):
        channel, root = place(asking, asking.found["thread_ts"])
    elif asking.world.app.view == "agent":
        channel, root = asking.channel("channel_id"), ""
    else:
        raise Refused("missing_thread_ts")
    if channel.kind != "im":
        raise Refused("channel_not_found")
    thread = asking.world.conversation(channel, root)
    thread.prompts, thread.prompts_title = prompts, text(asking.found, "title")
    asking.world.changed()
    return {}


@method(
    "agents.sessions.setStatus",
    tier=3,
    scopes=("chat:write",),
    required=("channel_id", "status"),
    optional=("thread_ts", "title", "initiator_user_id", *LOOKS),
)
async def session_status(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/agents.sessions.setStatus."""
    if not asking.world.app.view:
        raise Refused("not_agent_app")
    if not asking.found.get("thread_ts"):
        raise Refused("thread_ts_required")
    status = text(asking.found, "status")
    if status not in STATUSES:
        raise Refused("invalid_status")
    customized(asking)
    channel, root = place(asking, asking.found["thread_ts"])
    thread = asking.world.conversation(channel, root)
    if not thread.session and "title" in asking.found:
        title = text(asking.found, "title")
        if len(title) > TITLE:
            raise Refused("invalid_arguments", "must be less than 201 characters")
        thread.title = title
    thread.session = status
    asking.world.changed()
    if status == "processing" and "agent_session_stopped" not in asking.world.app.events:
        warning = "missing_agent_session_stopped_event_subscription"
        return {"warning": warning, "response_metadata": {"warnings": [warning]}}
    return {}


@method(
    "agents.sessions.rename",
    tier=3,
    scopes=("chat:write",),
    required=("channel_id", "title"),
    optional=("thread_ts",),
)
async def rename(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/agents.sessions.rename."""
    if not asking.found.get("thread_ts"):
        raise Refused("thread_ts_required")
    channel, root = place(asking, asking.found["thread_ts"])
    title = text(asking.found, "title")
    if len(title) > TITLE:
        raise Refused("invalid_arguments", "must be less than 201 characters")
    asking.world.conversation(channel, root).title = title
    asking.world.changed()
    return {}
