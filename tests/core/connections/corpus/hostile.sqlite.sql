=== write: a row
INSERT INTO orders (id) VALUES (99)
=== write: a row instead of another
REPLACE INTO orders (id) VALUES (1)
=== write: all rows
UPDATE orders SET status = 'paid'
=== write: no rows left
DELETE FROM orders
=== write: an upsert
INSERT INTO customers (id) VALUES (1) ON CONFLICT DO UPDATE SET name = 'x' RETURNING *
=== write: a table
CREATE TABLE stolen (id)
=== write: a table of an answer
CREATE TABLE stolen AS SELECT * FROM customers
=== write: a temporary table
CREATE TEMP TABLE stolen AS SELECT 1
=== write: a view
CREATE VIEW stolen AS SELECT 1
=== write: a temporary view
CREATE TEMP VIEW stolen AS SELECT 1
=== write: a trigger
CREATE TRIGGER stolen AFTER INSERT ON orders BEGIN DELETE FROM orders; END
=== write: an index
CREATE INDEX stolen ON orders (status)
=== write: a virtual table
CREATE VIRTUAL TABLE stolen USING fts5(a)
=== write: a table that goes
DROP TABLE orders
=== write: a column
ALTER TABLE orders ADD COLUMN x
=== write: a CTE before a write
WITH x AS (SELECT 1 AS id) INSERT INTO orders (id) SELECT id FROM x
=== write: a CTE before a deletion
WITH x AS (SELECT 1 AS id) DELETE FROM orders WHERE id IN x
=== write: the catalogue
UPDATE sqlite_master SET sql = 'x'
=== write: statistics
ANALYZE
=== write: vacuum
VACUUM
=== write: vacuum into a file
VACUUM INTO 'FOLDER/stolen.db'
=== write: reindex
REINDEX
=== write: SELECT INTO
SELECT * INTO stolen FROM orders
=== plan: explained only
EXPLAIN QUERY PLAN SELECT 1; DELETE FROM orders
=== write: in a CTE
WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
=== file: attached
ATTACH DATABASE 'FOLDER/stolen.db' AS other
=== file: attached in memory
ATTACH ':memory:' AS other
=== file: let go
DETACH DATABASE main
=== file: read
SELECT readfile('/etc/passwd')
=== file: written
SELECT writefile('FOLDER/stolen', 'x')
=== file: edited
SELECT edit('x', 'vi')
=== file: listed
SELECT * FROM fsdir('/etc')
=== file: unpacked
SELECT * FROM zipfile('FOLDER/x.zip')
=== program: an extension
SELECT load_extension('FOLDER/evil.so')
=== program: an extension, quoted
SELECT "load_extension"('FOLDER/evil.so')
=== program: an extension in backticks
SELECT `load_extension`('FOLDER/evil.so')
=== program: an extension in brackets
SELECT [load_extension]('FOLDER/evil.so')
=== program: an extension behind a comment
SELECT load_extension/* x */ -- y
('FOLDER/evil.so')
=== program: an extension where nobody looks
SELECT 1 WHERE (SELECT load_extension('FOLDER/evil.so')) IS NULL
=== program: an extension in ORDER BY
SELECT 1 ORDER BY load_extension('FOLDER/evil.so')
=== program: an extension in a window
SELECT sum(1) OVER (PARTITION BY load_extension('FOLDER/evil.so'))
=== program: an extension in VALUES
VALUES (load_extension('FOLDER/evil.so'))
=== program: an extension in a filter
SELECT count(*) FILTER (WHERE load_extension('FOLDER/evil.so')) FROM orders
=== program: a tokenizer
SELECT fts3_tokenizer('evil', x'0000000000000000')
=== program: a tokenizer's address
SELECT hex(fts3_tokenizer('simple'))
=== server: its log
SELECT sqlite_log(1, 'x')
=== text: an unknown function
SELECT eval('DELETE FROM orders')
=== session: a setting
PRAGMA query_only = OFF
=== session: a setting in parentheses
PRAGMA query_only(0)
=== session: the schema is writable
PRAGMA writable_schema = 1
=== session: the journal
PRAGMA journal_mode = DELETE
=== session: a checkpoint
PRAGMA wal_checkpoint(TRUNCATE)
=== session: a version
PRAGMA user_version = 7
=== session: a version in parentheses
PRAGMA main.user_version(7)
=== session: a limit
PRAGMA hard_heap_limit = 1
=== session: memory
PRAGMA mmap_size = 1000000000
=== session: a pragma quoted
PRAGMA "query_only" = 0
=== session: how statements see each other
PRAGMA read_uncommitted = 1
=== session: a transaction
BEGIN IMMEDIATE
=== session: an end
COMMIT
=== session: a savepoint
SAVEPOINT x
=== session: a release
RELEASE x
=== secret: pages of the file
SELECT * FROM sqlite_dbpage
=== secret: pages of the file, as a text
SELECT * FROM 'sqlite_dbpage'
=== secret: what others asked
SELECT * FROM sqlite_stmt
=== secret: where the file is | passes: the driver knows where it is
SELECT file FROM pragma_database_list
=== secret: where the file is, quoted | passes: the driver knows where it is
SELECT * FROM "PRAGMA_database_list"
=== secret: where the file is, in IN | passes: the driver knows where it is
SELECT 1 WHERE ('x', 'y', 'z') IN pragma_database_list
=== secret: where the file is, as a text
SELECT * FROM 'pragma_database_list'('x')
=== many: two
SELECT 1; SELECT 2
=== many: hidden by a comment
SELECT 1; -- harmless
DELETE FROM orders
=== many: hidden by a backslash that is none
SELECT '\'; DELETE FROM orders --'
=== many: hidden by a comment that does not nest
SELECT 1 /* /* */ ; DELETE FROM orders /* */
=== lexer: a text that never ends
SELECT 'never
=== lexer: a comment that never ends | passes: the database closes it at the end
SELECT 1 /* never
=== lexer: brackets that never end
SELECT [never
=== lexer: a parameter that swallows what follows
SELECT $a('; DELETE FROM orders')
=== lexer: a parameter of SQLite's own
SELECT :a
=== lexer: a number that runs into a name
SELECT 1a
=== lexer: bytes that are none
SELECT x'4g'
=== lexer: empty

=== lexer: no SQL
Which customers bought most last year?
=== lexer: another database's words
SHOW TABLES
