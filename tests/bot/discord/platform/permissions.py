"""What somebody may do in a channel: docs, Permissions."""

from .records import TEXT, Channel, Person

BITS = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
}
"""Docs, Permissions, "Bitwise Permission Flags"."""
ALL = sum(BITS.values()) | (1 << 50) - 1


def bits(*names: str) -> int:
    """Return the flags of permissions."""
    return sum(BITS[name] for name in names)


EVERYBODY = bits(
    *("view_channel", "send_messages", "embed_links", "attach_files", "read_message_history"),
    *("add_reactions", "use_application_commands", "create_public_threads"),
    *("create_private_threads", "send_messages_in_threads"),
)
"""What `@everyone` has in a new server, as far as it matters here; not to mention everyone."""
BOT = EVERYBODY | bits("mention_everyone", "manage_threads")
"""What the bot was invited with. It may mention everyone, so that it shows if it ever does."""


def permissions(person: Person, channel: Channel) -> int:
    """Return what *person* may do in *channel*: docs, Permissions, "Permission Overwrites"."""
    guild = channel.guild
    if guild is None:
        return EVERYBODY | bits("mention_everyone")
    if person not in guild.people:
        return 0
    roles = [role for role in guild.roles.values() if role.id == guild.id or person in role.people]
    allowed = 0
    for role in roles:
        allowed |= role.permissions
    if person is guild.owner or allowed & BITS["administrator"]:
        return ALL
    overwrites = {each.id: each for each in (channel.parent or channel).overwrites}
    if everyone := overwrites.get(guild.id):
        allowed = allowed & ~everyone.deny | everyone.allow
    mine = [overwrites[role.id] for role in roles if role.id != guild.id and role.id in overwrites]
    for each in mine:
        allowed &= ~each.deny
    for each in mine:
        allowed |= each.allow
    if own := overwrites.get(person.id):
        allowed = allowed & ~own.deny | own.allow
    return allowed if allowed & BITS["view_channel"] else 0


def may(person: Person, channel: Channel, name: str) -> bool:
    """Say whether *person* may do so in *channel*."""
    if channel.type != TEXT and not channel.is_thread:
        return channel.recipient is person or person.bot
    return bool(permissions(person, channel) & BITS[name])


def sees(person: Person, channel: Channel) -> bool:
    """Say whether *person* can look into *channel*."""
    if channel.removed:
        return False
    if channel.guild is None:
        return channel.recipient is person or person.bot
    if not may(person, channel, "view_channel"):
        return False
    return channel.type != 12 or person in channel.members
