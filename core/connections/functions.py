"""The names that the read-only policy goes by: functions, catalogues and settings."""

import re

from core.connections.records import Dialect

_MY = (Dialect.MYSQL, Dialect.MARIADB)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE)


GRAMMAR = {
    # What can stand before a parenthesis and is no function, unless it is quoted: reserved words
    # in every version we speak to. Whatever is missing here is only asked about needlessly.
    Dialect.POSTGRESQL: _words("""
        all and any array as asc between bigint bit boolean both case cast char character check
        coalesce collate dec decimal desc distinct else end except exists extract false float for
        from greatest group grouping having in inout int integer intersect interval into lateral
        leading least limit national nchar none not null nullif numeric offset on only or order out
        overlay placing position precision real returning row select setof smallint some substring
        symmetric table then time timestamp to trailing trim true union unique using values varchar
        variadic when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest
        xmlnamespaces xmlparse xmlpi xmlroot xmlserialize
    """),
    Dialect.DUCKDB: _words("""
        all and any array as asc both case cast coalesce collate desc distinct else end except
        exists extract false for from group grouping having in intersect interval into lateral
        leading limit not null offset on only or order placing position qualify returning row
        select some substring table then to trailing trim true union using values when where window
        with
    """),
    Dialect.SQLITE: _words("""
        all and as asc between by case cast check collate cross desc distinct else end except
        exists from full group having in indexed inner intersect into is isnull join left limit
        materialized natural not notnull null offset on or order outer over right select then
        union using values when where window with filter escape
        decimal numeric varchar nvarchar character nchar float double int integer text real blob
        varying
    """),
    Dialect.MYSQL: _words("""
        against all and any as asc between by case collate columns cross dec decimal desc distinct
        div double else except exists float for force from group having ignore in index inner int
        integer intersect interval into is join key keys lateral like limit natural not null
        numeric of on or order outer over partition real regexp rlike row select some
        straight_join table then union using value values varbinary varchar when where window with
        xor
    """),
}
GRAMMAR[Dialect.MARIADB] = GRAMMAR[Dialect.MYSQL]

_SQLITE_SCALAR = """
    abs acos acosh asin asinh atan atan2 atanh ceil ceiling changes char coalesce concat concat_ws
    cos cosh degrees exp floor format glob hex if ifnull iif instr json json_array
    json_array_insert json_array_length json_error_position json_extract json_insert json_object
    json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb
    jsonb_array jsonb_array_insert jsonb_extract jsonb_insert jsonb_object jsonb_patch jsonb_remove
    jsonb_replace jsonb_set last_insert_rowid length like likelihood likely ln log log10 log2 lower
    ltrim match max min mod nullif octet_length pi pow power printf quote radians random randomblob
    regexp replace round rtrim sign sin sinh soundex sqlite_source_id sqlite_version sqrt substr
    substring tan tanh total_changes trim trunc typeof unhex unicode unistr unistr_quote unlikely
    upper zeroblob date time datetime julianday unixepoch strftime timediff current_date
    current_time current_timestamp bm25 highlight matchinfo offsets snippet
"""
_SQLITE_SETS = """
    avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc
    json_group_array json_group_object jsonb_group_array jsonb_group_object
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value json_each json_tree jsonb_each jsonb_tree generate_series
"""
SQLITE_PRAGMAS = _words("""
    table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list
""")
"""Those that may have an argument."""
SQLITE_PLAIN_PRAGMAS = _words("""
    table_list collation_list function_list module_list pragma_list compile_options encoding
    user_version schema_version application_id page_count page_size freelist_count
""")
"""Those that read when they have none."""

