"""Which columns hold what concerns one person alone."""

import pytest

from core.connections.sensitivity import category

SENSITIVE = """
email: email e_mail emailAddress EML_ADDR contact_email customer_email_1 courriel mail
phone: phone PhoneNumber phone_home mobile mobile_number TEL telefon fax_no msisdn telefono
identity: ssn ssn_last4 social_security_number passport_no national_id tax_id driver_license
identity: license_plate
financial: iban credit_card credit_card_number card_no cvv account_number acct_no salary base_salary
financial: ANNL_SAL bank_account routing_number creditcardnumber
authentication: password password_hash passwd pwd api_key access_token refresh_token secret salt
authentication: otp private_key security_answer mot_de_passe client_secret
address: address address_line_2 ADDR1 street street_name postal_code zip zipcode plz
address: shipping_address
personal: first_name FirstName last_name lastname surname full_name customer_name
personal: CUST_NM patient_name
personal: birth_date dob date_of_birth gender sex marital_status nationality ip_address client_ip
personal: username user_name vorname nachname prenom last_name_kana manager_name
phone: 电话号码 電話
email: メールアドレス
personal: 氏名 姓名
address: 住所 地址
authentication: 密码 パスワード
"""
PLAIN = """
email_id email_count email_opt_in email_domain email_template_id email_status emails_sent
phone_count phone_country_code has_phone phone_type address_id shipping_address_id address_type
name title product_name company_name supplier_name category_name file_name filename hostname
author_name brand_name event_name zone_name country city state region status description amount
customer_id user_id card_type token_type tokens_used token_count api_key_id account_id account
order_date created_at message_id session_id mobile_app_version web_address telemetry pinned
mail_class secretary_count sextant addressee_count accountability genre family series quantity
注文番号 数量 商品名
"""


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (line.partition(": ")[0], column)
        for line in SENSITIVE.strip().splitlines()
        for column in line.partition(": ")[2].split()
    ],
)
def test_a_column_is_sensitive_by_its_name(kind: str, column: str) -> None:
    assert category(column, "text") == kind


@pytest.mark.parametrize("column", PLAIN.split())
def test_what_is_said_about_a_person_s_data_is_not_sensitive(column: str) -> None:
    assert category(column, "text") is None


@pytest.mark.parametrize(
    ("column", "type", "kind"),
    [
        ("email", "boolean", None),
        ("email", "tinyint(1)", None),
        ("email_sent", "timestamp with time zone", None),
        ("email", "timestamp", None),
        ("password_changed_at", "timestamp", None),
        ("birth_date", "date", "personal"),
        ("dateofbirth", "date", "personal"),
        ("billing_address", "integer", None),
        ("customer_name", "bigint", None),
        ("phone", "bigint", "phone"),
        ("salary", "numeric(12,2)", "financial"),
        ("ip_address", "inet", "personal"),
        ("email", "", "email"),
        ("", "text", None),
        ("_", "text", None),
        ("🔑", "text", None),
    ],
)
def test_the_type_tells_too(column: str, type: str, kind: str | None) -> None:
    assert category(column, type) == kind
