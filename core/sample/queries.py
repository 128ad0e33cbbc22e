"""Ten questions that the sample shop's owners ask again and again."""

from typing import NamedTuple


class SampleQuery(NamedTuple):
    """A query as it comes with the sample store; its SQL is for SQLite."""

    title: str
    prompt: str
    description: str
    keywords: tuple[str, ...]
    sql: str


QUERIES = (
    SampleQuery(
        "Monthly revenue",
        "How much revenue did we make in each month of a year?",
        "Revenue in euros, number of orders and average order value for every month of one year; "
        "cancelled orders do not count.",
        ("sales", "turnover", "income", "per month", "by month", "trend", "orders"),
        """SELECT strftime('%Y-%m', ordered_at) AS month,
       SUM(total) AS revenue,
       COUNT(*) AS orders,
       ROUND(AVG(total), 2) AS average_order_value
FROM orders
WHERE status <> 'cancelled'
  AND strftime('%Y', ordered_at) = '{{year}}'
GROUP BY 1
ORDER BY 1""",
    ),
    SampleQuery(
        "Top products",
        "Which products sold best between two dates?",
        "The best-selling products of a period by revenue, with units sold, category and margin; "
        "first and last day of the period included.",
        ("best sellers", "bestselling", "most sold", "articles", "items", "ranking", "margin"),
        """SELECT p.name AS product,
       c.name AS category,
       SUM(i.quantity) AS units,
       SUM(i.amount) AS revenue,
       SUM(i.amount - i.quantity * p.cost) AS margin
FROM order_items i
JOIN orders o ON o.id = i.order_id
JOIN products p ON p.id = i.product_id
JOIN categories c ON c.id = p.category_id
WHERE o.status <> 'cancelled'
  AND o.ordered_at >= {{start}} AND o.ordered_at < date({{end}}, '+1 day')
GROUP BY p.id
ORDER BY revenue DESC, p.id
LIMIT {{top}}""",
    ),
    SampleQuery(
        "Revenue by region",
        "How is the revenue of a year spread over regions and countries?",
        "Revenue, orders and customers for every country of one year, with each country's share "
        "of the whole; cancelled orders do not count.",
        ("sales", "country", "countries", "geography", "market", "where", "share"),
        """SELECT r.name AS region,
       k.name AS country,
       SUM(o.total) AS revenue,
       COUNT(*) AS orders,
       COUNT(DISTINCT o.customer_id) AS customers,
       ROUND(100.0 * SUM(o.total) / SUM(SUM(o.total)) OVER (), 1) AS percent_of_revenue
FROM orders o
JOIN customers c ON c.id = o.customer_id
JOIN countries k ON k.code = c.country_code
JOIN regions r ON r.id = k.region_id
WHERE o.status <> 'cancelled'
  AND strftime('%Y', o.ordered_at) = '{{year}}'
GROUP BY r.id, k.code
ORDER BY revenue DESC, k.code""",
    ),
    SampleQuery(
        "Refund rate by category",
        "What share of what we sold was refunded in each product category between two dates?",
        "Amount sold, amount refunded and the refund rate in percent for each category; by the "
        "day of the order, first and last day included.",
        ("returns", "returned goods", "money back", "reimbursement", "sent back", "percentage"),
        """SELECT c.name AS category,
       SUM(i.amount) AS sold,
       SUM(COALESCE(f.amount, 0)) AS refunded,
       ROUND(100.0 * SUM(COALESCE(f.amount, 0)) / SUM(i.amount), 2) AS refund_rate_percent
FROM order_items i
JOIN orders o ON o.id = i.order_id
JOIN products p ON p.id = i.product_id
JOIN categories c ON c.id = p.category_id
LEFT JOIN refunds f ON f.order_id = i.order_id AND f.line = i.line
WHERE o.status <> 'cancelled'
  AND o.ordered_at >= {{start}} AND o.ordered_at < date({{end}}, '+1 day')
GROUP BY c.id
ORDER BY refund_rate_percent DESC, c.id""",
    ),
    SampleQuery(
        "Average order value by segment",
        "What is the average order value of consumers, businesses and resellers in a year?",
        "Average order value (AOV), orders and revenue for each customer segment of one year.",
        ("AOV", "basket size", "cart", "customer type", "business", "consumer", "reseller"),
        """SELECT c.segment,
       ROUND(AVG(o.total), 2) AS average_order_value,
       COUNT(*) AS orders,
       SUM(o.total) AS revenue
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.status <> 'cancelled'
  AND strftime('%Y', o.ordered_at) = '{{year}}'
GROUP BY c.segment
ORDER BY average_order_value DESC""",
    ),
    SampleQuery(
        "Marketing return by channel",
        "What did each marketing channel cost and bring in a year?",
        "Spend, clicks, revenue of the orders that came by a campaign, and the return on ad spend "
        "(ROAS) for each paid channel of one year.",
        ("ROAS", "ROI", "advertising", "ads", "ad spend", "campaigns", "acquisition", "budget"),
        """WITH spent AS (
    SELECT a.channel_id, SUM(m.spend) AS spend, SUM(m.clicks) AS clicks
    FROM marketing_spend m
    JOIN campaigns a ON a.id = m.campaign_id
    WHERE strftime('%Y', m.day) = '{{year}}'
    GROUP BY a.channel_id
), earned AS (
    SELECT channel_id, SUM(total) AS revenue, COUNT(*) AS orders
    FROM orders
    WHERE campaign_id IS NOT NULL AND status <> 'cancelled'
      AND strftime('%Y', ordered_at) = '{{year}}'
    GROUP BY channel_id
)
SELECT h.name AS channel,
       s.spend,
       s.clicks,
       e.orders,
       e.revenue,
       ROUND(1.0 * e.revenue / s.spend, 2) AS return_on_ad_spend
FROM spent s
JOIN channels h ON h.id = s.channel_id
LEFT JOIN earned e ON e.channel_id = s.channel_id
ORDER BY return_on_ad_spend DESC, h.id""",
    ),
    SampleQuery(
        "Open tickets by priority",
        "How many support tickets were open at the end of a day, by priority?",
        "Support tickets that were opened by the end of a day and not yet closed, how many of "
        "them had no answer, and how old the oldest was.",
        ("support", "help desk", "backlog", "unresolved", "cases", "urgent", "waiting"),
        """SELECT priority,
       COUNT(*) AS open_tickets,
       SUM(answered_at IS NULL OR answered_at >= date({{day}}, '+1 day')) AS unanswered,
       CAST(MAX(julianday({{day}}, '+1 day') - julianday(opened_at)) AS INTEGER) AS oldest_days
FROM support_tickets
WHERE opened_at < date({{day}}, '+1 day')
  AND (closed_at IS NULL OR closed_at >= date({{day}}, '+1 day'))
GROUP BY priority
ORDER BY CASE priority WHEN 'urgent' THEN 1 WHEN 'high' THEN 2 WHEN 'normal' THEN 3 ELSE 4 END""",
    ),
    SampleQuery(
        "New customers per month",
        "How many customers signed up in each month of a year in one region?",
        "Sign-ups per month of one year in one region (EU, Rest of Europe, North America, Latin "
        "America, Asia-Pacific, Middle East and Africa), and how many of them have ordered.",
        ("sign-ups", "signups", "registrations", "growth", "acquisition", "region", "monthly"),
        """SELECT strftime('%Y-%m', c.signed_up_at) AS month,
       COUNT(*) AS new_customers,
       SUM(EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)) AS have_ordered
FROM customers c
JOIN countries k ON k.code = c.country_code
JOIN regions r ON r.id = k.region_id
WHERE strftime('%Y', c.signed_up_at) = '{{year}}'
  AND r.name = {{region}}
GROUP BY 1
ORDER BY 1""",
    ),
    SampleQuery(
        "Repeat purchase rate",
        "What share of the customers of a year bought more than once?",
        "For each customer segment of one year: customers who ordered, those who ordered again, "
        "and the repeat purchase rate in percent.",
        ("retention", "loyalty", "returning customers", "came back", "again"),
        """WITH bought AS (
    SELECT o.customer_id, COUNT(*) AS orders
    FROM orders o
    WHERE o.status <> 'cancelled'
      AND strftime('%Y', o.ordered_at) = '{{year}}'
    GROUP BY o.customer_id
)
SELECT c.segment,
       COUNT(*) AS customers,
       SUM(b.orders > 1) AS repeat_customers,
       ROUND(100.0 * SUM(b.orders > 1) / COUNT(*), 1) AS repeat_rate_percent
FROM bought b
JOIN customers c ON c.id = b.customer_id
GROUP BY c.segment
ORDER BY repeat_rate_percent DESC""",
    ),
    SampleQuery(
        "Low stock",
        "Which products are below their reorder point in the warehouses of these names?",
        "Products on sale of which a warehouse has fewer than its reorder point, the largest gap "
        "first. Warehouses are Leipzig, Rotterdam, Columbus and 大阪; several may be given.",
        ("inventory", "stock", "reorder", "replenish", "warehouse", "running out"),
        """SELECT w.name AS warehouse,
       p.sku,
       p.name AS product,
       v.on_hand,
       v.reorder_point,
       v.reorder_point - v.on_hand AS missing,
       s.name AS supplier,
       s.lead_time_days
FROM inventory v
JOIN products p ON p.id = v.product_id
JOIN warehouses w ON w.id = v.warehouse_id
JOIN suppliers s ON s.id = p.supplier_id
WHERE v.on_hand < v.reorder_point
  AND p.discontinued_on IS NULL
  AND w.name IN ({{warehouses}})
ORDER BY missing DESC, p.sku, w.id""",
    ),
)
"""Amounts are euros; every one has parameters."""
