"""A stand-in of Slack on loopback, as strict as Slack, written from Slack's public documentation.

It knows nothing of our bot: a real `AsyncApp` with a real `AsyncSocketModeHandler` (or any HTTP
endpoint) talks to it unchanged, given `slack.url` as the base URL of the Web API. It refuses what
Slack refuses, with Slack's own words, and writes down what a well-behaved app never does.

    async with SlackPlatform(manifest) as slack:   # the dict of manifest.yaml; None: all there is
        slack.url                                  # SLACK_API_URL, ends in /api/
        slack.app_token, slack.workspace.bot_token # xapp-…, xoxb-…
        slack.signing_secret, slack.client_id, slack.client_secret
        ada = slack.person("Ada", email="ada@acme.example")
        sales = slack.channel("sales", ada)        # the bot is in it, unless bot=False
        await slack.connected()                    # until the app holds a socket
        asked = await slack.mention(ada, sales, "how many?")
        answer = await slack.until(lambda: slack.answers(asked), within=5)
        assert not slack.violations

The manifest counts: commands, shortcuts, events, scopes, tabs, `agent_view` or `assistant_view`
and unfurl domains are those it names, and one that Slack would refuse raises `ValueError`.

The world (sync; everything is told apart by its Slack id, `.id`)
    slack.workspace -> Team                        the first team; the app is installed there
    slack.team(name, *, installed=True, enterprise="") -> Team      .bot_token .bot_user .bot_id
    slack.person(name, *, team=None, email="", bot=False, zone="Europe/Berlin", guest=False,
                 deleted=False, email_confirmed=True, email_shown_to_strangers=False) -> Person
    slack.channel(name, *people, team=None, private=False, bot=True, shared_with=(),
                  archived=False) -> Channel       shared_with: teams (Slack Connect)
    slack.dm(person) -> Channel                    their direct messages with the bot
    slack.group(*people, bot=True) -> Channel      a group direct message
    slack.clock.advance(seconds)                   nothing waits: what falls due happens at once
    await slack.join(channel, *people) / invite(channel) / kick(channel) / archive(channel)

Gestures (async). They return when the app acknowledged, or when Slack would tell it again later.
    command(person, channel, "/trellis", "ask …") -> Delivery
    write(person, channel, text, *, thread=None, files=()) -> Message   as one types
    mention(person, channel, text, *, thread=None) -> Message           "<@BOT> text"
    say(person, text, *, thread=None) -> Message                        in the direct message
    start_assistant_thread(person, *, context=None) -> Message | None   opens the pane
    switch_context(person, thread, channel)                             looks at another channel
    press(person, where, action_id, *, block_id=None) -> Delivery       where: a Message or a View
    press_label(person, where, "👍") -> Delivery                        by what stands on it
    choose(person, where, action_id, *values) -> Delivery | None        selects and the like
    submit(person, view, {block_id or action_id: value}) -> Delivery    then view.errors
    close(person, view) -> Delivery | None
    open_home(person, *, tab="home") -> Delivery | None
    message_shortcut(person, message, callback_id) / shortcut(person, callback_id) -> Delivery
    edit(person, message, text) / delete(person, message) / react(person, message, "+1")
    stop(person, message)                          presses Stop under a stream
    suggest(person, where, action_id, words)       types into an external select: its options
    uninstall(team) / revoke(team, *, silently=False)
    install(team, person, url) -> str              sync: allows the app; the redirect with its code
    redeliver(delivery, *, reason="timeout")       the same, once more
    deliver(payload, *, type="events_api")         anything at all

Trouble
    slack.drop_sockets(*, stay_away=False)         cut, as a network does
    await slack.refresh_sockets(warn=False)        `disconnect` first, as Slack does each hour or so
    slack.down(seconds=inf) / slack.up()           nothing answers; by `slack.clock`
    slack.fail(method, error="internal_error", *, times=1, status=200, retry_after=None,
               after=False)                        "*": any; error="": the connection is cut;
                                                   after: the work is done, the answer is lost
    slack.hold(method) -> Gate                     calls wait; gate.waiting, gate.open()
    slack.limit(method, per_minute, burst=None)    "": posting to one channel; slack.unlimited()
    slack.permit(team, *scopes)                    what a token may do from now on
    slack.processing = seconds                     until a picture may stand in an image block
    SlackPlatform(…, mode="http", events_url=…)    signed HTTP; or await slack.subscribe(url)
    slack.forge(body, *, secret=None, timestamp=None) -> headers of a signed request

What is seen (sync)
    slack.messages(where, *, thread=None, as_seen_by=None) -> list[Message]  all, threads too
    slack.answers(message, *, as_seen_by=None)     what the bot said in its thread
    slack.whispers(where, person)                  what only they see
    Message: ts thread root channel author text blocks attachments files metadata streaming stopped
             stream ephemeral_to edits deleted reactions words (all a reader reads) table buttons
             button(label) elements deliveries (of what it caused) posted
    slack.views(person); slack.view(person) -> View | None (uppermost); slack.home(person)
    View: title blocks words buttons button(label) elements callback_id private_metadata state
          errors closed edits
    slack.thread(message) -> Conversation          status statuses title prompts context session
    slack.status(message) / slack.title(message) / slack.prompts(message or person)
    slack.unfurls(message) -> {url: attachment}; slack.files -> list[File] (name title content alt)
    slack.calls -> list[Call] (method arguments answer error status at seconds); slack.called(m);
        slack.refusals                             those that were refused or failed
    slack.deliveries -> list[Delivery] (event payload attempts acked seconds answer over);
        slack.told("app_mention")
    slack.violations, slack.warnings -> list[Violation] (kind, what); slack.broken("ratelimited")
    await slack.until(condition, within=5) -> what the condition returned, once it is true
    await slack.settled(within=5)                  until no delivery is under way

Stricter than Slack, on purpose: unknown arguments, a stream's 12,000 characters in all, a
`chat.update` text in bytes, block ids, and sockets that drop what was not acknowledged.
"""

from tests.bot.slack.platform.carrier import Attempt, Delivery
from tests.bot.slack.platform.nouns import (
    Channel,
    Conversation,
    File,
    Message,
    Person,
    Stream,
    Team,
    View,
)
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.platform.refusals import Violation
from tests.bot.slack.platform.web import Failure, Gate
from tests.bot.slack.platform.world import Call

__all__ = [
    "Attempt",
    "Call",
    "Channel",
    "Conversation",
    "Delivery",
    "Failure",
    "File",
    "Gate",
    "Message",
    "Person",
    "SlackPlatform",
    "Stream",
    "Team",
    "View",
    "Violation",
]
