"""The sample store: what is in it, and that it is there or not, but never in part."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.sample import SampleUnwritable, write

DIGEST = "fcdc268a23ed87b6889761990088e4facb7966a8c3cdf025420a1c3dbdc96c10"
"""Of every row of every table. Whoever means to change the shop's data changes this too."""


def digest(rows: Iterable[tuple[str, Iterable[tuple[Any, ...]]]]) -> str:
    found = hashlib.sha256()
    for name, each in rows:
        found.update(name.encode())
        for row in each:
            found.update(repr(tuple(_plain(cell) for cell in row)).encode())
    return found.hexdigest()


def _plain(cell: Any) -> Any:
    """Return a whole number as SQLite gives it back from a DECIMAL column."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def one(db: sqlite3.Connection, sql: str) -> Any:
    ((value,),) = db.execute(sql).fetchall()
    return value


def names(db: sqlite3.Connection, kind: str = "table") -> list[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    )
    return [name for (name,) in db.execute(sql, (kind,))]


# What is in it


def test_it_is_a_shop_of_related_tables(shop: sqlite3.Connection) -> None:
    assert len(names(shop)) == 19
    assert names(shop, "view") == ["revenue_by_month", "customer_value"]
    assert one(shop, "PRAGMA integrity_check") == "ok"
    assert shop.execute("PRAGMA foreign_key_check").fetchall() == []
    related = [
        name for name in names(shop) if shop.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    ]
    assert len(related) == 17
    for name in names(shop):
        assert one(shop, f"SELECT COUNT(*) FROM {name}") > 3, name


def test_it_has_fifty_thousand_orders_over_three_years(shop: sqlite3.Connection) -> None:
    assert one(shop, "SELECT COUNT(*) FROM orders") == 50_000
    assert one(shop, "SELECT MIN(date(ordered_at)) FROM orders") == "2023-01-01"
    assert one(shop, "SELECT MAX(date(ordered_at)) FROM orders") == "2025-12-31"
    assert one(shop, "SELECT COUNT(DISTINCT date(ordered_at)) FROM orders") == 1096


def test_its_data_is_the_same_wherever_it_is_written(sample: Path, tmp_path: Path) -> None:
    code = f"import sys; sys.path[:0] = {sys.path!r}\n" + textwrap.dedent(
        """
        from core.sample.shop import tables
        from tests.core.sample.test_shop import digest
        print(digest(tables()))
        """
    )
    elsewhere = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "LC_ALL": "C", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, **elsewhere},
    )
    assert done.stdout.strip() == DIGEST
    with closing(sqlite3.connect(sample)) as db:
        order = {"order_items": "order_id, line", "marketing_spend": "campaign_id, day"}
        written = (
            (name, db.execute(f"SELECT * FROM {name} ORDER BY {order.get(name, 'rowid')}"))
            for name in names(db)
        )
        assert digest(written) == DIGEST


def test_amounts_add_up_to_the_cent(shop: sqlite3.Connection) -> None:
    off = """
    SELECT COUNT(*) FROM orders o
    JOIN (SELECT order_id, SUM(amount) AS amount FROM order_items GROUP BY 1) i
        ON i.order_id = o.id
    WHERE o.total <> i.amount + o.shipping_fee
    """
    assert one(shop, off) == 0
    assert (
        one(
            shop,
            "SELECT COUNT(*) FROM order_items WHERE amount <> unit_price * quantity - discount",
        )
        == 0
    )
    assert (
        one(shop, "SELECT COUNT(*) FROM orders WHERE total * 4 <> CAST(total * 4 AS INTEGER)") == 0
    )
    assert one(shop, "SELECT SUM(total * 100) = CAST(SUM(total) * 100 AS INTEGER) FROM orders") == 1
    too_much = """
    SELECT COUNT(*) FROM refunds f JOIN order_items i USING (order_id, line)
    WHERE f.amount > i.amount
    """
    assert one(shop, too_much) == 0


@pytest.mark.parametrize(
    "impossible",
    [
        "orders o JOIN customers c ON c.id = o.customer_id WHERE o.ordered_at < c.signed_up_at",
        "orders o JOIN shipments s ON s.order_id = o.id WHERE date(shipped_at) < date(ordered_at)",
        "shipments WHERE delivered_at < shipped_at",
        "refunds JOIN shipments USING (order_id) WHERE refunded_at < delivered_at",
        "support_tickets WHERE closed_at < answered_at OR answered_at < opened_at",
        """order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id
        WHERE date(o.ordered_at) NOT BETWEEN p.launched_on
            AND COALESCE(date(p.discontinued_on, '-1 day'), '2025-12-31')""",
        """orders o JOIN campaigns c ON c.id = o.campaign_id
        WHERE o.channel_id <> c.channel_id
            OR date(ordered_at) NOT BETWEEN started_on AND COALESCE(ended_on, '2025-12-31')""",
    ],
)
def test_what_follows_comes_later(shop: sqlite3.Connection, impossible: str) -> None:
    assert one(shop, f"SELECT COUNT(*) FROM {impossible}") == 0


def test_there_are_seasons_weekends_growth_sales_and_a_bad_day(shop: sqlite3.Connection) -> None:
    def orders(where: str) -> int:
        return int(one(shop, f"SELECT COUNT(*) FROM orders WHERE {where}"))

    by_year = [orders(f"ordered_at LIKE '{year}%'") for year in (2023, 2024, 2025)]
    assert by_year == sorted(by_year)
    assert by_year[2] > 1.5 * by_year[0]
    for year in (2023, 2024, 2025):
        assert orders(f"ordered_at LIKE '{year}-12%'") > 1.5 * orders(
            f"ordered_at LIKE '{year}-02%'"
        )
    assert orders("strftime('%w', ordered_at) = '5'") > 1.1 * orders(
        "strftime('%w', ordered_at) = '6'"
    )
    assert orders("date(ordered_at) BETWEEN '2024-05-13' AND '2024-05-26'") > 1.3 * orders(
        "date(ordered_at) BETWEEN '2024-04-29' AND '2024-05-12'"
    )
    assert orders("date(ordered_at) = '2025-03-11'") < 0.4 * orders(
        "date(ordered_at) = '2025-03-12'"
    )


def test_there_are_nulls_and_names_from_everywhere(shop: sqlite3.Connection) -> None:
    for column in (
        "customers.phone",
        "customers.birth_date",
        "products.weight_grams",
        "products.discontinued_on",
        "shipments.delivered_at",
        "shipments.tracking_code",
        "payments.paid_at",
        "refunds.reason",
        "suppliers.contact_email",
        "support_tickets.closed_at",
        "support_tickets.satisfaction",
        "orders.note",
        "orders.campaign_id",
    ):
        table, name = column.split(".")
        empty = one(shop, f"SELECT SUM({name} IS NULL) FROM {table}")
        assert 0 < empty < one(shop, f"SELECT COUNT(*) FROM {table}"), column
    for part in ("太郎", "فاطمة", "Иванов", "Шевченко", "Muñoz", "Łukasz", "김", "O'Neill", "Παπα"):
        sql = "SELECT COUNT(*) FROM customers WHERE instr(name, ?)"
        assert shop.execute(sql, (part,)).fetchone()[0] > 0, part
    assert one(shop, "SELECT COUNT(*) FROM customers WHERE email GLOB '*[^a-z0-9.@]*'") == 0


# That it is there or not

HALFWAY = """
import resource, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from core.sample import SampleUnwritable, write
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGXFSZ, {handling})
try:
    write(Path({target!r}))
