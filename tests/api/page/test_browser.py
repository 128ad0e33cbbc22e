"""The page in a real browser: asked, watched, browsed, by keyboard, on a phone, without scripts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.api.page.rooms import EVIL, Room, room
from tests.chromium import chromium

TIMEOUT = 20_000
BREAKS = re.compile("Content.Security|CSP|violat|hacked", re.IGNORECASE)

WIDE = """() => [...document.querySelectorAll("main *:not(.scroll *):not(pre *):not(.hidden)")]
    .filter(each => each.getBoundingClientRect().right > innerWidth)
    .map(each => `${each.tagName} ${each.className} ${each.getBoundingClientRect().right}`)"""
"""What stands out of the screen and is in nothing that scrolls."""
LINES = """found => found.map(each => {
    const words = document.createRange();
    words.selectNodeContents(each);
    return new Set([...words.getClientRects()].map(line => line.top)).size;
})"""
"""How many lines the words of each take."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT)
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with room(tmp_path_factory.mktemp("room")) as opened:
        yield opened


@pytest.fixture(scope="module")
def cookies(browser: Browser, server: Room) -> dict[str, list[Any]]:
    """Return the cookies of Ada and of a viewer, who sign in but once."""
    found = {}
    for who, key in {"ada": server.key, "vic": server.viewer_key}.items():
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.url)
        page.get_by_label("API key").fill(key)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_be_focused()
        found[who] = list(context.cookies())
        context.close()
    return found


