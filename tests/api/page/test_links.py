"""The room where somebody says who they are on Slack and Discord."""

import re

from api.app import create_app
from core.app import Core
from core.channels import Spot, WorkspaceDraft
from core.chats import Question
from core.connections import Connection
from core.identity import Actor, Audience, Role, Surface
from core.links import Person
from tests.api.page.visits import OURS, Visit

EVIL = "<script>alert(1)</script>"
BO = Person(surface=Surface.DISCORD, workspace="discord", id="42", name=EVIL)
CODE = re.compile(r"<code>/link ([0-9A-Z]{4}-[0-9A-Z]{4})</code>")


async def test_a_code_is_made_shown_once_and_its_link_removed(
    at_page: Visit, core: Core, ada: Actor
) -> None:
    empty = await at_page.get("/links")
    made = await at_page.post("/links")
    code = CODE.search(made.text)
    assert code is not None
    await core.links.redeem(BO, ada.organization_id, code[1])
    room = await at_page.get("/links")

    assert "Nobody yet" in empty.text
    assert "Make a code" in empty.text
    assert f"/trellis link {code[1]}" in made.text
    assert made.headers["cache-control"] == "no-store"
    assert code[1] not in room.text
    assert EVIL not in room.text
    assert "&lt;script&gt;" in room.text
    removed = await at_page.post("/links/remove", surface="discord", person="42")
    assert (removed.status_code, removed.headers["location"]) == (303, "/links")
    assert (await core.links.list(ada)).items == ()
    for surface in ("discord", "nowhere"):
        gone = await at_page.post("/links/remove", surface=surface, person="42")
        assert gone.status_code == 404


async def test_another_site_makes_no_code(at_page: Visit, stranger: Visit) -> None:
    unmarked = await at_page.http.post("/links", data={"mark": "x"}, headers=OURS)
    foreign = await at_page.post("/links", headers={"sec-fetch-site": "cross-site"})
    nobody = await stranger.post("/links")

    assert (unmarked.status_code, foreign.status_code) == (403, 403)
    assert nobody.status_code == 303
    assert nobody.headers["location"].startswith("/sign-in")


SLACK = WorkspaceDraft(surface=Surface.SLACK, id="T1", name=EVIL, scopes=("chat:write",))


async def test_where_trellis_is_at_home_is_shown_and_who_may_removes_it(
    at_page: Visit, vic_at_page: Visit, core: Core, ada: Actor
) -> None:
    empty = (await at_page.get("/links")).text
    for draft in (SLACK, WorkspaceDraft(surface=Surface.DISCORD, id="@me")):
        await core.channels.install(ada, draft)

    room, hers = (await at_page.get("/links")).text, (await vic_at_page.get("/links")).text
    refused = await vic_at_page.post("/links/workspaces/remove", surface="slack", workspace="T1")
    unmarked = await at_page.http.post(
        "/links/workspaces/remove",
        data={"mark": "x", "surface": "slack", "workspace": "T1"},
        headers=OURS,
    )

    assert "in no workspace of Slack" in empty
    assert EVIL not in room
    assert "T1 · since" in room
    assert "Direct messages" in room
    assert room.count('action="/links/workspaces/remove"') == 1  # the other is as the settings say
    assert "T1 · since" in hers
    assert "/links/workspaces/remove" not in hers
    assert (refused.status_code, unmarked.status_code) == (403, 403)
    gone = await at_page.post("/links/workspaces/remove", surface="slack", workspace="T1")
    assert (gone.status_code, gone.headers["location"]) == (303, "/links")
    assert [each.id for each in await core.channels.list(ada)] == ["@me"]
    for surface in ("slack", "nowhere"):
        again = await at_page.post("/links/workspaces/remove", surface=surface, workspace="T1")
        assert again.status_code == 404


async def test_who_may_let_a_workspace_in_finds_the_button_where_that_is_on(
    at_page: Visit, core: Core, ada_key: str, vic_at_page: Visit
) -> None:
    async def installs(_scope: object, _receive: object, _send: object) -> None: ...

    on = Visit(create_app(core, {"/slack/install": installs}))
    async with on.http:
        await on.sign_in(ada_key)
        shown = (await on.get("/links")).text
        on.http.cookies = vic_at_page.http.cookies
        hers = (await on.get("/links")).text

    assert '<a class="button" href="/slack/install">Add to Slack</a>' in shown
    assert "Add to Slack" not in (await at_page.get("/links")).text
    assert "Add to Slack" not in hers
    assert "Slack and Discord" in hers


async def test_every_page_leads_there(at_page: Visit) -> None:
    assert '<a href="/links"' in (await at_page.get("/")).text


async def test_the_limits_of_a_connection_are_shown(
    at_page: Visit, core: Core, ada: Actor, shop: Connection
) -> None:
    open_to_all = (await at_page.get("/connections")).text
    await core.connections.limit(ada, "shop", least=Role.ANALYST, audience=Audience.ALONE)

    limited = (await at_page.get("/connections")).text

    assert "told to" not in open_to_all
    assert "for analysts and above" in limited
    assert "told to its asker alone" in limited


async def test_what_others_asked_in_a_thread_is_theirs_on_the_page_too(
    at_page: Visit, core: Core, ada: Actor, vic: Actor
) -> None:
    spot = Spot(
        surface=Surface.SLACK, workspace="T1", channel="C1", thread="1", audience=Audience.PUBLIC
    )
    here = {"place": spot.place, "audience": spot.audience}
    for actor, text in ((ada, "Mine?"), (vic, "Whose?")):
        turn = await core.chats.ask(actor.model_copy(update=here), Question(text=text, kept=True))
        await core.chats.wait(ada, turn.chat_id, 10)

    page = (await at_page.get(f"/chats/{turn.chat_id}")).text

    assert page.count("Vic asked") == 1
    assert page.count("You asked") == 1
    assert page.count("<summary>Edit</summary>") == 1