_MYSQL_TEXT = """
    ascii bin bit_length char char_length character_length charset chr coercibility collation
    collate concat concat_ws convert crc32 crc32c elt export_set extractvalue field find_in_set
    format from_base64 hex insert instr kdf lcase left length lengthb locate lower lpad lpad_oracle
    ltrim ltrim_oracle make_set match mid natural_sort_key oct octet_length ord position quote
    regexp_instr regexp_like regexp_replace regexp_substr repeat replace replace_oracle reverse
    right rpad rpad_oracle rtrim rtrim_oracle sformat soundex space strcmp substr substr_oracle
    substring substring_index to_base64 to_char to_number trim trim_oracle ucase unhex updatexml
    upper weight_string concat_operator_oracle decode_oracle
    aes_decrypt aes_encrypt compress decode des_decrypt des_encrypt encode encrypt md5
    old_password password random_bytes sha sha1 sha2 uncompress uncompressed_length
    statement_digest statement_digest_text validate_password_strength
"""
_MYSQL_TIME = """
    adddate addtime add_months convert_tz curdate current_date current_time current_timestamp
    curtime date date_add date_format date_sub datediff datetime day dayname dayofmonth dayofweek
    dayofyear extract from_days from_unixtime get_format hour last_day localtime localtimestamp
    makedate maketime microsecond minute month monthname months_between now period_add period_diff
    quarter sec_to_time second str_to_date subdate subtime sysdate time time_format time_to_sec
    timediff timestamp timestampadd timestampdiff to_date to_days to_seconds unix_timestamp
    utc_date utc_time utc_timestamp week weekday weekofyear year yearweek
"""
_MYSQL_NUMBERS = """
    abs acos asin atan atan2 bit_count ceil ceiling conv cos cot degrees exp floor greatest least
    ln log log10 log2 mod pi pow power radians rand round sign sin sqrt tan trunc truncate
    format_bytes format_pico_time
"""
_MYSQL_JSON = """
    json_array json_array_append json_array_insert json_array_intersect json_arrayagg json_compact
    json_contains json_contains_path json_depth json_detailed json_equals json_exists json_extract
    json_insert json_key_value json_keys json_length json_loose json_merge json_merge_patch
    json_merge_preserve json_normalize json_object json_object_filter_keys json_object_to_array
    json_objectagg json_overlaps json_pretty json_query json_quote json_remove json_replace
    json_schema_valid json_schema_validation_report json_search json_set json_storage_free
    json_storage_size json_table json_type json_unquote json_valid json_value
    column_add column_check column_create column_delete column_exists column_get column_json
    column_list
"""
_MYSQL_OTHER = """
    any_value avg bit_and bit_or bit_xor count group_concat grouping max median min percentile_cont
    percentile_disc std stddev stddev_pop stddev_samp sum var_pop var_samp variance
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank
    row_number rownum
    cast binary case coalesce decode_histogram default if ifnull isnull name_const nullif nvl nvl2
    connection_id current_role current_user database found_rows icu_version row_count schema
    session_user system_user user version
    bin_to_uuid inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv4_compat is_ipv4_mapped
    is_ipv6 is_uuid sys_guid uuid uuid_short uuid_to_bin uuid_v4 uuid_v7
    distance string_to_vector to_vector vector_dim vector_to_string vec_distance
    vec_distance_cosine vec_distance_euclidean vec_fromtext vec_totext
"""
_MYSQL_SPACE = """
    geomcollection geometrycollection linestring multilinestring multipoint multipolygon point
    polygon mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequal mbrequals mbrintersects
    mbroverlaps mbrtouches mbrwithin st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt
    st_boundary st_buffer st_buffer_strategy st_centroid st_collect st_contains st_convexhull
    st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint
    st_envelope st_equals st_exteriorring st_frechetdistance st_geohash st_geomcollfromtext
    st_geometryfromtext st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext
    st_geomfromwkb st_hausdorffdistance st_interiorringn st_intersection st_intersects st_isclosed
    st_isempty st_isring st_issimple st_isvalid st_latfromgeohash st_latitude st_length
    st_lineinterpolatepoint st_linefromtext st_longfromgeohash st_longitude st_makeenvelope
    st_numgeometries st_numinteriorrings st_numpoints st_overlaps st_pointfromgeohash
    st_pointfromtext st_pointn st_pointonsurface st_polyfromtext st_relate st_simplify st_srid
    st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within
    st_x st_y
"""

ALLOWED = {
    Dialect.SQLITE: _words(_SQLITE_SCALAR + _SQLITE_SETS)
    | {f"pragma_{each}" for each in SQLITE_PRAGMAS | SQLITE_PLAIN_PRAGMAS},
    Dialect.MYSQL: _words(
        _MYSQL_TEXT + _MYSQL_TIME + _MYSQL_NUMBERS + _MYSQL_JSON + _MYSQL_OTHER + _MYSQL_SPACE
    ),
}
"""All that may be called where the server does not say what a function does."""
ALLOWED[Dialect.MARIADB] = ALLOWED[Dialect.MYSQL]

HARMLESS = {
    # Volatile by the catalogue, and yet they only compute or look.
    Dialect.POSTGRESQL: _words("""
        random random_normal gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday
        pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size
        pg_tablespace_size pg_is_in_recovery pg_is_wal_replay_paused pg_last_wal_receive_lsn
        pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_current_wal_lsn
        pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_partition_tree pg_partition_ancestors
        pg_sequence_last_value pg_blocking_pids pg_lock_status pg_prepared_xact
        pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit
        pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time
        pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
        pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched
        pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted
        pg_stat_get_xact_tuples_returned pg_stat_get_xact_tuples_updated
    """),
    Dialect.DUCKDB: _words("""
        random uuid uuidv4 uuidv7 gen_random_uuid error current_connection_id current_query_id
        current_transaction_id stats vector_type version
    """),
}
HARMLESS_EXTENSIONS = _words("""
    uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt
    pg_stat_statements pg_stat_statements_info
""")
"""The same, of PostgreSQL's extensions, in whatever schema they live."""

