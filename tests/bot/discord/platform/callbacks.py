"""REST of interactions: docs, Receiving and Responding.

Their first response is due within three seconds, and everything after it within fifteen minutes.
"""

from .calls import Answer, Call, Rule
from .checks import Body
from .commands import CHOICES, INTEGER, NUMBER, STRING, read_choice
from .drafts import RESPOND, RESPOND_FLAGS, Draft, read_draft
from .errors import Problems, Refused
from .mentions import RESPONSE
from .messages import Messages
from .modals import read_modal
from .records import COMPONENTS_V2, EPHEMERAL, Choice, Interaction, Message, Payload
from .world import World

COMMAND, COMPONENT, COMPLETE, FORM = 2, 3, 4, 5
"""Types of interactions."""
SAY, DEFER, DEFER_UPDATE, UPDATE, CHOOSE, ASK = 4, 5, 6, 7, 8, 9
"""Types of responses: "Interaction Callback Type"."""
FIRST, TOKEN = 3.0, 15 * 60.0
"""Seconds for the first response, and of a token's life: "Interaction Callback"."""
WEBHOOK = "/webhooks/{application}/{token}"


class Callbacks:
    """How a bot answers interactions."""

    def __init__(self, world: World, messages: Messages) -> None:
        self._world = world
        self._messages = messages

    @property
    def rules(self) -> list[Rule]:
        """Return the routes; the token in the path is all that they need."""
        found = [
            ("POST", "/interactions/{interaction}/{token}/callback", self.respond),
            ("POST", WEBHOOK, self.follow),
            ("GET", f"{WEBHOOK}/messages/{{message}}", self.read),
            ("PATCH", f"{WEBHOOK}/messages/{{message}}", self.edit),
            ("DELETE", f"{WEBHOOK}/messages/{{message}}", self.delete),
        ]
        return [Rule(method, path, act, open=True) for method, path, act in found]

    # The first response.
    def respond(self, call: Call) -> Answer:
        """Create Interaction Response: 10062 after three seconds, 40060 the second time."""
        world = self._world
        id = call.parts["interaction"]
        found = world.interactions.get(int(id)) if id.isdecimal() else None
        if found is None or found.token != call.parts["token"]:
            raise Refused(10062)
        passed = world.clock.now() - found.at
        if found.acknowledged is None and (found.late or found.expired or passed > FIRST):
            raise Refused(10062)
        if found.acknowledged is not None:
            raise Refused(40060)
        body = call.fields("type", "data")
        kind = body.one_of("type", self._allowed(found), required=True)
        body.problems.refuse()
        self._do(found, kind, call)
        found.acknowledged, found.response = passed, kind
        world.moments.happened()
        if call.query.get("with_response") not in {"1", "true", "True"}:
            return Answer()
        return Answer(self._resource(found))

    def _allowed(self, found: Interaction) -> tuple[int, ...]:
        """Docs, "Interaction Callback Type" and its notes."""
        if found.type == COMPLETE:
            return (CHOOSE,)
        allowed = [SAY, DEFER]
        allowed += [DEFER_UPDATE, UPDATE] if found.source else []
        allowed += [ASK] if found.type != FORM else []
        return tuple(allowed)

    def _do(self, found: Interaction, kind: int, call: Call) -> None:
        data = call.body.get("data") or {}
        if kind == CHOOSE:
            found.choices = self._choices(found, data)
        elif kind == ASK:
            found.modal = read_modal(data)
        elif kind == SAY:
            draft = self._draft(data, call, path=("data",))
            found.message = self._post(found, draft)
        elif kind == DEFER:
            draft = self._draft(data, call, path=("data",), flags=EPHEMERAL)
            found.message = self._post(found, Draft(flags=draft.flags), thinking=True)
        elif found.source:
            found.message = found.source
            if kind == UPDATE:
                draft = self._draft(data, call, path=("data",), before=found.source)
                self._messages.edit(found.source, draft)

    def _draft(
        self,
        data: object,
        call: Call,
        *,
        path: tuple[str, ...] = (),
        flags: int = RESPOND_FLAGS,
        before: Message | None = None,
    ) -> Draft:
        ids = self._world.ids
        return read_draft(
            data, call.files, ids, RESPONSE, known=RESPOND, flags=flags, before=before, path=path
        )

    def _post(self, found: Interaction, draft: Draft, *, thinking: bool = False) -> Message:
        bot, place = self._world.bot, found.channel
        return self._messages.post(bot, place, draft, interaction=found, thinking=thinking)

    def _choices(self, found: Interaction, data: object) -> tuple[Choice, ...]:
        """Docs, Receiving and Responding, "Autocomplete": 25 choices at most."""
        focused = [each for each in _leaves(found.data) if each.get("focused")]
        kind = focused[0]["type"] if focused else STRING
        body = Body(Problems(), ("data",), data)
        body.only("choices")
        for each in body.items("choices", most=CHOICES, required=True):
            each.only("name", "name_localizations", "value")
            read_choice(each, kind if kind in {INTEGER, NUMBER} else STRING)
        body.problems.refuse()
        return tuple(Choice(each["name"], each["value"]) for each in body.value["choices"])

    def _resource(self, found: Interaction) -> Payload:
        """Docs, "Interaction Callback Response Object"."""
        callback: Payload = {"id": str(found.id), "type": found.type}
        resource: Payload = {"type": found.response}
        if found.message:
            callback["response_message_id"] = str(found.message.id)
            callback["response_message_loading"] = found.message.thinking
            callback["response_message_ephemeral"] = found.message.ephemeral
            if found.response in {SAY, UPDATE}:
                resource["message"] = self._world.shown(found.message)
        return {"interaction": callback, "resource": resource}

    # Everything after it.
    def _by_token(self, call: Call) -> Interaction:
        """Return whose token it is: 50027 once it is over, 10015 as long as nothing was said."""
        world = self._world
        if call.parts["application"] != str(world.bot.id):
            raise Refused(10015)
        found = world.by_token.get(call.parts["token"])
        if found is None or found.expired or world.clock.now() - found.at > TOKEN:
            raise Refused(50027)
        if found.acknowledged is None:
            raise Refused(10015)
        return found

    def _message(self, call: Call) -> tuple[Interaction, Message]:
        found = self._by_token(call)
        id = call.parts["message"]
        if id == "@original":
            message = found.message
        else:
            own = [found.message, *found.followups]
            message = next((each for each in own if each and str(each.id) == id), None)
        if message is None or message.deleted:
            raise Refused(10008)
        return found, message

    def follow(self, call: Call) -> Answer:
        """Create Followup Message; right after a deferred response it fills that in."""
        found = self._by_token(call)
        draft = self._draft(call.body, call)
        if found.message and found.message.thinking and not found.message.deleted:
            return Answer(self._world.shown(self._messages.edit(found.message, draft)))
        message = self._post(found, draft)
        found.followups.append(message)
        self._world.moments.happened()
        return Answer(self._world.shown(message))

    def read(self, call: Call) -> Answer:
        """Get Original Interaction Response, Get Followup Message."""
        return Answer(self._world.shown(self._message(call)[1]))

    def edit(self, call: Call) -> Answer:
        """Edit Original Interaction Response, Edit Followup Message."""
        _, message = self._message(call)
        draft = self._draft(call.body, call, flags=RESPOND_FLAGS & ~EPHEMERAL, before=message)
        draft.flags |= message.flags & COMPONENTS_V2
        return Answer(self._world.shown(self._messages.edit(message, draft)))

    def delete(self, call: Call) -> Answer:
        """Delete Original Interaction Response, Delete Followup Message."""
        self._messages.delete(self._message(call)[1])
        return Answer()


def _leaves(data: Payload) -> list[Payload]:
    found: list[Payload] = []
    for each in data.get("options") or ():
        found += _leaves(each) if "options" in each else [each]
    return found
