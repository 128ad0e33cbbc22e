"""What people do that is pressed: buttons, menus, modals, shortcuts.

https://docs.slack.dev/reference/interaction-payloads
"""

import re
from typing import Any

from tests.bot.slack.platform.carrier import Delivery
from tests.bot.slack.platform.compositions import options as options_of
from tests.bot.slack.platform.modals import (
    checked_view,
    opened,
    put,
    stacked,
    view_shape,
)
from tests.bot.slack.platform.nouns import Channel, Message, Person, Team, View, labels
from tests.bot.slack.platform.people import CHANNEL_NAMES, People
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import Faults

TROUBLE = "We had some trouble connecting. Try again?"
"""What somebody reads in a modal whose submission the app did not acknowledge."""
LISTS = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
TEXTS = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
SOME_OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}
FORMS = {
    "email_text_input": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "url_text_input": re.compile(r"https?://\S+"),
    "number_input": re.compile(r"-?\d+(\.\d+)?"),
}


class Interactions(People):
    """Gestures on what the app showed."""

    def _user(self, person: Person) -> Json:
        return {
            "id": person.id,
            "username": person.name.lower(),
            "name": person.name.lower(),
            "team_id": person.team.id,
        }

    def _common(self, person: Person, team: Team, type: str) -> Json:
        return {
            "type": type,
            "user": self._user(person),
            "api_app_id": self.app_id,
            "token": self.verification,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": {"id": team.enterprise, "name": "E"} if team.enterprise else None,
            "is_enterprise_install": False,
        }

    def _place(self, channel: Channel) -> Json:
        return {"id": channel.id, "name": CHANNEL_NAMES.get(channel.kind, channel.name)}

    def _origin(self, where: Message | View) -> Json:
        """Return from where somebody acts; an ephemeral message is not sent along."""
        if isinstance(where, View):
            return {
                "container": {"type": "view", "view_id": where.id},
                "view": view_shape(where, self.app_id),
            }
        container: Json = {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": where.channel.id,
            "is_ephemeral": bool(where.ephemeral_to),
        }
        if where.thread:
            container["thread_ts"] = where.thread
        origin: Json = {"container": container, "channel": self._place(where.channel)}
        if not where.ephemeral_to:
            origin["message"] = self.shape(where)
        return origin

    def _element(
        self, person: Person, where: Message | View, action: str, block: str | None
    ) -> Json:
        if isinstance(where, View):
            assert where.person is person, f"{where.title} is not before {person.name}"
            assert not where.closed, "the view is closed"
        else:
            assert not where.deleted, "the message is deleted"
            assert where.ephemeral_to in {"", person.id}, f"{person.name} does not see it"
            assert person.id in where.channel.members or where.ephemeral_to, "not in the channel"
        found = [
            each
            for each in where.elements
            if each["action_id"] == action and block in {None, each["block_id"]}
        ]
        assert len(found) == 1, f"{len(found)} of {action} in {where.elements}"
        seen = found[0].get("visible_to_user_ids")
        assert seen is None or person.id in seen, f"{person.name} does not see {action}"
        return found[0]

    async def _act(
        self, person: Person, where: Message | View, element: Json, more: Json
    ) -> Delivery:
        assert self.app.interactive, "interactivity is off in the manifest"
        team = where.team
        action = {
            "action_id": element["action_id"],
            "block_id": element["block_id"],
            "type": element["type"],
            "action_ts": self.clock.stamp(),
            **more,
        }
        payload = {
            **self._common(person, team, "block_actions"),
            **self._origin(where),
            "trigger_id": self.trigger(person, where if isinstance(where, View) else None),
            "actions": [action],
        }
        if isinstance(where, Message):
            payload["state"] = {"values": {}}
            hook = self.hook(person, where.channel, where)
            payload["response_url"] = f"{self.root}/actions/{hook}"
        delivery = await self.deliver(payload, type="interactive")
        if delivery.answer:
            self.violated("bad_ack", f"block_actions takes no payload: {delivery.answer}")
        return delivery

    async def press(
        self, person: Person, where: Message | View, action_id: str, *, block_id: str | None = None
    ) -> Delivery:
        """Press a button; of feedback, the positive one."""
        element = self._element(person, where, action_id, block_id)
        assert element["type"] in {"button", "icon_button", "feedback_buttons"}, element["type"]
        if element["type"] == "feedback_buttons":
            element = {**element, **element["positive_button"]}
        more: Json = {n: element[n] for n in ("text", "value", "url") if n in element}
        return await self._act(person, where, element, more)

    async def press_label(self, person: Person, where: Message | View, label: str) -> Delivery:
        """Press the button on which that stands; of feedback, either of the two."""
        for element in where.elements:
            if label in labels(element):
                if element["type"] == "feedback_buttons":
                    sides = (element["positive_button"], element["negative_button"])
                    side = next(each for each in sides if each["text"]["text"] == label)
                    more = {"text": side["text"], "value": side["value"]}
                    return await self._act(person, where, element, more)
                return await self.press(
                    person, where, element["action_id"], block_id=element["block_id"]
                )
        raise AssertionError(f"no button «{label}» among {where.buttons}")

    async def choose(
        self,
        person: Person,
        where: Message | View,
        action_id: str,
        *values: str,
        block_id: str | None = None,
    ) -> Delivery | None:
        """Choose from a menu by values or labels; None where the app is not told of it.

        In an input it is only told if the input dispatches.
        """
        element = self._element(person, where, action_id, block_id)
        offered = await self._offered(person, where, element)
        more = chosen(element, values, offered)
        if isinstance(where, View):
            state = {"type": element["type"], **more}
            where.state.setdefault(element["block_id"], {})[action_id] = state
            block = next(b for b in where.blocks if b.get("block_id") == element["block_id"])
            if block["type"] == "input" and not block.get("dispatch_action"):
                return None
        return await self._act(person, where, element, more)

    async def _offered(self, person: Person, where: Message | View, element: Json) -> list[Json]:
        if element["type"] in {"external_select", "multi_external_select"}:
            return await self.suggest(person, where, element["action_id"], "")
        groups = [each["options"] for each in element.get("option_groups", [])]
        return [each for some in (element.get("options", []), *groups) for each in some]

    async def suggest(
        self, person: Person, where: Message | View, action_id: str, words: str
    ) -> list[Json]:
        """Type into an external select, and return what it offers (block_suggestion)."""
        element = self._element(person, where, action_id, None)
        payload = {
            **self._common(person, where.team, "block_suggestion"),
            **self._origin(where),
            "action_id": action_id,
            "block_id": element["block_id"],
            "value": words,
        }
        delivery = await self.deliver(payload, type="interactive")
        faults = Faults()
        options_of(100, least=0)(delivery.answer.get("options"), "/options", faults)
        if faults:
            self.violated("bad_ack", f"block_suggestion: {faults}")
            return []
        offered: list[Json] = delivery.answer["options"]
        return offered

    # Modals

    async def submit(
        self, person: Person, view: View, values: dict[str, Any] | None = None
    ) -> Delivery:
        """Fill a modal in, by block or action, and submit it; see `view.errors` afterwards."""
        assert view.person is person, f"{view.title} is not before {person.name}"
        assert not view.closed, "the view is closed"
        assert not view.payload.get("submit_disabled"), "Submit is disabled"
        given = dict(values or {})
        state: dict[str, dict[str, Json]] = {b: dict(each) for b, each in view.state.items()}
        for block in view.blocks:
            if block["type"] == "input":
                element, id = block["element"], block["block_id"]
                action = element["action_id"]
                raw = given.pop(id, None) or given.pop(action, None)
                state.setdefault(id, {})
                offered = await self._offered(person, view, {**element, "block_id": id})
                if raw is not None or action not in state[id]:
                    state[id][action] = filled(element, raw, offered)
                value = state[id][action]
                empty = all(not each for name, each in value.items() if name != "type")
                assert not empty or block.get("optional"), f"Slack wants a value for {id}"
        assert not given, f"no such input: {sorted(given)}"
        view.state = state
        payload = {
            **self._common(person, view.team, "view_submission"),
            "trigger_id": self.trigger(person, view),
            "view": view_shape(view, self.app_id),
            "response_urls": [],
        }
        delivery = await self.deliver(payload, type="interactive")
        view.errors = {}
        if delivery.acked:
            try:
                self._done(view, delivery.answer)
            except Refused as refused:
                self.violated("bad_ack", f"view_submission: {refused.code} {refused.faults}")
                view.errors = {"": TROUBLE}
        else:
            view.errors = {"": TROUBLE}
        self.changed()
        return delivery

    def _done(self, view: View, answer: Json) -> None:
        """Do what the app answered (https://docs.slack.dev/surfaces/modals#response_actions)."""
        action = answer.get("response_action")
        if not answer:
            self._close(view)
        elif action == "clear":
            for each in stacked(self, view):
                self._close(each)
        elif action == "errors":
            errors = answer.get("errors")
            inputs = {each["block_id"] for each in view.blocks if each["type"] == "input"}
            if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
                raise Refused("invalid_errors", f"{errors} for {sorted(inputs)}")
            view.errors = {str(block): str(words) for block, words in errors.items()}
        elif action == "update":
            put(self, view, checked_view(answer.get("view")))
        elif action == "push":
            opened(self, view.person, view.team, checked_view(answer.get("view")), view)
        else:
            raise Refused("invalid_response_action", str(answer))

    def _close(self, view: View) -> None:
        view.closed = True
        if view in self.open_views:
            self.open_views.remove(view)
        self.changed()

    async def close(self, person: Person, view: View) -> Delivery | None:
        """Close a modal; the app is told if it asked to be (view_closed)."""
        assert view.person is person, f"{view.title} is not before {person.name}"
        whole = bool(view.payload.get("clear_on_close"))
        for each in stacked(self, view) if whole else [view]:
            self._close(each)
        if not view.payload.get("notify_on_close"):
            return None
        payload = {
            **self._common(person, view.team, "view_closed"),
            "view": view_shape(view, self.app_id),
            "is_cleared": whole,
        }
        return await self.deliver(payload, type="interactive")

    # Shortcuts

    async def message_shortcut(
        self, person: Person, message: Message, callback_id: str
    ) -> Delivery:
        """Choose a shortcut of a message's menu (message_action)."""
        assert self.app.shortcuts.get(callback_id) == "message", (
            f"no message shortcut {callback_id}"
        )
        hook = self.hook(person, message.channel)
        payload = {
            **self._common(person, person.team, "message_action"),
            "action_ts": self.clock.stamp(),
            "callback_id": callback_id,
            "trigger_id": self.trigger(person),
            "response_url": f"{self.root}/actions/{hook}",
            "channel": self._place(message.channel),
            "message_ts": message.ts,
            "message": self.shape(message),
        }
        return await self.deliver(payload, type="interactive")

    async def shortcut(self, person: Person, callback_id: str) -> Delivery:
        """Choose a shortcut that stands everywhere."""
        assert self.app.shortcuts.get(callback_id) == "global", f"no global shortcut {callback_id}"
        payload = {
            **self._common(person, person.team, "shortcut"),
            "action_ts": self.clock.stamp(),
            "callback_id": callback_id,
            "trigger_id": self.trigger(person),
        }
        return await self.deliver(payload, type="interactive")


