=== write: a row
INSERT INTO orders (id, status) VALUES (99, 'new')
=== write: an answer as rows
INSERT INTO orders SELECT * FROM orders
=== write: all rows
UPDATE orders SET status = 'paid'
=== write: no rows left
DELETE FROM orders
=== write: an upsert
INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x' RETURNING *
=== write: a merge
MERGE INTO orders o USING customers c ON o.customer_id = c.id WHEN MATCHED THEN DELETE
=== write: truncation
TRUNCATE orders
=== write: a table
CREATE TABLE stolen (id int)
=== write: a table of an answer
CREATE TABLE stolen AS SELECT * FROM customers
=== write: a temporary table
CREATE TEMP TABLE stolen AS SELECT * FROM customers
=== write: a view
CREATE VIEW stolen AS SELECT 1
=== write: a function
CREATE FUNCTION stolen() RETURNS int LANGUAGE sql AS 'SELECT 1'
=== write: an extension
CREATE EXTENSION IF NOT EXISTS dblink
=== write: a role
CREATE ROLE stolen SUPERUSER LOGIN
=== write: a table that goes
DROP TABLE orders
=== write: a column
ALTER TABLE orders ADD COLUMN x int
=== write: a setting of the server
ALTER SYSTEM SET shared_buffers = '1MB'
=== write: a right
GRANT ALL ON orders TO PUBLIC
=== write: a comment that is kept
COMMENT ON TABLE orders IS 'x'
=== write: an index
CREATE INDEX ON orders (status)
=== upkeep: statistics | passes: a reader is told that the table is left out
ANALYZE orders
=== upkeep: vacuum
VACUUM
=== upkeep: a view made anew
REFRESH MATERIALIZED VIEW totals
=== upkeep: reindex
REINDEX TABLE orders
=== upkeep: cluster
CLUSTER orders
=== write: in a CTE
WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
=== write: in a CTE that nobody reads
WITH gone AS (DELETE FROM orders RETURNING *) SELECT 1
=== write: in a CTE inside a CTE
WITH a AS (WITH b AS (INSERT INTO orders (id) VALUES (9) RETURNING *) SELECT * FROM b) SELECT * FROM a
=== write: in a materialized CTE
WITH gone AS MATERIALIZED (UPDATE orders SET total = 0 RETURNING id) SELECT count(*) FROM gone
=== write: a CTE before a write
WITH x AS (SELECT 1 AS id) INSERT INTO orders (id) SELECT id FROM x
=== write: a CTE before a deletion
WITH x AS (SELECT 1 AS id) DELETE FROM orders USING x WHERE orders.id = x.id
=== write: SELECT INTO
SELECT * INTO stolen FROM orders
=== write: SELECT INTO a temporary table
SELECT * INTO TEMP TABLE stolen FROM orders
=== write: SELECT INTO in lower case, over lines
select id
into
  stolen