except SampleUnwritable as refusal:
    print(refusal.message)
"""


def halfway(target: Path, handling: str) -> subprocess.CompletedProcess[str]:
    """Write to *target* in a process that is stopped after two megabytes."""
    code = HALFWAY.format(path=sys.path, target=str(target), handling=handling)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )


def test_a_killed_writer_leaves_nothing_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    target = tmp_path / "sample.db"
    assert halfway(target, "signal.SIG_DFL").returncode == -signal.SIGXFSZ
    (left,) = tmp_path.iterdir()
    assert left != target
    os.utime(left, (1, 1))
    write(target)
    assert list(tmp_path.iterdir()) == [target]
    with closing(sqlite3.connect(target)) as db:
        assert one(db, "SELECT COUNT(*) FROM orders") == 50_000


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    done = halfway(tmp_path / "sample.db", "signal.SIG_IGN")
    assert done.returncode == 0
    assert done.stdout.startswith(f"The sample store cannot be written to {tmp_path}/sample.db: ")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_two_writers_at_once_leave_one_whole_store(tmp_path: Path) -> None:
    target = tmp_path / "home" / "sample.db"
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; from pathlib import Path; "
        f"from core.sample import write; write(Path({str(target)!r}))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [each.wait(timeout=120) for each in both] == [0, 0]
    assert list(target.parent.iterdir()) == [target]
    with closing(sqlite3.connect(target)) as db:
        assert one(db, "PRAGMA integrity_check") == "ok"
        assert one(db, "SELECT COUNT(*) FROM support_tickets") > 4_000


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SampleUnwritable, match=r"cannot be written to .*file/sample\.db"):
        write(tmp_path / "file" / "sample.db")
