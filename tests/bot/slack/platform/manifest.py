"""The app, as its manifest says: what it may do, what it hears, how it is called.

https://docs.slack.dev/reference/app-manifest, and Slack's JSON schema of manifests
(https://github.com/slackapi/manifest-schema) for the bounds.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.bot.slack.platform.refusals import Json
from tests.bot.slack.platform.shapes import (
    Check,
    Faults,
    anything,
    array,
    boolean,
    members,
    one_of,
    words,
)

SCOPES = frozenset(
    {
        *("app_mentions:read", "assistant:write", "bookmarks:read", "bookmarks:write"),
        *("channels:history", "channels:join", "channels:manage", "channels:read"),
        *("chat:write", "chat:write.customize", "chat:write.public", "commands"),
        *("emoji:read", "files:read", "files:write", "groups:history", "groups:read"),
        *("groups:write", "im:history", "im:read", "im:write", "links:read", "links:write"),
        *("links.embed:write", "metadata.message:read", "mpim:history", "mpim:read"),
        *("mpim:write", "pins:read", "pins:write", "reactions:read", "reactions:write"),
        *("team:read", "usergroups:read", "users.profile:read", "users:read"),
        *("users:read.email", "incoming-webhook", "search:read.public", "users:write"),
    }
)
"""https://docs.slack.dev/reference/scopes: those a bot may have, as far as we meet them."""

EVENTS: dict[str, tuple[str, ...]] = {
    "agent_session_stopped": (),
    "app_context_changed": (),
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "assistant_thread_context_changed": (),
    "assistant_thread_started": (),
    "channel_archive": ("channels:read",),
    "channel_left": ("channels:read",),
    "group_left": ("groups:read",),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}
"""Each event's page names the scope without which it is not delivered; one of several is enough."""

NEEDED = {
    "assistant_view": "assistant:write",
    "agent_view": "assistant:write",
    "slash_commands": "commands",
    "shortcuts": "commands",
    "unfurl_domains": "links:read",
}
"""Features, and the scope each comes with."""
PROMPTS = array(
    members({"title": words(least=1), "message": words(least=1)}, ("title", "message")), most=4
)
ADDRESS = words(3500, 1)
HANDLE = re.compile(r"/[^\s/]+")


def handle(value: object, pointer: str, faults: Faults) -> None:
    """Note a slash command of another form."""
    words(32, 2)(value, pointer, faults)
    if isinstance(value, str) and not HANDLE.fullmatch(value):
        faults.add("must start with a slash and have no spaces", pointer)


def scope(value: object, pointer: str, faults: Faults) -> None:
    """Note a scope that is none."""
    if value not in SCOPES:
        faults.add(f"invalid scope: {value}", pointer)


def event(value: object, pointer: str, faults: Faults) -> None:
    """Note an event that is none."""
    if value not in EVENTS:
        faults.add(f"unknown event: {value}", pointer)


FEATURES: dict[str, Check] = {
    "app_home": members(
        {
            "home_tab_enabled": boolean,
            "messages_tab_enabled": boolean,
            "messages_tab_read_only_enabled": boolean,
        }
    ),
    "bot_user": members(
        {"display_name": words(80, 1), "always_online": boolean}, ("display_name",)
    ),
    "shortcuts": array(
        members(
            {
                "name": words(24, 1),
                "type": one_of("message", "global"),
                "callback_id": words(255, 1),
                "description": words(150, 1),
            },
            ("name", "type", "callback_id", "description"),
        ),
        least=1,
        most=10,
    ),
    "slash_commands": array(
        members(
            {
                "command": handle,
                "url": words(3000, 1),
                "description": words(2000, 1),
                "usage_hint": words(1000, 1),
                "should_escape": boolean,
            },
            ("command", "description"),
        ),
        least=1,
        most=50,
    ),
    "unfurl_domains": array(words(255, 1), least=1, most=5),
    "assistant_view": members(
        {"assistant_description": words(300, 1), "suggested_prompts": PROMPTS},
        ("assistant_description",),
    ),
    "agent_view": members(
        {"agent_description": words(300, 1), "suggested_prompts": PROMPTS},
        ("agent_description",),
    ),
}
SETTINGS: dict[str, Check] = {
    "event_subscriptions": members(
        {"request_url": ADDRESS, "bot_events": array(event, most=100), "user_events": anything}
    ),
    "interactivity": members(
        {"is_enabled": boolean, "request_url": ADDRESS, "message_menu_options_url": ADDRESS},
        ("is_enabled",),
    ),
    "org_deploy_enabled": boolean,
    "socket_mode_enabled": boolean,
    "token_rotation_enabled": boolean,
    "is_hosted": boolean,
    "allowed_ip_address_ranges": anything,
}
MANIFEST = members(
    {
        "_metadata": anything,
        "display_information": members(
            {
                "name": words(35, 1),
                "description": words(140, 1),
                "background_color": words(7, 4),
                "long_description": words(4000, 175),
            },
            ("name",),
        ),
        "features": members(FEATURES),
        "oauth_config": members(
            {
                "redirect_urls": array(words(2500, 1), most=1000),
                "scopes": members(
                    {
                        "bot": array(scope, most=255),
                        "bot_optional": array(scope, most=255),
                        "user": anything,
                        "user_optional": anything,
                    }
                ),
                "pkce_enabled": boolean,
            }
        ),
        "settings": members(SETTINGS),
    },
    ("display_information",),
)


