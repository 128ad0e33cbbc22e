"""The policy on real databases, and these without the policy: two walls, each tried alone."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.connections.address import parse
from core.connections.driver import Driver
from core.connections.drivers import authorizer
from core.connections.drivers.postgres import Postgres
from core.connections.errors import StatementRefused
from core.connections.functions import ALLOWED
from core.connections.policy import Policy, judge
from core.connections.records import Ceilings, Dialect, Statement
from core.errors import CoreError
from tests.core.connections.corpus import Case, read, stages
from tests.core.connections.corpus.stages import FOLDER, Stage

CEILINGS = Ceilings(seconds=20)
SHORT = Ceilings(seconds=0.4)
"""A statement that waits is stopped; whoever waits five seconds has got through."""
EVEN_THE_OWNER = {"write", "sequence", "many", "ours"}
"""What a read-only transaction keeps even those from who may do everything."""

NEVER = "memory"
"""What takes the memory of the machine is not tried: nothing in the database would stop it."""


@pytest.fixture(
    scope="module",
    params=[
        Dialect.SQLITE,
        Dialect.DUCKDB,
        pytest.param(Dialect.POSTGRESQL),
        pytest.param(Dialect.MARIADB),
    ],
)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("stage")
        if request.param is Dialect.SQLITE:
            lent = stages.sqlite(folder)
        elif request.param is Dialect.DUCKDB:
            lent = stages.duck(folder)
        elif request.param is Dialect.POSTGRESQL:
            lent = stages.postgres()
        else:
            lent = stages.mariadb()
        yield stack.enter_context(lent)


@pytest.fixture
async def driver(stage: Stage) -> AsyncIterator[Driver]:
    driver = stage.reader()
    yield driver
    await driver.close()


def statement(case: Case) -> str:
    return case.sql.replace("FOLDER", FOLDER)


async def test_every_legitimate_statement_passes_and_runs(stage: Stage, driver: Driver) -> None:
    policy = Policy()
    failed = []
    for case in read("legitimate", stage.dialect):
        try:
            await policy.permit(driver, case.sql)
            await driver.execute(Statement(case.sql), CEILINGS)
        except CoreError as refused:
            failed.append((case.title, refused.message))
    assert failed == []


async def test_every_hostile_statement_is_refused_by_the_policy(
    stage: Stage, driver: Driver
) -> None:
    policy = Policy()
    passed = []
    for case in read("hostile", stage.dialect):
        try:
            await policy.permit(driver, statement(case))
        except StatementRefused:
            continue
        passed.append(case.title)
    assert passed == []


async def test_without_the_policy_the_database_refuses_what_it_can_and_nothing_changes(
    stage: Stage, driver: Driver
) -> None:
    before = stage.state()
    session = (await driver.execute(Statement(stage.session), CEILINGS)).rows
    surprises, left = [], []
    for case in read("hostile", stage.dialect):
        if case.kind == NEVER:
            continue
        try:
            await driver.execute(Statement(statement(case)), SHORT)
        except CoreError as refused:
            if case.passes:
                surprises.append((case.title, "was to pass", refused.message))
        else:
            if not case.passes:
                surprises.append((case.title, "was to be refused", case.sql))
        after = (await driver.execute(Statement(stage.session), CEILINGS)).rows
        if after != session:
            left.append((case.title, after))
    assert surprises == []
    assert left == [], "what a statement did to its session has reached the next one"
    assert stage.state() == before


async def test_not_even_the_owner_may_write(stage: Stage) -> None:
    if stage.owner is None:
        assert stage.dialect in {Dialect.SQLITE, Dialect.DUCKDB}, "files have no rights inside"
        return
    before = stage.state()
    owner = stage.owner()
    passed = []
    for case in read("hostile", stage.dialect):
        if case.kind in EVEN_THE_OWNER and not case.passes:
            try:
                await owner.execute(Statement(statement(case)), SHORT)
            except CoreError:
                continue
            passed.append(case.title)
    await owner.close()
    assert passed == []
    assert stage.state() == before


async def test_a_view_of_what_is_legitimate_is_legitimate(stage: Stage) -> None:
    policy, views, refused = Policy(), {}, []
    for number, case in enumerate(read("legitimate", stage.dialect)):
        question = case.sql.split(";")[0] if case.sql.startswith("SELECT 1") else case.sql
        if judge(case.sql, stage.dialect).kind == "select":
            with suppress(*stages.FAILURES):  # not every question can be a view
                stage.change(f"CREATE VIEW legitimate_{number} AS {question}")
                views[f"legitimate_{number}"] = case.title
    driver = stage.owner() if stage.owner else stage.reader()
    for view, title in views.items():
        try:
            await policy.permit(driver, f"SELECT * FROM {view}")
        except StatementRefused as refusal:
            refused.append((title, refusal.message))
    await driver.close()
    for view in views:
        stage.change(f"DROP VIEW {view}")
    assert len(views) > 30
    assert refused == []


# Against what the engines say themselves


def test_all_that_sqlite_says_it_calls_and_reads_is_in_the_verdict(tmp_path: Path) -> None:
    # What operators and words call, and what SQLite reads to know what there is.
    implied = {"like()", "glob()", "->()", "->>()", "current_date()", "current_timestamp()"}
    implied |= {"sqlite_master", "orders", "customers", "sum()"}
    with stages.sqlite(tmp_path), closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        seen: set[str] = set()

        def note(action: int, first: str | None, second: str | None, *_: str | None) -> int:
            if action == sqlite3.SQLITE_FUNCTION:
                seen.add(f"{str(second).lower()}()")
            elif action == sqlite3.SQLITE_READ and first:
                seen.add(first.lower())
            return sqlite3.SQLITE_OK

        connection.set_authorizer(note)
        compared = 0
        for case in read("legitimate", Dialect.SQLITE):
            verdict = judge(case.sql, Dialect.SQLITE)
            if verdict.kind == "pragma":
                continue
            seen.clear()
            connection.execute(case.sql).fetchall()
            known = {f"{name[-1]}()" for name in verdict.functions}
            known |= {name[-1].lower() for name in (*verdict.relations, *verdict.functions)}
            # A view reads for others.
            assert seen - known <= (implied if "sales" in known else implied - SHOP), case.sql
            compared += len(seen)
        assert compared > 50


SHOP = {"orders", "customers", "sum()"}


def test_sqlite_is_allowed_what_its_own_guard_allows() -> None:
    guard = authorizer.FUNCTIONS | authorizer.TABLES
    # Tables of JSONB are younger than what the guard was written for.
    ours = {name for name in ALLOWED[Dialect.SQLITE] if not name.startswith(("pragma_", "jsonb_"))}
    assert ours <= guard


async def test_names_that_postgresql_folds_and_cuts_its_own_way_hide_nothing(
    postgres_url: str,
) -> None:
    name = f"{stages.NAME}_c"
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        # In the locale C the database's `lower` knows the letters A to Z alone.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for function in ('"ÄFFIN"()', f"{'f' * 63}()", '"Ö"(t)'):
                    connection.execute("CREATE TABLE IF NOT EXISTS t (id int)")
                    body = "RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1'"
                    connection.execute(f"CREATE FUNCTION {function} {body}")
            driver = Postgres(parse(url), sessions=1)
            for sql in (
                'SELECT "ÄFFIN"()',
                f"SELECT {'f' * 63}()",
                f"SELECT {'f' * 70}()",
                f'SELECT "{"f" * 63}é"()',
                'SELECT "Ö"(t) FROM t',
                'SELECT t."Ö" FROM t',
            ):
                with pytest.raises(StatementRefused):
                    await Policy().permit(driver, sql)
            await driver.close()
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_variable_of_ours_is_no_table_of_duckdb(tmp_path: Path) -> None:
    frame = {"secret": [1]}
    with stages.duck(tmp_path) as stage:
        driver = stage.reader()
        for name in ("frame", "stage", "tmp_path"):
            with pytest.raises(CoreError):
                await driver.execute(Statement(f"SELECT * FROM {name}"), CEILINGS)
        await driver.close()
    assert frame
