"""What SQLite itself lets a statement of ours do: everything that is not named here is denied."""

import sqlite3
from collections.abc import Callable, Collection

FUNCTIONS = frozenset(
    """
    -> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling changes char coalesce
    concat concat_ws cos cosh count cume_dist current_date current_time current_timestamp date
    datetime degrees dense_rank exp first_value floor format glob group_concat hex highlight if
    ifnull iif instr json json_array json_array_insert json_array_length json_error_position
    json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty
    json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array
    jsonb_array_insert jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
    jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday lag last_insert_rowid last_value
    lead length like likelihood likely ln log log10 log2 lower ltrim match matchinfo max median min
    mod nth_value ntile nullif octet_length offsets percent_rank percentile percentile_cont
    percentile_disc pi pow power printf quote radians random randomblob rank regexp replace round
    row_number rtreecheck rtreedepth rtreenode rtrim sign sin sinh snippet soundex
    sqlite_compileoption_get sqlite_compileoption_used sqlite_source_id sqlite_version sqrt
    strftime string_agg substr substring subtype sum tan tanh time timediff total total_changes
    trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob
    """.split()  # noqa: SIM905 - a list of so many would be a page
)
"""They only compute. Left out are those that load code, write or read files, write to the log
or hand out addresses in memory: load_extension, readfile, writefile, edit, sqlite_log,
fts3_tokenizer, fts5, and whatever a build of SQLite brings that we have not heard of."""

PRAGMAS = frozenset(
    """
    application_id collation_list compile_options data_version database_list encoding
    freelist_count function_list journal_mode module_list page_count page_size pragma_list
    schema_version table_list user_version
    """.split()  # noqa: SIM905 - a list of so many would be a page
)
"""They read; with a value they would set, and are denied."""

PRAGMAS_ABOUT = frozenset(
    """
    foreign_key_check foreign_key_list index_info index_list index_xinfo integrity_check
    quick_check table_info table_list table_xinfo
    """.split()  # noqa: SIM905 - a list of so many would be a page
)
"""They read; their value is what they are asked about."""

TABLES = frozenset({"json_each", "json_tree", "generate_series", "fts5vocab", "fts4aux"})
"""Functions that stand where a table does, and only compute."""

HIDDEN = frozenset({"sqlite_stmt", "sqlite_dbpage", "bytecode", "tables_used"})
"""Tables that show what others asked of a session, or what was deleted from the file."""

CATALOGUE = frozenset({"sqlite_master", "sqlite_schema"})

_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
_CHANGES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]


def authorizer(shadows: Collection[str]) -> Authorizer:
    """Return what SQLite asks before it prepares a step.

    Args:
        shadows: the tables in which virtual tables keep their content. These prepare writes to
            them, and to the catalogue, when they are merely opened; that these writes cannot
            run is the business of the read-only file.
    """

    def may(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            allowed = first not in HIDDEN
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() in FUNCTIONS
        elif action in _READS:
            allowed = True
        elif action == sqlite3.SQLITE_PRAGMA:
            name = (first or "").lower()
            allowed = name in PRAGMAS_ABOUT or (name in PRAGMAS and second is None)
        elif action in _CHANGES:
            allowed = first in shadows or (action == sqlite3.SQLITE_UPDATE and first in CATALOGUE)
        else:
            allowed = False
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return may
