"""Records as Discord writes them in JSON: docs, Resources."""

from .clock import iso
from .permissions import permissions
from .records import (
    PRIVATE_THREAD,
    Attachment,
    Channel,
    Guild,
    Interaction,
    Message,
    Payload,
    Person,
    Role,
)

LOCALE = "en-US"
FILE_LIMIT = 10 * 1024 * 1024
"""Docs, Reference, "Uploading Files": 10 MiB a file."""


def user(person: Person) -> Payload:
    """Docs, Users Resource, "User Object"."""
    return {
        "id": str(person.id),
        "username": person.name,
        "discriminator": "0",
        "global_name": None if person.bot else person.name.capitalize(),
        "avatar": None,
        "bot": person.bot,
        "public_flags": 0,
    }


def member(person: Person, guild: Guild) -> Payload:
    """Docs, Guild Resource, "Guild Member Object", without its user."""
    held = [str(role.id) for role in guild.roles.values() if person in role.people]
    return {
        "nick": None,
        "avatar": None,
        "roles": held,
        "joined_at": "2024-01-01T00:00:00+00:00",
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }


def role(each: Role) -> Payload:
    """Docs, Permissions, "Role Object"."""
    return {
        "id": str(each.id),
        "name": each.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0 if each.name == "@everyone" else 1,
        "permissions": str(each.permissions),
        "managed": each.bot is not None,
        "mentionable": each.mentionable,
        **({} if each.bot is None else {"tags": {"bot_id": str(each.bot.id)}}),
        "flags": 0,
    }


def channel(each: Channel, bot: Person) -> Payload:
    """Docs, Channels Resource, "Channel Object"."""
    found: Payload = {"id": str(each.id), "type": each.type, "flags": 0}
    found["last_message_id"] = str(max(each.messages)) if each.messages else None
    if each.guild is None:
        people = [each.recipient] if each.recipient else []
        return found | {"recipients": [user(person) for person in people]}
    found |= {"guild_id": str(each.guild.id), "name": each.name, "rate_limit_per_user": 0}
    if each.parent is None:
        return found | {
            "topic": None,
            "position": 0,
            "nsfw": False,
            "parent_id": None,
            "permission_overwrites": [
                {
                    "id": str(one.id),
                    "type": int(one.member),
                    "allow": str(one.allow),
                    "deny": str(one.deny),
                }
                for one in each.overwrites
            ],
        }
    found |= {
        "parent_id": str(each.parent.id),
        "owner_id": str(each.owner.id if each.owner else bot.id),
        "message_count": len(each.messages),
        "total_message_sent": len(each.messages),
        "member_count": min(len(each.members), 50),
        "thread_metadata": {
            "archived": each.archived,
            "auto_archive_duration": each.auto_archive,
            "archive_timestamp": iso(each.touched),
            "locked": each.locked,
            "create_timestamp": iso(each.touched),
        },
    }
    if each.type == PRIVATE_THREAD:
        found["thread_metadata"]["invitable"] = True
    if bot in each.members:
        found["member"] = thread_member(each, bot)
    return found


def thread_member(thread: Channel, person: Person) -> Payload:
    """Docs, Channels Resource, "Thread Member Object"."""
    return {
        "id": str(thread.id),
        "user_id": str(person.id),
        "join_timestamp": iso(thread.touched),
        "flags": 0,
    }


