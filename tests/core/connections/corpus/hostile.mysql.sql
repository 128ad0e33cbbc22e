=== write: a row
INSERT INTO orders (id) VALUES (99)
=== write: a row instead of another
REPLACE INTO orders (id) VALUES (1)
=== write: all rows
UPDATE orders SET status = 'paid'
=== write: no rows left
DELETE FROM orders
=== write: no rows left in two tables
DELETE o, c FROM orders o JOIN customers c ON c.id = o.customer_id
=== write: an upsert
INSERT INTO customers (id) VALUES (1) ON DUPLICATE KEY UPDATE name = 'x'
=== write: truncation
TRUNCATE TABLE orders
=== write: a table
CREATE TABLE stolen (id int)
=== write: a table of an answer
CREATE TABLE stolen AS SELECT * FROM customers
=== write: a table of an answer without AS
CREATE TABLE stolen SELECT * FROM customers
=== write: a temporary table
CREATE TEMPORARY TABLE stolen SELECT 1
=== write: a view
CREATE VIEW stolen AS SELECT 1
=== write: a function
CREATE FUNCTION stolen() RETURNS INT RETURN 1
=== write: a user
CREATE USER stolen IDENTIFIED BY 'x'
=== write: a right
GRANT ALL ON *.* TO CURRENT_USER
=== write: a table that goes
DROP TABLE orders
=== write: a database that goes
DROP DATABASE nothing_there
=== write: a column
ALTER TABLE orders ADD COLUMN x int
=== write: a name
RENAME TABLE orders TO stolen
=== write: an index
CREATE INDEX stolen ON orders (status)
=== write: statistics
ANALYZE TABLE orders
=== write: order
OPTIMIZE TABLE orders
=== write: repair
REPAIR TABLE orders
=== plan: explained only
EXPLAIN DELETE FROM orders
=== plan: analyzed and done
ANALYZE DELETE FROM orders
=== plan: analyzed and done, as JSON
ANALYZE FORMAT=JSON UPDATE orders SET status = 'x'
=== write: a CTE before a write
WITH x AS (SELECT 1 AS id) DELETE FROM orders WHERE id IN (SELECT id FROM x)
=== write: in a CTE
WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
=== ours: a function of ours that writes
SELECT touch()
=== ours: a function of ours in backticks
SELECT `touch` ()
=== ours: behind a view
SELECT * FROM busy
=== ours: behind a view behind a view
SELECT * FROM busier
=== file: an answer into one
SELECT * FROM customers INTO OUTFILE 'FOLDER/stolen'
=== file: an answer into one, before FROM
SELECT * INTO OUTFILE 'FOLDER/stolen' FROM customers
=== file: a cell into one
SELECT 'x' INTO DUMPFILE 'FOLDER/stolen'
=== file: an answer into one, in a union
SELECT 1 UNION SELECT 2 INTO OUTFILE 'FOLDER/stolen'
=== file: an answer into one, in parentheses
(SELECT 1) INTO OUTFILE 'FOLDER/stolen'
=== file: an answer into one, behind comments
SELECT 1 INTO/**/OUTFILE/**/'FOLDER/stolen'
=== file: read | passes: without the right for files it is NULL
SELECT LOAD_FILE('/etc/passwd')
=== file: read, in backticks | passes: without the right for files it is NULL
SELECT `load_file`('/etc/passwd')
=== file: read, nested | passes: without the right for files it is NULL
SELECT hex(load_file(0x2f6574632f706173737764))
=== file: read into a table
LOAD DATA INFILE '/etc/passwd' INTO TABLE orders
=== file: read from the client
LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE orders
=== file: read as XML
LOAD XML INFILE '/etc/passwd' INTO TABLE orders
=== lock: rows
SELECT * FROM orders FOR UPDATE
=== lock: rows, shared | passes: a shared lock, which ends with the transaction
SELECT * FROM orders LOCK IN SHARE MODE
=== lock: rows, shared, by the new words
SELECT * FROM orders FOR SHARE
=== lock: rows in a subquery
SELECT * FROM (SELECT * FROM orders FOR UPDATE) x
=== lock: rows, without waiting
SELECT * FROM orders FOR UPDATE SKIP LOCKED
=== lock: a table
LOCK TABLES orders WRITE
=== lock: none
UNLOCK TABLES
=== wait: sleep
SELECT SLEEP(5)
=== wait: sleep in backticks
SELECT `sleep`(5)
=== wait: sleep behind a comment
SELECT sleep/**/(5)
=== wait: sleep over lines
SELECT sleep # comment
(5)
=== wait: sleep where nobody looks
SELECT * FROM orders WHERE id = 1 AND sleep(5)
=== wait: sleep in ORDER BY
SELECT 1 FROM orders ORDER BY (SELECT sleep(5))
=== wait: sleep in a derived table
SELECT * FROM (SELECT sleep(5)) AS x
=== wait: sleep in a function
SELECT if(1 = 1, sleep(5), 0)
=== wait: work | passes: it is stopped in time, and answers 0
SELECT BENCHMARK(1000000000, sha2('a', 512))
=== wait: a named lock | passes: it ends with the session
SELECT GET_LOCK('x', 1)
=== wait: a named lock, let go | passes: there is none
SELECT RELEASE_ALL_LOCKS()
=== wait: a named lock, looked at | passes: everybody may look
SELECT IS_FREE_LOCK('x')
=== wait: replication | passes: there is no such log
SELECT MASTER_POS_WAIT('x', 1, 5)
=== server: another's session
KILL 1
=== server: another's statement
KILL QUERY 1
=== server: its end
SHUTDOWN
=== server: its tables
FLUSH TABLES WITH READ LOCK
=== server: its rights
FLUSH PRIVILEGES
=== server: a plugin
INSTALL PLUGIN x SONAME 'x.so'
=== server: a cache
RESET QUERY CACHE
=== server: replication
STOP SLAVE
=== server: a log
PURGE BINARY LOGS BEFORE NOW()
=== session: a setting
SET max_statement_time = 0
=== session: a setting of the server
SET GLOBAL max_connections = 1
=== session: a setting for one statement | passes: it holds for this statement alone
SET STATEMENT max_statement_time = 0 FOR SELECT 1
=== session: a mode
SET sql_mode = 'ANSI_QUOTES'
=== session: names
SET NAMES latin1
=== session: read-write
SET TRANSACTION READ WRITE
=== session: a variable
SET @x = 1
=== session: a variable in an answer | passes: it ends with the session
SELECT @x := 1
=== session: a variable by INTO
SELECT 1 INTO @x
=== session: a variable that is read | passes: it is NULL
SELECT @x
=== session: a variable in quotes | passes: it is NULL
SELECT @`x`, @'y'
=== session: the last number | passes: it ends with the session
SELECT LAST_INSERT_ID(42)
=== session: a hint | passes: the server does not know it
SELECT /*+ SET_VAR(max_statement_time = 0) */ 1
=== session: a database
USE mysql
=== session: a transaction
START TRANSACTION READ WRITE
=== session: an end
COMMIT
=== session: an end that is more
ROLLBACK AND CHAIN
=== session: a prepared statement
PREPARE plan FROM 'DELETE FROM orders'
=== session: one that is run
EXECUTE plan
=== session: SQL from text
EXECUTE IMMEDIATE 'DELETE FROM orders'
=== session: a role
SET ROLE x
=== program: a procedure
CALL cleanup()
=== program: an expression
DO SLEEP(5)
=== program: a block
BEGIN NOT ATOMIC DELETE FROM orders; END
=== program: a handler
HANDLER orders OPEN
=== program: a procedure that analyses | passes: it only reads
SELECT * FROM orders PROCEDURE ANALYSE()
=== sequence: the next value
SELECT NEXT VALUE FOR tickets
=== sequence: the next value by a function
SELECT NEXTVAL(tickets)
=== sequence: the last value | passes: there is none in this session
SELECT PREVIOUS VALUE FOR tickets
=== sequence: set
SELECT SETVAL(tickets, 1)
=== secret: logins
SELECT * FROM mysql.user
=== secret: logins, quoted
SELECT * FROM `mysql`.`user`
=== secret: logins, with spaces
SELECT authentication_string FROM mysql . user
=== secret: logins, with comments
SELECT * FROM mysql/**/./**/global_priv
=== secret: logins in capitals
SELECT * FROM MYSQL.USER
=== secret: rights
SELECT * FROM mysql.db
=== secret: logins in a subquery
SELECT (SELECT Password FROM mysql.user LIMIT 1)
=== secret: logins in a join
SELECT u.* FROM orders o JOIN mysql.global_priv u ON 1
=== secret: grants | passes: everybody may see his own
SHOW GRANTS
=== secret: a user
SHOW CREATE USER root@localhost
=== secret: what others ask | passes: everybody may see his own
SHOW PROCESSLIST
=== secret: the log
SHOW BINARY LOGS
=== secret: replication
SHOW SLAVE STATUS
=== secret: the engine
SHOW ENGINE INNODB STATUS
=== secret: a setting | passes: it is empty, and everybody may see it
SELECT @@global.ssl_key
=== secret: another session's plan
SHOW EXPLAIN FOR 1
=== lexer: a comment that is run
SELECT 1 /*!50000 INTO OUTFILE 'FOLDER/stolen' */
=== lexer: a comment that is run whatever the version
SELECT /*! SLEEP(5) */
=== lexer: a comment that MariaDB runs
SELECT /*M! SLEEP(5) */
=== lexer: a comment that is run, in small letters and digits | passes: a comment to this server
SELECT 1 /*m!100100 + sleep(5) */
=== lexer: a comment that is no comment | passes: a comment to a server of this version
SELECT 1 /*!99999 harmless */
=== lexer: two minus signs that begin no comment | passes: it is a sum
SELECT 5--1
=== lexer: two minus signs that hide a write
SELECT 1 --1 INTO OUTFILE 'FOLDER/stolen'
=== lexer: a backslash that hides a quote
SELECT 'a\' INTO OUTFILE \'FOLDER/stolen'; DELETE FROM orders -- '
=== lexer: double quotes are texts
SELECT "a\"; DELETE FROM orders -- "; DELETE FROM orders
=== lexer: a comment to the end of the line
SELECT 1 # '
; DELETE FROM orders -- '
=== lexer: braces | passes: it is a function
SELECT {fn version()}
=== lexer: braces that wait
SELECT {fn sleep(5)}
=== lexer: a number that is ignored
SELECT sleep 1.e(5)
=== lexer: a name that begins with a digit
SELECT 1a
=== lexer: a text that never ends
SELECT 'never
=== lexer: a backtick that never ends
SELECT `never
=== lexer: a comment that never ends
SELECT 1 /* never
=== lexer: empty

=== lexer: no SQL
Which customers bought most last year?
=== many: two
SELECT 1; SELECT 2
=== many: a write after a comment
SELECT 1; -- harmless
DELETE FROM orders
=== many: an end and a write
COMMIT; DROP TABLE orders
=== secret: what other sessions do
SELECT * FROM sys.x$processlist
=== secret: what other sessions did
SELECT * FROM performance_schema.events_statements_history
