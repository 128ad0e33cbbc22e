"""What goes wrong on Slack, and what people see of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from core.channels import WorkspaceDraft
from core.identity import Audience, Surface
from tests.bot.slack.conftest import OpenRoom, keys_of, manifest
from tests.bot.slack.platform.platform import SlackPlatform
from tests.bot.slack.room import WITHIN, Room
from tests.minds import Scripted

MONTHS = "monthly revenue for 2025"


class Teller:
    """A model that says pieces, and waits before the last until it is let."""

    def __init__(self, *pieces: str, held: bool = False) -> None:
        self.pieces = pieces
        self.said = asyncio.Event()
        self.go = asyncio.Event()
        if not held:
            self.go.set()

    async def __call__(self, _messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        for piece in self.pieces[:-1]:
            yield piece
        self.said.set()
        await self.go.wait()
        yield self.pieces[-1]

    @property
    def provider(self) -> Scripted:
        return Scripted(FunctionModel(_offers, stream_function=self))


async def _offers(_messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    (tool,) = info.output_tools
    return ModelResponse([ToolCallPart(tool.name, {"response": ["One?", "Two?", "Three?"]})])


async def test_an_answer_of_a_model_is_streamed_to_whoever_asked(open_room: OpenRoom) -> None:
    teller = Teller("Revenue is ", "growing.", held=True)
    room = await open_room(teller.provider)
    asked = await room.slack.mention(room.ada, room.sales, "how are we?")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)

    assert answer.streaming
    assert answer.stream is not None
    assert answer.stream.recipient == room.ada.id
    await room.slack.until(lambda: "Revenue is" in answer.words)

    teller.go.set()
    await room.slack.until(lambda: "One?" in answer.buttons, within=WITHIN)
    assert answer.stream.text == "Revenue is growing."
    assert not room.slack.violations


async def test_what_is_redelivered_is_answered_once(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    for delivery in asked.deliveries:
        await room.slack.redeliver(delivery)
    await room.pressable(asked)
    command = await room.slack.command(room.ada, room.sales, "/trellis", "help")
    await room.slack.redeliver(command)
    await room.whisper(room.ada)
    await room.slack.command(room.ada, room.sales, "/trellis", "use sample")
    await room.whisper(room.ada, number=2)

    assert {each.event for each in asked.deliveries} == {"app_mention", "message"}
    assert len(room.slack.answers(asked)) == 1
    assert len(room.slack.whispers(room.sales, room.ada)) == 2
    assert not room.slack.violations


async def test_two_processes_hear_the_same_and_one_answers(open_room: OpenRoom) -> None:
    room = await open_room()
    await open_room(slack=room.slack)
    assert len(room.slack.sockets) == 2

    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    for delivery in asked.deliveries:
        await room.slack.redeliver(delivery)
        await room.slack.redeliver(delivery)
    await room.pressable(asked)
    await room.slack.settled()

    assert len(room.slack.answers(asked)) == 1
    assert not room.slack.violations


async def test_a_socket_that_breaks_or_is_told_to_go_is_replaced_and_nothing_is_lost(
    room: Room,
) -> None:
    room.slack.drop_sockets()
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.slack.connected()
    room.slack.clock.advance(61)  # Slack tells it again after a minute
    await room.pressable(asked)

    await room.slack.refresh_sockets()
    await room.slack.until(lambda: any(not each.retiring for each in room.slack.sockets))
    await room.slack.connected()
    asked_again = await room.slack.mention(room.ada, room.board, MONTHS)

    await room.pressable(asked_again)
    assert not room.slack.broken("ratelimited", "unacknowledged")


async def test_a_stranger_is_told_privately_what_to_do(room: Room) -> None:
    asked = await room.slack.mention(room.eve, room.sales, MONTHS)
    told = await room.whisper(room.eve)

    assert "I do not know you yet" in told.words
    assert not room.slack.answers(asked)
    assert not room.slack.violations


@pytest.mark.parametrize("join", [False, True])
async def test_people_join_by_asking_only_where_that_is_on(open_room: OpenRoom, join: bool) -> None:
    room = await open_room(join=[Surface.SLACK] if join else [])
    await room.slack.command(room.eve, room.sales, "/trellis", "connections")
    told = await room.whisper(room.eve)
    guest = room.slack.person("Gus", email="gus@acme.test", guest=True)
    room.sales.members.add(guest.id)
    await room.slack.command(guest, room.sales, "/trellis", "connections")
    refused = await room.whisper(guest)

    assert ("sample" in told.words) is join
    assert "I do not know you yet" in refused.words
    members = await room.core.identity.list_members(room.stage.ada)
    assert ("eve@else.test" in {each.email for each in members}) is join


async def test_an_address_counts_only_where_slack_vouches_for_it(room: Room) -> None:
    elsewhere = room.slack.team("Elsewhere", installed=False)
    shared = room.slack.channel("shared", room.ada, shared_with=(elsewhere,))
    mallory = room.slack.person(
        "Mallory", team=elsewhere, email="ada@acme.test", email_shown_to_strangers=True
    )
    unsure = room.slack.person("Una", email="ada@acme.test", email_confirmed=False)
    shared.members |= {mallory.id, unsure.id}

    for person in (mallory, unsure):
        asked = await room.slack.mention(person, shared, MONTHS)
        assert "I do not know you yet" in (await room.whisper(person, shared)).words
        assert not room.slack.answers(asked)
    assert not room.slack.violations


async def test_in_a_channel_shared_with_others_nothing_is_told_that_must_not_leave(
    room: Room,
) -> None:
    elsewhere = room.slack.team("Elsewhere", installed=False)
    shared = room.slack.channel("shared", room.ada, shared_with=(elsewhere,))

    asked = await room.slack.mention(room.ada, shared, MONTHS)

    (told,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)
    assert "direct message" in told.words
    assert not told.table


async def test_bots_edits_and_empty_words_start_nothing(room: Room) -> None:
    robot = room.slack.person("Robot", bot=True)
    room.sales.members.add(robot.id)
    ours = room.slack.workspace.bot_user
    said = await room.slack.write(robot, room.sales, f"<@{ours}> {MONTHS}")
    plain = await room.slack.write(room.ada, room.sales, MONTHS)
    await room.slack.edit(room.ada, plain, f"{MONTHS}!")
    asked = await room.slack.mention(room.ada, room.sales, "")

    told = await room.whisper(room.ada)
    assert "Ask me something" in told.words
    for message in (said, plain, asked):
        assert not room.slack.answers(message)
    assert not room.slack.violations


async def test_a_question_that_is_edited_is_answered_once(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.slack.edit(room.ada, asked, f"<@{room.slack.workspace.bot_user}> what else?")
    await room.pressable(asked)
    await room.slack.settled()

    assert len(room.slack.answers(asked)) == 1


async def test_a_question_that_is_deleted_is_not_answered_to_its_end(open_room: OpenRoom) -> None:
    teller = Teller("Revenue is ", "growing.", held=True)
    room = await open_room(teller.provider)
    asked = await room.slack.mention(room.ada, room.sales, "how are we?")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)

    await room.slack.delete(room.ada, asked)

    await room.slack.until(lambda: "deleted" in answer.words, within=WITHIN)
    assert not answer.streaming
    assert "growing" not in answer.words


async def test_who_presses_stop_ends_the_answer(open_room: OpenRoom) -> None:
    teller = Teller("Revenue is ", "growing.", held=True)
    room = await open_room(teller.provider)
    asked = await room.slack.mention(room.ada, room.sales, "how are we?")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)
    await room.slack.until(lambda: "Revenue is" in answer.words)

    await room.slack.stop(room.ada, answer)

    await room.slack.until(lambda: "Re-run" in answer.buttons, within=WITHIN)
    assert "growing" not in answer.words


async def test_forty_thousand_characters_are_a_question_and_more_are_refused(room: Room) -> None:
    asked = await room.slack.mention(room.ada, room.sales, "monthly revenue 2025 " + "x" * 39_000)
    await room.answer(asked)
    long = await room.slack.mention(room.ada, room.board, "x" * 41_000)

    told = await room.whisper(room.ada, room.board)
    assert "40,000 at most" in told.words
    assert not room.slack.answers(long)
    assert not room.slack.violations


@pytest.mark.parametrize(
    "words",
    [
        "🚀🚀🚀 revenue 👩‍👩‍👧‍👦?",
        "ما هي إيرادات ٢٠٢٥؟",
        "2025年の月次売上は?",
        "```\n| a | b\n**\n- [ ] <b>&amp;",
        "@everyone @channel <!channel>",
        "\x00\x07 \ufeff",
    ],
)
async def test_odd_words_are_answered_as_words(room: Room, words: str) -> None:
    asked = await room.slack.mention(room.ada, room.sales, words)

    await room.slack.until(
        lambda: room.slack.answers(asked) or room.slack.whispers(room.sales, room.ada), within=10
    )
    assert not room.slack.violations


async def test_a_query_that_is_gone_between_click_and_run_is_said_to_be(room: Room) -> None:
    await room.slack.command(room.ada, room.sales, "/trellis", "queries")
    listing = await room.whisper(room.ada)
    query = await room.core.queries.find(room.stage.ada, "Monthly revenue")
    await room.core.queries.delete(room.stage.ada, query.id)

    await room.slack.press_label(room.ada, listing, "Monthly revenue")

    told = await room.whisper(room.ada, number=2)
    assert "not found" in told.words.lower()
    assert not room.slack.violations


async def test_where_a_modal_is_too_late_a_button_opens_it(room: Room) -> None:
    gate = room.slack.hold("users.info")
    await room.slack.command(room.ada, room.sales, "/trellis", 'run "Monthly revenue"')
    await room.slack.until(lambda: gate.waiting)
    room.slack.clock.advance(4)
    gate.open()

    told = await room.whisper(room.ada)
    await room.slack.press_label(room.ada, told, "Fill in")
    view = await room.view(room.ada)
    assert view.title == "Monthly revenue"


async def test_a_private_answer_that_comes_late_is_whispered_without_the_address(
    open_room: OpenRoom,
) -> None:
    teller = Teller("It is ", "late.", held=True)
    room = await open_room(teller.provider)
    await room.slack.command(room.ada, room.sales, "/trellis", "ask how are we?")
    await asyncio.wait_for(teller.said.wait(), WITHIN)
    room.slack.clock.advance(3_600)

    teller.go.set()

    told = await room.whisper(room.ada)
    assert "It is late." in told.words


async def test_whoever_cannot_be_whispered_to_is_told_directly(room: Room) -> None:
    elsewhere = room.slack.channel("elsewhere", room.ada, bot=False)
    await room.slack.command(room.ada, elsewhere, "/trellis", f"ask {MONTHS}")
    answer = await room.whisper(room.ada, elsewhere)
    assert "2025-12" in answer.words

    await room.slack.press_label(room.ada, answer, "Show everyone")

    refused = await room.whisper(room.ada, elsewhere, number=2)
    assert "invite me" in refused.words


@pytest.mark.parametrize("private", [True, False])
async def test_an_answer_for_where_we_may_not_speak_is_told_to_its_asker(
    room: Room, private: bool
) -> None:
    await room.core.connections.limit(room.stage.ada, "sample", audience=Audience.OUTSIDE)
    elsewhere = room.slack.channel("elsewhere", room.ada, bot=False, private=private)
    said = await room.slack.write(room.ada, elsewhere, MONTHS)
    await room.slack.message_shortcut(room.ada, said, "ask")
    await room.slack.submit(
        room.ada, await room.view(room.ada), {"question": MONTHS, "where": "all"}
    )

    told = await room.whisper(room.ada, elsewhere)
    assert "2025-12" in told.words
    assert "invite me" in told.words.lower()
    assert not room.slack.answers(said)
    assert not room.slack.violations


async def test_a_token_that_is_revoked_ends_with_a_line_and_no_trace(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    await room.slack.revoke(room.slack.workspace, silently=True)

    await room.slack.mention(room.ada, room.sales, MONTHS)
    await room.slack.until(lambda: room.slack.called("users.info"))
    await room.slack.settled()

    said = capsys.readouterr().out
    assert "Traceback" not in said


async def test_what_is_heard_while_there_is_no_key_to_a_token_is_answered_once_there_is(
    open_room: OpenRoom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackPlatform(manifest()) as slack:
        keys = keys_of(slack).model_copy(
            update={"bot_token": None, "client_id": "1.2", "client_secret": SecretStr("s")}
        )
        room = await open_room(slack=slack, keys=keys)
        team = slack.workspace
        draft = WorkspaceDraft(surface=Surface.SLACK, id=team.id, bot=team.bot_user)
        token = SecretStr(team.bot_token)
        await room.core.channels.install(room.stage.ada, draft, token)

        def lose() -> None:
            with closing(sqlite3.connect(tmp_path / "talk.db")) as store, store:
                store.execute("UPDATE workspaces SET sealed = 'by a key that is lost'")

        await asyncio.to_thread(lose)  # whoever writes just now needs the loop to end that
        asked = await slack.mention(room.ada, room.sales, MONTHS)
        async with asyncio.timeout(WITHIN):
            while "TRELLIS_SECRET_KEY is not the one" not in capsys.readouterr().out:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await room.core.channels.install(room.stage.ada, draft, token)

        assert "Monthly revenue" in (await room.pressable(asked)).words


async def test_a_workspace_that_removes_us_is_forgotten(room: Room) -> None:
    await room.slack.uninstall(room.slack.workspace)

    await room.slack.settled()
    left = await room.core.channels.list(room.stage.ada)
    assert room.slack.workspace.id not in {each.id for each in left}


async def test_a_token_that_slack_refuses_ends_nothing(
    open_room: OpenRoom, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackPlatform() as slack:
        keys = keys_of(slack).model_copy(update={"bot_token": SecretStr("xoxb-wrong")})
        room = await open_room(slack=slack, keys=keys)

        said = capsys.readouterr().out
        assert "Slack refuses SLACK_BOT_TOKEN" in said
        await room.app.stop()


async def test_an_app_token_that_slack_refuses_ends_nothing(
    open_room: OpenRoom, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackPlatform() as slack:
        keys = keys_of(slack).model_copy(update={"app_token": SecretStr("xapp-wrong")})
        room = await open_room(slack=slack, keys=keys)
        await room.app.stop()
        assert not slack.sockets
    said = capsys.readouterr().out
    assert "Slack refuses SLACK_APP_TOKEN" in said
    assert "Traceback" not in said


async def test_an_answer_goes_out_once_a_platform_that_was_away_is_back(
    open_room: OpenRoom,
) -> None:
    teller = Teller("It is ", "over.", held=True)
    room = await open_room(teller.provider)
    asked = await room.slack.mention(room.ada, room.sales, "how are we?")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)
    await room.slack.until(lambda: "It is" in answer.words)
    room.slack.down()
    teller.go.set()
    owed = room.stage.dialog._asking._owed
    await until(lambda: owed)
    room.slack.clock.advance(600)
    room.slack.up()

    # What looks after it every ten seconds looks once more.
    watching = asyncio.create_task(room.stage.dialog.watch(Surface.SLACK, room.app._speech))
    await room.slack.until(lambda: "Re-run" in answer.buttons, within=WITHIN)
    await until(lambda: not owed)
    watching.cancel()
    await asyncio.wait({watching})

    assert answer.words.startswith("It is over.")
    assert len(room.slack.answers(asked)) == 1


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is true of ours that rings no bell."""
    async with asyncio.timeout(WITHIN):
        while not condition():  # noqa: ASYNC110 - that is why
            await asyncio.sleep(0.01)


