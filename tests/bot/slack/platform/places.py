"""conversations.*: channels, who is in them, and what was said; reactions.*."""

from tests.bot.slack.platform.arguments import flag, text, whole
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Channel, Message
from tests.bot.slack.platform.refusals import Json, Refused

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
OF_KIND = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def allowed(asking: Asking, channel: Channel, verb: str) -> None:
    """Refuse a kind of channel whose scope the token does not have."""
    needed = f"{OF_KIND[channel.kind]}:{verb}"
    if not asking.has(needed):
        raise Refused(
            "missing_scope", needed=needed, provided=",".join(sorted(asking.token.scopes))
        )


def channel_shape(asking: Asking, channel: Channel) -> Json:
    """Return a channel (https://docs.slack.dev/reference/objects/conversation-object)."""
    shape: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "context_team_id": asking.team.id,
        "is_org_shared": False,
    }
    if channel.kind == "im":
        others = channel.members - {asking.team.bot_user}
        shape |= {"user": next(iter(others)), "is_open": True}
        return shape
    return shape | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_general": False,
        "is_member": asking.member(channel),
        "is_shared": bool(channel.shared_with),
        "is_ext_shared": bool(channel.shared_with),
        "is_pending_ext_shared": False,
        "shared_team_ids": [team.id for team in channel.teams],
        "conversation_host_id": channel.team.id,
        "creator": next(iter(channel.members), ""),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


@method(
    "conversations.info",
    tier=3,
    scopes=READ,
    required=("channel",),
    optional=("include_locale", "include_num_members"),
    takes_json=False,
)
async def info(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.info."""
    channel = asking.channel()
    allowed(asking, channel, "read")
    shape = channel_shape(asking, channel)
    if flag(asking.found, "include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


@method(
    "conversations.members",
    tier=4,
    scopes=READ,
    required=("channel",),
    optional=("cursor", "limit"),
    takes_json=False,
)
async def members(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.members."""
    channel = asking.channel()
    allowed(asking, channel, "read")
    everybody = sorted(channel.members)
    page, cursor = _page(asking, everybody, 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@method(
    "conversations.open",
    tier=3,
    scopes=("im:write", "mpim:write"),
    optional=("channel", "users", "return_im", "prevent_creation"),
)
async def open_one(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.open."""
    world, found = asking.world, asking.found
    if "channel" in found:
        channel = asking.channel()
        if channel.kind not in {"im", "mpim"}:
            raise Refused("method_not_supported_for_channel_type")
    else:
        ids = [each for each in text(found, "users").split(",") if each]
        if not ids:
            raise Refused("users_list_not_supplied")
        if len(ids) > 8:
            raise Refused("too_many_users")
        people = []
        for id in ids:
            person = world.people.get(id)
            if (
                person is None
                or person.team is not asking.team
                or person.id == asking.team.bot_user
            ):
                raise Refused("user_not_found")
            if person.deleted:
                raise Refused("user_disabled")
            people.append(person)
        scope = "im:write" if len(people) == 1 else "mpim:write"
        if not asking.has(scope):
            provided = ",".join(sorted(asking.token.scopes))
            raise Refused("missing_scope", needed=scope, provided=provided)
        channel = world.dm(people[0]) if len(people) == 1 else world.group(*people)
    full = flag(found, "return_im")
    return {"channel": channel_shape(asking, channel) if full else {"id": channel.id}}


def _page(asking: Asking, every: list[str], usual: int) -> tuple[list[str], str]:
    limit = whole(asking.found, "limit", usual)
    if not 1 <= limit <= 1000:
        raise Refused("invalid_limit")
    start = 0
    if cursor := text(asking.found, "cursor"):
        if cursor not in every:
            raise Refused("invalid_cursor")
        start = every.index(cursor)
    page = every[start : start + limit]
    rest = every[start + limit :]
    return page, rest[0] if rest else ""


def _between(asking: Asking, messages: list[Message]) -> list[Message]:
    found = asking.found
    oldest, latest = text(found, "oldest", "0"), text(found, "latest", "9" * 12)
    inclusive = flag(found, "inclusive")
    try:
        low, high = float(oldest), float(latest)
    except ValueError:
        raise Refused("invalid_ts_latest") from None
    return [
        each
        for each in messages
        if low < float(each.ts) < high or (inclusive and float(each.ts) in {low, high})
    ]


def _shown(asking: Asking, messages: list[Message], usual: int) -> Json:
    ids, cursor = _page(asking, [each.ts for each in messages], usual)
    by_ts = {each.ts: each for each in messages}
    shapes = [asking.world.shape(by_ts[id]) for id in ids]
    if not flag(asking.found, "include_all_metadata"):
        for shape in shapes:
            shape.pop("metadata", None)
    answer: Json = {"messages": shapes, "has_more": bool(cursor)}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


PAGED = ("cursor", "include_all_metadata", "inclusive", "latest", "limit", "oldest")


@method(
    "conversations.history",
    tier=3,
    scopes=HISTORY,
    required=("channel",),
    optional=PAGED,
    takes_json=False,
)
async def history(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.history: the newest first."""
    channel = asking.channel()
    allowed(asking, channel, "history")
    if not asking.member(channel):
        raise Refused("not_in_channel")
    top = [
        each
        for each in channel.messages.values()
        if not each.ephemeral_to and not each.deleted and (not each.thread or each.broadcast)
    ]
    return _shown(asking, _between(asking, top)[::-1], 100)


@method(
    "conversations.replies",
    tier=3,
    scopes=HISTORY,
    required=("channel", "ts"),
    optional=PAGED,
    takes_json=False,
)
async def replies(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.replies: the oldest first."""
    channel = asking.channel()
    allowed(asking, channel, "history")
    if not asking.member(channel):
        raise Refused("not_in_channel")
    first = asking.message(channel, asking.found["ts"], error="thread_not_found")
    root = channel.messages[first.root]
    thread = [root, *_between(asking, asking.world.replies(root))]
    return _shown(asking, thread, 1000)


@method(
    "reactions.add",
    tier=3,
    scopes=("reactions:write",),
    required=("channel", "name", "timestamp"),
)
async def react(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.add."""
    message, name = _reacted(asking)
    users = message.reactions.setdefault(name, [])
    if asking.team.bot_user in users:
        raise Refused("already_reacted")
    users.append(asking.team.bot_user)
    asking.world.changed()
    return {}


@method(
    "reactions.remove",
    tier=2,
    scopes=("reactions:write",),
    required=("channel", "name", "timestamp"),
)
async def unreact(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.remove."""
    message, name = _reacted(asking)
    users = message.reactions.get(name, [])
    if asking.team.bot_user not in users:
        raise Refused("no_reaction")
    users.remove(asking.team.bot_user)
    if not users:
        del message.reactions[name]
    asking.world.changed()
    return {}


def _reacted(asking: Asking) -> tuple[Message, str]:
    channel = asking.channel()
    if channel.archived:
        raise Refused("is_archived")
    name = text(asking.found, "name")
    if not name or not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise Refused("invalid_name")
    return asking.message(channel, asking.found["timestamp"], error="message_not_found"), name
