"""Tables written so that a model reads few words."""

from core.connections.records import Table


def text_of(table: Table) -> str:
    """Return what there is to say of *table* in one line: names, comment and columns."""
    columns = ", ".join(column.name for column in table.columns)
    comment = f": {table.comment}" if table.comment else ""
    return f"{table.schema}.{table.name}{comment} ({columns})"
