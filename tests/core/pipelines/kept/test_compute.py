"""What is computed: periods, amounts, ratios and formulas, exactly and without running code."""

import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.pipelines.tools.computing import Compute, functions
from core.pipelines.tools.edgar import Edgar
from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.figures import figure
from core.pipelines.tools.functions.credit import RATIOS
from core.pipelines.tools.functions.formulas import Missing, Undefined, compute, names
from tests.core.pipelines.kept.bench import Waits, use, web
from tests.core.pipelines.kept.commission import commission

TOOL = Compute(functions(Edgar(web(), Waits().throttle())))


async def run(function: str, **arguments: Any) -> Any:
    return await use(TOOL, function=function, **arguments)


# Periods


@pytest.mark.parametrize(
    ("date", "kind", "label"),
    [
        ("2024-12-31", "annual", "FY 2024"),
        ("2024-12-31", "fy", "FY 2024"),
        ("2024-03-31", "quarterly", "Q1 2024"),
        ("2024-06-30", "quarterly", "Q2 2024"),
        ("2024-09-30", "quarterly", "Q3 2024"),
        ("2024-12-31", "quarterly", "Q4 2024"),
        ("2025-03-31", "ytd_current", "Q1 2025"),
        ("2024-06-30", "half_year", "H1 2024"),
        ("2024-12-31", "half_year", "H2 2024"),
        ("2024-12-28", "annual", "FY 2024"),
        ("2025-01-03", "annual", "FY 2024"),
        ("2025-01-03", "quarterly", "Q4 2024"),
    ],
)
async def test_a_period_is_called_by_its_end(date: str, kind: str, label: str) -> None:
    assert await run("period_label", date=date, period_type=kind) == label


@pytest.mark.parametrize(
    ("date", "kind", "end", "label"),
    [
        ("2024-03-30", "quarterly", "09-30", "Q2 2024"),
        ("2024-12-28", "quarterly", "09-30", "Q1 2025"),
        ("2024-09-28", "annual", "09-30", "FY 2024"),
        ("2024-10-05", "annual", "09-30", "FY 2024"),
        ("2024-01-31", "annual", "01-31", "FY 2024"),
        ("2024-02-29", "annual", "02-28", "FY 2024"),
    ],
)
async def test_fiscal_years_count_from_their_own_end(
    date: str, kind: str, end: str, label: str
) -> None:
    said = await run("period_label", date=date, period_type=kind, fiscal_year_end=end)
    assert said == label


async def test_a_statement_at_the_end_of_a_year_is_about_that_year() -> None:
    assert await run("fiscal_period_logic", as_of_date="2024-09-30", company="Apple") == [
        {
            "label": "FY 2024",
            "period_end": "2024-09-30",
            "period_type": "annual",
            "is_annual": True,
        }
    ]


async def test_a_statement_within_a_year_is_about_three_periods() -> None:
    found = await run("fiscal_period_logic", as_of_date="2024-03-31", company="Apple Inc.")

    assert [(each["period_type"], each["period_end"], each["label"]) for each in found] == [
        ("annual", "2023-09-30", "FY 2023"),
        ("ytd_current", "2024-03-31", "Q2 2024"),
        ("ytd_prior", "2023-03-31", "Q2 2023"),
    ]


async def test_the_last_day_of_february_is_the_last_day_of_february() -> None:
    found = await run("fiscal_period_logic", as_of_date="2024-02-29")

    assert found[2]["period_end"] == "2023-02-28"


@pytest.mark.parametrize(
    ("company", "end"),
    [
        ("apple", "09-30"),
        ("Apple Inc.", "09-30"),
        ("microsoft", "06-30"),
        ("Walmart Inc", "01-31"),
        ("some unknown company", "12-31"),
        ("", "12-31"),
    ],
)
async def test_the_end_of_a_year_is_known_or_the_calendars(company: str, end: str) -> None:
    assert await run("fiscal_year_end", company=company) == end


async def test_edgar_knows_more_companies() -> None:
    async with commission() as (edgar, _kept):
        tool = Compute(functions(edgar))
        end = await use(tool, function="fiscal_year_end", company="Berkshire Hathaway")
        ticker = await use(tool, function="ticker_lookup", company="Berkshire Hathaway Inc.")

    assert (end, ticker) == ("12-31", "BRK-B")


@pytest.mark.parametrize(
    ("company", "ticker"),
    [
        ("apple", "AAPL"),
        ("Apple Inc.", "AAPL"),
        ("MICROSOFT", "MSFT"),
        ("google", "GOOGL"),
        ("Alphabet", "GOOGL"),
        ("Amazon.com", "AMZN"),
    ],
)
async def test_tickers_of_large_companies_are_known(company: str, ticker: str) -> None:
    assert await run("ticker_lookup", company=company) == ticker


async def test_a_ticker_is_never_guessed() -> None:
    with pytest.raises(FunctionRefused, match=r"No ticker mapping.*SEC_USER_AGENT"):
        await run("ticker_lookup", company="XYZ Corp Unknown")


