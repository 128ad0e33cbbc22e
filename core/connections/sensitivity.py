"""Which columns hold what concerns one person alone, judged by name and type."""

import re
from collections.abc import Iterator
from functools import lru_cache

from core.connections.vocabulary import segments
from core.connections.words import listed, shortens, split

MEMBERS = """
    customer cust client employee emp user usr member mbr patient contact person pers people
    student pupil teacher lecturer doctor nurse physician passenger guest driver drvr owner
    holder cardholder manager mgr buyer seller agent tenant donor recipient receiver sender
    beneficiary applicant candidate subscriber visitor staff worker resident citizen spouse
    parent child mother father guardian requester reporter assignee referrer payee payer debtor
    reviewer player traveller insured policyholder kunde mitarbeiter cliente empleado usuario
    patienten inhaber
    """
ANYONES = """
    first last given family full middle maiden nick sur fore birth legal preferred frst lst
    """

KINDS: tuple[tuple[str, str], ...] = (
    (
        "authentication",
        """
        password passwd passphrase pwd passcode kennwort passwort mot+de+passe contrasena secret
        token salt otp totp mfa+secret credential credentials pin api+key access+key secret+key
        private+key auth+key auth+code security+answer recovery+code backup+code pin+code cookie
        """,
    ),
    ("email", "email emails mail eml courriel correo mailadresse e+mail"),
    (
        "phone",
        """
        phone telephone mobile cell+phone cellphone fax tel telefon telefono handy mob msisdn
        ph+no ph+num telno phoneno whatsapp landline
        """,
    ),
    (
        "identity",
        """
        ssn sin+number social+security passport national+id national+insurance nin citizen+id
        voter+id identity+number identity+card id+card personal+id government+id tax+id
        taxpayer+id tin steuer+id steuernummer ausweis ausweisnummer driver+license
        driver+licence drivers+license driving+licence driving+license license+plate
        licence+plate number+plate plate kennzeichen dni cpf curp aadhaar nif
        """,
    ),
    (
        "financial",
        """
        iban credit+card creditcard debit+card card+number card+no card+num card+nr cc+number
        cc+num cvv cvc account+number account+no account+num acct+no acct+num acct+number acctno
        accno bank+account routing+number sort+code salary sal wage wages payrate pay+rate
        gehalt salaire salario annual+income monthly+income household+income kontonummer
        net+worth
        """,
    ),
    (
        "personal",
        """
        birth birthday birthdate birthplace dob geburtsdatum naissance nacimiento brth gender
        gndr sex geschlecht marital marital+status nationality ethnicity ethnic religion
        disability orientation dateofbirth surname surnm forename forenm firstname lastname
        fullname middlename maidenname nickname username fname lname vorname nachname prenom
        apellido apellidos signature ip ipaddress ipaddr mac+address remote+addr ip+address
        ip+addr ip+adr
        """,
    ),
    (
        "address",
        """
        address addr postal+code post+code zip+code zip+cd postal+cd adresse anschrift direccion
        street strasse str calle rue postcode postal zip zipcode plz pstcd pst+cd house+number
        house+no hausnummer addresse
        """,
    ),
)
"""Kinds with the words that make a column one; several words stand in their order."""
SCRIPTS = (
    ("authentication", "パスワード 密码 密碼 暗証 비밀번호"),
    ("email", "メール 邮箱 郵箱 邮件 이메일"),
    ("phone", "電話 电话 手机 手機 携帯 전화"),
    ("identity", "身份证 身分證 旅券 护照 マイナンバー 주민등록"),
    ("financial", "口座番号 银行卡 给与 給与 工资 年収 계좌"),
    ("address", "住所 地址 邮编 郵便番号 주소"),
    ("personal", "氏名 姓名 生年月日 出生 生日 性別 性别 이름 생년"),
)
MAY_FOLLOW = listed(
    """
    number no nr num hash digest enc encrypted plain raw text txt value val primary secondary
    main home work private business office personal mobile day evening alt alternate alternative
    other old new current address addr line ln full first last given family name nm kana latin
    local extension ext masked street city permanent correspondence postal zip amount gross net
    annual monthly yearly per hour plate to from cc bcc sha md of the
    """
)
"""Words behind the telling one that leave the column what it is: phone_number, password_hash."""
PERSONAL_MAY_FOLLOW = MAY_FOLLOW | {"date", "dt", "day", "month", "year", "place", "code", "cd"}
"""The same for what is personal: birth_date, gender_code."""
ASKS = frozenset({"is", "has", "had", "can", "num", "count", "cnt", "total", "no", "needs"})
"""First words of columns that say whether or how many: has_phone."""
NOT_A_PLACE = frozenset({"web", "url", "http", "memory", "contract", "wallet", "server", "bus"})
BIRTH = listed("birth birthday birthdate dateofbirth dob geburtsdatum naissance brth")
TRUTH = re.compile(r"bool|bit$|bit\(1\)|tinyint\(1\)", re.IGNORECASE)
TIME = re.compile(r"date|time|interval|year", re.IGNORECASE)
NUMBER = re.compile(r"int|num|dec|float|double|real|serial|money", re.IGNORECASE)
SURE = 0.8
"""How likely a word has to be the abbreviation of a person: plcyhldr, studnt."""
NAMES = frozenset({"name", "nm", "names", "nam"})
CALLED = listed(f"{MEMBERS} {ANYONES}")


