"""Formulas over named figures, computed without ever running code.

A formula has numbers, names, `+ - * / %`, `**`, parentheses, and `min max abs sum round`. Figures
are decimals of forty digits. A name is matched whatever its case, and whether its words stand apart
or are joined: `Total assets` is `total_assets`; one with other signs stands in braces.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, Inexact, Rounded, localcontext
from typing import Any

from core.pipelines.tools.errors import FunctionRefused
from core.pipelines.tools.figures import figure

LONGEST = 2_000
"""Characters of a formula."""
DEEPEST = 50
POWER = 100
"""The largest exponent."""
PLACES = 40
"""Places that a figure is rounded to, behind the point or before it."""
BRACED = re.compile(r"\{([^{}]+)\}")
SIGNS = re.compile(r"\W+")
JOINED = re.compile(r"(?<=[A-Za-z_0-9])\s+(?=[A-Za-z_])")
"""A gap between two words is a part of a name: there are no two names without a sign between."""


def _power(base: Decimal, power: Decimal) -> Decimal:
    if abs(power) > POWER:
        raise FunctionRefused(f"An exponent is {POWER} at most.")
    return Decimal(base**power)


def _round(given: Decimal, digits: Decimal = Decimal()) -> Decimal:
    # To more places than there are costs as many steps as these are.
    if abs(digits) > PLACES:
        raise FunctionRefused(f"A figure is rounded to {PLACES} places at most.")
    return round(given, int(digits))


OPERATORS: dict[type, Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "min": lambda *given: min(given),
    "max": lambda *given: max(given),
    "abs": abs,
    "sum": lambda *given: sum(given, Decimal()),
    "round": _round,
}
CONTEXT = Context(prec=40)
CONTEXT.traps[Inexact] = CONTEXT.traps[Rounded] = False


class Missing(Exception):
    """A formula names a figure that there is not."""


class Undefined(FunctionRefused):
    """A formula divides by zero, or comes to no figure."""


def key(name: str) -> str:
    """Return a name as formulas compare it."""
    return SIGNS.sub("_", name.strip().casefold()).strip("_")


def names(formula: str) -> list[str]:
    """Return the names in a formula, each once, as formulas compare them.

    Raises:
        FunctionRefused: it is no formula.
    """
    tree = _tree(formula)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and id(node) not in functions
    ]
    return list(dict.fromkeys(key(each) for each in found))


def compute(formula: str, given: Mapping[str, Any]) -> Decimal:
    """Return what a formula comes to.

    Args:
        formula: such as `(revenue - costs) / revenue`.
        given: the figures, by `key` of their names.

    Raises:
        Missing: a figure is not there, or is none.
        Undefined: it divides by zero.
        FunctionRefused: it is no formula.
    """
    tree = _tree(formula)
    try:
        with localcontext(CONTEXT):
            found = _value(tree, given, 0)
            if found.is_finite():
                return found
    except (DecimalException, ArithmeticError, ValueError, TypeError):
        pass
    raise Undefined(
        f"{formula[:200]!r} cannot be computed: it divides by zero, or grows too large."
    )


def _tree(formula: str) -> ast.expr:
    text = formula.strip().removeprefix("=").strip()
    if len(text) > LONGEST:
        raise FunctionRefused(f"A formula has {LONGEST} characters at most.")
    text = BRACED.sub(lambda found: f" {_identifier(found[1])} ", text)
    text = JOINED.sub("_", " ".join(text.split()).strip())
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FunctionRefused(f"{formula[:200]!r} is no formula.") from None


def _identifier(name: str) -> str:
    plain = key(name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def _value(node: ast.AST, given: Mapping[str, Any], deep: int) -> Decimal:
    if deep > DEEPEST:
        raise FunctionRefused("The formula stands too deep within itself.")
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            found = Decimal(str(value))
        case ast.Name(id=name):
            found = _named(name, given)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
            found = _value(inner, given, deep + 1) * (-1 if isinstance(sign, ast.USub) else 1)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            one = _value(left, given, deep + 1)
            found = OPERATORS[type(sign)](one, _value(right, given, deep + 1))
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name.lower() in FUNCTIONS:
            found = FUNCTIONS[name.lower()](*(_value(each, given, deep + 1) for each in parts))
        case _:
            raise FunctionRefused(
                "A formula has numbers, names, + - * / % **, parentheses, and "
                f"{', '.join(FUNCTIONS)}; {ast.unparse(node)[:60]!r} is none of these."
            )
    return found


def _named(name: str, given: Mapping[str, Any]) -> Decimal:
    plain = key(name)
    value = figure(given.get(plain))
    if value is None:
        raise Missing(plain)
    return value
