=== write: a row
INSERT INTO orders (id) VALUES (99)
=== write: a row by name
INSERT OR REPLACE INTO orders BY NAME SELECT 1 AS id
=== write: all rows
UPDATE orders SET status = 'paid'
=== write: no rows left
DELETE FROM orders
=== write: truncation
TRUNCATE orders
=== write: a merge
MERGE INTO orders USING (SELECT 1 AS id) AS new ON orders.id = new.id WHEN MATCHED THEN DELETE
=== write: a table
CREATE TABLE stolen AS FROM orders
=== write: a table made anew
CREATE OR REPLACE TABLE orders AS SELECT 1
=== write: a temporary table
CREATE TEMP TABLE stolen AS FROM orders
=== write: a view
CREATE VIEW stolen AS SELECT 1
=== write: a macro
CREATE MACRO stolen(a) AS a + 1
=== write: a temporary macro
CREATE TEMP MACRO stolen() AS TABLE SELECT 1
=== write: a sequence
CREATE SEQUENCE stolen
=== write: a type
CREATE TYPE stolen AS ENUM ('a')
=== write: a schema
CREATE SCHEMA stolen
=== write: a secret
CREATE SECRET stolen (TYPE s3, KEY_ID 'a', SECRET 'b')
=== write: a table that goes
DROP TABLE orders
=== write: a column
ALTER TABLE orders ADD COLUMN x INTEGER
=== write: a comment that is kept
COMMENT ON TABLE orders IS 'x'
=== write: an index
CREATE INDEX stolen ON orders (status)
=== write: vacuum
VACUUM
=== write: statistics
ANALYZE
=== write: a checkpoint
CHECKPOINT
=== write: in a CTE
WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
=== write: a CTE before a write
WITH x AS (SELECT 1 AS id) INSERT INTO orders (id) SELECT id FROM x
=== plan: explained and done
EXPLAIN ANALYZE DELETE FROM orders
=== write: FROM first and INTO
FROM orders SELECT * INTO stolen
=== sequence: the next value
SELECT nextval('tickets')
=== sequence: the next value, chained
SELECT 'tickets'.nextval()
=== sequence: the current value
SELECT currval('tickets')
=== file: read
SELECT * FROM read_csv('/etc/passwd')
=== file: read as text
SELECT content FROM read_text('/etc/passwd')
=== file: read as bytes
SELECT * FROM read_blob(['/etc/passwd'])
=== file: by its name alone
SELECT * FROM '/etc/passwd'
=== file: by its name alone, FROM first
FROM 'orders.csv'
=== file: by its name in the quotes of a name
SELECT * FROM "orders.parquet"
=== file: by its name, unquoted
SELECT * FROM orders.csv
=== file: by an address
SELECT * FROM 'https://example.org/data.parquet'
=== file: as a table's name
TABLE "/etc/passwd"
=== file: in a join
SELECT * FROM orders JOIN 'other.csv' USING (id)
=== file: in a CTE
WITH x AS (FROM 'x.json') FROM x
=== file: Parquet
SELECT * FROM parquet_scan('x.parquet')
=== file: Parquet's schema
SELECT * FROM parquet_schema('x.parquet')
=== file: JSON
SELECT * FROM read_json_auto('x.json')
=== file: JSON, quoted
SELECT * FROM "read_ndjson"('x.json')
=== file: qualified
SELECT * FROM system.main.read_csv('/etc/passwd')
=== file: behind a comment
SELECT * FROM read_csv/* x */ -- y
('/etc/passwd')
=== file: sniffed
SELECT * FROM sniff_csv('/etc/passwd')
=== file: listed
SELECT * FROM glob('/etc/*')
=== file: another database
SELECT * FROM read_duckdb('other.duckdb')
=== file: in LATERAL
SELECT * FROM orders, LATERAL (SELECT * FROM read_text('/etc/passwd'))
=== file: in a subquery of a list
SELECT (SELECT content FROM read_text('/etc/passwd'))
=== file: pivoted
PIVOT read_csv('/etc/passwd') ON column0 USING count(*)
=== file: described
DESCRIBE FROM read_csv('/etc/passwd')
=== file: summarized by name
SUMMARIZE 'orders.csv'
=== file: summarized
SUMMARIZE SELECT * FROM read_csv('/etc/passwd')
=== file: written
COPY orders TO 'stolen.csv'
=== file: an answer written
COPY (FROM customers) TO 'FOLDER/stolen.csv'
=== file: read into a table
COPY orders FROM '/etc/passwd'
=== file: everything written
EXPORT DATABASE 'FOLDER/stolen'
=== file: everything read
IMPORT DATABASE 'FOLDER/stolen'
=== file: attached
ATTACH 'FOLDER/stolen.duckdb' AS other
=== file: attached in memory
ATTACH ':memory:' AS other
=== ours: behind a view of ours
SELECT * FROM leak
=== ours: behind a macro of ours
SELECT * FROM leaks('/etc/passwd')
=== program: an extension
INSTALL httpfs
=== program: an extension, loaded
LOAD httpfs
=== text: SQL
SELECT * FROM query('DELETE FROM orders')
=== text: SQL that reads | passes: it reads what the statement itself may read
SELECT * FROM query('FROM customers')
=== text: a table by a text | passes: it reads what the statement itself may read
FROM query_table('customers')
=== text: SQL as JSON
SELECT * FROM json_execute_serialized_sql('{}')
=== text: SQL made JSON | passes: it only computes
SELECT json_serialize_sql('SELECT 1')
=== server: a wait
SELECT sleep_ms(5000)
=== server: a wait by another name
SELECT pg_sleep(5)
=== server: a checkpoint
SELECT * FROM force_checkpoint()
=== server: a log
CALL enable_logging()
=== server: a log where a table stands
SELECT * FROM enable_logging()
=== server: a line in the log | passes: the log is off
SELECT write_log('x')
=== session: a setting
SET enable_external_access = true
=== session: a limit
SET memory_limit = '100GB'
=== session: a variable
SET VARIABLE x = 1
=== session: reset
RESET threads
=== session: a schema
USE main
=== session: a setting by PRAGMA
PRAGMA threads = 4
=== session: profiling by PRAGMA
PRAGMA enable_profiling
=== session: a transaction
BEGIN TRANSACTION
=== session: an end
COMMIT
=== session: a prepared statement
PREPARE plan AS SELECT 1
=== session: one that is run
EXECUTE plan
=== session: a seed | passes: nothing else is random for a reader
SELECT setseed(0.5)
=== program: a function as a statement
CALL pragma_version()
=== secret: secrets | passes: there are none in a session that may not make any
SELECT * FROM duckdb_secrets()
=== secret: which secret | passes: there are none in a session that may not make any
SELECT * FROM which_secret('s3://x', 's3')
=== secret: settings | passes: the address of a file has no secret ones
SELECT * FROM duckdb_settings()
=== secret: a setting
SELECT current_setting('s3_secret_access_key')
=== secret: a setting by a computed name | passes: the address of a file has no secret ones
SELECT current_setting('thr' || 'eads')
=== secret: what others asked | passes: there are none in a session that may not prepare any
SELECT * FROM duckdb_prepared_statements()
=== many: two
SELECT 1; SELECT 2
=== many: a write after a comment
SELECT 1; -- harmless
DELETE FROM orders
=== many: hidden by a dollar quote
SELECT $a$ $$ $a$; DROP TABLE orders
=== many: hidden by an escape
SELECT e'\''; DELETE FROM orders --'
=== many: hidden by a nested comment
SELECT 1 /* /* */ ; SELECT */ ; DELETE FROM orders
=== lexer: backticks
SELECT `a`
=== lexer: a text that never ends
SELECT 'never
=== lexer: a comment that never ends
SELECT 1 /* never
=== lexer: a number that runs into a name | passes: it is a number and a name to the database
SELECT 1a
=== lexer: empty

=== lexer: no SQL
Which customers bought most last year?