class Watched:
    """A page, and what went wrong in it."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        context.set_default_timeout(TIMEOUT)
        self.url = url
        self.page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda said: self._hear(said.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self._dialog(dialog.message))
        self.page.on("request", lambda asked: self._request(asked.url))

    def _hear(self, text: str) -> None:
        if BREAKS.search(text):
            self.troubles.append(text)

    def _dialog(self, text: str) -> None:
        self.troubles.append(f"a dialog: {text}")

    def _request(self, address: str) -> None:
        if not address.startswith((self.url, "data:")):
            self.troubles.append(f"a request to {address}")

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def ada(browser: Browser, server: Room, cookies: dict[str, list[Any]]) -> Iterator[Watched]:
    yield from _visit(browser, server.url, cookies["ada"])


@pytest.fixture
def minded(browser: Browser, server: Room, cookies: dict[str, list[Any]]) -> Iterator[Watched]:
    """Return Ada where a language model answers."""
    yield from _visit(browser, server.minded, cookies["ada"])


def _visit(browser: Browser, url: str, cookies: list[Any], **how: object) -> Iterator[Watched]:
    context = browser.new_context(**how)  # type: ignore[arg-type] # options of the browser
    context.add_cookies(cookies)
    watched = Watched(context, url)
    yield watched
    context.close()
    assert watched.troubles == []


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.keyboard.press("Enter")


def test_a_question_is_answered_with_text_chart_table_and_sql_and_stays_so(ada: Watched) -> None:
    page = ada.go("/")
    page.keyboard.type("monthly revenue")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("for 2025")
    page.keyboard.press("Enter")

    answer = page.locator(".answer")
    expect(answer.locator(".done strong").first).to_have_text("Monthly revenue")
    expect(answer.locator("tbody tr")).to_have_count(12)
    chart = answer.locator("figure.chart img")
    expect(chart).to_have_attribute("alt", re.compile("chart: Monthly revenue.*Jan|2025-01"))
    expect(page.locator(".question p")).to_have_text("monthly revenue\nfor 2025")
    page.reload()
    assert chart.evaluate("async img => { await img.decode(); return img.naturalWidth; }") > 300
    expect(answer.locator("tbody tr")).to_have_count(12)
    expect(answer.locator("code").first).not_to_be_visible()
    answer.get_by_text("Show SQL").click()
    expect(answer.locator("pre")).to_contain_text("SELECT month, sum(amount)")
    expect(page.locator("#followups button").first).to_be_visible()
    with page.expect_download() as download:
        answer.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text("utf-8-sig").count("\n") == 13


def test_a_chat_is_judged_renamed_and_deleted(ada: Watched) -> None:
    page = ada.go("/")
    ask(page, "What is the weather?")
    page.get_by_role("button", name="Bad answer").click()
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_placeholder("What was wrong?")).to_be_focused()
    page.keyboard.type("It rains")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Your note")).to_be_visible()

    page.get_by_text("Change", exact=True).click()
    page.get_by_label("Title").fill("天気 <b>")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("天気 <b>")
    expect(page.locator(".recent [aria-current]")).to_have_text("天気 <b>")
    page.get_by_text("Your note").click()
    expect(page.get_by_placeholder("What was wrong?")).to_have_value("It rains")
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("button", name="Delete this chat").click()
    expect(page.get_by_text("What do you want to know?")).to_be_visible()
    expect(page.locator(".recent")).not_to_contain_text("天気")


def test_an_answer_streams_survives_a_reload_and_is_interrupted(
    minded: Watched, server: Room
) -> None:
    server.model.says(
        "The **first** part.\n\n|a|b|\n|--|-:|\n|1|2|\n\n", "And then ", "…", "the rest."
    )
    page = minded.go("/")
    ask(page, "Tell me a story")

    answer = page.locator(".answer").last
    expect(answer.locator(".done strong")).to_have_text("first")
    expect(answer.locator(".done td.right")).to_have_text("2")
    expect(answer.locator(".tail")).to_have_text("And then")
    expect(answer).to_have_attribute("aria-busy", "true")
    ask(page, "And another?")
    expect(page.locator("#said")).to_have_text("Wait for the answer, or stop it with Esc.")
    page.reload()
    expect(answer.locator(".tail")).to_have_text("And then")
    server.model.go_on()
    expect(answer.get_by_text("And then the rest.")).to_be_visible()
    expect(answer).not_to_have_attribute("aria-busy", "true")
    expect(answer.locator(".done p")).to_have_count(2)

    server.model.says("Once more ", "…", "never said")
    page.keyboard.press("/")
    page.keyboard.type("Again")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(answer.locator(".tail")).to_have_text("Once more")
    page.keyboard.press("Escape")
    expect(answer.get_by_text("Stopped before the end.")).to_be_visible()
    expect(answer.locator(".done")).to_have_text("Once more")
    server.model.says("Now all of it.")
    page.get_by_role("button", name="Try again").click()
    expect(answer.locator(".done")).to_have_text("Now all of it.")
    expect(page.locator(".question p")).to_have_text(["Tell me a story", "Again"])

    server.model.says("Better.")
    page.locator(".question").first.get_by_text("Edit").click()
    page.get_by_label("Ask this instead").first.fill("Tell me another story")
    page.get_by_role("button", name="Ask again").first.click()
    expect(page.locator(".question p")).to_have_text(["Tell me another story"])
    expect(answer.locator(".done")).to_have_text("Better.")
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)


def test_a_question_is_not_asked_of_a_chat_that_went_on_in_another_window(ada: Watched) -> None:
    page = ada.go("/")
    ask(page, "monthly revenue for 2025")
    expect(page.get_by_role("button", name="Good answer")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    ask(other, "And for 2024?")
    expect(other.locator(".turn")).to_have_count(2)
    expect(other.get_by_role("button", name="Good answer")).to_have_count(2)

    ask(page, "And for 2023?")
    expect(page.locator("#said")).to_contain_text("went on in another window")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.get_by_label("Your question")).to_have_value("And for 2023?")
    page.get_by_label("Your question").press("Enter")
    expect(page.locator(".turn")).to_have_count(3)
    expect(page.get_by_role("button", name="Good answer")).to_have_count(3)


def test_a_server_that_is_gone_in_the_middle_is_waited_for(minded: Watched, server: Room) -> None:
    server.model.says("Half ", "…", "and whole.")
    page = minded.go("/")
    ask(page, "Tell me")
    expect(page.locator(".answer .tail")).to_have_text("Half")
    page.route("**/events", lambda route: route.abort("connectionrefused"))
    page.reload()
    status = page.locator(".answer [role=status]")
    expect(status).to_have_text("Reconnecting…")
    ask(page, "Are you there?")
    expect(page.locator("#said")).to_have_text("Reconnecting…")

    page.unroute("**/events")
    expect(page.locator(".answer .tail")).to_have_text("Half")
    expect(status).not_to_have_text("Reconnecting…")
    server.model.go_on()
    expect(page.locator(".answer .done")).to_have_text("Half and whole.")


def test_nothing_that_was_planted_runs_or_calls_out(
    minded: Watched, ada: Watched, server: Room
) -> None:
    server.model.says(f"Look: {EVIL} [a](javascript:window.hacked=1) ", "![b](https://evil.test/b)")
    page = minded.go("/")
    ask(page, f"What? {EVIL}")
    expect(page.get_by_role("button", name="Good answer")).to_be_visible()
    expect(page.locator(".answer img, .answer a, .answer script")).to_have_count(0)
    for each in (page, ada.go("/queries")):
        assert each.evaluate("() => window.hacked") is None

    page = ada.page
    expect(page.get_by_text("Hostile <img").first).to_be_visible()
    page.get_by_text("Hostile <img").first.click()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#result tbody tr")).to_have_count(3)
    expect(page.locator("#result th").last).to_have_text(EVIL)
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Title")).to_have_value(f"Hostile {EVIL}")
    ada.go("/connections")
    page.get_by_text("shop", exact=True).click()
    expect(page.locator(".schema strong").first).to_have_text(EVIL)
    ada.go(f"/chats/{server.ask(server.hostile_chat())}")
    expect(page.get_by_role("heading", level=1)).to_have_text(EVIL)
    expect(page.locator(".answer th").last).to_have_text(EVIL)
    assert page.locator("img[src='x'], a[href^='javascript']").count() == 0
    assert page.evaluate("() => window.hacked") is None


def test_a_query_is_found_run_saved_and_deleted_by_keyboard(ada: Watched) -> None:
    page = ada.go("/queries")
    page.keyboard.press("/")
    page.keyboard.type("region")
    page.keyboard.press("Enter")
    page.get_by_text("Sales of a region").click()
    expect(page.get_by_label("Region")).to_be_focused()
    options = page.locator("datalist option").evaluate_all("all => all.map(each => each.value)")
    assert set(options) == {"EU", "東京"}
    page.keyboard.type("東京")
    page.keyboard.press("Enter")
    rows = page.locator("#result tbody tr")
    expect(rows).to_have_count(200)
    expect(rows.first.locator(".null")).to_have_text("NULL")
    expect(page.locator("#result")).to_contain_text("200 of the first 1,000 rows; there are more")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    csv = download.value.path().read_bytes().decode("utf-8-sig")
    assert csv.count("\n") == 10_001
    assert "\r\n3,0.75,東京,\r\n" in csv

    page.goto(f"{ada.url}/queries/new")
    page.keyboard.type("Mine")
    page.get_by_label("The question that").fill("How many?")
    page.get_by_label("SQL").fill("DELETE FROM orders")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("read")
    expect(page.get_by_label("SQL")).to_be_focused()
    page.get_by_label("SQL").fill("SELECT * FROM wide")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")
    page.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete this query").click()
    expect(page.get_by_text("Saved queries").first).to_be_visible()
    expect(page.get_by_text("Mine", exact=True)).to_have_count(0)


def test_a_viewer_sees_no_button_to_write(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    for vic in _visit(browser, server.url, cookies["vic"]):
        page = vic.go("/queries")
        expect(page.locator("main").get_by_text("Monthly revenue")).to_be_visible()
        expect(page.get_by_text("New query")).to_have_count(0)
        page.locator("main").get_by_text("Monthly revenue").click()
        expect(page.get_by_text("Edit", exact=True)).to_have_count(0)
        expect(page.get_by_text("Delete", exact=True)).to_have_count(0)
        vic.go("/connections")
        expect(page.get_by_text("trellis connection add")).to_have_count(0)


def test_without_scripts_forms_do_all_of_it(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    for plain in _visit(browser, server.url, cookies["ada"], java_script_enabled=False):
        page = plain.go("/")
        page.get_by_label("Your question").fill("monthly revenue for 2025")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator(".answer tbody tr")).to_have_count(12)
        page.get_by_role("button", name="Good answer").click()
        good = page.get_by_role("button", name="Good answer")
        expect(good).to_have_attribute("aria-pressed", "true")
        plain.go("/queries")
        page.locator("main").get_by_text("Monthly revenue").click()
        page.get_by_label("Year").fill("2025")
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#result tbody tr")).to_have_count(12)
        expect(page.get_by_label("Year")).to_have_value("2025")
        plain.go("/connections")
        page.get_by_role("button", name="Test").click()
        expect(page.locator(".state")).to_have_text("answers")


def test_on_a_phone_nothing_is_wider_than_the_screen(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    size = {"width": 360, "height": 640}
    for phone in _visit(browser, server.url, cookies["ada"], viewport=size):
        page = phone.go("/")
        ask(page, "monthly revenue for 2025")
        expect(page.locator(".answer tbody tr")).to_have_count(12)
        assert page.evaluate(WIDE) == []
        chart = page.locator(".answer figure.chart img")
        drawn = "async img => { await img.decode(); return img.currentSrc; }"
        assert ".slim." in chart.evaluate(drawn)
        page.get_by_text("Files", exact=True).click()
        box = page.locator(".menu[open] > div").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert page.locator(".rooms a").evaluate_all(LINES) == [1, 1, 1, 1, 1]
        for path in ("/", "/chats", "/queries", "/connections", "/queries/new", "/links"):
            phone.go(path)
            assert page.evaluate(WIDE) == [], path
        page.goto(f"{phone.url}/queries")
        page.get_by_text("Hostile <img").first.click()
        page.get_by_role("button", name="Run").click()
        expect(page.locator("#result tbody tr")).to_have_count(3)
        assert page.evaluate(WIDE) == []


def test_a_link_on_another_site_finds_whoever_is_signed_in(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    for ada in _visit(browser, server.url, cookies["ada"]):
        page = ada.page
        ada.url = "http://"  # the other site is one of ours by another name
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        page.goto(f"{elsewhere}/sign-in")
        page.evaluate("to => { location.href = to; }", f"{server.url}/queries?q=revenue")
        expect(page.get_by_role("searchbox")).to_have_value("revenue")


def test_a_connection_is_looked_into_and_shows_no_secret(ada: Watched) -> None:
    page = ada.go("/connections")
    page.get_by_role("button", name="Discover").click()
    page.wait_for_load_state()
    expect(page.locator(".state")).to_have_text("answers")
    page.get_by_text("shop", exact=True).click()
    expect(page.locator(".schema")).to_have_count(5)
    page.keyboard.press("/")
    page.keyboard.type("region")
    page.keyboard.press("Enter")
    expect(page.locator(".schema")).to_have_count(1)
    page.locator(".schema summary").click()
    expect(page.get_by_role("cell", name="region")).to_be_visible()


def test_signing_out_and_a_wrong_key(browser: Browser, server: Room) -> None:
    for stranger in _visit(browser, server.url, []):
        page = stranger.go("/queries")
        expect(page.get_by_label("API key")).to_be_focused()
        page.keyboard.type("sesame")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("That key opens nothing")
        page.get_by_label("API key").fill(server.key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Saved queries")
        assert page.evaluate("() => document.cookie") == ""
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("API key")).to_be_visible()


def test_a_question_outlives_the_sign_in_it_was_typed_under(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    for ada in _visit(browser, server.url, cookies["ada"]):
        page = ada.go("/")
        page.context.clear_cookies()
        ask(page, "A long question")
        page.get_by_label("API key").fill(server.key)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_have_value("A long question")


WAITING = """
id: waiting
goal: 待つ {{params.who}}
params: {who: {default: "<b>誰"}}
tasks:
  - {id: first, tool: mock}
  - {id: held, tool: gate, inputs: {a: "{{first}}"}}
  - {id: last, tool: mock, inputs: {a: "{{held.text}}"}}
