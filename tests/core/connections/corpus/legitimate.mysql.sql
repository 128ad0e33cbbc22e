=== the simplest
SELECT 1
=== a trailing semicolon and a comment
SELECT 1; -- done
=== comments of every kind
SELECT /* what */ count(*) # how many
FROM orders -- 'quote
=== all rows
SELECT * FROM orders
=== quoted names
SELECT `id` AS `Order No.`, o.`status` FROM `orders` o
=== names that are not Latin
SELECT `№`, название FROM `Отчёт 2025`
=== texts in both quotes
SELECT 'it''s', "double", 'back\'slash', "a ""quote""", 'a' 'b', N'abc', _utf8mb4'abc', x'4142', b'101', 0x41
=== texts
SELECT upper(name), substring(name, 1, 2), concat(name, '!'), replace(email, '@', ' at '), trim(BOTH 'A' FROM name), locate('@', email), char_length(name), lpad(name, 20, '.'), left(name, 1), substring_index(email, '@', -1), insert(name, 1, 1, 'X') FROM customers
=== more texts
SELECT field(name, 'a'), find_in_set('a', 'a,b'), format(1234.5, 2), hex(name), instr(name, 'a'), reverse(name), soundex(name), elt(1, 'a', 'b'), md5(name), sha2(name, 256), to_base64(name) FROM customers
=== casts
SELECT CAST('1' AS SIGNED), CAST('1.5' AS DECIMAL(10, 2)), CONVERT('a' USING utf8mb4), CAST(id AS CHAR(10)), CAST('2024-01-01' AS DATETIME(6)), BINARY name FROM customers
=== dates
SELECT date_format(ordered_on, '%Y-%m'), date_add(ordered_on, INTERVAL 1 MONTH), ordered_on + INTERVAL 7 DAY, datediff(now(), ordered_on), timestampdiff(MONTH, ordered_on, curdate()), extract(YEAR FROM ordered_on), year(ordered_on), week(ordered_on, 3), last_day(ordered_on), str_to_date('2024', '%Y'), unix_timestamp(), from_unixtime(0) FROM orders
=== named dates
SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00:00', current_date, current_timestamp(3), utc_timestamp(), localtime
=== patterns
SELECT name FROM customers WHERE name LIKE 'A%' AND name NOT REGEXP 'z$' AND name RLIKE '^A' AND name SOUNDS LIKE 'Ana' OR regexp_replace(name, 'a', 'b') = 'x'
=== aggregates
SELECT count(*), count(DISTINCT status), sum(total) / count(*), avg(total), min(total), stddev_pop(total), bit_or(id), group_concat(DISTINCT status ORDER BY status DESC SEPARATOR ', ') FROM orders
=== ROLLUP
SELECT status, sum(total) FROM orders GROUP BY status WITH ROLLUP
=== HAVING
SELECT customer_id, sum(total) AS revenue FROM orders GROUP BY customer_id HAVING revenue > 1 ORDER BY revenue DESC
=== windows
SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on), lag(total, 1) OVER w, ntile(4) OVER w, sum(total) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (ORDER BY id)
=== CTEs
WITH paid AS (SELECT * FROM orders WHERE status = 'paid'), best (customer_id, total) AS (SELECT customer_id, sum(total) FROM paid GROUP BY 1) SELECT c.name, best.total FROM best JOIN customers c ON c.id = best.customer_id
=== recursion
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t
=== joins
SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id STRAIGHT_JOIN `lines` l ON l.order_id = o.id RIGHT JOIN employees e ON e.id = o.id CROSS JOIN (SELECT 1 AS x) one
=== JSON
SELECT json_extract(data, '$.a'), json_unquote(json_extract(data, '$.a')), json_contains(data, '1', '$.a'), json_length(data), json_keys(data), json_object('id', id), json_arrayagg(name), json_value(data, '$.a') FROM customers GROUP BY id
=== JSON as rows
SELECT j.price FROM customers, json_table(data, '$.items[*]' COLUMNS (n FOR ORDINALITY, price DECIMAL(10, 2) PATH '$.price')) AS j
=== conditions
SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END, IF(total > 1, 'a', 'b'), IFNULL(total, 0), COALESCE(total, 0), NULLIF(total, 0), greatest(1, total), total <=> NULL, isnull(total) FROM orders
=== subqueries
SELECT * FROM orders o WHERE total > (SELECT avg(total) FROM orders) AND EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id) AND (id, status) IN (SELECT id, status FROM orders) AND id > ANY (SELECT 0)
=== set operations
(SELECT id FROM orders) UNION ALL (SELECT id FROM customers) ORDER BY id LIMIT 3
=== other set operations
SELECT id FROM orders EXCEPT SELECT 1 INTERSECT SELECT 2
=== some rows
SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 5
=== some rows, the old way
SELECT * FROM orders LIMIT 5, 10
=== an index by name
SELECT * FROM orders USE INDEX (by_status) WHERE status = 'paid'
=== all rows for a count
SELECT SQL_NO_CACHE status FROM orders FORCE INDEX FOR ORDER BY (by_status) ORDER BY status
=== full text
SELECT name FROM customers WHERE MATCH (name) AGAINST ('+anna -bob' IN BOOLEAN MODE)
=== a view
SELECT country, revenue FROM sales ORDER BY revenue DESC
=== a function of ours that only reads
SELECT vat(total) FROM orders
=== mathematics
SELECT round(total, 1), truncate(total, 1), abs(total), sqrt(4), pow(2, 3), log(10), ceil(total), mod(5, 2), 5 DIV 2, 5 MOD 2, 5 % 2, rand(1), pi(), crc32('a'), conv('a', 16, 2) FROM orders
=== signs
SELECT -id, ~id, id & 1, id | 2, id ^ 3, id << 1, id >> 1, !id, id <> 1, id != 1, 1 XOR 0, 1 && 0, 1 || 0 FROM orders
=== collations
SELECT name FROM customers ORDER BY name COLLATE utf8mb4_bin DESC
=== catalogue
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = database() ORDER BY 1, ordinal_position
=== a setting
SELECT @@version, @@session.sql_mode, @@global.max_connections
=== who and where
SELECT user(), current_user(), database(), version(), connection_id()
=== a plan
EXPLAIN SELECT * FROM orders WHERE id = 1
=== a plan as JSON
EXPLAIN FORMAT=JSON SELECT * FROM orders
=== a plan that is run
ANALYZE SELECT * FROM orders
=== tables
SHOW TABLES
=== tables like
SHOW FULL TABLES LIKE 'o%'
=== databases
SHOW DATABASES
=== columns
SHOW COLUMNS FROM orders
=== columns, quoted
SHOW FULL COLUMNS FROM `orders` LIKE 's%'
=== indexes
SHOW INDEX FROM orders
=== how a table was made
SHOW CREATE TABLE orders
=== settings
SHOW VARIABLES LIKE 'max_%'
=== counters
SHOW GLOBAL STATUS LIKE 'Threads%'
=== a table
DESCRIBE orders
=== a column
DESC orders status
=== tables in figures
SHOW TABLE STATUS LIKE 'orders'
=== warnings
SHOW WARNINGS
=== a text that looks like a write
SELECT 'DROP TABLE orders; --' AS `INTO OUTFILE` FROM orders WHERE status = "sleep(5)"
