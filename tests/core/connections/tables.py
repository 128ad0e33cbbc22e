"""A small shop's tables, for tests that need a schema and no database."""

from core.connections.records import Column, ForeignKey, Schema, Table

TYPES = {"id": "integer", "at": "timestamp", "on": "date", "amount": "numeric", "price": "numeric"}


def table(
    name: str,
    columns: str,
    *,
    schema: str = "public",
    key: str | None = None,
    points: dict[str, str] | None = None,
    comment: str | None = None,
    samples: dict[str, tuple[str, ...]] | None = None,
) -> Table:
    """Return a table.

    Args:
        name: its name.
        columns: the names of its columns; the first is the key.
        schema: where it is.
        key: another key; empty for none.
        points: from column to the `table.column` it points at.
        comment: on it.
        samples: by column.
    """
    names = columns.split()
    keys = () if key == "" else (key or names[0],)
    foreign = []
    for column, target in (points or {}).items():
        where, _, there = target.rpartition(".")
        foreign.append(ForeignKey((column,), schema, where, (there,)))
    return Table(
        schema,
        name,
        "table",
        tuple(Column(each, TYPES.get(each.rpartition("_")[2], "varchar")) for each in names),
        keys,
        tuple(foreign),
        comment,
        None,
        samples or {},
    )


CUSTOMERS = table("customers", "customer_id first_name last_name email country signed_up_at")
PRODUCTS = table("products", "product_id title category_id list_price")
CATEGORIES = table("categories", "category_id title")
ORDERS = table(
    "orders",
    "order_id customer_id placed_at status total_amount",
    points={"customer_id": "customers.customer_id"},
    samples={"status": ("open", "paid", "shipped")},
)
ITEMS = table(
    "order_items",
    "order_item_id order_id product_id quantity unit_price",
    points={"order_id": "orders.order_id", "product_id": "products.product_id"},
)
BACKUP = table("orders_backup_2019", "order_id customer_id placed_at status total_amount", key="")
TICKETS = table("sppt_tkt", "tkt_id cust_ref prio opened_at", comment="Support requests")
SHOP = Schema((CUSTOMERS, PRODUCTS, CATEGORIES, ORDERS, ITEMS, BACKUP, TICKETS), "public")
