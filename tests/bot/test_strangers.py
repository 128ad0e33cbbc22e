"""Who is asking: members, people who are none yet, and people of elsewhere."""

from core.identity import Audience, Role, Surface
from core.links import Person
from core.page import PageAsked
from tests.bot.conftest import Open
from tests.bot.recording import fields, presses
from tests.bot.stage import ADA, SALES, TOP, Stage, asked

NOBODY = Person(surface=Surface.SLACK, workspace="T1", id="U-x", name="Max", email="max@acme.test")
UNVOUCHED = NOBODY.model_copy(update={"id": "U-y", "email": None})


async def test_a_stranger_is_told_what_to_do_and_nobody_else_is(stage: Stage) -> None:
    for person in (NOBODY, UNVOUCHED):
        heard = await stage.ask("monthly revenue for 2025", person)

        assert heard.told.private
        assert heard.told.refused
        assert "`/trellis link CODE`" in heard.told.text
        assert not heard.finished
        assert heard.begun == 0
        assert presses(heard.told) == {"I have a code": "link"}


async def test_whatever_a_stranger_does_is_refused_alike(stage: Stage) -> None:
    answer = (await stage.ask("monthly revenue for 2025")).answer
    heard = [
        await stage.command("queries", "", NOBODY),
        await stage.run("Monthly revenue", NOBODY, year="2025"),
        await stage.press(presses(answer)["Show SQL"], NOBODY),
        await stage.submit("save", {"title": "x", "prompt": "y"}, NOBODY),
    ]

    for each in heard:
        assert each.told.text.startswith("I do not know you yet")


async def test_a_stranger_who_asks_on_and_on_is_told_a_few_times(stage: Stage) -> None:
    told = [len((await stage.ask("monthly revenue for 2025", NOBODY)).whispered) for _ in range(9)]

    assert told == [1, 1, 1, 0, 0, 0, 0, 0, 0]
    assert (await stage.command("queries", "", NOBODY)).told.refused  # nobody else sees that


async def test_a_code_makes_a_stranger_a_member(stage: Stage) -> None:
    code = (await stage.core.links.code(stage.ada)).code.get_secret_value()
    wrong = await stage.command("link", "AAAA-BBBB", UNVOUCHED)
    form = (await stage.press("link", UNVOUCHED, spot=TOP, private=True)).asked
    linked = await stage.submit(
        form.press, {"code": f" {code} "}, UNVOUCHED, spot=TOP, private=True
    )
    heard = await stage.ask("monthly revenue for 2025", UNVOUCHED)
    again = await stage.command("link", code, NOBODY)

    assert wrong.told.refused
    assert fields(form).keys() == {"code"}
    assert linked.told.text.startswith("Welcome, Ada: I know you from now on.")
    assert "951,522.25" in heard.answer.text
    assert again.told.refused


async def test_people_join_as_viewers_where_that_is_turned_on(open_stage: Open) -> None:
    stage = await open_stage(join={Surface.SLACK})
    heard = await stage.ask("monthly revenue for 2025", NOBODY)
    members = await stage.core.identity.list_members(stage.ada)
    (max,) = [each for each in members if each.email == "max@acme.test"]

    assert "951,522.25" in heard.answer.text
    assert "Save query" not in presses(heard.answer)
    assert max.role is Role.VIEWER


async def test_a_workspace_that_nobody_let_us_into_is_answered_with_how(stage: Stage) -> None:
    elsewhere = SALES.model_copy(update={"workspace": "T9"})
    heard = await stage.ask("monthly revenue for 2025", spot=elsewhere)

    assert "somebody has to install it" in heard.told.text


async def test_a_direct_message_is_a_chat_of_its_own_that_others_do_not_enter(
    stage: Stage,
) -> None:
    dm = SALES.model_copy(update={"channel": "D-ada", "thread": "1", "audience": Audience.ALONE})
    heard = await stage.ask("monthly revenue for 2025", spot=dm)
    on = await stage.ask("and in 2024?", spot=dm)
    (chat,) = (await stage.core.chats.list(stage.ada, PageAsked())).items

    assert not heard.answer.private
    assert "year 2024" in on.answer.text
    assert chat.place == dm.place


async def test_who_somebody_is_follows_their_role_at_once(stage: Stage) -> None:
    actor = await stage.dialog.actor(ADA, SALES)
    private = await stage.dialog.actor(ADA, SALES, private=True)

    assert (actor.audience, actor.place) == (Audience.PUBLIC, SALES.place)
    assert (private.audience, private.place) == (Audience.ALONE, None)
    assert actor.surface is Surface.SLACK
    await stage.core.identity.add_member(
        stage.ada, name="Max", email="max@acme.test", role=Role.ANALYST
    )
    now = await stage.say(asked("monthly revenue for 2025", NOBODY))
    assert "Save query" in presses(now.answer)
    await stage.core.identity.change_role(stage.ada, "max@acme.test", Role.VIEWER)
    later = await stage.say(asked("monthly revenue for 2024", NOBODY))
    assert "Save query" not in presses(later.answer)
