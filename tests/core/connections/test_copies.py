"""What people leave behind."""

from core.connections.copies import copies
from core.connections.records import Schema
from core.connections.words import split, stem
from tests.core.connections.tables import table


def found(*names: str) -> dict[str, bool]:
    """Return which of *names* (`schema.table`) are copies, and whether their original is there."""
    tables = [
        table(each.rpartition(".")[2], "id", schema=each.rpartition(".")[0] or "public")
        for each in names
    ]
    schema = Schema(tuple(tables), "public")
    marked = copies(schema, lambda name: [stem(word) for word in split(name)])
    return {names[n]: copy.original for n, copy in marked.items()}


def test_backups_dumps_and_years_are_copies_of_what_is_there() -> None:
    assert found(
        "orders", "orders_old", "tmp_orders", "orders_2019", "orders_bak_20240131", "orders_v2"
    ) == {
        "orders_old": True,
        "tmp_orders": True,
        "orders_2019": True,
        "orders_bak_20240131": True,
        "orders_v2": True,
    }


def test_a_copy_without_its_original_is_still_one() -> None:
    assert found("orders_backup", "customers") == {"orders_backup": False}


def test_history_and_staging_are_copies_only_beside_the_original() -> None:
    assert found("salary_history", "stg_salary_history") == {"stg_salary_history": True}
    assert found("salary", "salary_history") == {"salary_history": True}


def test_a_schema_of_copies_is_recognised() -> None:
    assert found("shop.orders", "backup.orders", "backup.notes") == {"backup.orders": True}


def test_numbers_that_are_no_year_mark_nothing() -> None:
    assert found("address", "address_2", "icd10", "cp01") == {}


def test_a_table_is_no_copy_for_being_called_test() -> None:
    assert found("tests", "test_results", "blood_test") == {}
    assert found("orders", "test_orders") == {"test_orders": True}