DUCKDB_TABLES = _words("""
    generate_series range unnest repeat repeat_row json_each json_tree duckdb_columns
    duckdb_constraints duckdb_functions duckdb_indexes duckdb_keywords
    duckdb_schemas duckdb_sequences duckdb_tables duckdb_types duckdb_views icu_calendar_names
    pg_timezone_names pragma_collations pragma_database_size pragma_show pragma_storage_info
    pragma_table_info pragma_version test_all_types
""")
"""Table functions that read nothing but the database itself."""
SAMPLES = _words("bernoulli system system_rows system_time reservoir")
"""What stands behind TABLESAMPLE: ways to choose rows, which nobody can call."""

_FILES = "it reads or writes files of the server"
_NETWORK = "it reaches other machines"
_TEXT = "it runs SQL from text"
_SERVER = "it signals, waits for, locks or reconfigures the server"
_SESSION = "it changes the session"
_SEQUENCE = "sequences belong to those who write"
_SECRET = "it shows secrets"  # noqa: S105 - what we say, not what we hide

DENIED: dict[Dialect, tuple[tuple[str, re.Pattern[str]], ...]] = {
    # Refused whatever the catalogue says of them, and by what name of a schema they are called.
    Dialect.POSTGRESQL: (
        (
            _FILES,
            _named(r"""
            pg_read_\w+ | pg_ls_\w+ | pg_stat_file | pg_file_\w+ | pg_logdir_ls | pg_logfile\w*
            | pg_current_logfile | pg_rotate_logfile\w* | pg_show_all_file_settings
            | pg_hba_file_rules | pg_ident_file_mappings | pg_config | pg_extension_update_paths
            | get_raw_page | heap_page_items | pg_get_wal_\w+ | pg_walfile_\w+
        """),
        ),
        (
            "it opens large objects, which a read-only transaction does not protect",
            _named(r"""
            lo_\w+ | loread | lowrite | lo
        """),
        ),
        (
            _NETWORK,
            _named(r"""
            dblink\w* | http | http_\w+ | postgres_fdw_\w+ | aws_\w+ | sslinfo
        """),
        ),
        (
            _TEXT,
            _named(r"""
            (query|table|schema|database|cursor)_to_xml\w* | ts_stat | ts_rewrite | crosstab\w*
            | connectby | xpath_table | xslt_process | plpgsql_\w+ | cron_\w+
        """),
        ),
        (
            _SERVER,
            _named(r"""
            pg_sleep\w* | pg_(try_)?advisory_\w+ | pg_terminate_backend | pg_cancel_backend
            | pg_reload_conf | pg_notify | pg_promote | pg_wal_replay_(pause|resume) | pg_switch_\w+
            | pg_create_\w+ | pg_drop_\w+ | pg_copy_\w+ | pg_replication_\w+ | pg_logical_\w+
            | pg_backup_\w+ | pg_(start|stop)_backup | pg_export_snapshot | pg_log_\w+
            | pg_stat_\w*reset\w* | pg_stat_(clear|force)_\w+ | pg_prewarm | autoprewarm\w*
            | brin_(de)?summarize\w* | gin_clean_pending_list | pg_nextoid | binary_upgrade_\w+
            | pg_import_system_collations | pg_stop_making_pinned_objects | pg_sync_\w+
            | pg_extension_config_dump | txid_current | pg_current_xact_id | pg_visibility\w*
            | pg_truncate_\w+ | pg_clear_\w+ | pg_restore_\w+ | pg_set_\w+
        """),
        ),
        (
            "it shows what other sessions do",
            _named(r"pg_stat_get_wal_receiver | pg_prepared_statement | pg_cursor"),
        ),
        (_SESSION, _named(r"set_config | setseed | set_limit | set_curcfg\w* | \w+_set_guc")),
        (_SEQUENCE, _named(r"nextval | setval | currval | lastval")),
        (_SECRET, _named(r"pg_show_all_settings | pg_options_to_table | pgp_\w+_decrypt\w*")),
    ),
    Dialect.DUCKDB: (
        (
            _FILES,
            _named(r"""
            read_\w+ | glob | parquet_\w+ | sniff_\w+ | \w+_scan | scan_\w+ | arrow_scan_dumb
            | pragma_(user_agent|platform|database_list|metadata_info) | getenv
            | duckdb_(temporary_files|external_file_cache|logs\w*|log_contexts) | st_read\w*
            | st_drivers | write_\w+ | load_aws_credentials | iceberg_\w+ | delta_\w+ | copy_\w+
        """),
        ),
        (_NETWORK, _named(r"http_\w+ | \w+_(attach|execute|query)")),
        (
            _TEXT,
            _named(r"""
            query | query_table | json_execute_serialized_sql | json_(de)?serialize_(sql|plan)
            | (from|get)_substrait\w* | sql_auto_complete | sqlsmith\w* | reduce_sql_statement
            | pandas_scan | python_\w+ | check_peg_parser | histogram_values
        """),
        ),
        (
            _SERVER,
            _named(r"""
            sleep_ms | pg_sleep | (force_)?checkpoint | (en|dis)able_\w+ | truncate_\w+
            | (de)?register_\w+ | (create|destroy)_external_resource\w* | write_log
            | start_ui\w* | stop_ui\w* | set_\w+_parser
        """),
        ),
        ("it takes memory without bounds", _named(r"damerau_levenshtein")),
        (_SESSION, _named(r"setseed")),
        (_SEQUENCE, _named(r"nextval | setval | currval")),
        (
            _SECRET,
            _named(r"""
            duckdb_secret\w* | which_secret | duckdb_settings | duckdb_external_\w+
            | duckdb_prepared_statements | duckdb_variables | current_query
        """),
        ),
    ),
    Dialect.SQLITE: (
        (_FILES, _named(r"readfile | writefile | edit | fsdir | lsmode | zipfile\w* | sqlar_\w+")),
        ("it loads code into the process", _named(r"load_extension | fts3_tokenizer")),
        (_TEXT, _named(r"eval | bytecode | tables_used")),
    ),
    Dialect.MYSQL: (
        (_FILES, _named(r"load_file | sys_eval | sys_exec | sys_get | sys_set | lib_mysqludf\w*")),
        (
            _SERVER,
            _named(r"""
            sleep | benchmark | get_lock | release_lock | release_all_locks | is_free_lock
            | is_used_lock | (master|source)_(pos|gtid)_wait | wait_for_executed_gtid_set
            | wait_until_sql_thread_after_gtids | wsrep_\w+ | binlog_gtid_pos
            | group_replication_\w+ | asynchronous_connection_\w+
        """),
        ),
        (_SESSION, _named(r"last_insert_id")),
        (_SEQUENCE, _named(r"nextval | setval | lastval")),
        (_SECRET, _named(r"keyring_\w+ | roles_graphml")),
    ),
}
DENIED[Dialect.MARIADB] = DENIED[Dialect.MYSQL]

