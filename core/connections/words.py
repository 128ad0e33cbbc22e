"""Names and questions as words: split, folded, stemmed, in whatever script they are written."""

import re
import unicodedata
from functools import lru_cache

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
CHUNK = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
IDEOGRAPHS = re.compile(rf"[{CJK}]")
CAPITALS = r"A-Z\u0410-\u042f\u0391-\u03a9"
PART = re.compile(rf"\d+|[{CAPITALS}]+(?![^\W\d_{CAPITALS}])|[{CAPITALS}]?[^\W\d_{CAPITALS}]+")
VOICED = frozenset("\u3099\u309a")
"""The marks that make another kana, not an accent."""
LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "Oe", "ł": "l", "đ": "d"}
)
UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "Å": "Aa"}
)
VOWELS = frozenset("aeiou")
SHORT = 4
"""Words of fewer letters have no endings."""
LEAST = 3
"""Letters of an abbreviation, or of a root, below which anything may be meant."""
LONGEST = 40
"""Characters of one word that are looked at."""
ASKED = 2000
"""Characters at the head, and as many at the tail, of a question that are looked at."""


def listed(text: str) -> frozenset[str]:
    """Return the words of a list that is written as text."""
    return frozenset(text.split())


MOMENTS = listed(
    """
    date day daily week weekly month monthly quarter quarterly year yearly annual annually today
    yesterday tomorrow time hour hourly ago recent recently latest last since until before after
    when trend january february march april may june july august september october november
    december tag woche monat jahr datum heute gestern wann letzte letzten jour semaine mois
    annee aujourd hier quand dia semana mes ano fecha hoy ayer cuando
    """
)
"""Words that ask for a date column rather than for a table."""

COUNTING = listed(
    """
    number numbers total totals sum average avg mean median maximum max minimum min top bottom
    count share percent percentage ratio proportion breakdown split group grouped grouping sort
    sorted rank ranking compare compared comparison distribution overview report data table
    tables database record records row rows column columns field fields value values information
    info detail details list new old long far used needs
    """
)
"""Words that say what to do with an answer; they name something only where nothing else does."""

GENERAL = MOMENTS | listed(
    """
    a an the this that these those it its they them their there here i me my we us our you your
    he she his her is are was were be been being am do does did done has have had having can
    could will would shall should must may might and or not no nor but if then else than as at
    by for from in into of off on onto out over to up with within without under above below
    between among across about against through per via versus vs who whom whose which what where
    why how many much few more most less least fewer some any all each every both either neither
    other another same such only own so too very just also ever never still yet already again
    show give get find tell display return fetch select compute calculate best worst highest
    lowest largest smallest biggest longest shortest first second third ten five twenty one two
    three hundred thousand million please using use based according made make like want need
    know see look went go goes came come comes take took taken keep kept held hold stand happen
    happened exist exists put
    der die das den dem des ein eine einen einem einer und oder nicht kein keine ist sind war
    waren wird werden wurde wurden hat haben hatte wie viel viele wieviel welche welcher welches
    welchen welchem wer was wo warum wieso pro je nach von vom zu zum zur bei beim mit ohne fur
    auf aus im in an am uber unter zwischen alle jede jeder jedes jedem mehr weniger als noch
    schon nur auch sich es sie er wir ihr zeige liste anzahl summe durchschnitt durchschnittlich
    durchschnittliche durchschnittlicher meisten wenigsten prozent muss le la les un une du de
    et ou ne pas est sont etait ont ete qui que quoi quel quelle quels quelles combien comment
    pourquoi par pour avec sans dans sur sous entre tous toutes tout chaque plus moins leur
    leurs ce cette ces moyenne somme nombre montre donne dont au aux el los las una unos unas y
    o no son fue fueron cuantos cuantas cuanto cual cuales quien donde por para con sin en sobre
    todos todas cada mas menos promedio suma numero muestra lista del
    """
)
"""Words of questions that name nothing; without accents."""
FEW = 2
"""Fewer words than these, and the counting ones are read too."""


