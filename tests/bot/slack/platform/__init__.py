"""A stand-in of Slack on loopback, as strict as Slack, written from Slack's public documentation.

It knows nothing of our bot: a real `AsyncApp` with a real `AsyncSocketModeHandler` (or any HTTP
endpoint) talks to it unchanged, given `slack.url` as the base URL of the Web API. It refuses what
Slack refuses, with Slack's own words, and writes down what a well-behaved app never does.

    async with SlackPlatform(manifest) as slack:         # manifest: dict of manifest.yaml; None: all
        slack.url                                        # SLACK_API_URL, ends in /api/
        slack.app_token, slack.workspace.bot_token       # xapp-…, xoxb-…
        slack.signing_secret, slack.client_id, slack.client_secret
        ada = slack.person("Ada", email="ada@acme.example")
        sales = slack.channel("sales", ada)              # the bot is in it, unless bot=False
        await slack.connected()                          # until the app holds a socket
        asked = await slack.mention(ada, sales, "how many?")
        answer = await slack.until(lambda: slack.answers(asked), within=5)
        assert not slack.violations

The world (sync; everything is told apart by its Slack id, `.id`)
    slack.workspace -> Team                       the first team; the app is installed there
    slack.team(name, *, installed=True, enterprise="") -> Team     .bot_token .bot_user .bot_id
    slack.person(name, *, team=None, email="", bot=False, zone="Europe/Berlin", guest=False,
                 deleted=False) -> Person
    slack.channel(name, *people, team=None, private=False, bot=True, shared_with=(), archived=False)
                 -> Channel                       shared_with: teams (Slack Connect)
    slack.dm(person) -> Channel                   their direct messages with the bot
    slack.group(*people, bot=True) -> Channel     a group direct message
    slack.clock.advance(seconds)                  nothing waits: what falls due happens at once
    await slack.join(channel, person) / leave / invite(channel) / kick(channel) / archive(channel)

Gestures (async). Those that deliver something return when it was acknowledged or given up.
    command(person, channel, "/trellis", "ask …") -> Delivery
    write(person, channel, text, *, thread=None, files=()) -> Message       plain words
    mention(person, channel, text, *, thread=None) -> Message               "<@BOT> text"
    say(person, text, *, thread=None) -> Message                            in the direct message
    start_assistant_thread(person, *, context=None) -> Message              opens the pane
    switch_context(person, thread, channel) -> Delivery                     assistant context changed
    press(person, where: Message | View, action_id, *, block_id=None) -> Delivery
    choose(person, where, action_id, *values, block_id=None) -> Delivery    selects and the like
    submit(person, view, values: {block_id or action_id: value}) -> Delivery   view.errors afterwards
    close(person, view) -> Delivery | None
    open_home(person, *, tab="home") -> Delivery | None
    message_shortcut(person, message, callback_id) -> Delivery
    shortcut(person, callback_id) -> Delivery
    edit(person, message, text) / delete(person, message) / react(person, message, "+1")
    stop(person, message)                         presses Stop on a stream
    suggest(person, channel, action_id, words) -> list of options (an external select)
    install(team, person, url=None) -> str        walks through OAuth; the redirect with code, state
    uninstall(team) / revoke(team)                app_uninstalled and tokens_revoked are delivered
    redeliver(delivery, *, reason="timeout") -> Delivery                    the same, once more
    deliver(payload, *, type="events_api") -> Delivery                      anything at all, forged

Trouble
    slack.drop_sockets()                          cut, as a network does
    await slack.refresh_sockets(warn=False)       `disconnect` first, as Slack does each hour or so
    slack.down(seconds=None) / slack.up()         nothing answers; by `slack.clock`
    slack.fail(method, error="internal_error", *, times=1, status=200, retry_after=None, after=False)
                                                  after: the work is done, the answer is lost
    slack.hold(method) -> Gate                    calls wait; gate.waiting, gate.open()
    slack.limit(method, per_minute, burst=1)      lower or raise a rate
    SlackPlatform(…, mode="http", events_url=…)   signed HTTP; slack.events_url may be set later
    slack.forge(body, *, secret=…, timestamp=…) -> headers of a signed request, right or wrong

What is seen (sync)
    slack.messages(where, *, thread=None, as_seen_by=None) -> list[Message]  ephemerals by as_seen_by
    slack.answers(message) -> list[Message]       what the bot said in its thread
    Message: ts thread channel author text blocks attachments files metadata streaming stopped
             ephemeral_to edits deleted words (all a reader reads) button(label) buttons permalink
             deliveries (of what it caused)
    slack.views(person) -> list[View]; slack.view(person) -> View | None (on top); View: blocks title
             callback_id private_metadata errors state words
    slack.home(person) -> View | None
    slack.status(thread) / slack.title(thread) / slack.prompts(thread)
    slack.unfurls(message) -> {url: unfurl}; slack.files -> list[File] (name, title, content, alt)
    slack.calls -> list[Call] (method, arguments, answer, at, retry_after); slack.called(method)
    slack.deliveries -> list[Delivery] (type, payload, attempts, acked, seconds, answer)
    slack.violations -> list[Violation] (kind, what); slack.warnings -> the same, of what only warns
    await slack.until(condition, within=5) -> what the condition returned, once it is true
    await slack.settled(within=5)                 until nothing sent is unacknowledged
"""