from orders
=== write: SELECT INTO behind a comment
SELECT 1 AS a /* x */ INTO/**/stolen
=== write: INTO in the first arm of a union
SELECT 1 AS a INTO stolen UNION ALL SELECT 2
=== plan: explained and done
EXPLAIN ANALYZE DELETE FROM orders
=== plan: explained and done, as an option
EXPLAIN (ANALYZE, COSTS OFF) UPDATE orders SET status = 'x'
=== plan: explained and done, a table
EXPLAIN ANALYZE CREATE TABLE stolen AS SELECT 1
=== plan: explained only
EXPLAIN DELETE FROM orders
=== plan: explained, a prepared statement
EXPLAIN ANALYZE EXECUTE plan
=== object: one | passes: before PostgreSQL 16 a large object may be made in a read-only transaction; it is rolled back
SELECT lo_create(4242)
=== object: one, quoted and qualified | passes: before PostgreSQL 16 a large object may be made in a read-only transaction; it is rolled back
SELECT "pg_catalog"."lo_creat"(-1)
=== object: one from bytes | passes: before PostgreSQL 16 a large object may be made in a read-only transaction; it is rolled back
SELECT lo_from_bytea(0, '\x00'::bytea)
=== object: one behind a comment
SELECT lo_unlink/* x */(4711)
=== object: one by a function of a type
SELECT TREAT(4711 AS lo_unlink)
=== object: one in an aggregate's filter
SELECT count(*) FILTER (WHERE lo_unlink(4711) = 1) FROM orders
=== object: one in ORDER BY
SELECT 1 FROM orders ORDER BY lo_unlink(4711)
=== object: one in VALUES
VALUES (1, lo_unlink(4711))
=== object: one in nested arrays
SELECT ARRAY[ARRAY[lo_unlink(4711)]]
=== object: one in ROWS FROM
SELECT * FROM ROWS FROM (generate_series(1, 2), lo_unlink(4711)) AS x (a, b)
=== object: one in LATERAL
SELECT * FROM orders o, LATERAL lo_unlink(4711) AS x
=== object: one in LIMIT
SELECT 1 LIMIT lo_unlink(4711)
=== object: one in a window
SELECT sum(1) OVER (PARTITION BY lo_unlink(4711)) FROM orders
=== object: one in GROUP BY
SELECT count(*) FROM orders GROUP BY GROUPING SETS ((lo_unlink(4711)), ())
=== object: one in HAVING
SELECT 1 FROM orders HAVING count(lo_unlink(4711)) > 0
=== object: one in a join's condition
SELECT 1 FROM orders a JOIN orders b ON lo_unlink(4711) = 1
=== object: one in a frame
SELECT sum(1) OVER (ORDER BY id ROWS lo_unlink(4711) PRECEDING) FROM orders
=== object: one in DISTINCT ON
SELECT DISTINCT ON (lo_unlink(4711)) 1 FROM orders
=== object: one in a CASE
SELECT CASE WHEN true THEN lo_unlink(4711) END
=== object: one as a field of a row
SELECT (ROW(lo_unlink(4711), 1)).f1
=== object: one, put
SELECT lo_put(4711, 0, '\x01')
=== object: one, opened to write
SELECT lo_open(4711, 131072)
=== object: collations
SELECT pg_import_system_collations('public')
=== ours: a function of ours that writes
SELECT touch()
=== ours: a function of ours, quoted
SELECT "touch" ()
=== ours: a function of ours with capitals and a space
SELECT "Wipe All"()
=== ours: a function of ours, qualified
SELECT public.touch()
=== ours: a function of ours where a table stands
SELECT * FROM touch()
=== ours: a function of ours as a field of its row
SELECT o.stamp FROM orders o
=== ours: a function of ours as a field in parentheses
SELECT (o).stamp FROM orders o
=== ours: a function of ours as a field of a row that is made
SELECT (ROW(1, 1, NULL, NULL, NULL)::orders).stamp
=== ours: an aggregate of ours that writes
SELECT hoard(id) FROM orders
=== ours: one overload of two that writes
SELECT twice('x'::text)
=== ours: behind a view
SELECT * FROM busy
=== ours: behind a view behind a view
SELECT count(*) FROM busier
=== ours: behind a view, quoted
SELECT * FROM "public"."busy"
=== ours: behind a view in EXPLAIN ANALYZE
EXPLAIN ANALYZE SELECT * FROM busy
=== ours: behind a view, by TABLE
TABLE busy
=== ours: behind a view, in a subquery in a list
SELECT (SELECT count(*) FROM busy)
=== ours: a function of ours called like a harmless one
SELECT evil.random()
=== sequence: the next value
SELECT nextval('tickets')
=== sequence: set
SELECT setval('tickets', 1)
=== sequence: qualified and quoted
SELECT pg_catalog."nextval"('tickets'::regclass)
=== sequence: in an expression
SELECT 1 + (nextval('tickets'))::int
=== lock: rows
SELECT * FROM orders FOR UPDATE
=== lock: rows, shared
SELECT * FROM orders FOR SHARE
=== lock: rows, weaker
SELECT * FROM orders FOR NO KEY UPDATE SKIP LOCKED
=== lock: keys
SELECT * FROM orders FOR KEY SHARE OF orders NOWAIT
=== lock: rows in a subquery
SELECT * FROM (SELECT * FROM orders FOR UPDATE) x
=== lock: rows in a CTE
WITH x AS (SELECT * FROM orders FOR UPDATE) SELECT * FROM x
=== lock: rows before LIMIT
SELECT * FROM orders ORDER BY id FOR UPDATE LIMIT 1
=== lock: rows behind comments
SELECT * FROM orders FOR/**/UPDATE
=== lock: a table
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE
=== wait: advisory | passes: a lock that is let go before the session is lent again
SELECT pg_advisory_lock(1)
=== wait: advisory, of the transaction | passes: it ends with the transaction
SELECT pg_advisory_xact_lock(1, 2)
=== wait: advisory, tried | passes: a lock that is let go before the session is lent again
SELECT pg_catalog.pg_try_advisory_lock(3)
=== wait: sleep
SELECT pg_sleep(5)
=== wait: sleep with Unicode escapes
SELECT U&"pg\005fsleep"(5)
=== wait: sleep for
SELECT pg_sleep_for('5 seconds')
=== wait: sleep until
SELECT pg_catalog.pg_sleep_until(now() + interval '5 seconds')
=== wait: sleep in EXPLAIN ANALYZE
EXPLAIN (ANALYZE) SELECT pg_sleep(5)
=== wait: sleep where nobody looks
SELECT 1 WHERE (SELECT pg_sleep(5)) IS NULL
=== wait: sleep in a default of COALESCE
SELECT COALESCE(NULL, pg_sleep(5)::text)
=== wait: sleep over lines and comments
SELECT pg_sleep -- comment
/* and /* nested */ another */ (5)
=== server: another's session | passes: there is no such session
SELECT pg_terminate_backend(-1)
=== server: another's statement | passes: there is no such session
SELECT "pg_cancel_backend"(-1)
=== server: its configuration
SELECT pg_reload_conf()
=== server: its log
SELECT pg_rotate_logfile()
=== server: a notice | passes: a notice goes out when a transaction is committed, and this is not
SELECT pg_notify('x', 'y')
=== server: a notice as a statement | passes: a notice goes out when a transaction is committed, and this is not
NOTIFY x, 'y'
=== server: WAL
SELECT pg_switch_wal()
=== server: a restore point
SELECT pg_create_restore_point('x')
=== server: a replication slot
SELECT pg_create_physical_replication_slot('x')
=== server: a message in the WAL | passes: a message changes no data
SELECT pg_logical_emit_message(false, 'x', 'y')
=== server: its statistics
SELECT pg_stat_reset()
=== server: promotion
SELECT pg_promote()
=== server: a transaction number | passes: numbers are given to readers, too
SELECT txid_current()
=== server: a snapshot for others | passes: it ends with the transaction
SELECT pg_export_snapshot()
=== server: memory in the log
SELECT pg_log_backend_memory_contexts(1)
=== server: a checkpoint
CHECKPOINT
=== server: a library
LOAD 'auto_explain'
=== session: a setting | passes: a session that was told to is not lent again
SET statement_timeout = 0
=== session: a setting of the transaction
SET LOCAL transaction_read_only = off
=== session: read-write
SET TRANSACTION READ WRITE
=== session: a role | passes: a session that was told to is not lent again
SET ROLE postgres
=== session: login | passes: a session that was told to is not lent again
SET SESSION AUTHORIZATION postgres
=== session: reset | passes: a session that was told to is not lent again
RESET ALL
=== session: by a function | passes: what it sets is rolled back with the transaction
SELECT set_config('statement_timeout', '0', false)
=== session: by a function that is qualified and quoted | passes: what it sets is rolled back with the transaction
SELECT "pg_catalog" . "set_config" ('search_path', 'evil', true)
=== session: a seed | passes: nothing else is random for a reader
SELECT setseed(0.5)
=== session: a transaction | passes: a session that was told to is not lent again
BEGIN
=== session: an end | passes: a session that was told to is not lent again
COMMIT
=== session: an end, abbreviated | passes: a session that was told to is not lent again
END
=== session: another end | passes: a session that was told to is not lent again
ROLLBACK
=== session: an end and a beginning | passes: a session that was told to is not lent again
COMMIT AND CHAIN
=== session: a savepoint | passes: a session that was told to is not lent again
SAVEPOINT x
=== session: a prepared statement | passes: a session that was told to is not lent again
PREPARE plan AS SELECT 1
=== session: one that is run
EXECUTE plan
=== session: all forgotten
DISCARD ALL
=== session: listening | passes: a session that was told to is not lent again
LISTEN x
=== session: a cursor | passes: a session that was told to is not lent again
DECLARE c CURSOR WITH HOLD FOR SELECT 1
=== session: a cursor's rows
FETCH ALL FROM c
=== program: a procedure
CALL cleanup()
=== program: a block
DO $$BEGIN DELETE FROM orders; END$$
=== program: a block in another language
DO LANGUAGE plpgsql 'BEGIN PERFORM touch(); END'
=== file: a table into one
COPY orders TO 'FOLDER/stolen'
=== file: an answer into a program
COPY (SELECT * FROM customers) TO PROGRAM 'cat > FOLDER/stolen'
=== file: a table out of one
COPY orders FROM '/etc/passwd'
=== file: to the client
COPY orders TO STDOUT
=== file: read
SELECT pg_read_file('postgresql.conf')
=== file: read, quoted
SELECT "pg_read_file"('postgresql.conf')
=== file: read, qualified with spaces
SELECT pg_catalog . pg_read_binary_file ( 'postgresql.conf' )
=== file: listed
SELECT * FROM pg_ls_dir('.')
=== file: listed, aliased
SELECT x.* FROM pg_ls_logdir() AS x
=== file: looked at
SELECT (pg_stat_file('postgresql.conf')).size
=== file: into a large object
SELECT lo_import('/etc/passwd')
=== file: out of a large object
SELECT lo_export(4711, 'FOLDER/stolen')
=== file: in a lateral join
SELECT f FROM (VALUES ('postgresql.conf')) AS v (n) CROSS JOIN LATERAL pg_read_file(v.n) AS f
=== file: in an array
SELECT ARRAY(SELECT pg_ls_dir('.'))
=== network: another server
SELECT * FROM dblink('host=127.0.0.1', 'SELECT 1') AS t (a int)
=== network: another server, told
SELECT dblink_exec('host=127.0.0.1', 'DROP TABLE orders')
=== text: SQL in an argument
SELECT query_to_xml('DELETE FROM orders', true, true, '')
=== text: a secret table as XML
SELECT table_to_xml('pg_authid', true, true, '')
=== text: a schema as XML
SELECT schema_to_xml('public', true, true, '')
=== text: a whole database as XML
SELECT database_to_xml(true, true, '')
=== text: SQL for statistics of words | passes: what a reader may read, it may read this way
SELECT * FROM ts_stat('SELECT to_tsvector(status) FROM orders')
=== text: SQL for other words | passes: what a reader may read, it may read this way
SELECT ts_rewrite('a & b'::tsquery, 'SELECT NULL::tsquery, NULL::tsquery')
=== secret: logins
SELECT * FROM pg_authid
=== secret: passwords
SELECT passwd FROM pg_shadow
=== secret: quoted
SELECT * FROM "pg_authid"
=== secret: qualified
SELECT rolpassword FROM pg_catalog.pg_authid
=== secret: by TABLE
TABLE pg_catalog . pg_shadow
=== secret: in EXISTS
SELECT EXISTS (SELECT 1 FROM pg_authid WHERE rolpassword LIKE 'SCRAM%')
=== secret: in a join
SELECT a.rolpassword FROM orders o JOIN pg_authid a ON a.oid = o.id
=== secret: by ONLY
SELECT * FROM ONLY pg_authid
=== secret: of other servers
SELECT umoptions FROM pg_user_mapping
=== secret: of other servers, as a view | passes: the view hides the options of others
SELECT * FROM pg_user_mappings
=== secret: of other servers, by the standard | passes: the view hides the options of others
SELECT * FROM information_schema.user_mapping_options
=== secret: a reader of the log
SELECT subconninfo FROM pg_subscription
=== secret: large objects
SELECT data FROM pg_largeobject
=== secret: settings | passes: the server hides what only a superuser may see
SELECT * FROM pg_settings
=== secret: files of settings
SELECT * FROM pg_file_settings
=== secret: who may log in from where
SELECT * FROM pg_hba_file_rules
=== secret: a setting | passes: the name of a file is no secret to the server
SHOW ssl_key_file
=== secret: all settings | passes: the server hides what only a superuser may see
SHOW ALL
=== secret: a setting of an application
SELECT current_setting('app.jwt_secret')
=== secret: a setting by a computed name
SELECT current_setting('primary_' || 'conninfo')
=== ours: behind a view of ours | passes: whoever made the view lets its readers in
SELECT * FROM logins
=== many: two
SELECT 1; SELECT 2
=== many: one that ends another
SELECT 1; COMMIT; DROP TABLE orders
=== many: hidden by a comment
SELECT 1; -- harmless
DELETE FROM orders
=== many: hidden by a nested comment
SELECT 1 /* /* */ ; SELECT */ ; DELETE FROM orders
=== many: hidden by a dollar quote
SELECT $a$ $$ $a$; DELETE FROM orders
=== many: hidden by an escape
SELECT E'\'' ; DELETE FROM orders --'
=== many: hidden by a backslash that is none
SELECT '\'; DELETE FROM orders --'
=== many: hidden by two quotes
SELECT ''''; DELETE FROM orders --'
=== lexer: a comment that never ends
SELECT 1 /* never
=== lexer: a comment that ends once too seldom
SELECT 1 /* a /* b */
=== lexer: a text that never ends
SELECT 'never
=== lexer: a name that never ends
SELECT "never
=== lexer: a dollar quote that never ends
SELECT $x$ never $y$
=== lexer: a Unicode text | passes: it is a plain text to the server, and not to every reader
SELECT U&'\0041'
=== lexer: a text that goes on in another mode | passes: one text to the server, two to some readers
SELECT E'a'
'b\'c'
=== lexer: backticks
SELECT `a`
=== lexer: a number that runs into a name
SELECT 1a
=== lexer: empty

=== lexer: nothing but comments
-- nothing
/* at all */
=== lexer: nothing but an end
;
=== lexer: no SQL
Which customers bought most last year?
=== lexer: half a statement
SELECT * FROM orders WHERE
=== lexer: a misspelt beginning
SELEC 1
=== field: a function called so, as a field of a value (file)
SELECT ('nowhere'::text).pg_read_file
=== field: a function called so, as a field of an element (file)
SELECT ((ARRAY['nowhere'])[1]).pg_read_file
=== field: a function called so, as a field of a function's row (file)
SELECT f.pg_read_file FROM unnest(ARRAY['nowhere'::text]) AS f
=== field: a function called so, as a field (wait) | passes: it waits for a tenth of a second
SELECT (0.1::float8)."pg_sleep"
=== field: a function called so, as a field (lock) | passes: a lock that is let go before the session is lent again
SELECT (4711::bigint).pg_advisory_lock
=== field: a function called so, as a field (session) | passes: nothing else is random for a reader
SELECT (0.5::float8). /* hidden */ setseed
=== field: a setting called so
SELECT f.current_setting FROM unnest(ARRAY['data_directory'::text]) AS f
=== secret: a setting with an escaped name
SELECT current_setting(E'data_director\x79')
=== secret: verifiers in the statistics | passes: the view shows what the reader may read
SELECT histogram_bounds FROM pg_stats WHERE tablename = 'pg_authid'
=== secret: verifiers in the catalogue of statistics
SELECT stavalues1 FROM pg_catalog.pg_statistic WHERE starelid = 1260
=== secret: what others prepared | passes: only those of the session, which are ours
SELECT statement FROM pg_prepared_statements
