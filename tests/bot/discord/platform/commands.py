"""Application commands, within their limits: docs, Application Commands.

And what a person can type into one: Discord's own client lets nothing else through.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

from .checks import Body
from .components import listed
from .errors import Problems, Refused, wrong
from .records import Channel, Payload

CHAT, USER, MESSAGE = 1, 2, 3
SUB, GROUP, STRING, INTEGER, BOOLEAN, CHANNEL, NUMBER = 1, 2, 3, 4, 5, 7, 10
NAME, DESCRIPTION, OPTIONS, CHOICES, VALUE = 32, 100, 25, 25, 100
"""Docs, Application Commands, "Application Command Structure" and those of its options."""
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
"""Of each type in a scope: "Registering a Command"."""
LENGTH = 6000
"""Most of `min_length` and `max_length`: "Application Command Option Structure"."""
WHOLE = 8000
"""Characters of names, descriptions and values of one command: "Slash Commands"."""
KNOWN = (
    *("id", "application_id", "guild_id", "version", "type", "name", "name_localizations"),
    *("description", "description_localizations", "options", "default_member_permissions"),
    *("dm_permission", "default_permission", "nsfw", "integration_types", "contexts"),
)
OPTION = (
    *("type", "name", "name_localizations", "description", "description_localizations"),
    *("required", "choices", "options", "channel_types", "min_value", "max_value"),
    *("min_length", "max_length", "autocomplete"),
)


def read_commands(values: Any) -> list[Payload]:
    """Read a bulk overwrite: everything that is wrong with it is said at once."""
    problems = Problems()
    if not isinstance(values, list):
        raise wrong((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    seen: set[tuple[int, str]] = set()
    for index, value in enumerate(values):
        body = Body(problems, (index,), value)
        key = (_command(body), str(body.value.get("name")))
        if key in seen:
            said = "Application command names must be unique"
            body.wrong(("name",), "APPLICATION_COMMANDS_DUPLICATE_NAME", said)
        seen.add(key)
    problems.refuse()
    for kind, most in MOST.items():
        if sum(one == kind for one, _ in seen) > most:
            raise Refused(30032, f"Maximum number of application commands reached ({most}).")
    return list(values)


def read_command(value: Any) -> Payload:
    """Read one command."""
    problems = Problems()
    body = Body(problems, (), value)
    _command(body)
    problems.refuse()
    return body.value


def _command(body: Body) -> int:
    """Check a command, and return its type."""
    body.only(*KNOWN)
    kind: int = body.one_of("type", (CHAT, USER, MESSAGE)) or CHAT
    body.truth("nsfw")
    body.truth("dm_permission")
    for name, values in (("contexts", (0, 1, 2)), ("integration_types", (0, 1))):
        for index, each in enumerate(body.values(name, most=3)):
            if each not in values:
                said = f"Value must be one of {values}."
                body.wrong((name, index), "BASE_TYPE_CHOICES", said)
    if kind != CHAT:
        body.text("name", least=1, most=NAME, required=True)
        for name in ("description", "options"):
            if body.value.get(name):
                said = "Context menu commands have none"
                body.wrong((name,), "APPLICATION_COMMAND_CONTEXT_MENU_FIELD", said)
        return kind
    _name(body)
    body.text("description", least=1, most=DESCRIPTION, required=True)
    _options(body, depth=0)
    if _weight(body.value) > WHOLE:
        said = f"Command exceeds maximum size ({WHOLE})"
        body.wrong((), "APPLICATION_COMMAND_TOO_LARGE", said)
    return kind


def _name(body: Body) -> None:
    """Check letters, numbers, - and _ in small letters: "Application Command Naming"."""
    name = body.text("name", least=1, most=NAME, required=True)
    allowed = all(unicodedata.category(each)[0] in "LNM" or each in "-_'" for each in name or "")
    if name and not (allowed and name == name.lower()):
        said = "Command name is invalid"
        body.wrong(("name",), "APPLICATION_COMMAND_INVALID_NAME", said)


def _weight(value: Payload) -> int:
    own = sum(len(str(value.get(name) or "")) for name in ("name", "description", "value"))
    inner = [*listed(value.get("options")), *listed(value.get("choices"))]
    return own + sum(map(_weight, inner))


def _options(body: Body, *, depth: int) -> None:
    names: set[str] = set()
    optional = False
    kinds = set()
    for each in body.items("options", most=OPTIONS):
        kind, name = _option(each, depth), str(each.value.get("name"))
        kinds.add("sub" if kind in {SUB, GROUP} else "value")
        if name in names:
            code = "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS"
            each.wrong(("name",), code, "Option name already exists")
        names.add(name)
        if each.value.get("required") and optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            said = "Required options must be placed before non-required options"
            each.wrong((), code, said)
        optional = optional or not each.value.get("required")
    if len(kinds) > 1:
        said = "Sub-command and sub-command group option types are mutually exclusive to all others"
        body.wrong(("options",), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)


def _option(body: Body, depth: int) -> int | None:
    """Check an option, and return its type."""
    body.only(*OPTION)
    kind: int | None = body.one_of("type", range(1, 12), required=True)
    _name(body)
    body.text("description", least=1, most=DESCRIPTION, required=True)
    body.truth("required")
    complete = body.truth("autocomplete")
    body.number("min_length", least=0, most=LENGTH)
    body.number("max_length", least=1, most=LENGTH)
    if kind in {SUB, GROUP}:
        if depth >= (1 if kind == GROUP else 2):
            said = "Sub-commands are nested too deep"
            body.wrong((), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
        _options(body, depth=depth + 1)
        return kind
    if complete and body.value.get("choices"):
        said = "Autocomplete and choices are mutually exclusive"
        body.wrong(("autocomplete",), "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", said)
    if (complete or body.value.get("choices")) and kind not in {STRING, INTEGER, NUMBER}:
        said = "Only strings and numbers are chosen so"
        body.wrong(("type",), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", said)
    for each in body.items("choices", most=CHOICES):
        each.only("name", "name_localizations", "value")
        read_choice(each, kind)
    return kind


def read_choice(body: Body, kind: int | None) -> None:
    """Read a choice: "Application Command Option Choice Structure"."""
    body.text("name", least=1, most=VALUE, required=True)
    value = body.value.get("value")
    if kind == STRING or kind is None:
        body.text("value", least=1, most=VALUE, required=True)
    elif kind == INTEGER:
        body.number("value", least=-(2**53), most=2**53, required=True)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        body.wrong(("value",), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')


def typed(command: Payload, values: Mapping[str, Any], focused: str | None = None) -> list[Payload]:
    """Return the options of an interaction once *values* are typed.

    A client lets nobody send what the command does not take; while one types into *focused*,
    nothing is required yet, and what is typed need not make sense.
    """
    options = {each["name"]: each for each in command.get("options") or ()}
    unknown = set(values) - set(options)
    assert not unknown, f"/{command['name']} has no {unknown}, only {list(options)}"
    missing = [
        name for name, each in options.items() if each.get("required") and name not in values
    ]
    assert focused or not missing, f"/{command['name']} needs {missing}"
    found = []
    for name, value in values.items():
        option = options[name]
        entry = {"name": name, "type": option["type"], "value": value}
        if isinstance(value, Channel):
            entry["value"] = str(value.id)
        if name == focused:
            assert option.get("autocomplete"), f"{name} is not completed by the bot"
            entry |= {"value": str(value), "focused": True}
        else:
            _fits(option, value)
        found.append(entry)
    return found


def _fits(option: Payload, value: Any) -> None:
    name, kind = option["name"], option["type"]
    if kind == CHANNEL:
        assert isinstance(value, Channel), f"{name} takes a channel, not {value!r}"
        kinds = option.get("channel_types") or [value.type]
        assert value.type in kinds, f"{name} takes channels of the types {kinds}"
        return
    types: dict[int, tuple[type, ...]] = {
        STRING: (str,),
        INTEGER: (int,),
        BOOLEAN: (bool,),
        NUMBER: (int, float),
    }
    assert kind in types, f"this stand-in cannot type an option of type {kind} ({name})"
    right = isinstance(value, types[kind]) and (kind == BOOLEAN or not isinstance(value, bool))
    assert right, f"{name} takes {types[kind]}, not {value!r}"
    choices = [each["value"] for each in option.get("choices") or ()]
    assert not choices or value in choices, f"{name} takes one of {choices}"
    if kind == STRING:
        least, most = option.get("min_length") or 1, option.get("max_length") or LENGTH
        assert least <= len(value) <= most, f"{name} takes {least} to {most} characters"
    elif kind != BOOLEAN:
        least, most = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
        assert least <= value <= most, f"{name} takes {least} to {most}"
