=== the simplest
SELECT 1
=== a trailing semicolon and a comment
SELECT 1; -- done
=== comments that do not nest
SELECT /* /* what */ count(*) FROM orders -- how many
=== all rows
SELECT * FROM orders
=== values
VALUES (1, 'a'), (2, 'b')
=== names in every kind of quotes
SELECT "id", `status`, [total] FROM main.orders
=== names that are not Latin
SELECT "№", название FROM "Отчёт 2025"
=== texts
SELECT upper(name), substr(name, 1, 2), name || '!', replace(email, '@', ' at '), trim(name, 'A'), instr(email, '@'), length(name), printf('%05d', id), char(65, 66), 'it''s', '\' FROM customers
=== bytes
SELECT x'4142', hex('ab'), typeof(x''), quote(name) FROM customers
=== casts
SELECT CAST('1' AS INTEGER), CAST(total AS TEXT), CAST('1.5' AS DECIMAL(10, 2)), CAST(id AS VARCHAR(10)) FROM orders
=== dates
SELECT date(ordered_on), strftime('%Y-%m', ordered_on), date('now', '-7 days', 'start of month'), julianday(ordered_on), unixepoch(ordered_on), datetime(0, 'unixepoch'), current_date, CURRENT_TIMESTAMP FROM orders
=== patterns
SELECT name FROM customers WHERE name LIKE 'A%' ESCAPE '!' AND name NOT GLOB 'z*' OR like('a%', name) OR name IS NOT NULL
=== aggregates
SELECT count(*), count(DISTINCT status), sum(total) * 1.0 / count(*), avg(total), total(total), min(total), group_concat(status, ', ') FROM orders
=== FILTER
SELECT count(*) FILTER (WHERE status = 'paid'), sum(total) FILTER (WHERE status <> 'paid') FROM orders
=== HAVING
SELECT customer_id, sum(total) AS sum FROM orders GROUP BY customer_id HAVING sum(total) > 1 ORDER BY sum DESC NULLS LAST
=== windows
SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on), lag(total, 1, 0) OVER w, ntile(4) OVER w, percent_rank() OVER w FROM orders WINDOW w AS (ORDER BY id)
=== frames
SELECT sum(total) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE TIES), first_value(total) OVER (ORDER BY id GROUPS 1 PRECEDING) FROM orders
=== CTEs
WITH paid AS (SELECT * FROM orders WHERE status = 'paid'), best (customer_id, sum) AS MATERIALIZED (SELECT customer_id, sum(total) FROM paid GROUP BY 1) SELECT c.name, best.sum FROM best JOIN customers c ON c.id = best.customer_id
=== recursion
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t
=== a calendar
WITH RECURSIVE days (d) AS (SELECT date('2024-01-01') UNION ALL SELECT date(d, '+1 day') FROM days LIMIT 7) SELECT * FROM days
=== joins
SELECT * FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id INNER JOIN lines l ON l.order_id = o.id CROSS JOIN (SELECT 1) NATURAL JOIN employees
=== JSON
SELECT data -> '$.a' ->> 'b', json_extract(data, '$.items[0].price'), json_array_length(data, '$.items'), json_type(data), json_object('id', id), json_group_array(name) FROM customers
=== JSON as rows
SELECT c.id, e.key, e.value FROM customers c, json_each(c.data, '$.items') AS e
=== JSON as a tree
SELECT t.fullkey FROM customers, json_tree(customers.data) AS t WHERE t.atom IS NOT NULL
=== conditions
SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END, CASE status WHEN 'paid' THEN 1 END, COALESCE(total, 0), IFNULL(total, 0), IIF(total > 1, 'a', 'b'), NULLIF(total, 0), max(1, total), total IS 1, total IS NOT DISTINCT FROM 1 FROM orders
=== subqueries
SELECT * FROM orders o WHERE total > (SELECT avg(total) FROM orders) AND EXISTS (SELECT 1 FROM customers c WHERE c.id = o.customer_id) AND (id, status) IN (SELECT id, status FROM orders) AND id NOT IN (1, 2)
=== a table after IN
WITH ids AS (SELECT 1) SELECT * FROM orders WHERE id IN ids
=== set operations
SELECT id FROM orders UNION SELECT id FROM customers EXCEPT SELECT 1 INTERSECT SELECT 2
=== some rows
SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 5
=== some rows, the old way
SELECT * FROM orders LIMIT 5, 10
=== a view
SELECT country, revenue FROM sales ORDER BY revenue DESC
=== random numbers
SELECT abs(random() % 10), hex(randomblob(4)) FROM orders ORDER BY random()
=== mathematics
SELECT round(total, 1), abs(total), sqrt(4), pow(2, 3), log(10), ceil(total), floor(total), mod(5, 2), sign(total), pi() FROM orders
=== signs
SELECT -id, id % 2, id & 1, id | 2, ~id, id << 1, id >> 1, id == 1, id <> 1, id != 1, +id FROM orders
=== collations
SELECT name FROM customers ORDER BY name COLLATE NOCASE DESC
=== BETWEEN and NULL
SELECT * FROM orders WHERE total BETWEEN 1 AND 100 AND status NOTNULL AND customer_id ISNULL
=== an index by name
SELECT * FROM orders INDEXED BY by_status WHERE status = 'paid'
=== an index not to be used
SELECT * FROM orders NOT INDEXED WHERE status = 'paid'
=== row values
SELECT (id, status) = (1, 'paid') FROM orders
=== catalogue
SELECT name, sql FROM sqlite_master WHERE type = 'table'
=== columns
SELECT name, type FROM pragma_table_info('orders')
=== columns of every table
SELECT m.name, i.name FROM sqlite_schema m JOIN pragma_table_info(m.name) i
=== columns by PRAGMA
PRAGMA table_info(orders)
=== columns by PRAGMA, qualified and quoted
PRAGMA main.table_xinfo("orders");
=== keys by PRAGMA
PRAGMA foreign_key_list('orders')
=== tables by PRAGMA
PRAGMA table_list
=== a version by PRAGMA
PRAGMA user_version
=== a plan
EXPLAIN QUERY PLAN SELECT * FROM orders WHERE id = 1
=== a program
EXPLAIN SELECT 1
=== a text that looks like a write
SELECT 'DROP TABLE orders; --' AS "DELETE FROM" FROM orders WHERE status = 'load_extension(1)'
=== the version
SELECT sqlite_version()
