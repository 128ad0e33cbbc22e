"""How tables hang together."""

from core.connections.joins import Join, Relations, keys
from core.connections.records import Schema
from core.connections.words import split, stem
from tests.core.connections.tables import CUSTOMERS, ORDERS, PRODUCTS, SHOP, table


def stems(name: str) -> list[str]:
    return [stem(word) for word in split(name)]


def names(joins: tuple[Join, ...]) -> set[tuple[str, str, bool]]:
    return {(join.left[1], join.right[1], join.declared) for join in joins}


def place(schema: Schema, name: str) -> int:
    return next(n for n, each in enumerate(schema.tables) if each.name == name)


def test_declared_keys_join_tables_directly() -> None:
    relations = Relations(SHOP, stems)
    joins = relations.between([place(SHOP, "orders"), place(SHOP, "customers")])
    assert joins == (
        Join(
            ("public", "orders"),
            ("customer_id",),
            ("public", "customers"),
            ("customer_id",),
            declared=True,
        ),
    )


def test_tables_that_do_not_touch_are_joined_through_one_between_them() -> None:
    relations = Relations(SHOP, stems)
    joins = relations.between([place(SHOP, "orders"), place(SHOP, "products")])
    assert names(joins) == {("order_items", "orders", True), ("order_items", "products", True)}


def test_names_suggest_joins_where_no_key_is_declared() -> None:
    relations = Relations(SHOP, stems)
    joins = relations.between([place(SHOP, "products"), place(SHOP, "categories")])
    assert names(joins) == {("products", "categories", False)}


def test_a_column_named_for_a_table_points_at_its_id() -> None:
    schema = Schema(
        (table("tbl_carrier", "id name"), table("shipment", "id carrier_id weight")), "public"
    )
    joins = Relations(schema, stems).between([0, 1])
    assert [(join.left[1], join.left_columns, join.right_columns) for join in joins] == [
        ("shipment", ("carrier_id",), ("id",))
    ]


def test_a_key_of_several_columns_is_found_in_another_table() -> None:
    head = table("head", "company doc year")._replace(primary_key=("company", "doc", "year"))
    line = table("line", "company doc year amount", key="")
    other = table("other", "company amount", key="")
    relations = Relations(Schema((head, line, other), "public"), stems)
    assert names(relations.between([0, 1])) == {("line", "head", False)}
    assert relations.between([0, 2]) == ()


def test_two_owners_of_a_key_suggest_nothing() -> None:
    schema = Schema(
        (
            table("customers", "customer_id name"),
            table("customer_profile", "customer_id bio"),
            table("visits", "visit_id customer_id"),
        ),
        "public",
    )
    relations = Relations(schema, stems)
    # Both have the key; the name decides, and a table of its own key points nowhere.
    assert names(relations.between([0, 1, 2])) == {("visits", "customers", False)}


def test_a_table_that_points_at_itself_is_no_neighbour_of_itself() -> None:
    staff = table("staff", "staff_id boss_id", points={"boss_id": "staff.staff_id"})
    relations = Relations(Schema((staff,), "public"), stems)
    assert relations.between([0]) == ()
    assert set(relations.neighbours(0)) == {0}


def test_a_key_to_a_table_that_we_cannot_see_is_left_out() -> None:
    orphan = table("orphan", "id there_id", points={"there_id": "nowhere.id"})
    assert Relations(Schema((orphan,), "public"), stems).neighbours(0) == {}


def test_the_keys_of_a_table_are_its_own_and_those_it_is_joined_by() -> None:
    relations = Relations(SHOP, stems)
    joins = relations.between([place(SHOP, "orders"), place(SHOP, "customers")])
    assert keys(ORDERS, joins) == {"order_id", "customer_id"}
    assert keys(CUSTOMERS, joins) == {"customer_id"}
    assert keys(PRODUCTS, joins) == {"product_id"}
