"""views.*: modals, a stack of three at most, and the home tab.

https://docs.slack.dev/reference/views/modal-views and home-tab-views
"""

import json
import secrets
from typing import Any

from tests.bot.slack.platform.blocks import Surface
from tests.bot.slack.platform.chat import identified, usable_files
from tests.bot.slack.platform.compositions import plain
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Person, Team, View
from tests.bot.slack.platform.payloads import checked_blocks
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.shapes import Check, Faults, anything, boolean, members, words
from tests.bot.slack.platform.world import Trigger, World

TRIGGER_LIFE = 3.0
"""«Use trigger_id within 3 seconds»; `expired_trigger_id`."""
MOST_PUSHED = 3
"""views.push: «Currently the limit is 3», `push_limit_reached`."""
LARGEST = 250_000
"""views.open: `view_too_large` over 250 kB."""

BOTH: dict[str, Check] = {
    "type": anything,
    "blocks": anything,
    "private_metadata": words(3000),
    "callback_id": words(255),
    "external_id": words(255, 1),
}
MODAL = members(
    {
        **BOTH,
        "title": plain(24),
        "close": plain(24),
        "submit": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    ("type", "title", "blocks"),
)
"""modal-views: title, close and submit 24; private_metadata 3000; callback_id 255; 100 blocks."""
HOME = members(BOTH, ("type", "blocks"))


def checked_view(value: Any, *, home: bool = False) -> Json:
    """Return a view that Slack takes; what is wrong is `invalid_arguments`."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise Refused("invalid_arguments", "must be valid JSON [json-pointer:/view]") from None
    if not isinstance(value, dict):
        raise Refused("invalid_arguments", "must be an object [json-pointer:/view]")
    if len(json.dumps(value).encode()) > LARGEST:
        raise Refused("view_too_large")
    faults = Faults()
    kind = "home" if home else "modal"
    if value.get("type") != kind:
        faults.add(f"must be {kind}", "/view/type")
    else:
        (HOME if home else MODAL)(value, "/view", faults)
    if faults:
        raise Refused("invalid_arguments", *faults)
    surface = Surface.HOME if home else Surface.MODAL
    try:
        blocks = checked_blocks(value["blocks"], surface, "/view/blocks")
    except Refused as refused:
        raise Refused("invalid_arguments", *refused.faults) from None
    if not home and "submit" not in value and any(each["type"] == "input" for each in blocks):
        raise Refused("invalid_arguments", "missing required field: submit [json-pointer:/view]")
    return {**value, "blocks": identified(blocks)}


def exchanged(asking: Asking) -> Trigger:
    """Return the trigger of a call: good for three seconds, once."""
    found = asking.found
    id = str(found.get("trigger_id") or found.get("interactivity_pointer") or "")
    trigger = asking.world.triggers.get(id)
    if trigger is None or trigger.team is not asking.team:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if asking.world.clock.now() - trigger.made > TRIGGER_LIFE:
        raise Refused("expired_trigger_id")
    return trigger


def own_external_id(asking: Asking, payload: Json, view: View | None = None) -> None:
    """Refuse an `external_id` that another view of the team has."""
    id = payload.get("external_id")
    views = [*asking.world.open_views, *asking.world.homes.values()]
    for each in views:
        other = each is not view and each.team is asking.team
        if id and other and each.payload.get("external_id") == id:
            raise Refused("duplicate_external_id")


def shape(asking: Asking, view: View) -> Json:
    """Return a view as the Web API shows it."""
    return view_shape(view, asking.world.app_id)


def view_shape(view: View, app_id: str) -> Json:
    """Return a view as interactions and the Web API show it."""
    return {
        "id": view.id,
        "team_id": view.team.id,
        "app_id": app_id,
        "app_installed_team_id": view.team.id,
        "bot_id": view.team.bot_id,
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        "title": None,
        **view.payload,
        "state": {"values": {block: dict(each) for block, each in view.state.items()}},
        "hash": view.hash,
        "root_view_id": view.root or view.id,
        "previous_view_id": view.previous,
    }


def fresh_hash(world: World) -> str:
    """Return what tells this state of a view from the one before."""
    return f"{int(world.clock.now())}.{secrets.token_hex(4)}"


def opened(world: World, person: Person, team: Team, payload: Json, below: View | None) -> View:
    """Put a modal before somebody."""
    view = View(world.new_id("V"), person, team, payload)
    view.hash = fresh_hash(world)
    view.root = below.root if below else view.id
    view.previous = below.id if below else None
    world.open_views.append(view)
    world.changed()
    return view


@method("views.open", tier=4, required=("view",), optional=("trigger_id", "interactivity_pointer"))
async def open_view(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/views.open."""
    trigger = exchanged(asking)
    payload = checked_view(asking.found["view"])
    usable_files(asking, payload["blocks"])
    own_external_id(asking, payload)
    trigger.used = True
    view = opened(asking.world, trigger.person, asking.team, payload, None)
    return {"view": shape(asking, view)}


def stacked(world: World, view: View) -> list[View]:
    """Return the modals of a stack, the uppermost last."""
    return [each for each in world.open_views if each.root == view.root]


@method("views.push", tier=4, required=("view",), optional=("trigger_id", "interactivity_pointer"))
async def push(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/views.push."""
    trigger = exchanged(asking)
    below = trigger.view
    if below is None or below.closed or below.payload["type"] != "modal":
        raise Refused("not_found")
    stack = stacked(asking.world, below)
    if len(stack) >= MOST_PUSHED:
        raise Refused("push_limit_reached")
    payload = checked_view(asking.found["view"])
    own_external_id(asking, payload)
    trigger.used = True
    view = opened(asking.world, trigger.person, asking.team, payload, stack[-1])
    return {"view": shape(asking, view)}


@method("views.update", tier=4, required=("view",), optional=("view_id", "external_id", "hash"))
async def update(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/views.update."""
    found = asking.found
    if "view_id" not in found and "external_id" not in found:
        raise Refused("invalid_arguments", "missing required field: view_id")
    for view in [*asking.world.open_views, *asking.world.homes.values()]:
        named = view.id == found.get("view_id")
        called = "external_id" in found and view.payload.get("external_id") == found["external_id"]
        if view.team is asking.team and (named or called):
            break
    else:
        raise Refused("not_found")
    if "hash" in found and found["hash"] != view.hash:
        raise Refused("hash_conflict")
    payload = checked_view(found["view"], home=view.payload["type"] == "home")
    usable_files(asking, payload["blocks"])
    own_external_id(asking, payload, view)
    put(asking.world, view, payload)
    return {"view": shape(asking, view)}


def put(world: World, view: View, payload: Json) -> None:
    """Show another thing in a view; what was typed stays in inputs of the same ids."""
    places = {
        (each["block_id"], each["element"]["action_id"])
        for each in payload["blocks"]
        if each["type"] == "input"
    }
    kept: dict[str, dict[str, Json]] = {}
    for block, actions in view.state.items():
        for action, value in actions.items():
            if (block, action) in places:
                kept.setdefault(block, {})[action] = value
    view.payload, view.state, view.errors = payload, kept, {}
    view.edits += 1
    view.hash = fresh_hash(world)
    world.changed()


@method(
    "views.publish",
    tier=4,
    required=("user_id", "view"),
    optional=("hash", "interactivity_pointer"),
)
async def publish(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/views.publish."""
    found, world = asking.found, asking.world
    person = world.people.get(str(found["user_id"]))
    if person is None or person.team is not asking.team or person.bot:
        raise Refused("invalid_arguments", "invalid user_id [json-pointer:/user_id]")
    if not world.app.home:
        raise Refused("not_enabled")
    payload = checked_view(found["view"], home=True)
    usable_files(asking, payload["blocks"])
    view = world.homes.get(person.id)
    if view is None:
        view = View(world.new_id("V"), person, asking.team, payload)
    elif "hash" in found and found["hash"] != view.hash:
        raise Refused("hash_conflict")
    own_external_id(asking, payload, view)
    world.homes[person.id] = view
    put(asking.world, view, payload)
    return {"view": shape(asking, view)}