# Amounts


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"value": 1_000_000, "target_scale": "millions"}, 1.0),
        ({"value": "500,000", "target_scale": "thousands"}, 500.0),
        ({"value": 42, "target_scale": "ones"}, 42.0),
        ({"value": "(1.5)", "source_scale": "billions", "target_scale": "millions"}, -1500.0),
        ({"value": 100, "source_currency": "EUR", "rate": 1.1, "target_scale": "ones"}, 110.0),
    ],
)
async def test_amounts_are_brought_to_one_scale(given: Any, value: float) -> None:
    assert await run("financial_scale_normalize", **given) == value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"value": 1, "source_currency": "XYZ"}, "Unknown source currency"),
        ({"value": 1, "target_currency": "XYZ"}, "Unknown target currency"),
        ({"value": 1, "target_scale": "centillions"}, "Unknown target scale"),
        ({"value": "many"}, "is no amount"),
        ({"value": 1, "source_currency": "EUR"}, "Rates of exchange are not known"),
        ({"value": 1, "source_currency": "EUR", "rate": 0}, "Rates of exchange"),
    ],
)
async def test_no_rate_and_no_unit_is_made_up(given: Any, said: str) -> None:
    with pytest.raises(FunctionRefused, match=said):
        await run("financial_scale_normalize", **given)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1,250", "1250"),
        ("(1,250)", "-1250"),
        ("$1,250.50", "1250.50"),
        ("-$5", "-5"),
        ("$(5)", None),
        ("12.5%", "0.125"),
        ("(12.5%)", "-0.125"),
        ("1.2 million", "1200000"),
        ("$3bn", "3000000000"),
        ("USD 7", "7"),
        ("7 EUR", "7"),
        ("1.234,5", "1234.5"),
        ("12,5", "12.5"),
        ("1 234", "1234"),
        ("1'234", "1234"),
        ("1e3", "1000"),
        ("\u22125", "-5"),
        ("5 apples", None),
        ("Q1 2024", None),
        ("", None),
        ("-", None),
        ("1" * 100, None),
    ],
)
def test_figures_are_read_as_statements_write_them(said: str, value: str | None) -> None:
    assert figure(said) == (None if value is None else Decimal(value))


# Ratios


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("current_ratio", {"current_assets": 300, "current_liabilities": 200}, 1.5),
        (
            "quick_ratio",
            {"current_assets": 300, "inventory": "100", "current_liabilities": 200},
            1,
        ),
        ("interest_coverage", {"ebit": "1,000", "interest_expense": 250}, 4),
        ("leverage", {"total_debt": 900, "ebitda": 300}, 3),
        ("net_leverage", {"total_debt": 900, "cash": 300, "ebitda": 300}, 2),
        ("debt_to_equity", {"total_debt": 1, "total_equity": 3}, 1 / 3),
        ("net_margin", {"Net income": "(50)", "Revenue": 200}, -0.25),
    ],
)
async def test_a_ratio_is_its_formula(name: str, given: Any, value: float) -> None:
    assert await run(name, **given) == pytest.approx(value)


async def test_every_ratio_can_be_computed() -> None:
    for name, ratio in RATIOS.items():
        given = {each: at + 2 for at, each in enumerate(names(ratio.formula))}
        assert isinstance(await run(name, **given), int | float)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"current_assets": 1}, "current_liabilities is missing"),
        ({"current_assets": 1, "current_liabilities": "n/a"}, "current_liabilities is missing"),
        ({"current_assets": 1, "current_liabilities": 0}, "divides by zero"),
        ({"current_assets": 1, "current_liabilities": 1, "x": 2}, "not x"),
    ],
)
async def test_a_ratio_without_its_figures_is_refused(given: Any, said: str) -> None:
    with pytest.raises(FunctionRefused, match=said):
        await run("current_ratio", **given)


async def test_all_ratios_are_computed_that_can_be() -> None:
    figures = {
        "Net income": 100,
        "Interest expense": 20,
        "Income tax": 30,
        "Depreciation": 40,
        "Amortization": 10,
        "Total debt": 400,
        "Cash": 0,
    }

    found = await run("credit_ratios", data=figures)

    assert found["ebitda"] == 200
    assert found["leverage"] == 2
    assert found["ebitda_coverage"] == 10
    assert "current_ratio" not in found


# Derived fields


async def test_fields_follow_from_each_other_in_any_order() -> None:
    formulas = {"c": "b * 2", "b": "A + 1", "d": "c / 0", "e": "missing + 1"}

    found = await run("calculate_derived_fields", data={"a": "(3)"}, formulas=formulas)

    assert found == {
        "a": "(3)",
        "b": -2,
        "c": -4,
        "d": "__not_found__",
        "e": "__not_found__",
    }


async def test_a_field_that_is_there_stays() -> None:
    schema = [{"name": "Total Equity", "formula": "Total assets - {Total liabilities}"}]
    given = {"Total assets": 10, "Total liabilities": 4}

    found = await run("calculate_derived_fields", data=given, schema=schema)
    kept = await run("calculate_derived_fields", data=given | {"total_equity": 7}, schema=schema)

    assert found["Total Equity"] == 6
    assert kept == given | {"total_equity": 7}