async def test_the_next_process_finishes_what_this_one_began(open_room: OpenRoom) -> None:
    teller = Teller("Half of ", "it.", held=True)
    room = await open_room(teller.provider)
    asked = await room.slack.mention(room.ada, room.sales, "how are we?")
    (answer,) = await room.slack.until(lambda: room.slack.answers(asked), within=WITHIN)
    await room.slack.until(lambda: "Half of" in answer.words)

    await room.stop()
    await open_room(slack=room.slack)

    await room.slack.until(lambda: "Re-run" in answer.buttons, within=WITHIN)
    assert not answer.streaming
    assert len(room.slack.answers(asked)) == 1


@pytest.mark.parametrize("private", [True, False])
async def test_a_picture_that_slack_does_not_look_at_comes_as_a_file(
    room: Room, private: bool
) -> None:
    room.slack.processing = 10_000.0
    if private:
        gate = room.slack.hold("files.completeUploadExternal")
        await room.slack.command(room.ada, room.sales, "/trellis", f"ask {MONTHS}")
        await room.slack.until(lambda: gate.waiting, within=WITHIN)
        room.slack.clock.advance(1_801)  # the address for answers looks at no picture
        gate.open()
        direct = room.slack.dm(room.ada)
    else:
        await room.slack.mention(room.ada, room.sales, MONTHS)
        direct = room.sales

    (shared,) = await room.slack.until(
        lambda: [each for each in direct.messages.values() if each.files], within=WITHIN
    )

    assert shared.files[0].content.startswith(b"\x89PNG")
    where = room.slack.messages(room.sales, as_seen_by=room.ada)
    assert any("Line chart: Monthly revenue." in each.words for each in where)
