"""What a match takes, asks back, and never does."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from core.app import Core
from core.connections import ConnectionDraft, Dialect
from core.connections.template import parameters
from core.connections.words import listed
from core.identity import Actor
from core.ids import MemberId, OrganizationId, QueryId, now
from core.queries import Match, QueryChange, QueryDraft, QueryNotFound
from core.queries.match import best
from core.queries.message import LONGEST, Message
from core.queries.records import Query
from core.queries.reply import refilled
from core.queries.subject import Around, Subject, subject
from tests.core.queries.questions import TODAY, sampled


@pytest.fixture(params=["sqlite"])
async def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/trellis.db"


@pytest.fixture
async def shop(core: Core, ada: Actor, tmp_path: Path) -> Core:
    """Return a core that has the sample's tables and queries."""
    await sampled(core, ada, tmp_path)
    return core


async def asked(core: Core, actor: Actor, question: str) -> Match:
    match = await core.queries.match(actor, question, today=TODAY)
    assert match is not None, question
    return match


async def test_a_missing_value_is_asked_back_with_what_is_known_of_it(
    shop: Core, ada: Actor
) -> None:
    match = await asked(shop, ada, "new customers per month in 2025")

    assert match.missing == ("region",)
    assert match.values == {
        "region": (
            *("EU", "Rest of Europe", "North America", "Latin America"),
            *("Asia-Pacific", "Middle East and Africa"),
        )
    }
    assert match.invalid == {}


REPLIES: list[tuple[str, list[str], dict[str, Any]]] = [
    ("monthly revenue", ["2025"], {"year": "2025"}),
    ("monthly revenue", ["the last one"], {"year": "2025"}),
    ("monthly revenue", ["this one please"], {"year": "2026"}),
    ("monthly revenue", ["for 2024, please"], {"year": "2024"}),
    ("monthly revenue", ["year = 2023"], {"year": "2023"}),
    ("new customers per month 2025", ["EU please"], {"year": "2025", "region": "EU"}),
    ("new customers per month in EU", ["last year"], {"year": "2025", "region": "EU"}),
    ("new customers per month", ["EU", "2025"], {"year": "2025", "region": "EU"}),
    ("new customers per month", ["APAC in 2024"], {"year": "2024", "region": "Asia-Pacific"}),
    (
        "refund rate by category",
        ["start 2025-01-01, end 2025-03-31"],
        {"start": "2025-01-01", "end": "2025-03-31"},
    ),
    (
        "refund rate by category",
        ["Jan to March 2025"],
        {"start": "2025-01-01", "end": "2025-03-31"},
    ),
    (
        "refund rate by category",
        ["2025-01-01", "2025-03-31"],
        {"start": "2025-01-01", "end": "2025-03-31"},
    ),
    (
        "best sellers in 2025",
        ["10"],
        {"start": "2025-01-01", "end": "2025-12-31", "top": 10},
    ),
    ("open tickets by priority", ["yesterday"], {"day": "2026-01-14"}),
    ("low stock", ["Leipzig and 大阪"], {"warehouses": ["Leipzig", "大阪"]}),
    (
        "low stock",
        ["all warehouses"],
        {"warehouses": ["Leipzig", "Rotterdam", "Columbus", "大阪"]},
    ),
]


async def test_a_reply_fills_in_what_was_missing(shop: Core, ada: Actor) -> None:
    for question, replies, filled in REPLIES:
        match = await asked(shop, ada, question)
        for reply in replies:
            assert match.missing
            match = await shop.queries.fill(ada, match, reply, today=TODAY)
        assert (match.missing, match.parameters) == ((), filled), replies


async def test_a_reply_that_says_something_else_changes_nothing(shop: Core, ada: Actor) -> None:
    elsewhere = ("", "?", "never mind", "how many employees do we have", "why?", "\x00", "🙂")
    for question in ("monthly revenue", "low stock"):
        match = await asked(shop, ada, question)
        for reply in (*elsewhere, "x" * 5000):
            again = await shop.queries.fill(ada, match, reply, today=TODAY)
            assert (again.missing, again.parameters) == (match.missing, match.parameters), reply


async def test_a_reply_that_will_not_do_is_said_to(shop: Core, ada: Actor) -> None:
    stock, revenue = [await asked(shop, ada, each) for each in ("low stock", "monthly revenue")]

    berlin = await shop.queries.fill(ada, stock, "Berlin", today=TODAY)
    march = await shop.queries.fill(ada, revenue, "March 2025", today=TODAY)

    assert berlin.missing == ("warehouses",)
    assert "Berlin is none of the known values" in berlin.invalid["warehouses"]
    assert march.missing == ("year",)
    assert "one whole year" in march.invalid["year"]
    assert (await shop.queries.fill(ada, march, "2025", today=TODAY)).invalid == {}


