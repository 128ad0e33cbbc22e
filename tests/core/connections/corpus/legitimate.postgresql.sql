=== the simplest
SELECT 1
=== a trailing semicolon
SELECT 1;
=== several, and a comment after
SELECT 1 ; ; -- done
=== comments everywhere
/* what */ SELECT /* /* nested */ */ count(*) -- how many; really
FROM orders -- 'quote
=== all rows
SELECT * FROM orders
=== a table by its name
TABLE orders
=== values
VALUES (1, 'a'), (2, 'b')
=== parentheses
(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1
=== a parameter's place
SELECT 1 AS one
=== quoted names
SELECT "id" AS "Order No.", "status" FROM "public"."orders"
=== a name with quotes in it
SELECT 1 AS "a ""quoted"" name"
=== names that are not Latin
SELECT "№", название FROM "Отчёт 2025"
=== an alias that is a keyword
SELECT status AS "select", total AS "from" FROM orders
=== escaped texts
SELECT E'a\nb', 'it''s', $$dollar's$$, $tag$do'llar $$ $tag$, '\'
=== coded texts
SELECT B'1010', X'1F', N'abc'
=== casts
SELECT '2024-01-01'::date + 7, '1'::numeric(10,2), CAST('a' AS varchar(10)), 'x'::"char", '{1,2}'::int[]
=== named types
SELECT timestamp '2024-01-01', timestamptz '2024-01-01 00:00+00', time with time zone '10:00', interval '1-2' year to month
=== numbers
SELECT 1e10, .5, 1., 12.5e-3
=== dates
SELECT date_trunc('month', ordered_on), EXTRACT(isodow FROM ordered_on), to_char(ordered_on, 'YYYY-MM'), age(now(), ordered_on), ordered_on + interval '1 day' * 3 FROM orders
=== time zones
SELECT now() AT TIME ZONE 'Europe/Berlin', timezone('UTC', now()), current_timestamp(3), localtime
=== date parts
SELECT date_part('week', ordered_on), make_date(2024, 1, 1), to_timestamp(0), date_bin('15 minutes', now(), timestamptz '2001-01-01') FROM orders
=== overlaps
SELECT (DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', INTERVAL '1 month')
=== texts
SELECT upper(name), left(name, 2), right(name, 2), split_part(email, '@', 2), name || '!', initcap(name), reverse(name), lpad(name, 20, '.'), strpos(name, 'a') FROM customers
=== texts by the standard
SELECT POSITION('a' IN name), SUBSTRING(name FROM 1 FOR 2), OVERLAY(name PLACING 'x' FROM 2), TRIM(BOTH 'x' FROM name) FROM customers
=== patterns
SELECT name FROM customers WHERE name ~* '^a' AND name !~ 'z$' AND name SIMILAR TO '%a%' AND name ILIKE '%A%' AND name NOT LIKE 'x!_%' ESCAPE '!'
=== regular expressions
SELECT regexp_replace(email, '@.*$', ''), (regexp_match(email, '@(.+)'))[1], regexp_split_to_array(email, '\.') FROM customers
=== aggregates
SELECT count(*), count(DISTINCT status), sum(total)::float8 / NULLIF(count(*), 0), avg(total), min(total), max(total), stddev(total) FROM orders
=== FILTER
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status <> 'paid') AS open FROM orders
=== ordered aggregates
SELECT string_agg(DISTINCT status, ', ' ORDER BY status), array_agg(id ORDER BY total DESC) FROM orders
=== medians
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total), mode() WITHIN GROUP (ORDER BY status) FROM orders
=== a hypothetical rank
SELECT rank(50) WITHIN GROUP (ORDER BY total) FROM orders
=== GROUPING SETS
SELECT status, customer_id, sum(total), GROUPING(status, customer_id) FROM orders GROUP BY GROUPING SETS ((status), (customer_id), ())
=== ROLLUP and CUBE
SELECT status, customer_id, count(*) FROM orders GROUP BY ROLLUP (status), CUBE (customer_id)
=== HAVING
SELECT customer_id, sum(total) FROM orders GROUP BY customer_id HAVING sum(total) > 10 ORDER BY 2 DESC NULLS LAST
=== windows
SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_on), lag(total, 1, 0) OVER (ORDER BY id), first_value(total) OVER (ORDER BY id), ntile(4) OVER (ORDER BY id), percent_rank() OVER (ORDER BY total) FROM orders
=== named windows
SELECT sum(total) OVER w, avg(total) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_on)
=== frames
SELECT sum(total) OVER (ORDER BY ordered_on RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW EXCLUDE TIES), count(*) OVER (ORDER BY ordered_on GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM orders
=== a window over an aggregate
SELECT status, sum(sum(total)) OVER (ORDER BY status) FROM orders GROUP BY status
=== CTEs
WITH paid AS (SELECT * FROM orders WHERE status = 'paid'), best (customer_id, total) AS (SELECT customer_id, sum(total) FROM paid GROUP BY 1) SELECT c.name, best.total FROM best JOIN customers c ON c.id = best.customer_id
=== CTEs that are kept
WITH x AS MATERIALIZED (SELECT 1 AS a), y AS NOT MATERIALIZED (SELECT 2 AS b) SELECT * FROM x, y
=== a CTE called like a function that writes
WITH touch (a, b) AS (VALUES (1, 2)) SELECT * FROM touch
=== recursion
WITH RECURSIVE t (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT sum(n) FROM t
=== a tree
WITH RECURSIVE chain AS (SELECT id, name, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, c.depth + 1 FROM employees e JOIN chain c ON e.manager_id = c.id) SELECT * FROM chain ORDER BY depth
=== a tree in order
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SEARCH DEPTH FIRST BY n SET o SELECT * FROM t ORDER BY o
=== a tree without circles
WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) CYCLE n SET looped USING path SELECT n, looped FROM t
=== joins
SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id RIGHT JOIN lines l ON l.order_id = o.id FULL JOIN employees e ON e.id = o.id CROSS JOIN (SELECT 1) AS one
=== a natural join
SELECT count(*) FROM orders NATURAL JOIN customers
=== LATERAL
SELECT c.name, x.* FROM customers c, LATERAL (SELECT o.id, o.total FROM orders o WHERE o.customer_id = c.id ORDER BY o.total DESC LIMIT 3) x
=== LATERAL with a function
SELECT c.id, t.tag, t.n FROM customers c LEFT JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS t (tag, n) ON true
=== functions in rows
SELECT * FROM ROWS FROM (generate_series(1, 3), generate_series(1, 2)) AS t (a, b)
=== series
SELECT d::date FROM generate_series(date '2024-01-01', date '2024-01-10', interval '1 day') AS d
=== JSON
SELECT data -> 'a' ->> 'b', data #>> '{a,b}', data @> '{"a": 1}'::jsonb, data ? 'a', data ?| ARRAY['a', 'b'], data ?& ARRAY['a'] FROM customers
=== JSON paths
SELECT jsonb_path_query_array(data, '$.items[*] ? (@.price > 10)'), data @? '$.a', data @@ '$.a > 1' FROM customers
=== JSON as rows
SELECT x.key, x.value, r.a FROM customers, jsonb_each_text(data) AS x, jsonb_to_record(data) AS r (a jsonb, b text)
=== JSON made
SELECT jsonb_build_object('id', id, 'name', name), row_to_json(c), jsonb_agg(c.name) OVER () FROM customers c
=== arrays
SELECT tags[1], tags[1:2], cardinality(tags), 'vip' = ANY (tags), tags @> ARRAY['vip'], tags && ARRAY['a', 'b'], array_to_string(tags, ',') FROM customers
=== arrays made
SELECT ARRAY[1, 2] || 3, ARRAY(SELECT id FROM orders), array_length(ARRAY[[1, 2], [3, 4]], 1)
=== ranges
SELECT '[1,5)'::int4range @> 3, daterange(ordered_on, NULL) && daterange('2024-01-01', '2024-12-31') FROM orders
=== full text
SELECT ts_rank(to_tsvector('english', name), plainto_tsquery('anna')) FROM customers WHERE to_tsvector('simple', name) @@ to_tsquery('simple', 'anna & !bob')
=== conditions
SELECT CASE WHEN total > 100 THEN 'big' WHEN total IS NULL THEN 'none' ELSE 'small' END, CASE status WHEN 'paid' THEN 1 ELSE 0 END, COALESCE(total, 0), GREATEST(1, total), LEAST(1, total) FROM orders
=== distinctions
SELECT status IS DISTINCT FROM 'paid', status IS NOT DISTINCT FROM NULL, (total > 1) IS UNKNOWN, (total > 1) IS NOT TRUE FROM orders
=== subqueries
SELECT * FROM orders o WHERE total > (SELECT avg(total) FROM orders) AND EXISTS (SELECT FROM customers c WHERE c.id = o.customer_id) AND (o.id, o.status) IN (SELECT id, status FROM orders) AND o.id = ANY (ARRAY[1, 2]) AND o.id <> ALL (SELECT -1)
=== between
SELECT * FROM orders WHERE total BETWEEN SYMMETRIC 100 AND 1 AND ordered_on NOT BETWEEN '2020-01-01' AND '2020-12-31'
=== set operations
SELECT id FROM orders UNION SELECT id FROM customers EXCEPT ALL SELECT 1 INTERSECT SELECT 2
=== DISTINCT ON
SELECT DISTINCT ON (customer_id) customer_id, id, total FROM orders ORDER BY customer_id, total DESC
=== some rows
SELECT * FROM orders ORDER BY id LIMIT 10 OFFSET 5
=== some rows by the standard
SELECT * FROM orders ORDER BY id OFFSET 1 ROWS FETCH FIRST 5 ROWS WITH TIES
=== a sample
SELECT count(*) FROM orders TABLESAMPLE BERNOULLI (10) REPEATABLE (1)
=== a view
SELECT country, revenue FROM sales ORDER BY revenue DESC
=== a view of the tenant's rows
SELECT count(*) FROM mine
=== a function of ours that only reads
SELECT vat(total), public.vat(1) FROM orders
=== a column with the name of a function that writes
SELECT o.status, o.touch FROM (SELECT status, 1 AS touch FROM orders) o
=== random, and other harmless things
SELECT random(), gen_random_uuid(), clock_timestamp(), pg_size_pretty(pg_total_relation_size('orders'))
=== signs
SELECT -id, +id, @ id, |/ 25, ||/ 27, ~id, id ^ 2, id % 3, id # 5, id << 1, id & 1, id | 2 FROM orders
=== an operator by its full name
SELECT 1 OPERATOR(pg_catalog.+) 2
=== collations
SELECT name FROM customers ORDER BY name COLLATE "C" DESC
=== rows
SELECT ROW(1, 'a') = ROW(1, 'a'), (c).name, (c.*)::text FROM customers c
=== XML
SELECT xmlelement(name customer, xmlforest(name, country)) FROM customers
=== XML as a table
SELECT * FROM XMLTABLE('/r/i' PASSING CAST('<r><i id="1"/></r>' AS xml) COLUMNS id int PATH '@id')
=== named arguments
SELECT make_interval(days => 10), make_interval(days := 10)
=== variadic
SELECT format('%s and %s', VARIADIC ARRAY['a', 'b']), concat_ws('-', 1, 2, 3)
=== catalogue
SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, ordinal_position
=== the server's own catalogue
SELECT c.relname, pg_get_expr(d.adbin, d.adrelid) FROM pg_class c LEFT JOIN pg_attrdef d ON d.adrelid = c.oid WHERE c.oid = 'orders'::regclass
=== roles without passwords
SELECT rolname FROM pg_roles
=== what runs now
SELECT pid, state FROM pg_stat_activity
=== locks
SELECT locktype, mode FROM pg_locks
=== who and where
SELECT current_user, session_user, current_database(), current_schema, version(), current_setting('TimeZone')
=== a plan
EXPLAIN SELECT * FROM orders WHERE id = 1
=== a plan that is run
EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM orders
=== a plan, wordy
EXPLAIN ANALYZE VERBOSE WITH x AS (SELECT 1) SELECT * FROM x
=== a setting
SHOW server_version
=== another
SHOW TIME ZONE
=== a text that looks like a write
SELECT 'DROP TABLE orders; --', "status" FROM orders WHERE status = 'DELETE FROM orders'
=== a column that looks like a write
SELECT 1 AS "insert into", 2 AS "for update"
=== a long list
SELECT * FROM orders WHERE id IN (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50)