def _patterns() -> Iterator[tuple[str, tuple[str, ...]]]:
    for kind, words in KINDS:
        for word in words.split():
            yield kind, tuple(word.split("+"))


PATTERNS = tuple(sorted(_patterns(), key=lambda each: -len(each[1])))
WORDS = frozenset(word for _, words in PATTERNS for word in words) | NAMES | CALLED | MAY_FOLLOW
"""What a name in one run is taken apart into."""


@lru_cache(maxsize=65536)
def category(column: str, type: str) -> str | None:
    """Return what kind of sensitive value *column* holds, or None.

    One of email, phone, identity, financial, authentication, address, personal. What is said
    *about* such a value is none: `email_sent_at`, `phone_count`, `address_id`, `has_phone`. A
    name is personal where it says whose: `customer_name`, `first_name`, not `product_name`.

    Args:
        column: its name.
        type: as the database calls it; empty where unknown.
    """
    for kind, marks in SCRIPTS:
        if any(mark in column for mark in marks.split()):
            return kind
    words = _words(column)
    if not words or TRUTH.search(type) or (len(words) > 1 and words[0] in ASKS):
        return None
    if TIME.search(type) and BIRTH.isdisjoint(words):
        return None
    number = bool(NUMBER.search(type))
    for kind, pattern in PATTERNS:
        end = _found(pattern, words)
        may_follow = PERSONAL_MAY_FOLLOW if kind == "personal" else MAY_FOLLOW
        if end and may_follow.issuperset(words[end:]):
            before = words[: end - len(pattern)]
            if kind == "address" and (number or not NOT_A_PLACE.isdisjoint(before)):
                continue
            return kind
    return "personal" if not number and _whose(words) else None


def _words(column: str) -> tuple[str, ...]:
    """Return the words of a name without digits, and run-together ones apart: emailaddress."""
    found: list[str] = []
    for word in split(column):
        if any(letter.isdecimal() for letter in word):
            continue
        apart = () if word in WORDS else segments(word, WORDS)
        found += apart or (word,)
    return tuple(found)


def _found(pattern: tuple[str, ...], words: tuple[str, ...]) -> int:
    """Return where the last place of *pattern* in *words* ends, or 0."""
    size = len(pattern)
    for end in range(len(words), size - 1, -1):
        if words[end - size : end] == pattern:
            return end
    return 0


def _whose(words: tuple[str, ...]) -> bool:
    at = next((at for at, word in enumerate(words) if word in NAMES), None)
    if at is None or not all(word in MAY_FOLLOW or word in CALLED for word in words[at + 1 :]):
        return False
    if any(word in CALLED for word in words[at + 1 :]):
        return True
    before = words[at - 1] if at else ""
    return before in CALLED or any(shortens(before, whole) > SURE for whole in CALLED)
