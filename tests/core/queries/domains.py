"""Two more databases than the sample shop, with their queries and what is asked of them."""

# ruff: noqa: E501 - a line is a question

from typing import NamedTuple


class Saved(NamedTuple):
    """A saved query of a test."""

    title: str
    prompt: str
    sql: str
    description: str = ""
    keywords: tuple[str, ...] = ()


HOSPITAL_TABLES = """
CREATE TABLE wards (id INTEGER PRIMARY KEY, name TEXT NOT NULL, beds INTEGER NOT NULL);
CREATE TABLE doctors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, specialty TEXT NOT NULL);
CREATE TABLE admissions (
    id INTEGER PRIMARY KEY, ward_id INTEGER NOT NULL REFERENCES wards (id),
    doctor_id INTEGER NOT NULL REFERENCES doctors (id), diagnosis TEXT NOT NULL,
    admitted_on DATE NOT NULL, discharged_on DATE, readmission BOOLEAN NOT NULL
);
INSERT INTO wards VALUES (1, 'Cardiology', 24), (2, 'Intensive Care', 10), (3, 'Maternity', 18),
    (4, 'St. Mary''s Wing', 30);
INSERT INTO doctors VALUES (1, 'A', 'Surgery'), (2, 'B', 'Internal medicine');
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO admissions
SELECT i, 1 + i % 4, 1 + i % 2, 'I' || (i % 150), date('2025-01-01', i || ' days'),
    date('2025-01-04', i || ' days'), i % 7 = 0 FROM n;
"""
HOSPITAL = (
    Saved(
        "Admissions per ward",
        "How many patients were admitted to each ward between two days?",
        "SELECT w.name AS ward, COUNT(*) AS admissions FROM admissions a "
        "JOIN wards w ON w.id = a.ward_id WHERE a.admitted_on BETWEEN {{from_day}} AND {{to_day}} "
        "GROUP BY w.id",
        "Admissions of a period for every ward.",
        ("intake", "hospitalised"),
    ),
    Saved(
        "Readmission rate",
        "What share of the patients of a month had to come back?",
        "SELECT ROUND(100.0 * AVG(readmission), 1) AS readmission_rate FROM admissions "
        "WHERE strftime('%Y-%m', admitted_on) = {{month}}",
        keywords=("readmitted", "relapse"),
    ),
    Saved(
        "Length of stay by diagnosis",
        "How long do patients of one ward stay, by diagnosis?",
        "SELECT a.diagnosis, ROUND(AVG(julianday(a.discharged_on) - julianday(a.admitted_on)), 1) "
        "AS days FROM admissions a JOIN wards w ON w.id = a.ward_id WHERE w.name = {{ward}} "
        "AND a.admitted_on >= date('now', '-' || {{days}} || ' days') GROUP BY 1",
        "Average stay in days for each diagnosis of one ward.",
        ("LOS", "hospital stay"),
    ),
    Saved(
        "Long stays",
        "Which patients stayed longer than so many days?",
        "SELECT id, julianday(discharged_on) - julianday(admitted_on) AS nights FROM admissions "
        "WHERE julianday(discharged_on) - julianday(admitted_on) > {{nights}}",
        keywords=("overstay",),
    ),
    Saved(
        "Bed occupancy",
        "How many beds of each ward are taken on a day?",
        "SELECT w.name AS ward, w.beds, COUNT(*) AS taken FROM admissions a "
        "JOIN wards w ON w.id = a.ward_id WHERE a.admitted_on <= {{on_day}} "
        "AND (a.discharged_on IS NULL OR a.discharged_on > {{on_day}}) GROUP BY w.id",
        keywords=("occupied beds", "utilisation"),
    ),
)
HOSPITAL_ASKED = """
Admissions per ward	from_day=2025-03-01; to_day=2025-03-31	admissions per ward in March 2025
Admissions per ward	from_day=2025-01-01; to_day=2025-12-31	how many patients were admitted to each ward last year?
Admissions per ward	?from_day; ?to_day	admissions by ward
Readmission rate	month=2025-04	readmission rate in April 2025
Readmission rate	month=2025-12	readmission rate last month
Readmission rate	?month	readmission rate in 2025
Length of stay by diagnosis	ward=Cardiology; days=90	length of stay by diagnosis in cardiology, last 90 days
Length of stay by diagnosis	ward=Intensive Care; ?days	LOS by diagnosis for intensive care
Length of stay by diagnosis	ward=St. Mary's Wing; days=30	length of stay in St. Mary's Wing over the past 30 days
Length of stay by diagnosis	ward=Maternity; days=28	length of stay by diagnosis, maternity ward, last 4 weeks
Long stays	nights=10	stays longer than 10 days
Bed occupancy	on_day=2026-01-14	bed occupancy yesterday
Bed occupancy	on_day=2025-06-30	how many beds were taken in each ward on 30 June 2025
Bed occupancy	on_day=2026-01-15	bed occupancy right now
-	-	admissions per doctor in March 2025
-	-	admissions per ward and month in 2025
-	-	admissions in cardiology in March 2025
-	-	discharges per ward in March 2025
-	-	readmission rate by ward in April 2025
-	-	mortality rate in April 2025
-	-	length of stay by doctor in cardiology, last 90 days
-	-	free beds yesterday
-	-	bed occupancy forecast for yesterday
-	-	stays shorter than 10 days
-	-	admit a patient to cardiology
"""