REGIONS: list[tuple[str, str | None]] = [
    ("EU", "EU"),
    ("the european union", "EU"),
    ("north america", "North America"),
    ("NORTH AMERICA", "North America"),
    ("Nordamerika", "North America"),
    ("Amérique du Nord", "North America"),
    ("APAC", "Asia-Pacific"),
    ("asia pacific", "Asia-Pacific"),
    ("Latm America", None),
    ("america", None),
    ("Europe", None),
    ("Africa", None),
    ("Mars", None),
]


async def test_values_are_known_by_their_other_names_and_never_guessed(
    shop: Core, ada: Actor
) -> None:
    for said, region in REGIONS:
        question = f"new customers per month 2025 in {said}"
        match = await shop.queries.match(ada, question, today=TODAY)
        assert (match and match.parameters.get("region")) == region, said


async def test_a_question_of_words_beyond_measure_is_no_question(shop: Core, ada: Actor) -> None:
    for text in ("monthly revenue 2025 " * 10_000, "x" * 200_000, "\x00" * 2000, "1 " * 100_000):
        assert await shop.queries.match(ada, text, today=TODAY) is None


async def test_what_says_nothing_matches_nothing(shop: Core, ada: Actor) -> None:
    for text in ("", " ", "?!…", "a", "\x00", "🙂", "م", "''", '""', "{{year}}"):
        assert await shop.queries.match(ada, text, today=TODAY) is None


async def test_two_queries_that_fit_alike_are_both_uncertain(shop: Core, ada: Actor) -> None:
    assert await shop.queries.match(ada, "revenue 2025", today=TODAY) is None
    before = await asked(shop, ada, "monthly revenue 2025")
    await shop.queries.create(
        ada,
        QueryDraft(title="Monthly revenue", prompt="And in dollars?", sql="SELECT {{year}} AS n"),
    )

    assert before.query.title == "Monthly revenue"
    assert await shop.queries.match(ada, "monthly revenue 2025", today=TODAY) is None


async def test_a_match_follows_every_change(shop: Core, ada: Actor) -> None:
    match = await asked(shop, ada, "monthly revenue 2025")
    await shop.queries.update(ada, match.query.id, QueryChange(title="Rainfall", prompt="Wet?"))

    assert (await asked(shop, ada, "rainfall 2025")).query.id == match.query.id
    await shop.queries.delete(ada, match.query.id)

    assert await shop.queries.match(ada, "rainfall 2025", today=TODAY) is None
    with pytest.raises(QueryNotFound):
        await shop.queries.fill(ada, match, "2025", today=TODAY)


async def test_a_query_of_a_prompt_alone_is_matched_without_sql(core: Core, ada: Actor) -> None:
    await core.queries.create(
        ada, QueryDraft(title="Lessons of the quarter", prompt="What did we learn?")
    )

    match = await asked(core, ada, "what are the lessons of the quarter?")

    assert (match.query.sql, match.missing, match.parameters) == (None, (), {})


async def test_a_connection_that_is_gone_or_never_answered_takes_only_the_known_values(
    core: Core, ada: Actor, tmp_path: Path
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path}/missing.db")
    await core.connections.add(ada, ConnectionDraft(name="lost", url=url))
    sql = "SELECT 1 AS n FROM t WHERE strftime('%Y', d) = '{{year}}' AND place = {{place}}"
    draft = QueryDraft(title="Rainfall by place", prompt="?", sql=sql, connection="lost")
    await core.queries.create(ada, draft)

    match = await asked(core, ada, "rainfall 2025")

    assert (match.parameters, match.missing, match.values) == ({"year": "2025"}, ("place",), {})
    filled = await core.queries.fill(ada, match, "Upper Bavaria", today=TODAY)
    assert filled.parameters == {"year": "2025", "place": "Upper Bavaria"}


async def test_only_queries_of_the_connection_that_is_asked_are_matched(
    shop: Core, ada: Actor, tmp_path: Path
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path}/sample.db")
    await shop.connections.add(ada, ConnectionDraft(name="other", url=url))
    question = "monthly revenue 2025"

    assert await shop.queries.match(ada, question, connection="sample", today=TODAY)
    assert await shop.queries.match(ada, question, connection="other", today=TODAY) is None


async def test_a_viewer_may_match_and_a_stranger_finds_nothing(
    shop: Core, ada: Actor, vic: Actor, eve: Actor
) -> None:
    assert await asked(shop, vic, "monthly revenue 2025")
    assert await shop.queries.match(eve, "monthly revenue 2025", today=TODAY) is None


async def test_what_can_be_asked_is_suggested_nearest_first(shop: Core, ada: Actor) -> None:
    near = await shop.queries.suggest(ada, "tickets of yesterday, if you please")
    none = await shop.queries.suggest(ada, "sing a song", limit=3)

    assert near[0].title == "Open tickets by priority"
    assert len({each.id for each in near}) == len(near) == 5
    assert len(none) == 3


