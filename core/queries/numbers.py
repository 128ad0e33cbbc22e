"""Numbers as people write them: 5, 1,000, ten, zehn, a dozen."""

import re
from decimal import Decimal

WORDS = {
    word: at
    for at, words in {
        1: "one eins",
        2: "two zwei deux dos",
        3: "three drei trois tres",
        4: "four vier quatre cuatro",
        5: "five funf fuenf cinq cinco",
        6: "six sechs seis",
        7: "seven sieben sept siete",
        8: "eight acht huit ocho",
        9: "nine neun neuf nueve",
        10: "ten zehn dix diez",
        11: "eleven elf onze once",
        12: "twelve dozen zwolf zwoelf douze doce dutzend",
        15: "fifteen funfzehn quinze quince",
        20: "twenty zwanzig vingt veinte",
        25: "twenty-five",
        30: "thirty dreissig trente treinta",
        40: "forty vierzig quarante cuarenta",
        50: "fifty funfzig cinquante cincuenta",
        60: "sixty sechzig soixante sesenta",
        90: "ninety neunzig noventa",
        100: "hundred hundert cent cien",
        1000: "thousand tausend mille mil",
    }.items()
    for word in words.split()
}
del WORDS["once"]  # more than once
DIGITS = r"\d{1,3}(?:[,'\u2019]\d{3})+(?:\.\d+)?|\d{1,15}(?:\.\d{1,10})?"
NUMBER = rf"(?:{DIGITS}|{'|'.join(sorted(WORDS, key=len, reverse=True))})"
"""A pattern of one, in lower case and without accents."""


def number(text: str) -> int | Decimal | None:
    """Return the number that *text* is, or None."""
    if text in WORDS:
        return WORDS[text]
    if not re.fullmatch(DIGITS, text, re.ASCII):
        return None
    exact = Decimal(re.sub(r"[,'\u2019]", "", text))
    return int(exact) if exact == exact.to_integral_value() else exact
