"""files.*: upload in three steps, and to look a file up.

https://docs.slack.dev/messaging/working-with-files
"""

from tests.bot.slack.platform.arguments import parsed, text, whole
from tests.bot.slack.platform.blocks import Surface
from tests.bot.slack.platform.chat import own, thread
from tests.bot.slack.platform.events import file_shape
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Channel, File
from tests.bot.slack.platform.payloads import checked_blocks
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import Faults, array, members, words

ALT = 1000
"""files.getUploadURLExternal: `alt_txt_too_large` over 1000 characters."""
SNIPPET = 1_000_000
LARGEST = 1_000_000_000
NAMED = array(
    members(
        {"id": words(least=1), "title": words(), "highlight_type": words()},
        ("id",),
    ),
    least=1,
)


@method(
    "files.getUploadURLExternal",
    tier=4,
    scopes=("files:write",),
    required=("filename", "length"),
    optional=("alt_txt", "snippet_type"),
    takes_json=False,
)
async def get_upload_url(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/files.getUploadURLExternal."""
    world = asking.world
    length = whole(asking.found, "length", 0)
    if length <= 0:
        raise Refused("missing_argument")
    if length > LARGEST:
        raise Refused("file_upload_size_restricted")
    if "snippet_type" in asking.found and length > SNIPPET:
        raise Refused("snippet_too_large")
    alt = text(asking.found, "alt_txt")
    if len(alt) > ALT:
        raise Refused("alt_txt_too_large")
    name = text(asking.found, "filename")
    file = File(world.new_id("F"), name, name, asking.team, asking.team.bot_user, length, alt)
    file.created = int(world.clock.now())
    world.uploads[file.id] = file
    return {"upload_url": f"{asking.address}/upload/v1/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal",
    tier=4,
    scopes=("files:write",),
    required=("files",),
    optional=(
        *("channel_id", "channels", "initial_comment", "thread_ts", "blocks"),
        *("icon_emoji", "icon_url", "username"),
    ),
)
async def complete_upload(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/files.completeUploadExternal."""
    world, found = asking.world, asking.found
    named = parsed(found, "files", list)
    faults = Faults()
    NAMED(named, "/files", faults)
    if faults:
        raise Refused("invalid_arguments", *faults)
    files: list[File] = []
    for each in named:
        file = world.uploads.get(each["id"])
        if file is None or file.team is not asking.team or file.complete or not file.uploaded:
            raise Refused("file_not_found")
        files.append(file)
    channels = _channels(asking)
    if "thread_ts" in found and len(channels) != 1:
        raise Refused("invalid_arguments", "thread_ts takes exactly one channel")
    blocks = checked_blocks(found["blocks"], Surface.MESSAGE) if found.get("blocks") else []
    for file, each in zip(files, named, strict=True):
        file.title = each.get("title") or file.name
        file.complete = True
        file.ready_at = world.clock.now() + world.processing
        file.channels += [channel.id for channel in channels]
    for channel in channels:
        message = own(
            asking,
            channel,
            text=text(found, "initial_comment"),
            blocks=[] if "initial_comment" in found else blocks,
            files=list(files),
            subtype="file_share",
            thread=thread(asking, channel, found.get("thread_ts")),
        )
        world.conversation(channel, message.root).status = ""
        world.said(message)
    world.changed()
    return {"files": [file_shape(world, file, asking.address) for file in files]}


def _channels(asking: Asking) -> list[Channel]:
    found = asking.found
    ids = [str(found["channel_id"])] if found.get("channel_id") else []
    ids += text(found, "channels").split(",") if found.get("channels") else []
    if len(ids) > 100:
        raise Refused("channels_limit_exceeded")
    channels = [asking.world.found_channel(asking.team, id) for id in ids]
    for channel in channels:
        if not asking.member(channel):
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("posting_to_channel_denied")
    return channels


@method(
    "files.info",
    tier=4,
    scopes=("files:read",),
    required=("file",),
    optional=("count", "cursor", "limit", "page"),
    takes_json=False,
)
async def info(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/files.info."""
    file = asking.world.uploads.get(str(asking.found["file"]))
    if file is None or file.team is not asking.team or not file.complete:
        raise Refused("file_not_found")
    if file.deleted:
        raise Refused("file_deleted")
    return {
        "file": file_shape(asking.world, file, asking.address),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


@method("files.delete", tier=3, scopes=("files:write",), required=("file",))
async def delete(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/files.delete."""
    file = asking.world.uploads.get(str(asking.found["file"]))
    if file is None or file.team is not asking.team or not file.complete:
        raise Refused("file_not_found")
    if file.deleted:
        raise Refused("file_deleted")
    if file.owner != asking.team.bot_user:
        raise Refused("cant_delete_file")
    file.deleted = True
    for channel in asking.world.channels.values():
        for message in channel.messages.values():
            message.files = [each for each in message.files if each is not file]
    asking.world.changed()
    return {}