CATALOGUES = {
    # Who may log in with what, and other ways round the database's own rights.
    Dialect.POSTGRESQL: _words("""
        pg_authid pg_shadow pg_user_mapping pg_user_mappings _pg_user_mappings user_mapping_options
        pg_subscription pg_largeobject pg_hba_file_rules pg_ident_file_mappings pg_file_settings
        pg_settings pg_db_role_setting pg_stat_wal_receiver pg_dist_authinfo decrypted_secrets
        pg_backend_memory_contexts pg_statistic_ext_data pg_statistic pg_stats pg_stats_ext
        pg_stats_ext_exprs pg_prepared_statements pg_cursors
    """),
    Dialect.DUCKDB: _words("""
        duckdb_secrets duckdb_settings duckdb_logs pg_settings duckdb_databases pragma_database_list
    """),
    Dialect.SQLITE: _words(
        "sqlite_dbpage sqlite_dbdata sqlite_dbptr sqlite_stmt bytecode tables_used"
    ),
    Dialect.MYSQL: _words("""
        global_priv proxies_priv roles_mapping password_history slave_master_info
        slave_relay_log_info keyring_keys keyring_component_status
        user_defined_functions processlist
    """),
}
CATALOGUES[Dialect.MARIADB] = CATALOGUES[Dialect.MYSQL]

PRIVATE_SCHEMAS = {each: _words("mysql sys performance_schema") for each in _MY}
"""Schemas of which no table may be read: the logins, and what other sessions are asking."""

SECRET_SETTING = _named(r"""
    .*(password|passwd|passphrase|secret|credential|token|auth|conninfo|_key\b|key_id|key_file).*
    | .*_(command|file|directory|library|libraries|path) | .*[.].*
""")
"""Settings that may hold a secret; those of applications, `app.jwt`, are anybody's guess."""

MYSQL_SHOWS = _words("""
    tables columns fields index indexes keys databases schemas variables status warnings errors
    collation engines triggers events plugins privileges create table open character charset
    procedure function full global session local extended storage all
""")