"""


def test_a_run_is_watched_while_it_goes_on(ada: Watched, server: Room) -> None:
    run = server.ask(server.began(WAITING))
    page = ada.go(f"/runs/{run.id}")

    expect(page.get_by_role("heading", level=1)).to_have_text("waiting")
    expect(page.locator(".graph g.running text").first).to_have_text("held")
    expect(page.locator(".graph g.waiting text").first).to_have_text("last")
    expect(page.locator("svg")).to_have_attribute(
        "aria-label", "3 tasks in 3 waves: 1 running, 1 done, 1 waiting"
    )
    server.ask(server.opened())
    expect(page.locator(".graph g.done")).to_have_count(3)
    expect(page.get_by_role("status")).to_have_text("succeeded")
    expect(page.get_by_role("button", name="Cancel the run")).to_have_count(0)
    page.locator("#t-held summary").click()
    expect(page.locator("#t-held pre")).to_contain_text("<script>window.hacked=1</script>")
    assert page.evaluate("window.hacked") is None
    page.locator(".graph a").first.click()
    expect(page).to_have_url(re.compile("#t-first$"))


def test_what_is_unfolded_stays_so_while_a_run_goes_on(ada: Watched, server: Room) -> None:
    run = server.ask(server.began(WAITING))
    page = ada.go(f"/runs/{run.id}")
    expect(page.locator(".graph g.running")).to_have_count(1)
    page.evaluate("""() => {
        const kept = document.createElement("details");
        kept.dataset.keep = "held";
        kept.open = true;
        document.querySelector("#t-held").append(kept);
    }""")

    server.ask(server.opened())

    expect(page.locator("#t-held details")).to_have_attribute("open", "")
    expect(page.locator("#t-last details")).not_to_have_attribute("open", "")


def test_a_pipeline_is_written_and_run_at_the_page(ada: Watched, server: Room) -> None:
    page = ada.go("/pipelines")
    page.get_by_role("link", name="New pipeline").click()
    page.get_by_label("Definition").fill(WAITING.replace("tool: gate", "tool: gat"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("did you mean gate?")
    page.get_by_label("Definition").fill(WAITING.replace("tool: gate", "tool: mock"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("waiting version 1")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("It waits for a worker.")).to_be_visible()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_role("status")).to_have_text("cancelled")
    server.jobs.waiting.clear()


def test_on_a_phone_a_graph_scrolls_and_the_page_does_not(
    browser: Browser, server: Room, cookies: dict[str, list[Any]]
) -> None:
    tasks = ", ".join(f"{{id: t{n}, tool: mock}}" for n in range(90))
    run = server.ask(server.began(f"{{id: many, goal: g, tasks: [{tasks}]}}"))
    other = server.ask(server.began(WAITING.replace("gate", "mock")))
    size = {"width": 390, "height": 844}
    for phone in _visit(browser, server.url, cookies["ada"], viewport=size):
        for path in (f"/runs/{run.id}", f"/runs/{other.id}", "/pipelines", "/runs"):
            page = phone.go(path)
            assert page.evaluate(WIDE) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
