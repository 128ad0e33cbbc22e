"""auth.*, apps.*, oauth.*, users.*, bots.*, team.*: who is who, and which app is where."""

import secrets

from tests.bot.slack.platform.arguments import flag, text
from tests.bot.slack.platform.method import Asking, method
from tests.bot.slack.platform.nouns import Person, Team
from tests.bot.slack.platform.refusals import Json, Refused
from tests.bot.slack.platform.world import Token

CODE_LIFE = 600.0
"""https://docs.slack.dev/authentication/installing-with-oauth: a code is good for ten minutes."""


@method("api.test", tier=0, kind="none", optional=("error", "foo"))
async def api_test(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/api.test."""
    if "error" in asking.found:
        raise Refused(text(asking.found, "error"))
    return {"args": asking.found}


@method("auth.test", tier=0)
async def auth_test(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/auth.test."""
    team = asking.team
    return {
        "url": team.url,
        "team": team.name,
        "user": asking.world.people[team.bot_user].name.lower(),
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
        **({"enterprise_id": team.enterprise} if team.enterprise else {}),
    }


@method("auth.revoke", tier=3, optional=("test",))
async def auth_revoke(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/auth.revoke."""
    if flag(asking.found, "test"):
        return {"revoked": False}
    asking.token.dead = "token_revoked"
    return {"revoked": True}


@method("apps.connections.open", tier=3, kind="app", scopes=("connections:write",))
async def connections_open(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/apps.connections.open."""
    ticket = secrets.token_urlsafe(24)
    asking.world.tickets.add(ticket)
    return {"url": f"{asking.address.replace('http', 'ws', 1)}/link/?ticket={ticket}"}


@method("apps.uninstall", tier=1, required=("client_id", "client_secret"), takes_json=False)
async def uninstall(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/apps.uninstall."""
    if asking.found["client_id"] != asking.world.client_id:
        raise Refused("invalid_client_id")
    if asking.found["client_secret"] != asking.world.client_secret:
        raise Refused("bad_client_secret")
    asking.world.errand(asking.world.removed(asking.team))
    return {}


@method(
    "oauth.v2.access",
    tier=0,
    kind="none",
    optional=(
        *("client_id", "client_secret", "code", "code_verifier", "grant_type"),
        *("redirect_uri", "refresh_token"),
    ),
    takes_json=False,
)
async def oauth_access(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/oauth.v2.access."""
    world, found = asking.world, asking.found
    if found.get("client_id") != world.client_id:
        raise Refused("invalid_client_id")
    if found.get("client_secret") != world.client_secret:
        raise Refused("bad_client_secret")
    if found.get("grant_type", "authorization_code") != "authorization_code":
        raise Refused("invalid_grant_type")
    given = world.codes.pop(str(found.get("code")), None)
    if given is None or world.clock.now() - given["made"] > CODE_LIFE:
        raise Refused("invalid_code")
    if found.get("redirect_uri", given["redirect_uri"]) != given["redirect_uri"]:
        raise Refused("bad_redirect_uri")
    team: Team = given["team"]
    team.installed = True
    team.scopes = set(given["scopes"])
    team.bot_token = f"xoxb-{secrets.randbelow(10**12)}-{secrets.token_hex(12)}"
    world.tokens[team.bot_token] = Token("bot", team, frozenset(team.scopes))
    return {
        "app_id": world.app_id,
        "authed_user": {"id": given["person"].id},
        "scope": ",".join(sorted(team.scopes)),
        "token_type": "bot",
        "access_token": team.bot_token,
        "bot_user_id": team.bot_user,
        "team": {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise, "name": "E"} if team.enterprise else None,
        "is_enterprise_install": False,
    }


def visible(asking: Asking, id: object) -> Person:
    """Return somebody the bot may know of: of its team, or met in a shared channel."""
    person = asking.world.people.get(str(id))
    if person is None:
        raise Refused("user_not_found")
    if person.team is not asking.team:
        met = any(
            person.id in channel.members and asking.team.bot_user in channel.members
            for channel in asking.world.channels.values()
        )
        if not met:
            raise Refused("user_not_found")
    return person


def user_shape(asking: Asking, person: Person) -> Json:
    """Return somebody as users.info shows them.

    An e-mail takes a scope, and strangers of a shared channel mostly show none
    (https://docs.slack.dev/reference/objects/user-object).
    """
    stranger = person.team is not asking.team
    profile: Json = {
        "real_name": person.name,
        "display_name": person.name.lower(),
        "team": person.team.id,
    }
    shown = not stranger or person.email_shown_to_strangers
    if person.email and shown and asking.has("users:read.email"):
        profile["email"] = person.email
    return {
        "id": person.id,
        "team_id": person.team.id,
        "name": person.name.lower(),
        "deleted": person.deleted,
        "real_name": person.name,
        "tz": person.zone,
        "profile": profile,
        "is_bot": person.bot,
        "is_app_user": False,
        "is_stranger": stranger,
        "is_restricted": person.guest,
        "is_ultra_restricted": False,
        "is_email_confirmed": person.email_confirmed,
        "updated": 1,
    }


@method(
    "users.info",
    tier=4,
    scopes=("users:read",),
    required=("user",),
    optional=("include_locale",),
    takes_json=False,
)
async def users_info(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/users.info."""
    return {"user": user_shape(asking, visible(asking, asking.found["user"]))}


@method(
    "users.lookupByEmail",
    tier=3,
    scopes=("users:read.email",),
    required=("email",),
    takes_json=False,
)
async def users_by_email(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/users.lookupByEmail."""
    email = text(asking.found, "email").lower()
    for person in asking.world.people.values():
        if person.email.lower() == email and person.team is asking.team and not person.deleted:
            return {"user": user_shape(asking, person)}
    raise Refused("users_not_found")


@method(
    "bots.info",
    tier=3,
    scopes=("users:read",),
    required=("bot",),
    optional=("team_id",),
    takes_json=False,
)
async def bots_info(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/bots.info."""
    for team in asking.world.teams.values():
        if team.bot_id == asking.found["bot"]:
            return {
                "bot": {
                    "id": team.bot_id,
                    "deleted": not team.installed,
                    "name": asking.world.app.name,
                    "updated": 1,
                    "app_id": asking.world.app_id,
                    "user_id": team.bot_user,
                    "icons": {},
                }
            }
    raise Refused("bot_not_found")


@method("team.info", tier=3, scopes=("team:read",), optional=("team", "domain"), takes_json=False)
async def team_info(asking: Asking) -> Json:
    """https://docs.slack.dev/reference/methods/team.info."""
    id = str(asking.found.get("team", asking.team.id))
    team = asking.world.teams.get(id)
    shared = any(
        {id, asking.team.id} <= {each.id for each in channel.teams}
        for channel in asking.world.channels.values()
    )
    if team is None or (team is not asking.team and not shared):
        raise Refused("team_not_found")
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "url": team.url,
            "email_domain": "",
            "icon": {},
            **({"enterprise_id": team.enterprise} if team.enterprise else {}),
        }
    }
