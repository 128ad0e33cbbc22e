"""How a name has to be written in a statement: as it is, or in the dialect's quotes."""

import re

from core.connections.records import Dialect
from core.connections.words import listed

BARE = {
    Dialect.POSTGRESQL: re.compile(r"[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*"),
    Dialect.MYSQL: re.compile(r"[A-Za-z_$\u0080-\uffff][\w$]*"),
    Dialect.MARIADB: re.compile(r"[A-Za-z_$\u0080-\uffff][\w$]*"),
    Dialect.SQLITE: re.compile(r"[A-Za-z_\u0080-\uffff][\w$]*"),
    Dialect.DUCKDB: re.compile(r"[A-Za-z_\u0080-\uffff][\w$]*"),
}
"""Names that need no quotes; PostgreSQL alone makes capitals small where they are not quoted."""
RESERVED = listed(
    """
    add all alter analyze and any array as asc between both by case cast check collate column
    constraint create cross current_date current_time current_timestamp current_user default
    delete desc distinct do drop else end except exists false fetch filter for foreign from full
    grant group groups having if in index inner insert intersect interval into is isolation join
    key keys lateral leading left like limit match natural not null offset on only or order
    outer over partition pivot primary qualify rank range read references rename replace
    returning right row rows select session_user set show some system table then to trailing
    transaction trigger true union unique unpivot update user using values view when where
    window with
    """
)
"""Words that at least one of the dialects takes for its own."""


def written(name: str, dialect: Dialect) -> str:
    """Return *name* as a statement in *dialect* has to write it: `orders`, `"Order"`."""
    if BARE[dialect].fullmatch(name) and name.lower() not in RESERVED:
        return name
    mark = "`" if dialect in {Dialect.MYSQL, Dialect.MARIADB} else '"'
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"
