"""Who is mentioned, and whose telephone rings: docs, Message Resource, "Allowed Mentions Object".

Mentions in code are counted like any other: better one ping too many here than one too many there.
"""

import re
from dataclasses import dataclass

from .checks import Body
from .permissions import may
from .records import Channel, Message, Person, Ping, Role, within

USER, ROLE, EVERYONE = (
    re.compile(r"<@!?(\d+)>"),
    re.compile(r"<@&(\d+)>"),
    re.compile(r"@(everyone|here)"),
)
KINDS = ("users", "roles", "everyone")
MOST = 100
"""Of ids of users, and of roles: docs, Message Resource, "Allowed Mentions Object"."""


@dataclass(frozen=True)
class Allowed:
    """Which mentions may ring; without the field, what the docs' "Default Settings" say."""

    parse: frozenset[str] = frozenset(KINDS)
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True


REGULAR = Allowed()
"""Of messages without `allowed_mentions`."""
RESPONSE = Allowed(frozenset({"users"}))
"""Of interactions and webhooks without it."""


def read_allowed(body: Body, default: Allowed) -> Allowed:
    """Read `allowed_mentions`."""
    inside = body.inside("allowed_mentions")
    if inside is None:
        return default
    inside.only("parse", "users", "roles", "replied_user")
    given = inside.values("parse", most=3)
    parse = {each for each in KINDS if each in given}
    for each in (each for each in given if each not in KINDS):
        inside.wrong(("parse",), "BASE_TYPE_CHOICES", f"Value {each!r} must be one of {KINDS}.")
    ids = {name: _ids(inside, name) for name in ("users", "roles")}
    for name, found in ids.items():
        if name in parse and found:
            said = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            inside.wrong((), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", said)
    replied = inside.truth("replied_user") or False
    return Allowed(frozenset(parse), ids["users"], ids["roles"], replied)


def _ids(body: Body, name: str) -> frozenset[int]:
    values = body.values(name, most=MOST)
    for index, each in enumerate(values):
        if not str(each).isdecimal():
            said = f'Value "{each}" is not snowflake.'
            body.wrong((name, index), "NUMBER_TYPE_COERCE", said)
    return frozenset(int(each) for each in values if str(each).isdecimal())


def spoken(message: Message) -> str:
    """Return the text in which mentions count: embeds are not in it."""
    shown = [each["content"] for each in within(message.components) if each["type"] == 10]
    return "\n".join([message.content, *shown])


def mention(message: Message, allowed: Allowed, present: set[Person]) -> None:
    """Note who is mentioned in *message*, of those *present* in its channel."""
    text, channel = spoken(message), message.channel
    people = {person.id: person for person in present}
    users = [
        people[id]
        for id in dict.fromkeys(map(int, USER.findall(text)))
        if id in people and ("users" in allowed.parse or id in allowed.users)
    ]
    message.mention_roles = tuple(_roles(text, channel, message.author, allowed))
    message.mention_everyone = (
        "everyone" in allowed.parse
        and bool(EVERYONE.search(text))
        and may(message.author, channel, "mention_everyone")
    )
    replied = message.reply_to.author if message.reply_to and allowed.replied_user else None
    if replied and replied not in users:
        users.append(replied)
    message.mentions = tuple(users)


def _roles(text: str, channel: Channel, author: Person, allowed: Allowed) -> list[Role]:
    found = []
    for id in dict.fromkeys(map(int, ROLE.findall(text))):
        role = channel.guild.roles.get(id) if channel.guild else None
        wanted = "roles" in allowed.parse or id in allowed.roles
        rings = role and (role.mentionable or may(author, channel, "mention_everyone"))
        if role and wanted and rings:
            found.append(role)
    return found


def rung(message: Message, present: set[Person]) -> tuple[Ping, ...]:
    """Return whose telephone rings when *message* is new; an edit rings nowhere.

    Nothing in an ephemeral message rings, and a deferred response that is filled in is an edit:
    discord-api-docs issue 5497.
    """
    if message.ephemeral or message.thinking:
        return ()
    found: dict[Person, Ping] = {}
    replied = message.reply_to.author if message.reply_to else None
    for person in message.mentions:
        why = "user" if f"{person.id}>" in spoken(message) or person is not replied else "reply"
        found[person] = Ping(message, person, why)
    for role in message.mention_roles:
        for person in role.people:
            found.setdefault(person, Ping(message, person, "role"))
    if message.mention_everyone:
        match = EVERYONE.search(spoken(message))
        for person in present:
            found.setdefault(person, Ping(message, person, match[1] if match else "everyone"))
    return tuple(
        ping
        for person, ping in found.items()
        if person in present and person is not message.author and not person.bot
    )