def made(title: str, sql: str | None, **fields: Any) -> Subject:
    """Return a query in words, without a core."""
    query = Query(
        id=QueryId("query"),
        organization_id=OrganizationId("organization"),
        title=title,
        prompt=fields.get("prompt", title),
        description=fields.get("description"),
        keywords=fields.get("keywords", ()),
        sql=sql,
        parameters=parameters(sql),
        connection_id=None,
        last_updated_by=MemberId("member"),
        last_updated_by_name="Ada",
        created_at=now(),
        updated_at=now(),
    )
    dialect = fields.get("dialect", Dialect.SQLITE)
    return subject(query, dialect, None, Around())


def found(question: str, about: Subject, today: date = TODAY) -> dict[str, Any] | None:
    match = best(Message(question, today), [(about, Around())])
    return None if match is None else match.parameters


@pytest.mark.parametrize(
    ("dialect", "condition", "parameters"),
    [
        (Dialect.POSTGRESQL, "extract(year FROM d) = {{year}}", {"year": 2025}),
        (Dialect.DUCKDB, "year(d) = {{year}}", {"year": 2025}),
        (Dialect.MYSQL, "YEAR(d) = {{year}}", {"year": 2025}),
        (Dialect.POSTGRESQL, "to_char(d, 'YYYY') = {{year}}", {"year": "2025"}),
        (Dialect.SQLITE, "d LIKE '{{year}}%'", {"year": "2025"}),
        (Dialect.SQLITE, "d >= '{{year}}-01-01' AND d < x", {"year": "2025"}),
        (Dialect.SQLITE, "substr(d, 1, 4) = {{y}}", {"y": "2025"}),
        (
            Dialect.POSTGRESQL,
            "d::date BETWEEN {{a}} AND {{b}}",
            {"a": "2025-01-01", "b": "2025-12-31"},
        ),
        (
            Dialect.POSTGRESQL,
            "d >= {{start}} AND d < {{end}}",
            {"start": "2025-01-01", "end": "2026-01-01"},
        ),
        (
            Dialect.MYSQL,
            "d >= {{start}} AND d < DATE_ADD({{end}}, INTERVAL 1 DAY)",
            {"start": "2025-01-01", "end": "2025-12-31"},
        ),
        (Dialect.POSTGRESQL, "date_trunc('month', d) = {{month}}", {}),
        (Dialect.SQLITE, "d = {{day}}", {}),
    ],
)
def test_the_sql_says_what_a_parameter_takes(
    dialect: Dialect, condition: str, parameters: dict[str, Any]
) -> None:
    about = made("Rainfall", f"SELECT count(*) FROM t WHERE {condition}", dialect=dialect)

    assert found("rainfall in 2025", about) == parameters


def test_what_cannot_be_read_is_judged_by_its_name() -> None:
    about = made("Rainfall", "SELEKT rain OF t WHERE y IS {{year}} AND top IS {{limit}}")

    assert found("rainfall 2025, top 5", about) in ({"year": 2025, "limit": 5}, None)
    assert found("rainfall 2025", about) == {"year": 2025}


ABOUT = (
    made(
        "Top products",
        "SELECT p AS product, sum(x) AS revenue FROM t WHERE d >= {{start}} AND d <= {{end}} "
        "AND w IN ({{places}}) AND z > {{least}} GROUP BY 1 ORDER BY 2 DESC LIMIT {{top}}",
        keywords=("best sellers",),
    ),
    made("Monthly revenue", "SELECT 1 FROM t WHERE strftime('%Y', d) = '{{year}}'"),
)
PIECES = st.sampled_from(
    sorted(
        listed(
            """
            monthly revenue top products best sellers in 2025 of by per last 30 days between and
            until since march 31.2.2025 99/99/9999 2025-13-45 q5 kw 99 the not without ' " \u00ab
            ( { 0 9999999999 最近 大阪 مبيعات \u00bd \u2460 e\u0302 \u202e \x00 - / . , ? \U0001f642
            """
        )
    )
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.lists(PIECES, max_size=30).map(" ".join), st.text(max_size=LONGEST)))
def test_no_message_breaks_it(text: str) -> None:
    message = Message(text, TODAY)
    match = best(message, [(each, Around()) for each in ABOUT])
    empty = Match(ABOUT[0].query, {}, ABOUT[0].query.parameters, {}, 1.0, {})
    filled = refilled(empty, message, ABOUT[0])

    assert set(filled.parameters) | set(filled.missing) == set(ABOUT[0].query.parameters)
    assert match is None or 0 < match.score <= 1


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)])
def test_any_day_may_be_today(today: date) -> None:
    for text in ("last year", "last 30 days", "next month", "in March", "29 February", "last week"):
        Message(f"top 5 products {text}", today)
