=== the simplest
SELECT 1
=== a trailing semicolon and a comment
SELECT 1; -- done
=== FROM first
FROM orders
=== FROM first, then SELECT
FROM orders SELECT status, count(*) GROUP BY ALL ORDER BY ALL
=== a table by its name
TABLE orders
=== values
VALUES (1, 'a'), (2, 'b')
=== all rows but some columns
SELECT * EXCLUDE (total) REPLACE (upper(status) AS status) FROM orders
=== columns by a pattern
SELECT COLUMNS('^cu.*') FROM orders
=== columns by a function
SELECT max(COLUMNS(*)) FROM orders
=== renamed columns
SELECT * RENAME (status AS state) FROM orders
=== aliases first
SELECT total_now: sum(total) FROM orders
=== names that are not Latin
SELECT "№", название FROM "Отчёт 2025"
=== escaped and dollar-quoted texts
SELECT E'a\nb', 'it''s', $$dollar's$$, '\'
=== casts
SELECT '2024-01-01'::DATE + 7, '1'::DECIMAL(10, 2), CAST('1' AS BIGINT), TRY_CAST('x' AS INTEGER), {'a': 1}::STRUCT(a BIGINT)
=== numbers
SELECT 1_000_000, 1e10, .5, 12.5e-3
=== dates
SELECT date_trunc('month', ordered_on), extract(isodow FROM ordered_on), strftime(ordered_on, '%Y-%m'), date_diff('day', ordered_on, DATE '2025-01-01'), ordered_on + INTERVAL 3 DAY, ordered_on + to_days(2) FROM orders
=== more dates
SELECT make_date(2024, 1, 1), epoch(TIMESTAMP '2024-01-01'), time_bucket(INTERVAL '1 week', ordered_on), last_day(ordered_on), dayname(ordered_on), today(), now() FROM orders
=== texts
SELECT upper(name), name[1:2], split_part(email, '@', 2), name || '!', string_split(email, '@')[1], levenshtein(name, 'Ana'), format('{} has {}', name, id), regexp_extract(email, '@(.+)$', 1) FROM customers
=== chained functions
SELECT name.upper().substr(1, 2), 'a-b'.string_split('-')[1] FROM customers
=== patterns
SELECT name FROM customers WHERE name ILIKE '%a%' AND name NOT LIKE 'x%' AND regexp_matches(name, '^A') AND name SIMILAR TO 'A.*' OR name GLOB 'A*'
=== aggregates
SELECT count(*), count(DISTINCT status), sum(total) / count(*), avg(total), median(total), quantile_cont(total, 0.9), arg_max(id, total), approx_count_distinct(id), mode(status) FROM orders
=== FILTER
SELECT count(*) FILTER (status = 'paid'), sum(total) FILTER (WHERE status <> 'paid') FROM orders
=== ordered aggregates
SELECT string_agg(status, ', ' ORDER BY id), list(id ORDER BY total DESC), first(id ORDER BY id) FROM orders
=== GROUPING SETS
SELECT status, customer_id, sum(total), GROUPING(status) FROM orders GROUP BY GROUPING SETS ((status), (customer_id), ())
=== ROLLUP and CUBE
SELECT status, count(*) FROM orders GROUP BY ROLLUP (status) UNION ALL SELECT status, count(*) FROM orders GROUP BY CUBE (status)
=== windows
SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on), lag(total) OVER w, sum(total) OVER (ORDER BY ordered_on RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (ORDER BY id)
=== QUALIFY
SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY total DESC) = 1
=== CTEs
WITH paid AS (FROM orders WHERE status = 'paid'), best (customer_id, total) AS MATERIALIZED (SELECT customer_id, sum(total) FROM paid GROUP BY 1) SELECT c.name, best.total FROM best JOIN customers c ON c.id = best.customer_id
=== recursion
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t
=== joins
SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id SEMI JOIN lines l ON l.order_id = o.id
=== an ASOF join
SELECT * FROM orders o ASOF JOIN orders p ON o.customer_id = p.customer_id AND o.ordered_on > p.ordered_on
=== an anti join
SELECT * FROM customers ANTI JOIN orders ON orders.customer_id = customers.id
=== LATERAL
SELECT c.name, x.best FROM customers c, LATERAL (SELECT max(total) AS best FROM orders o WHERE o.customer_id = c.id) x
=== UNNEST
SELECT id, unnest(tags) AS tag FROM customers
=== UNNEST where a table stands
SELECT t.x FROM unnest([1, 2, 3]) AS t (x)
=== series
SELECT * FROM range(3) r (n), generate_series(DATE '2024-01-01', DATE '2024-01-03', INTERVAL 1 DAY) AS g (d)
=== PIVOT
PIVOT orders ON status USING sum(total) GROUP BY customer_id
=== PIVOT by the standard
SELECT * FROM (SELECT status, customer_id, total FROM orders) PIVOT (sum(total) FOR status IN ('paid', 'open'))
=== UNPIVOT
UNPIVOT (SELECT id, customer_id FROM orders) ON id, customer_id INTO NAME what VALUE number
=== lists
SELECT [1, 2, 3][1], list_transform([1, 2], lambda x: x + 1), [x * 2 for x in [1, 2, 3] if x > 1], list_contains(tags, 'vip'), len(tags), list_aggregate([1, 2], 'sum'), list_filter([1, 2], lambda x: x > 1) FROM customers
=== structs and maps
SELECT {'a': 1, 'b': {'c': 2}}.b.c, struct_pack(a := 1), MAP {'a': 1}['a'], map_keys(MAP([1], [2])), row(1, 2)
=== JSON
SELECT data -> '$.a' ->> 'b', json_extract_string(data, '$.a'), data ->> '$.items[0]', json_array_length(data), to_json(c) FROM customers c
=== JSON as rows
SELECT e.key, e.value FROM customers, json_each(data) AS e
=== conditions
SELECT CASE WHEN total > 100 THEN 'big' ELSE 'small' END, COALESCE(total, 0), IF(total > 1, 'a', 'b'), NULLIF(total, 0), greatest(1, total), total IS DISTINCT FROM 1, ifnull(total, 0) FROM orders
=== subqueries
SELECT * FROM orders o WHERE total > (SELECT avg(total) FROM orders) AND EXISTS (FROM customers c WHERE c.id = o.customer_id) AND (id, status) IN (SELECT id, status FROM orders) AND id = ANY ([1, 2])
=== set operations
SELECT id FROM orders UNION BY NAME SELECT id, name FROM customers
=== more set operations
SELECT id FROM orders EXCEPT ALL SELECT 1 INTERSECT SELECT 2
=== DISTINCT ON
SELECT DISTINCT ON (customer_id) customer_id, total FROM orders ORDER BY customer_id, total DESC
=== some rows
SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 5
=== a share of the rows
SELECT * FROM orders LIMIT 50%
=== a sample
SELECT * FROM orders USING SAMPLE 10 ROWS
=== another sample
SELECT * FROM orders TABLESAMPLE reservoir(20%)
=== a view
SELECT country, revenue FROM sales ORDER BY revenue DESC
=== a macro of ours that only computes
SELECT vat(total) FROM orders
=== random, and other harmless things
SELECT random(), uuid(), gen_random_uuid()
=== positions
SELECT #1 FROM orders
=== signs
SELECT -id, id ** 2, id // 2, id % 3, id & 1, id | 2, id << 1, ~id FROM orders
=== collations
SELECT name FROM customers ORDER BY name COLLATE NOCASE
=== catalogue
SELECT table_name FROM information_schema.tables ORDER BY 1
=== the database's own catalogue
SELECT table_name, estimated_size FROM duckdb_tables() WHERE NOT internal
=== a setting
SELECT current_setting('threads'), current_database(), version()
=== a plan
EXPLAIN SELECT * FROM orders
=== a plan that is run
EXPLAIN ANALYZE SELECT count(*) FROM orders
=== tables
SHOW TABLES
=== all tables
SHOW ALL TABLES
=== a table
DESCRIBE orders
=== an answer
DESCRIBE SELECT * FROM orders
=== a table, by SHOW
SHOW orders
=== a table in figures
SUMMARIZE orders
=== an answer in figures
SUMMARIZE SELECT total FROM orders
=== a text that looks like a write
SELECT 'DROP TABLE orders; --' AS "DELETE FROM" FROM orders WHERE status = 'read_csv(''/etc/passwd'')'