def matching(offered: list[Json], value: str) -> Json:
    """Return the option of that value or label."""
    for each in offered:
        if value in {each["value"], each["text"]["text"]}:
            return each
    raise AssertionError(f"«{value}» is not offered among {[each['value'] for each in offered]}")


def chosen(element: Json, values: tuple[str, ...], offered: list[Json]) -> Json:
    """Return what an element says once values were chosen."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"selected_option": matching(offered, values[0]) if values else None}
    if kind in SOME_OPTIONS:
        return {"selected_options": [matching(offered, each) for each in values]}
    if kind in LISTS:
        return {LISTS[kind]: values[0] if values else None}
    if kind.startswith("multi_"):
        return {f"selected_{kind.split('_')[1]}": list(values)}
    if kind in TEXTS:
        return {"value": values[0] if values else None}
    raise AssertionError(f"nothing is chosen in {kind}")


def filled(element: Json, raw: Any, offered: list[Json]) -> Json:
    """Return the state of an input; what Slack's client does not let through fails."""
    kind = element["type"]
    if raw is None:
        raw = _initial(element)
    values = () if raw in {None, ""} else tuple(raw) if isinstance(raw, list) else (str(raw),)
    if kind in TEXTS and values:
        text = values[0]
        assert len(text) <= element.get("max_length", 3000), f"longer than {element}"
        assert len(text) >= element.get("min_length", 0), f"shorter than {element}"
        assert kind not in FORMS or FORMS[kind].fullmatch(text), f"{text} is none of {kind}"
        assert element.get("multiline") or "\n" not in text, "one line only"
    return {"type": kind, **chosen(element, values, offered)}


def _initial(element: Json) -> Any:
    for name, value in element.items():
        if name == "initial_option":
            return value["value"]
        if name == "initial_options":
            return [each["value"] for each in value]
        if name.startswith("initial_"):
            return value
    return None