def guild(each: Guild, channels: list[Channel], bot: Person) -> Payload:
    """Docs, Gateway Events, "Guild Create": without GUILD_MEMBERS, the bot alone is in it."""
    places = [channel(one, bot) for one in channels if one.parent is None]
    threads = [channel(one, bot) for one in channels if one.parent and not one.archived]
    return {
        "id": str(each.id),
        "name": each.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": str(each.owner.id),
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role(one) for one in each.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": each.features,
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": LOCALE,
        "public_updates_channel_id": None,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "joined_at": "2024-01-01T00:00:00+00:00",
        "large": False,
        "unavailable": False,
        "member_count": len(each.people),
        "voice_states": [],
        "members": [member(bot, each) | {"user": user(bot)}],
        "channels": places,
        "threads": threads,
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def attachment(each: Attachment, place: Channel, base: str, *, ephemeral: bool) -> Payload:
    """Docs, Message Resource, "Attachment Object"."""
    url = f"{base}/attachments/{place.id}/{each.id}/{each.name}"
    found = {
        "id": str(each.id),
        "filename": each.name,
        "size": len(each.content),
        "url": url,
        "proxy_url": url,
        "content_type": each.content_type,
        "ephemeral": ephemeral,
        "flags": 0,
    }
    if each.description is not None:
        found["description"] = each.description
    if (each.content_type or "").startswith("image/"):
        found |= {"width": 800, "height": 600}
    return found


def message(
    each: Message, bot: Person, base: str, *, reads: bool = True, event: bool = False
) -> Payload:
    """Docs, Message Resource, "Message Object"; as in an event with guild and member.

    Unless the app *reads*, what people wrote is left out: docs, Gateway, "Message Content
    Intent".
    """
    shown = reads or readable(each, bot)
    place = each.channel
    embeds = [_media(embed, each, base) for embed in each.embeds]
    files = [
        attachment(one, place, base, ephemeral=each.ephemeral)
        for one in each.files
        if not any(one.name in _used(embed) for embed in each.embeds)
    ]
    found: Payload = {
        "id": str(each.id),
        "channel_id": str(place.id),
        "type": each.type,
        "author": user(each.author),
        "content": each.content if shown else "",
        "timestamp": iso(each.at),
        "edited_timestamp": iso(each.edited) if each.edited else None,
        "tts": False,
        "mention_everyone": each.mention_everyone,
        "mentions": [
            user(person)
            | ({"member": member(person, place.guild)} if event and place.guild else {})
            for person in each.mentions
        ],
        "mention_roles": [str(one.id) for one in each.mention_roles],
        "attachments": files if shown else [],
        "embeds": embeds if shown else [],
        "components": list(each.components) if shown else [],
        "pinned": False,
        "flags": each.flags,
    }
    if each.nonce is not None:
        found["nonce"] = each.nonce
    if event and place.guild and not each.ephemeral:
        found["guild_id"] = str(place.guild.id)
        if each.interaction is None:
            found["member"] = member(each.author, place.guild)
    if each.thread:
        found["thread"] = channel(each.thread, bot)
    if each.reply_to:
        found["message_reference"] = {
            "type": 0,
            "channel_id": str(each.reply_to.channel.id),
            "message_id": str(each.reply_to.id),
        }
        found["referenced_message"] = None
        if not each.reply_to.deleted and each.reply_to.reply_to is not each:
            found["referenced_message"] = message(each.reply_to, bot, base, reads=reads) | {
                "referenced_message": None
            }
    if each.interaction:
        found |= {"application_id": str(bot.id), "webhook_id": str(bot.id)}
        found["interaction_metadata"] = {
            "id": str(each.interaction.id),
            "type": each.interaction.type,
            "user": user(each.interaction.person),
            "authorizing_integration_owners": _owners(place),
        }
    return found


def readable(each: Message, bot: Person) -> bool:
    """Say whether an app without MESSAGE_CONTENT reads it: its own, in a DM, or mentioned in it."""
    return each.author is bot or each.channel.guild is None or bot in each.mentions


def _used(embed: Payload) -> set[str]:
    """Return the names of the files that an embed shows, which do not stand below it again."""
    places = [embed.get("image"), embed.get("thumbnail")]
    urls = [place["url"] for place in places if place]
    urls += [embed.get(name, {}).get("icon_url") or "" for name in ("author", "footer")]
    return {url.removeprefix("attachment://") for url in urls if url.startswith("attachment://")}


def _media(embed: Payload, each: Message, base: str) -> Payload:
    """Return an embed with the addresses of the files that it shows."""
    files = {f"attachment://{one.name}": one for one in each.files}
    found = dict(embed)
    for name in ("image", "thumbnail"):
        if name in found and (one := files.get(found[name]["url"])):
            url = attachment(one, each.channel, base, ephemeral=False)["url"]
            found[name] = {"url": url, "proxy_url": url, "width": 800, "height": 600}
    return found


def _owners(place: Channel) -> Payload:
    """Docs, Receiving and Responding, "Authorizing Integration Owners Object"."""
    return {"0": str(place.guild.id) if place.guild else "0"}


def interaction(each: Interaction, bot: Person, base: str) -> Payload:
    """Docs, Receiving and Responding, "Interaction Object"."""
    place, place_guild = each.channel, each.channel.guild
    found: Payload = {
        "id": str(each.id),
        "application_id": str(bot.id),
        "type": each.type,
        "data": each.data,
        "token": each.token,
        "version": 1,
        "channel_id": str(place.id),
        "channel": channel(place, bot) | {"permissions": str(permissions(each.person, place))},
        "app_permissions": str(permissions(bot, place)),
        "locale": LOCALE,
        "entitlements": [],
        "authorizing_integration_owners": _owners(place),
        "context": 0 if place_guild else 1,
        "attachment_size_limit": FILE_LIMIT,
    }
    if each.source:
        found["message"] = message(each.source, bot, base)
    if place_guild is None:
        return found | {"user": user(each.person)}
    allowed = str(permissions(each.person, place))
    return found | {
        "guild_id": str(place_guild.id),
        "guild_locale": LOCALE,
        "guild": {"id": str(place_guild.id), "locale": LOCALE, "features": place_guild.features},
        "member": member(each.person, place_guild)
        | {"user": user(each.person), "permissions": allowed},
    }