SAAS_TABLES = """
CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price DECIMAL(10, 2) NOT NULL);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, company TEXT NOT NULL, country TEXT NOT NULL,
    plan_id INTEGER NOT NULL REFERENCES plans (id), created_at TIMESTAMP NOT NULL,
    cancelled_at TIMESTAMP
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts (id),
    feature TEXT NOT NULL, happened_at TIMESTAMP NOT NULL
);
INSERT INTO plans VALUES (1, 'Free', 0), (2, 'Team', 20), (3, 'Enterprise', 500);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
INSERT INTO accounts
SELECT i, 'Company ' || i, CASE i % 3 WHEN 0 THEN 'Germany' WHEN 1 THEN 'United States'
    ELSE 'Japan' END, 1 + i % 3, date('2025-01-01', i || ' days'),
    CASE WHEN i % 5 = 0 THEN date('2025-07-01', i || ' days') END FROM n;
INSERT INTO events SELECT id, id, CASE id % 2 WHEN 0 THEN 'export' ELSE 'dashboards' END,
    created_at FROM accounts;
"""
SAAS = (
    Saved(
        "MRR by plan",
        "How much monthly recurring revenue does each plan bring at the end of a month?",
        "SELECT p.name AS plan, SUM(p.price) AS mrr FROM accounts a JOIN plans p "
        "ON p.id = a.plan_id WHERE strftime('%Y-%m', a.created_at) <= '{{month}}' GROUP BY p.id",
        keywords=("monthly recurring revenue", "recurring revenue"),
    ),
    Saved(
        "Churned accounts per month",
        "How many accounts cancelled in each month of a year?",
        "SELECT strftime('%Y-%m', cancelled_at) AS month, COUNT(*) AS churned FROM accounts "
        "WHERE strftime('%Y', cancelled_at) = '{{year}}' GROUP BY 1",
        keywords=("churn", "cancellations", "lost accounts"),
    ),
    Saved(
        "Most used features",
        "Which features were used most since a day, on which plans?",
        "SELECT e.feature, COUNT(*) AS uses FROM events e JOIN accounts a ON a.id = e.account_id "
        "JOIN plans p ON p.id = a.plan_id WHERE e.happened_at >= {{since}} "
        "AND p.name IN ({{plans}}) GROUP BY 1 ORDER BY uses DESC LIMIT {{limit}}",
        keywords=("feature usage", "popular features"),
    ),
    Saved(
        "New accounts by country",
        "How many accounts were opened per country in a quarter?",
        "SELECT country, COUNT(*) AS accounts FROM accounts WHERE "
        "CAST(strftime('%Y', created_at) AS INTEGER) = {{year}} AND "
        "(CAST(strftime('%m', created_at) AS INTEGER) + 2) / 3 = {{quarter}} GROUP BY 1",
        keywords=("sign-ups", "signups"),
    ),
    Saved(
        "Account by company",
        "What plan has the account of one company?",
        "SELECT a.id, p.name AS plan, a.created_at FROM accounts a JOIN plans p "
        "ON p.id = a.plan_id WHERE a.company = {{company}}",
    ),
    Saved("Why churn", "Explain in words why accounts cancelled.", ""),
)
SAAS_ASKED = """
MRR by plan	month=2025-06	MRR by plan in June 2025
MRR by plan	month=2025-12	monthly recurring revenue by plan last month
MRR by plan	?month	mrr per plan
Churned accounts per month	year=2025	churned accounts per month 2025
Churned accounts per month	year=2025	how many accounts cancelled each month last year
Churned accounts per month	year=2025	cancellations by month in 2025
Most used features	since=2025-06-01; plans=Team|Enterprise; limit=5	top 5 most used features since June 2025 on Team and Enterprise
Most used features	since=2025-01-01; plans=Free|Team|Enterprise; limit=10	10 most used features since 2025 on all plans
Most used features	plans=Enterprise; limit=3; ?since	3 most used features on the enterprise plan
New accounts by country	year=2025; quarter=3	new accounts by country in Q3 2025
New accounts by country	year=2025; quarter=4	new accounts per country last quarter
New accounts by country	year=2025; ?quarter	new accounts by country 2025
Account by company	company=Company 7	account of company "Company 7"
Account by company	?company	account by company
-	-	MRR by country in June 2025
-	-	churned accounts per week 2025
-	-	churned accounts per month in Japan in 2025
-	-	least used features since June 2025 on Team
-	-	new accounts by plan in Q3 2025
-	-	new features by country in Q3 2025
-	-	cancel the account of company "Company 7"
-	-	price of the Team plan
-	-	MRR growth by plan in June 2025
-	-	churn rate in 2025
-	-	how do I export my account
"""