async def test_a_circle_is_refused() -> None:
    with pytest.raises(FunctionRefused, match="in a circle: a, b"):
        await run("calculate_derived_fields", data={}, formulas={"a": "b", "b": "a", "c": "1"})


@pytest.mark.parametrize(
    "formula",
    [
        *("__import__('os').system('true')", "a.b", "a[0]", "(lambda: 1)()", "'x' * 9", "f(1)"),
        *("[1 for x in y]", "1 if a else 2", "a := 1", "True", "min(a, key=b)", "*a", "", "1 +"),
        *("a < b", "1j", "print(1)", "abs.__class__", "a, b", "{}", "a; b", "a\n= b"),
        "(" * 300 + "1" + ")" * 300,
        "-" * 5000 + "1",
        "+".join(["1"] * 900),
    ],
)
def test_nothing_but_arithmetic_is_a_formula(formula: str) -> None:
    with pytest.raises(FunctionRefused):
        compute(formula, {"a": 1, "b": 2})


@pytest.mark.parametrize("formula", ["not a", "a and b", "await a", "lambda", "None of it"])
def test_words_are_names_and_nothing_else(formula: str) -> None:
    with pytest.raises((Missing, FunctionRefused)):
        compute(formula, {"a": 1, "b": 2})


@pytest.mark.parametrize("places", ["((10**100)**100)**99", "-41", "10**18", "1/0", "0**-1"])
def test_nothing_is_rounded_to_more_places_than_there_are(places: str) -> None:
    with pytest.raises(FunctionRefused):
        compute(f"round(1, {places})", {})


async def test_what_is_computed_holds_up_nobody() -> None:
    threads = set[int]()

    def work() -> int:
        threads.add(threading.get_ident())
        return 1

    assert await use(Compute({"work": work}), function="work") == 1
    assert threading.get_ident() not in threads


async def test_names_do_not_make_a_text_endless() -> None:
    data = {"text": "segment_1 " * 20_000}

    with pytest.raises(FunctionRefused, match="more than 16 MB"):
        await run("apply_segment_names", data=data, names=["x" * 1_000])


@pytest.mark.parametrize("formula", ["9**9**9", "10**101", "1/0", "0**-1", "(-8)**0.5", "1%0"])
def test_what_has_no_value_or_too_large_a_one_is_refused(formula: str) -> None:
    with pytest.raises(FunctionRefused):
        compute(formula, {})


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("= 1 + 2 * 3", "7"),
        ("(1 + 2) * 3 % 5", "4"),
        ("-a ** 2", "-16"),
        ("0.1 + 0.2", "0.3"),
        ("MAX(a, 7) - min(1, 2)", "6"),
        ("round(10 / 3, 2)", "3.33"),
        ("sum(1, 2, 3) / abs(-3)", "2"),
        ("Net sales - {Cost (of) sales}", "5"),
        ("{2024 sales}", "9"),
    ],
)
def test_formulas_are_computed_exactly(formula: str, value: str) -> None:
    given = {"a": 4, "net_sales": 8, "cost_of_sales": "3", "2024_sales": 9}
    assert compute(formula, given) == Decimal(value)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_compute_or_refuse(text: str) -> None:
    with suppress(FunctionRefused, Missing, Undefined):
        assert isinstance(compute(text, {"a": 1}), Decimal)


# Segments, and the registry


async def test_segments_are_called_by_their_names() -> None:
    data = [{"segment_1_sales": 5, "name": "Segment 2", "other": None}, "segment_3"]

    found = await run("apply_segment_names", data=data, names=["Americas", "Europe"])
    named = await run("apply_segment_names", data=data[0], names={"segment_2": "Asia"})

    assert found == [{"Americas_sales": 5, "name": "Europe", "other": None}, "segment_3"]
    assert named["name"] == "Asia"


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        ("fiscal_period_logc", {}, "Did you mean fiscal_period_logic"),
        ("current_ration", {}, "Did you mean current_ratio"),
        ("os.system", {}, "There is no function"),
        ("period_label", {"date": "2024-01-31"}, "period_type"),
        ("period_label", {"date": "2024-01-31", "period_type": "monthly"}, "Unknown period_type"),
        ("period_label", {"date": "soon", "period_type": "annual"}, "is no day"),
        ("fiscal_period_logic", {"as_of_date": "2024-01-31", "x": 1}, "takes as_of_date, company"),
        ("fiscal_period_logic", {"as_of_date": "0001-01-01"}, "."),
        (
            "fiscal_period_logic",
            {"as_of_date": "2024-01-31", "fiscal_year_end": "13-01"},
            "is no end of a fiscal year",
        ),
        ("calculate_derived_fields", {"data": [1]}, "is an object"),
        ("apply_segment_names", {"data": {}, "names": {"x": "y"}}, "is no segment"),
    ],
)
async def test_what_cannot_be_computed_is_refused_in_words(
    function: str, given: Any, said: str
) -> None:
    with pytest.raises(FunctionRefused, match=said):
        await run(function, **given)


def test_the_description_names_every_function() -> None:
    for name in ("fiscal_period_logic", "interest_coverage", "apply_segment_names"):
        assert name in TOOL.description
