"""REST of users, guilds, the application and its commands: docs, Resources."""

from collections.abc import Iterable

from . import payloads
from .calls import Answer, Call, Rule
from .commands import CHAT, read_command, read_commands
from .errors import Refused
from .gateway import Gateway
from .records import DM, Channel, Payload, Person
from .world import World

APPLICATION = "/applications/{application}"


class Accounts:
    """What a bot learns of itself, of people and of servers."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    @property
    def rules(self) -> list[Rule]:
        """Return the routes."""
        found = [
            Rule("GET", "/gateway", self.gateway, open=True),
            Rule("GET", "/gateway/bot", self.gateway),
            Rule("GET", "/users/@me", self.me),
            Rule("GET", "/users/@me/guilds", self.mine),
            Rule("DELETE", "/users/@me/guilds/{guild}", self.leave),
            Rule("POST", "/users/@me/channels", self.dm),
            Rule("GET", "/users/{user}", self.user),
            Rule("GET", "/guilds/{guild}", self.guild),
            Rule("GET", "/guilds/{guild}/channels", self.channels),
            Rule("GET", "/guilds/{guild}/members/{user}", self.member),
            Rule("GET", "/guilds/{guild}/roles", self.roles),
            Rule("GET", "/applications/@me", self.application),
            Rule("GET", "/oauth2/applications/@me", self.application),
        ]
        for scope in (APPLICATION, f"{APPLICATION}/guilds/{{guild}}"):
            found += [
                Rule("GET", f"{scope}/commands", self.commands),
                Rule("PUT", f"{scope}/commands", self.overwrite),
                Rule("POST", f"{scope}/commands", self.upsert),
                Rule("DELETE", f"{scope}/commands/{{command}}", self.uncommand),
            ]
        return found

    def gateway(self, _: Call) -> Answer:
        """Get Gateway Bot: docs, Gateway."""
        gateway = self._gateway
        limit = {
            "total": gateway.starts,
            "remaining": gateway.remaining,
            "reset_after": 14_400_000,
            "max_concurrency": gateway.concurrency,
        }
        shards = self._world.shards
        return Answer({"url": gateway.url, "shards": shards, "session_start_limit": limit})

    def me(self, _: Call) -> Answer:
        """Get Current User."""
        more = {"verified": True, "mfa_enabled": False, "locale": payloads.LOCALE, "email": None}
        return Answer(payloads.user(self._world.bot) | more)

    def mine(self, _: Call) -> Answer:
        """Get Current User Guilds."""
        guilds = [each for each in self._world.guilds.values() if each.joined]
        shown = [
            {"id": str(each.id), "name": each.name, "icon": None, "owner": False}
            | {"permissions": "0", "features": []}
            for each in guilds
        ]
        return Answer(shown)

    def leave(self, call: Call) -> Answer:
        """Leave Guild."""
        guild = self._world.guild(call.parts["guild"])
        self._world.tell("GUILD_DELETE", guild, {"id": str(guild.id)})
        guild.joined = False
        guild.people.discard(self._world.bot)
        self._world.moments.happened()
        return Answer()

    def dm(self, call: Call) -> Answer:
        """Create DM: opens, and says only when one speaks whether one may."""
        body = call.fields("recipient_id")
        id = body.snowflake("recipient_id", required=True)
        body.problems.refuse()
        person = self._world.people.get(id or 0)
        if person is None or person.bot:
            raise Refused(50033)
        return Answer(self._world.place(self.direct(person)))

    def direct(self, person: Person) -> Channel:
        """Return the direct messages between *person* and the bot."""
        world = self._world
        for each in world.channels.values():
            if each.type == DM and each.recipient is person:
                return each
        channel = Channel(world.ids.next(), person.name, DM, recipient=person)
        world.channels[channel.id] = channel
        return channel

    def _person(self, call: Call) -> Person:
        id = call.parts["user"]
        found = self._world.people.get(int(id)) if id.isdecimal() else None
        if found is None:
            raise Refused(10013)
        return found

    def user(self, call: Call) -> Answer:
        """Get User."""
        return Answer(payloads.user(self._person(call)))

    def guild(self, call: Call) -> Answer:
        """Get Guild."""
        whole = self._gateway.whole(self._world.guild(call.parts["guild"]))
        return Answer({key: whole[key] for key in whole if key not in {"members", "channels"}})

    def channels(self, call: Call) -> Answer:
        """Get Guild Channels: threads are not in it."""
        places = self._world.places(self._world.guild(call.parts["guild"]))
        return Answer([self._world.place(each) for each in places if each.parent is None])

    def member(self, call: Call) -> Answer:
        """Get Guild Member."""
        guild = self._world.guild(call.parts["guild"])
        person = self._person(call)
        if person not in guild.people:
            raise Refused(10007)
        return Answer(payloads.member(person, guild) | {"user": payloads.user(person)})

    def roles(self, call: Call) -> Answer:
        """Get Guild Roles."""
        guild = self._world.guild(call.parts["guild"])
        return Answer([payloads.role(each) for each in guild.roles.values()])

    def application(self, _: Call) -> Answer:
        """Get Current Application."""
        bot = self._world.bot
        owner = next((each for each in self._world.people.values() if not each.bot), bot)
        return Answer(
            {
                "id": str(bot.id),
                "name": bot.name,
                "icon": None,
                "description": "",
                "bot_public": False,
                "bot_require_code_grant": False,
                "verify_key": "0" * 64,
                "flags": 1 << 19 if self._world.content else 0,
                "team": None,
                "owner": payloads.user(owner),
                "summary": "",
                "approximate_guild_count": len(self._world.guilds),
                "install_params": None,
            }
        )

    # Commands.
    def _scope(self, call: Call) -> int | None:
        if call.parts["application"] != str(self._world.bot.id):
            raise Refused(10002)
        if "guild" not in call.parts:
            return None
        return self._world.guild(call.parts["guild"]).id if self._known(call) else 0

    def _known(self, call: Call) -> bool:
        """Refuse commands for a guild that did not let the application in (50001)."""
        id = call.parts["guild"]
        guild = self._world.guilds.get(int(id)) if id.isdecimal() else None
        if guild is None or not guild.joined:
            raise Refused(50001)
        return True

    def commands(self, call: Call) -> Answer:
        """Get Application Commands."""
        return Answer(list(self._world.commands.get(self._scope(call), {}).values()))

    def overwrite(self, call: Call) -> Answer:
        """Bulk Overwrite Application Commands: what is not in the list is gone."""
        scope = self._scope(call)
        found = [dict(each) for each in read_commands(call.body)]
        old = self._world.commands.get(scope, {})
        self._world.commands[scope] = {}
        for each in found:
            self._register(scope, each, old.values())
        self._world.moments.happened()
        return Answer(list(self._world.commands[scope].values()))

    def upsert(self, call: Call) -> Answer:
        """Create Application Command: one of the same name is replaced."""
        scope = self._scope(call)
        value = dict(read_command(call.body))
        commands = self._world.commands.setdefault(scope, {})
        shown = self._register(scope, value, list(commands.values()))
        self._world.moments.happened()
        return Answer(shown, 201)

    def _register(self, scope: int | None, value: Payload, old: Iterable[Payload]) -> Payload:
        kind = value.get("type") or CHAT
        same = [each for each in old if (each["name"], each["type"]) == (value["name"], kind)]
        id = same[0]["id"] if same else str(self._world.ids.next())
        value |= {"id": id, "application_id": str(self._world.bot.id), "type": kind}
        value |= {"version": str(self._world.ids.next())}
        value.setdefault("description", "")
        value.setdefault("default_member_permissions", None)
        value.setdefault("nsfw", False)
        if scope is None:
            value.setdefault("contexts", None)
            value.setdefault("integration_types", [0])
        else:
            value["guild_id"] = str(scope)
        self._world.commands.setdefault(scope, {})[int(id)] = value
        return value

    def uncommand(self, call: Call) -> Answer:
        """Delete Application Command."""
        commands = self._world.commands.get(self._scope(call), {})
        id = call.parts["command"]
        if not id.isdecimal() or int(id) not in commands:
            raise Refused(10063)
        del commands[int(id)]
        self._world.moments.happened()
        return Answer()