@dataclass(frozen=True)
class App:
    """What the platform knows of the app."""

    name: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: dict[str, Json] = field(default_factory=dict)
    shortcuts: dict[str, str] = field(default_factory=dict)
    """By `callback_id`: `message` or `global`."""
    domains: tuple[str, ...] = ()
    redirects: tuple[str, ...] = ()
    view: str = ""
    """`assistant`, `agent`, or neither."""
    home: bool = True
    messages: bool = True
    interactive: bool = True


def problems(manifest: Json) -> Faults:
    """Return what Slack would not take of a manifest (apps.manifest.validate)."""
    faults = Faults()
    MANIFEST(manifest, "", faults)
    if faults:
        return faults
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    scopes = set(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", []))
    for feature, needed in NEEDED.items():
        if feature in features and needed not in scopes:
            faults.add(f"{needed} is required", f"/features/{feature}")
    if scopes and "bot_user" not in features:
        faults.add("bot_user is required for bot scopes", "/features/bot_user")
    if {"assistant_view", "agent_view"} <= set(features):
        faults.add("assistant_view and agent_view exclude each other", "/features")
    if "users:read.email" in scopes and "users:read" not in scopes:
        faults.add("users:read is required for users:read.email", "/oauth_config/scopes/bot")
    for name in settings.get("event_subscriptions", {}).get("bot_events", []):
        if EVENTS[name] and not set(EVENTS[name]) & scopes:
            listed = ", ".join(EVENTS[name])
            faults.add(f"{name} needs one of: {listed}", "/settings/event_subscriptions")
    return faults


def app(manifest: Json) -> App:
    """Return the app of a manifest.

    Raises:
        ValueError: Slack would not create it.
    """
    if faults := problems(manifest):
        raise ValueError("\n".join(faults))
    features, settings = manifest.get("features", {}), manifest.get("settings", {})
    oauth: Json = manifest.get("oauth_config", {})
    tabs: Json = features.get("app_home", {})
    listed: list[Any] = features.get("slash_commands", [])
    return App(
        name=manifest["display_information"]["name"],
        scopes=frozenset(oauth.get("scopes", {}).get("bot", [])),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        commands={each["command"]: each for each in listed},
        shortcuts={each["callback_id"]: each["type"] for each in features.get("shortcuts", [])},
        domains=tuple(features.get("unfurl_domains", [])),
        redirects=tuple(oauth.get("redirect_urls", [])),
        view=next((v for v in ("assistant", "agent") if f"{v}_view" in features), ""),
        home=bool(tabs.get("home_tab_enabled", False)),
        messages=bool(tabs.get("messages_tab_enabled", False)),
        interactive=bool(settings.get("interactivity", {}).get("is_enabled", False)),
    )


EVERYTHING: Json = {
    "display_information": {"name": "Everything"},
    "features": {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "trellis", "always_online": True},
        "agent_view": {"agent_description": "Answers questions"},
        "slash_commands": [{"command": "/trellis", "description": "Ask", "should_escape": False}],
        "shortcuts": [
            *(
                {"name": kind, "type": kind, "callback_id": f"{kind}_it", "description": kind}
                for kind in ("message", "global")
            )
        ],
        "unfurl_domains": ["trellis.example"],
    },
    "oauth_config": {
        "scopes": {"bot": sorted(SCOPES - {"incoming-webhook"})},
        "redirect_urls": ["https://trellis.example/slack/oauth_redirect"],
    },
    "settings": {
        "event_subscriptions": {"bot_events": sorted(EVENTS)},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}
"""A manifest of all there is."""
