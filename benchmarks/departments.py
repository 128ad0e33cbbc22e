"""Tables of made-up departments: the crowd in which the right tables have to be found."""

import random
from collections.abc import Iterator
from itertools import islice

from core.connections.records import Column, ForeignKey, Table

DEPARTMENTS = {
    "facilities": "building floor room desk cleaning_job key_card visitor_pass meter parking_space",
    "legal": "contract clause counterparty case_file court_date obligation signature matter",
    "fleet": "vehicle lease fuel_card service_visit accident toll driver_licence tyre_set",
    "recruiting": "vacancy applicant interview offer referral job_board assessment agency",
    "events": "conference talk speaker booth sponsor attendee badge session_slot",
    "itsm": "device software_licence incident change_request server backup_job certificate user",
    "procurement": "requisition purchase_order supplier bid contract_line goods_receipt approver",
    "canteen": "menu meal ingredient order guest_card price_list allergen delivery",
    "security": "camera alarm patrol access_grant incident_report zone customer_visit",
    "research": "experiment sample reagent protocol instrument grant publication result",
    "donations": "donor pledge gift campaign receipt_letter fund volunteer payment",
    "loyalty": "member point_balance reward tier partner redemption statement product",
    "marketing": "newsletter audience lead landing_page brochure ad_booking survey invoice",
    "projects": "project milestone task timesheet_entry risk deliverable budget_item employee",
    "compliance": "policy control audit_finding evidence training_record exception claim account",
    "estates": "property tenant lease_contract rent_charge inspection repair_order deposit bill",
}
FACETS = (
    ("", "code title description status owner_name valid_from valid_until priority"),
    ("_type", "code label sort_order is_default"),
    ("_status_log", "old_status new_status changed_by changed_at comment_text"),
    ("_attachment", "file_name mime_type byte_size uploaded_by uploaded_at"),
    ("_note", "body author_name written_at is_private"),
    ("_assignment", "assigned_to assigned_by assigned_at released_at"),
    ("_config", "setting_name setting_value updated_at updated_by"),
    ("_import", "batch_no source_system row_hash error_text imported_at"),
    ("_mapping", "internal_code external_code partner_code confidence"),
    ("_summary", "period_start period_end total_count total_amount average_value"),
    ("_audit", "action actor_name before_image after_image happened_at"),
    ("_translation", "language_code title_text description_text"),
)
EXTRA = (
    "created_at",
    "updated_at",
    "created_by",
    "tenant_code",
    "remarks",
    "external_ref",
    "version_no",
)
TYPES = {"at": "timestamp", "amount": "numeric", "count": "integer", "size": "bigint"}


def departments(count: int, dice: random.Random) -> list[Table]:
    """Return *count* tables; beyond the first thousand they belong to numbered sites."""
    pairs = [
        (department, entity, facet, columns)
        for department, entities in DEPARTMENTS.items()
        for entity in entities.split()
        for facet, columns in FACETS
    ]
    found: list[Table] = []
    site = 0
    while len(found) < count:
        dice.shuffle(pairs)
        suffix = f"_{site:02}" if site else ""
        found += islice(_site(pairs, suffix, dice), count - len(found))
        site += 1
    return found


def _site(
    pairs: list[tuple[str, str, str, str]], suffix: str, dice: random.Random
) -> Iterator[Table]:
    for department, entity, facet, columns in pairs:
        schema = f"{department}{suffix}"
        names = columns.split() + dice.sample(EXTRA, dice.randint(2, len(EXTRA)))
        foreign = []
        if facet:
            names.insert(0, f"{entity}_id")
            foreign = [ForeignKey((f"{entity}_id",), schema, entity, ("id",))]
        columns_ = [Column("id", "integer", nullable=False)]
        columns_ += [Column(name, TYPES.get(name.split("_")[-1], "varchar")) for name in names]
        yield Table(
            schema, entity + facet, "table", tuple(columns_), ("id",), tuple(foreign), None, None
        )
