"""What lenders compute: ratios of liquidity, leverage, coverage and return, each by its formula.

Every figure is in one currency and one scale, whichever; a ratio is then a plain number (`1.5` is
one and a half times), and a margin or a rate is a part of one (`0.125` is 12.5 per cent).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.figures import number
from core.pipelines.tools.functions.formulas import Missing, Undefined, compute, key, names
from core.pipelines.tools.merging import is_nothing


class Ratio(NamedTuple):
    """One of them."""

    formula: str
    unit: str
    says: str


RATIOS = {
    "current_ratio": Ratio(
        "current_assets / current_liabilities", "times", "whether a year's debts can be paid"
    ),
    "quick_ratio": Ratio(
        "(current_assets - inventory) / current_liabilities", "times", "the same without stocks"
    ),
    "cash_ratio": Ratio("cash / current_liabilities", "times", "the same with cash alone"),
    "working_capital": Ratio(
        "current_assets - current_liabilities", "currency", "what remains of it"
    ),
    "debt_to_equity": Ratio("total_debt / total_equity", "times", "debt against own means"),
    "debt_to_assets": Ratio("total_debt / total_assets", "part of one", "what is owed of all"),
    "debt_to_capital": Ratio(
        "total_debt / (total_debt + total_equity)", "part of one", "debt among all means"
    ),
    "leverage": Ratio("total_debt / ebitda", "times", "years of earnings that are owed"),
    "net_leverage": Ratio(
        "(total_debt - cash) / ebitda", "times", "the same after cash is paid back"
    ),
    "equity_multiplier": Ratio("total_assets / total_equity", "times", "assets on own means"),
    "interest_coverage": Ratio("ebit / interest_expense", "times", "how often interest is earned"),
    "ebitda_coverage": Ratio("ebitda / interest_expense", "times", "the same before depreciation"),
    "fixed_charge_coverage": Ratio(
        "(ebit + lease_payments) / (interest_expense + lease_payments)",
        "times",
        "the same with rents",
    ),
    "debt_service_coverage": Ratio(
        "net_operating_income / (principal_payments + interest_expense)",
        "times",
        "whether debt can be served",
    ),
    "loan_to_value": Ratio(
        "loan_amount / collateral_value", "part of one", "how far it is secured"
    ),
    "ebitda": Ratio(
        "net_income + interest_expense + income_tax + depreciation + amortization",
        "currency",
        "earnings before interest, tax, depreciation and amortization",
    ),
    "free_cash_flow": Ratio(
        "operating_cash_flow - capital_expenditure", "currency", "cash that is free"
    ),
    "cash_flow_to_debt": Ratio(
        "operating_cash_flow / total_debt", "part of one", "how fast debt could be paid back"
    ),
    "gross_margin": Ratio("(revenue - cost_of_goods_sold) / revenue", "part of one", ""),
    "operating_margin": Ratio("operating_income / revenue", "part of one", ""),
    "ebitda_margin": Ratio("ebitda / revenue", "part of one", ""),
    "net_margin": Ratio("net_income / revenue", "part of one", ""),
    "return_on_assets": Ratio("net_income / total_assets", "part of one", ""),
    "return_on_equity": Ratio("net_income / total_equity", "part of one", ""),
    "asset_turnover": Ratio("revenue / total_assets", "times", ""),
    "days_sales_outstanding": Ratio("accounts_receivable / revenue * 365", "days", ""),
    "days_inventory_outstanding": Ratio("inventory / cost_of_goods_sold * 365", "days", ""),
    "days_payable_outstanding": Ratio("accounts_payable / cost_of_goods_sold * 365", "days", ""),
    "altman_z_score": Ratio(
        "1.2 * (current_assets - current_liabilities) / total_assets"
        " + 1.4 * retained_earnings / total_assets + 3.3 * ebit / total_assets"
        " + 0.6 * market_value_of_equity / total_liabilities + revenue / total_assets",
        "score",
        "Altman 1968, of listed manufacturers: below 1.81 distress, above 2.99 safe",
    ),
}


def ratio(name: str, given: Mapping[str, Any]) -> int | float:
    """Return one of the ratios.

    Raises:
        FunctionRefused: a figure is missing, there is one too many, or it divides by zero.
    """
    wanted = RATIOS[name]
    needed = names(wanted.formula)
    figures = {key(each): value for each, value in given.items()}
    if more := [each for each in figures if each not in needed]:
        raise FunctionRefused(f"{name} takes {', '.join(needed)}; not {', '.join(more)[:200]}.")
    try:
        return number(compute(wanted.formula, figures))
    except Missing as missing:
        raise FunctionRefused(
            f"{name} is {wanted.formula}: {missing} is missing, or no figure."
        ) from None


def credit_ratios(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return every ratio that can be computed from the figures in *data*, by its name.

    Formula: each one's own; what is missing, or would divide by zero, leaves its ratio out. What
    can itself be computed, such as ebitda, counts as a figure of the others.
    """
    if not isinstance(data, Mapping):
        raise FunctionRefused("credit_ratios: data is an object of figures.")
    known = {key(str(name)): value for name, value in data.items() if not is_nothing(value)}
    found: dict[str, Any] = {}
    for name in ("ebitda", *(each for each in RATIOS if each != "ebitda")):
        if name in known:
            continue
        try:
            found[name] = known[name] = number(compute(RATIOS[name].formula, known))
        except (Missing, Undefined):
            continue
    return found
