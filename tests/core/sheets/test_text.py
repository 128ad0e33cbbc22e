"""Text files as people have them: any encoding, any delimiter, any number."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.sheets import FileRefused
from tests.core.sheets.reading import Reader


@pytest.mark.parametrize(
    ("body", "columns", "rows"),
    [
        ("a,b\n1,x\n", {"a": "BIGINT", "b": "VARCHAR"}, [(1, "x")]),
        ("a;b\n1,5;x\n", {"a": "DECIMAL(18,1)", "b": "VARCHAR"}, [(Decimal("1.5"), "x")]),
        (
            "a;b;c;d\n1,5;2,5;3,5;x\n1,5;2,5;3,5;x\n",
            None,
            [(*(Decimal(f"{n}.5") for n in (1, 2, 3)), "x")] * 2,
        ),
        ("a\tb\n1\tx\n", None, [(1, "x")]),
        ("a|b\n1|x\n", None, [(1, "x")]),
        ("sep=;\na;b\n1;x\n", None, [(1, "x")]),
        ("\ufeffa,b\r\n1,x\r\n", {"a": "BIGINT", "b": "VARCHAR"}, [(1, "x")]),
        ("a,b\r1,x\r", None, [(1, "x")]),
        ("a,b\n1,x", None, [(1, "x")]),
        ('a,b\n1,"x\ny ""z"", w"\n', None, [(1, 'x\ny "z", w')]),
        ('a,b\n"1","x"y\n2,u"v\n', None, None),
        ("name\nAda\nBo\n", {"name": "VARCHAR"}, [("Ada",), ("Bo",)]),
        ("a,b\n\n\n1,x\n,\n2,y\n", None, [(1, "x"), (2, "y")]),
        ("a,b,\n1,x,\n", {"a": "BIGINT", "b": "VARCHAR"}, [(1, "x")]),
        ("a,b\n", {"a": "VARCHAR", "b": "VARCHAR"}, []),
    ],
)
def test_a_text_becomes_a_table(
    read: Reader, body: str, columns: dict[str, str] | None, rows: list[Any] | None
) -> None:
    made = read(body)

    assert columns is None or made.columns() == columns
    assert rows is None or made.rows() == rows


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "größe,n\nüber,1\n"),
        ("utf-8-sig", "größe,n\nüber,1\n"),
        ("utf-16", "größe\tn\nüber\t1\n"),
        ("utf-16-be", "\ufeffgröße\tn\nüber\t1\n"),
        ("utf-32", "größe,n\nüber,1\n"),
        ("latin-1", "größe,n\nüber,1\n"),
        ("cp1252", "größe,n\n„über“ 5 €,1\n"),
        ("cp932", "商品,値\nりんご,1\nみかん,2\n"),
        ("utf-8", "商品,値\nりんご,1\n"),
    ],
)
def test_its_encoding_is_found_out(read: Reader, encoding: str, text: str) -> None:
    made = read(text.encode(encoding))
    header, first = text.removeprefix("\ufeff").replace("\t", ",").split("\n")[:2]

    assert list(made.columns()) == header.split(",")
    assert made.rows()[0] == (first.split(",")[0], 1)


@pytest.mark.parametrize(
    ("values", "type", "first"),
    [
        (["1", "-2", "+3"], "BIGINT", 1),
        (["1", "", "NA"], "BIGINT", 1),
        ([" 1 ", "\u00a02"], "BIGINT", 1),
        (["007", "8"], "VARCHAR", "007"),
        (["123456789012345678901", "1"], "VARCHAR", "123456789012345678901"),
        (["1.5", "2"], "DECIMAL(18,1)", Decimal("1.5")),
        (["19.99", "5", "0.1"], "DECIMAL(18,2)", Decimal("19.99")),
        (["0.123456789", "2"], "DOUBLE", 0.123456789),
        (["1e3", "2.5"], "DOUBLE", 1000.0),
        ([".5", "1."], "DECIMAL(18,1)", Decimal("0.5")),
        (["1,234", "12,345"], "BIGINT", 1234),
        (["1,234.50", "7"], "DECIMAL(18,2)", Decimal("1234.50")),
        (["1.234,56", "7"], "DECIMAL(18,2)", Decimal("1234.56")),
        (["12,5", "7"], "DECIMAL(18,1)", Decimal("12.5")),
        (["1.234", "2.500"], "DECIMAL(18,3)", Decimal("1.234")),
        (["true", "FALSE"], "BOOLEAN", True),
        (["2025-01-31", "2025-2-1"], "DATE", date(2025, 1, 31)),
        (["2025/01/31", "2025/02/01"], "DATE", date(2025, 1, 31)),
        (["31.01.2025", "1.2.2025"], "DATE", date(2025, 1, 31)),
        (["31/01/2025", "01/02/2025"], "DATE", date(2025, 1, 31)),
        (["01/31/2025", "02/01/2025"], "DATE", date(2025, 1, 31)),
        (["01/02/2025", "03/04/2025"], "VARCHAR", "01/02/2025"),
        (["31-Jan-2025", "1 Feb 2025"], "DATE", date(2025, 1, 31)),
        (["January 31, 2025", "Feb 1, 2025"], "DATE", date(2025, 1, 31)),
        (["2025年1月31日", "2025年12月1日"], "DATE", date(2025, 1, 31)),
        (["2025-02-30", "2025-01-01"], "VARCHAR", "2025-02-30"),
        (["2025-01-31", "2025-01-31 10:30"], "TIMESTAMP", datetime(2025, 1, 31)),  # noqa: DTZ001
        (["2025-01-31T10:30:05.25"], "TIMESTAMP", datetime(2025, 1, 31, 10, 30, 5, 250000)),  # noqa: DTZ001
        (["31.01.2025 10:30", "1.2.2025"], "TIMESTAMP", datetime(2025, 1, 31, 10, 30)),  # noqa: DTZ001
        (["10:30", "9:05:30"], "TIME", time(10, 30)),
        (["1", "x"], "VARCHAR", "1"),
        (["NA", "DE"], "VARCHAR", "NA"),
        (["", ""], "VARCHAR", None),
        (["$5", "$6"], "VARCHAR", "$5"),
        (["=1+1", "@SUM(A1)"], "VARCHAR", "=1+1"),
    ],
)
def test_a_column_has_the_narrowest_type_of_all_its_values(
    read: Reader, values: list[str], type: str, first: object
) -> None:
    lines = "\n".join(f"k{n}\t{value}" for n, value in enumerate(values))
    made = read(f"id_x\tvalue\n{lines}\n")

    assert made.columns()["value"] == type
    assert made.rows()[0][1] == first


def test_moments_with_a_zone_are_moments(read: Reader) -> None:
    made = read("a,b\n2025-01-31T10:00:00+02:00,1\n2025-01-31 10:00:00Z,2\n")

    assert made.columns()["a"] == "TIMESTAMP WITH TIME ZONE"


def test_german_numbers_are_read_as_the_whole_file_has_them(read: Reader) -> None:
    made = read("Datum;Umsatz;Menge\n31.01.2025;1.234,56;1.000\n1.2.2025;12,5;2.500\n")

    assert made.rows()[0] == (date(2025, 1, 31), Decimal("1234.56"), 1000)
    assert made.columns()["Menge"] == "BIGINT"


def test_one_value_far_down_makes_the_column_wider(read: Reader) -> None:
    lines = [f"{n},{n},2025-01-01" for n in range(5000)]
    lines[4321] = "4321,1.5,yesterday"
    made = read("id,amount,day\n" + "\n".join(lines))

    assert made.columns() == {"id": "BIGINT", "amount": "DECIMAL(18,1)", "day": "VARCHAR"}
    assert made.rows()[4321] == (4321, Decimal("1.5"), "yesterday")


def test_rows_of_any_length_are_kept_whole(read: Reader) -> None:
    made = read('a,b\n1\n1,2,3,4\n"x, y",2\n')

    assert list(made.columns()) == ["a", "b", "column_3", "column_4"]
    assert made.rows() == [("1", None, None, None), ("1", 2, 3, 4), ("x, y", 2, None, None)]


def test_headers_become_names_that_need_no_quotes(read: Reader) -> None:
    headers = ["id", "ID", "", "order", 'Unit ""price"" (€)', "品名", "2024", "x" * 300, "a\nb"]
    line = ",".join(f'"{each}"' for each in headers)
    made = read(f"{line}\n{','.join('v' for _each in headers)}\n")

    assert list(made.columns()) == [
        *("id", "ID_2", "column_3", "order_", "Unit_price", "品名", "_2024", "x" * 60, "a_b")
    ]
    comments = made.comments()
    assert comments["Unit_price"] == 'Unit "price" (€)'
    assert comments["x" * 60] == "x" * 300
    assert comments["a_b"] == "a b"


@pytest.mark.parametrize(
    "header", ["'; DROP TABLE x; --", '"; SELECT 1', "\\", "--", "/*", "{{a}}"]
)
def test_no_header_is_sql(read: Reader, header: str) -> None:
    quoted = header.replace('"', '""')
    made = read(f'"{quoted}",b\nx,y\n', "'; DROP TABLE b; --.csv")

    assert len(made.columns()) == 2
    assert made.rows() == [("x", "y")]


def test_names_of_columns_never_meet(read: Reader) -> None:
    made = read("a,a,a_2,A,column_6,,a\n1,2,3,4,5,6,7\n")

    names = [name.lower() for name in made.columns()]
    assert len(set(names)) == 7


@pytest.mark.parametrize(
    ("body", "names", "note"),
    [
        ("1,2\n3,4\n", ["column_1", "column_2"], "no header"),
        ("2025-01-01,x\n2025-01-02,y\n", ["column_1", "column_2"], "no header"),
        ("region,2023,2024\nEU,1,2\n", ["region", "_2023", "_2024"], None),
        ("Bob,1985\nAda,1990\n", ["column_1", "column_2"], "no header"),
        ("Sales report\nas of today\n\nregion,n\nEU,1\nUS,2\n", ["region", "n"], "above"),
        ("x,y\nx,y\nx,y\n", ["column_1", "column_2"], "no header"),
    ],
)
def test_the_header_is_found(read: Reader, body: str, names: list[str], note: str | None) -> None:
    made = read(body)

    assert list(made.columns()) == names
    assert (note is None and not made.notes) or (note is not None and note in str(made.notes))


def test_a_quote_that_is_never_closed_spoils_nothing(read: Reader) -> None:
    made = read('a,b\n1,"open\n2,3\n')

    assert made.rows() == [(1, '"open'), (2, "3")]
    assert "never closed" in made.notes[0]


def test_too_many_columns_are_cut_and_that_is_said(read: Reader) -> None:
    line = ",".join(f"c{n}" for n in range(600))
    made = read(f"{line}\n{','.join('1' for _n in range(600))}\n")

    assert made.tables[0]["columns"] == 500
    assert made.notes == ["Only the first 500 of 600 columns were read."]


def test_a_table_is_called_after_its_file(read: Reader) -> None:
    assert read("a,b\n1,2\n", "Q1 Umsätze (final).csv").tables[0]["name"] == ("Q1_Umsätze_final")


@pytest.mark.parametrize(
    "body",
    [
        "   \n\n",
        "Dear Ada,\n\nthis is a letter and no table at all.\nIt goes on, and on, for a while.\n",
        '{"a": 1, "b": 2}\n',
        '[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]\n',
        "one line only",
        ",,,\n,,,\n",
        "a,b\n1,\x00\n",
    ],
)
def test_what_is_no_table_is_refused(read: Reader, body: str) -> None:
    with pytest.raises(FileRefused):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfea",
        b"\xff\xfe\x00\xd8\x00\xd8,",
        b"a,b\n" + b'"' * 10_001 + b"\n",
        b"a,b\n" + b"x" * 3_000_000 + b",1\n",
        b'a,b\n"' + b"x" * 3_000_000 + b'",1\n',
        b"," * 100_000 + b"\n",
        b"\n" * 100_000 + b"a,b\n1,2\n",
        b"a,b\n" + "\u2028\x85\x1c,1\n".encode() * 10,
        b"\x1b[31m,b\n1,2\n",
    ],
    ids=range(9),
)
def test_odd_texts_are_read_or_refused_and_nothing_else(read: Reader, body: bytes) -> None:
    try:
        made = read(body)
    except FileRefused:
        return
    assert made.tables[0]["columns"]


@pytest.mark.parametrize(
    ("usual", "late", "type"),
    [
        ("1", "x", "VARCHAR"),
        ("1", "1.5", "DECIMAL(18,1)"),
        ("1", " 7 ", "BIGINT"),
        ("1", "n/a", "BIGINT"),
        ("1", " x", "VARCHAR"),
        ("1", "1e5", "DOUBLE"),
        ("1", "12345678901234567890", "VARCHAR"),
        ("1", "007", "VARCHAR"),
        ("2024-02-28", "2024-02-30", "VARCHAR"),
        ("2024-02-28", "2024-02-28 10:00", "TIMESTAMP"),
        ("true", "yes", "VARCHAR"),
    ],
)
def test_a_value_that_only_the_look_at_all_rows_finds_decides_with_the_others(
    read: Reader, usual: str, late: str, type: str
) -> None:
    rows = [usual] * 4_000
    rows[3_997] = late
    made = read("a,b\n" + "".join(f"{row},w\n" for row in rows))

    assert made.columns() == {"a": type, "b": "VARCHAR"}
    assert made.tables[0]["rows"] == 4_000


class Looks:
    """A database that counts how often all rows are looked at."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.count = 0

    def execute(self, sql: str, *values: Any) -> Any:
        self.count += "FILTER" in sql
        return self._database.execute(sql, *values)

    def close(self) -> None:
        self._database.close()


def test_numbers_that_end_in_a_word_are_texts_after_one_look(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    looks = reader._database = Looks(reader._database)
    body = ("a,b,c\n" + "1,2024-01-01,1.5\n" * 4_000).splitlines(keepends=True)
    body[3_998] = "x,y,z\n"

    made = reader("".join(body))
    columns = made.columns()
    reader.close()

    assert set(columns.values()) == {"VARCHAR"}
    assert looks.count == 1