def fold(text: str) -> str:
    """Return *text* without accents and with full-width letters made plain; case stays."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(LETTERS))
    bare = "".join(each for each in plain if not unicodedata.combining(each) or each in VOICED)
    # NFKD takes kana and Hangul apart; here they are put together again.
    return unicodedata.normalize("NFC", bare)


def split(name: str) -> list[str]:
    """Return the words of an identifier or a text: lower case, without accents, in their order.

    `CustomerOrderID` → customer, order, id; `ICD10_codes` → icd, 10, icd10, codes. Japanese,
    Chinese and Korean become pairs of characters, as they have no spaces.
    """
    found: list[str] = []
    for chunk in CHUNK.findall(fold(name)):
        if IDEOGRAPHS.match(chunk):
            found += pairs(chunk)
            continue
        parts = [part[:LONGEST].lower() for part in PART.findall(chunk)]
        found += parts
        if len(parts) > 1 and not chunk.isalpha():
            found.append(chunk[:LONGEST].lower())
    return found


def pairs(run: str) -> list[str]:
    """Return the pairs of neighbours in *run*, or itself where it is one character."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def asked(question: str) -> list[str]:
    """Return the different words of a *question* that may name something, in their order.

    Of a very long text only the head and the tail are read. A word with an umlaut counts in both
    spellings: `aufträge` is also `auftraege`.
    """
    if len(question) > 2 * ASKED:
        question = f"{question[:ASKED]} {question[-ASKED:]}"
    texts = (question, *_respelled(question))
    words = dict.fromkeys(
        word
        for text in texts
        for word in split(text)
        if word not in GENERAL and (len(word) > 1 or IDEOGRAPHS.match(word))
    )
    telling = [word for word in words if word not in COUNTING]
    return telling if len(telling) >= FEW else list(words)


def _respelled(question: str) -> list[str]:
    return [word.translate(UMLAUTS) for word in question.split() if word.translate(UMLAUTS) != word]


def moment(question: str) -> bool:
    """Return whether *question* speaks of time."""
    return not MOMENTS.isdisjoint(split(question[:ASKED]))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return *word* without its ending: a plural, a past or a running form; English, lightly.

    `companies`, `company` → compani; `shipped`, `shipping` → ship; `invoices` → invoic.
    """
    if len(word) < SHORT or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        return word[:-2]
    if word.endswith(("xes", "zes", "ches", "shes", "sses")):
        word = word[:-2]
    elif word.endswith("s") and word[-2] not in "siu":
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= LEAST and not VOWELS.isdisjoint(rest):
            if ending == "ed" and rest[-1] == "e":
                break
            word = rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "sl" else rest
            break
    if word.endswith("e") and len(word) > SHORT:  # sale is not sal
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") else word


def singular(word: str) -> str:
    """Return *word* as it is before it is shortened: queries → query, shipments → shipment."""
    if len(word) < SHORT or not word.endswith("s") or word[-2] in "siu":
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


def skeleton(word: str) -> str:
    """Return the first letter and the consonants after it, none doubled: customer → cstmr."""
    bones = word[:1]
    for letter in word[1:]:
        if letter not in VOWELS and letter != bones[-1]:
            bones += letter
    return bones


def shortens(short: str, word: str) -> float:
    """Return how likely *short* is an abbreviation of *word*: 0 to 1.

    It has the word's first letter and letters of it in their order, and few vowels or none
    beyond the beginning: `cstmr`, `cust`, `acct`, `mgr`, `dlvry`.
    """
    if not LEAST <= len(short) < len(word) or short[0] != word[0]:
        return 0.0
    if word.startswith(short):
        return 0.55 if len(short) == LEAST else 0.7
    letters = iter(word)
    in_order = all(letter in letters for letter in short)
    if not in_order or sum(letter in VOWELS for letter in short[1:]) > 1:
        return 0.0
    if skeleton(short) == skeleton(word):
        return 0.85
    if len(short) == LEAST:  # so few letters are found in many words
        return 0.35 if short[-1] == word[-1] else 0.2
    return (0.45 if short[-1] == word[-1] else 0.3) + 0.4 * len(short) / len(word)


def edits(one: str, other: str, most: int) -> int:
    """Return how many letters differ (put in, left out, changed, swapped), at most *most* + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for to, opposite in enumerate(other, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != opposite))
            swapped = at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == opposite
            row.append(min(cost, last[to - 2] + 1) if swapped else cost)
        if min(row) > most:
            return most + 1
    return row[-1]
