"""The tables of the sample shop.

Amounts are euros. All of them end in .00, .25, .50 or .75, which a binary number holds exactly:
sums are exact to the cent although SQLite has no decimals.
"""

TABLES = """
CREATE TABLE regions (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE countries (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    local_name TEXT NOT NULL,
    region_id INTEGER NOT NULL REFERENCES regions (id)
);
CREATE TABLE channels (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_paid BOOLEAN NOT NULL
);
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    started_on DATE NOT NULL,
    ended_on DATE
);
CREATE TABLE marketing_spend (
    campaign_id INTEGER NOT NULL REFERENCES campaigns (id),
    day DATE NOT NULL,
    spend DECIMAL(10, 2) NOT NULL,
    impressions INTEGER NOT NULL,
    clicks INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, day)
);
CREATE TABLE employees (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    job TEXT NOT NULL,
    team TEXT NOT NULL,
    manager_id INTEGER REFERENCES employees (id),
    hired_on DATE NOT NULL,
    left_on DATE
);
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    phone TEXT,
    birth_date DATE,
    segment TEXT NOT NULL CHECK (segment IN ('Consumer', 'Business', 'Reseller')),
    country_code TEXT NOT NULL REFERENCES countries (code),
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    newsletter BOOLEAN NOT NULL,
    signed_up_at TIMESTAMP NOT NULL
);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    kind TEXT NOT NULL CHECK (kind IN ('home', 'work')),
    street TEXT NOT NULL,
    postcode TEXT NOT NULL,
    city TEXT NOT NULL,
    country_code TEXT NOT NULL REFERENCES countries (code)
);
CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    parent_id INTEGER REFERENCES categories (id)
);
CREATE TABLE suppliers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    country_code TEXT NOT NULL REFERENCES countries (code),
    contact_email TEXT,
    lead_time_days INTEGER NOT NULL
);
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id),
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id),
    price DECIMAL(10, 2) NOT NULL,
    cost DECIMAL(10, 2) NOT NULL,
    weight_grams INTEGER,
    launched_on DATE NOT NULL,
    discontinued_on DATE
);
CREATE TABLE warehouses (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    country_code TEXT NOT NULL REFERENCES countries (code)
);
CREATE TABLE inventory (
    product_id INTEGER NOT NULL REFERENCES products (id),
    warehouse_id INTEGER NOT NULL REFERENCES warehouses (id),
    on_hand INTEGER NOT NULL,
    reorder_point INTEGER NOT NULL,
    counted_on DATE NOT NULL,
    PRIMARY KEY (product_id, warehouse_id)
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    address_id INTEGER NOT NULL REFERENCES addresses (id),
    channel_id INTEGER NOT NULL REFERENCES channels (id),
    campaign_id INTEGER REFERENCES campaigns (id),
    status TEXT NOT NULL
        CHECK (status IN ('processing', 'shipped', 'delivered', 'returned', 'cancelled')),
    ordered_at TIMESTAMP NOT NULL,
    shipping_fee DECIMAL(10, 2) NOT NULL,
    total DECIMAL(10, 2) NOT NULL,
    note TEXT
);
CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    line INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id),
    quantity INTEGER NOT NULL,
    unit_price DECIMAL(10, 2) NOT NULL,
    discount DECIMAL(10, 2) NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
) WITHOUT ROWID;
CREATE TABLE payments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    method TEXT NOT NULL CHECK (method IN ('card', 'wallet', 'bank transfer', 'invoice')),
    status TEXT NOT NULL CHECK (status IN ('paid', 'failed', 'open')),
    amount DECIMAL(10, 2) NOT NULL,
    paid_at TIMESTAMP
);
CREATE TABLE shipments (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    warehouse_id INTEGER NOT NULL REFERENCES warehouses (id),
    carrier TEXT NOT NULL,
    tracking_code TEXT,
    shipped_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP
);
CREATE TABLE refunds (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT,
    amount DECIMAL(10, 2) NOT NULL,
    refunded_at TIMESTAMP NOT NULL,
    FOREIGN KEY (order_id, line) REFERENCES order_items (order_id, line)
);
CREATE TABLE support_tickets (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    order_id INTEGER REFERENCES orders (id),
    employee_id INTEGER REFERENCES employees (id),
    topic TEXT NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('urgent', 'high', 'normal', 'low')),
    opened_at TIMESTAMP NOT NULL,
    answered_at TIMESTAMP,
    closed_at TIMESTAMP,
    satisfaction INTEGER CHECK (satisfaction BETWEEN 1 AND 5)
);
"""

INDEXES = """
CREATE INDEX orders_by_time ON orders (ordered_at);
CREATE INDEX orders_by_customer ON orders (customer_id);
CREATE INDEX order_items_by_product ON order_items (product_id);
CREATE INDEX payments_by_order ON payments (order_id);
CREATE INDEX shipments_by_order ON shipments (order_id);
CREATE INDEX refunds_by_item ON refunds (order_id, line);
CREATE INDEX support_tickets_by_time ON support_tickets (opened_at);
CREATE INDEX addresses_by_customer ON addresses (customer_id);
CREATE VIEW revenue_by_month AS
    SELECT strftime('%Y-%m', ordered_at) AS month, COUNT(*) AS orders, SUM(total) AS revenue
    FROM orders WHERE status <> 'cancelled' GROUP BY 1;
CREATE VIEW customer_value AS
    SELECT c.id AS customer_id, c.name, c.segment, COUNT(o.id) AS orders,
        COALESCE(SUM(o.total), 0) AS revenue, MIN(o.ordered_at) AS first_order_at,
        MAX(o.ordered_at) AS last_order_at
    FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND o.status <> 'cancelled'
    GROUP BY c.id;
"""
