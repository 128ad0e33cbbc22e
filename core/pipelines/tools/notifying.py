"""Words to people: into a channel of Slack or Discord, by mail, or to a web hook."""

import json
from typing import Any, Literal

import orjson
from pydantic import Field
from typing_extensions import override

from core.identity import Audience
from core.pipelines.courier import Couriers, Letter
from core.pipelines.errors import InputInvalid
from core.pipelines.tool import Call, Inputs, Output, Tool
from core.pipelines.tools.errors import SettingMissing
from core.pipelines.tools.web import Web, origin

LONGEST = 40_000
"""Characters of what is said."""
RUN_BY = {
    "slack": "No bot for Slack runs in this process: with SLACK_BOT_TOKEN `trellis up` has one.",
    "discord": "No bot for Discord runs in this process: with DISCORD_TOKEN `trellis up` has one.",
    "email": "Mail is not set up: whoever runs Trellis sets TRELLIS_SMTP_URL.",
}


class NotifyInputs(Inputs):
    """What `notify` takes."""

    channel: Literal["slack", "discord", "email", "webhook"] = Field(
        description="Which way: slack, discord, email or webhook."
    )
    to: str = Field(
        min_length=1,
        max_length=2_000,
        description="A channel's id, addresses of mail with commas between, or a URL.",
    )
    text: Any = Field(description="What is said; data becomes JSON.")
    title: str = Field("", max_length=200, description="What stands above it; a mail's subject.")
    data: Any = Field(None, description="webhook: what is posted in place of title and text.")
    headers: dict[str, str] | None = Field(
        None, description="webhook: headers that are sent along."
    )


class Notify(Tool):
    """Tells people something."""

    name = "notify"
    description = (
        "Say something in a channel of Slack or Discord, by mail, or to a web hook; said again "
        "after a crash, it is told apart by its key where the channel can."
    )
    inputs: type[Inputs] = NotifyInputs
    output = Output("status, channel, to.")
    audience = Audience.PUBLIC

    def __init__(self, couriers: Couriers, web: Web) -> None:
        """Let *couriers* carry it, and the *web* what goes to a hook."""
        self._couriers = couriers
        self._web = web

    @override
    async def run(self, call: Call, given: NotifyInputs) -> Any:
        text = given.text if isinstance(given.text, str) else _json(given.text)
        if len(text) > LONGEST:
            raise InputInvalid(f"text: At most {LONGEST:,} characters are said; export the rest.")
        if given.channel == "webhook":
            to = await self._post(call, given, text)
        else:
            courier = self._couriers.find(given.channel)
            if courier is None:
                raise SettingMissing(RUN_BY[given.channel])
            letter = Letter(to=given.to.strip(), title=given.title, text=text, key=call.key)
            to = await courier.carry(call.actor, letter)
        return {"status": "sent", "channel": given.channel, "to": to}

    async def _post(self, call: Call, given: NotifyInputs, text: str) -> str:
        if given.data is not None:
            told = given.data
        else:
            # `text` is what Slack's, Mattermost's and Google's own hooks read.
            title = {"title": given.title} if given.title else {}
            told = {**title, "text": text, "run_id": call.run_id, "task_id": call.task_id}
        body = orjson.dumps(told, default=str, option=orjson.OPT_NON_STR_KEYS)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": call.key,
            **(given.headers or {}),
        }
        await self._web.ask("POST", given.to.strip(), headers=headers, body=body)
        return origin(given.to.strip())  # what follows is often a secret


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
