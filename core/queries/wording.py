"""The words of a question: which say nothing, which say the same, and which turn it around.

What is not listed here as filler means something, and a question with a word that nobody can
account for is not answered.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from core.connections.thesaurus import TRANSLATION, known, wider
from core.connections.vocabulary import segments
from core.connections.words import CJK as IDEOGRAPHS
from core.connections.words import GENERAL, edits, listed, pairs, stem
from core.queries.index import SAME

TOKEN = re.compile(rf"[{IDEOGRAPHS}]+|[^\W_{IDEOGRAPHS}]+")
GRAINS = frozenset({"day", "week", "month", "quarter", "year"})
BY = listed("by per pro par por je nach each every jede jeder jedes jeden chaque cada segun selon")
"""What is before a dimension."""
AND = frozenset({"and", "und", "et", "y", "or", "oder", "ou", "o", "plus"})
PLACED = listed("in for at from of within im aus fur en dans pour para de bei")
"""What may be before a value."""
WHICH = listed("which list welche welcher welches welchen quels quelles quel quelle cuales liste")
OVERALL = listed("total overall altogether insgesamt gesamt global globally totals whole entire")
"""These fit only an answer that is broken down."""

FILLER = listed(
    """
    a an the this that these those of in on at for from to by with and or as into across over
    during within throughout through per each every
    i me my we us our ours you your it its they their them there here he she
    is are was were be been being am do does did done has have had having can could would may
    might let lets got gotten get gets make makes made making happen happened go went going come
    show give find tell display fetch see look pull bring need want wanna like know check
    please pls plz thanks thank thx hi hey ok okay so just kindly dear hello well now then up
    how much many what whats which s d l m re ve ll t's quick quickly possible able
    figure figures data number numbers report overview breakdown break down split spread stats
    statistics statistic summary chart graph plot table list result results info information
    visualise visualize draw bar line pie diagram curve analysis details view
    one year's figures' period date dates
    der die das den dem des ein eine einen einem einer im in am an auf aus bei mit von vom zu zum
    zur fur pro je nach und oder ist sind war waren wie viel viele hoch welche welcher welches
    welchen unser unsere unserem unseren unserer wir uns mir ich bitte zeig zeige zeigen gib nenne
    sag hat haben hatte hatten gab es gibt jeder jede jedes jeden jedem danke hallo kannst konnen
    du zahlen ubersicht diagramm tabelle aufgeteilt gemacht machen
    le la les l un une du des d et ou est sont etait nous notre nos mon ma vous stp svp te plait
    montre montrer montrez moi donne donnez quel quelle quels quelles combien par pour en au aux
    dans sur chaque a avons avez fait ete qu que c ce quoi merci bonjour peux pouvez tu il y
    el los las uno una unos unas de del al con para por son fue fueron cual cuales cuanto cuanta
    cuantos cuantas nuestro nuestra nuestros nuestras hay hubo muestra muestrame dame ver cada
    tenemos hicimos gracias hola favor nos o e lo se ha
    """
) - {"y's"}
"""Words that change nothing about what is asked."""

NEGATIONS = listed(
    """
    not no without except excluding exclude excludes excl minus less never none nor neither but
    apart other unless dont ohne nicht kein keine keinen ausser sauf sans hors pas excepto
    salvo sin ni menos
    """
)
"""Words that turn a question around: only a title that has them may answer it."""
COUNTED = listed(
    """
    average mean median max maximum min minimum sum share percent percentage rate ratio growth
    change trend cumulative difference distribution highest lowest top best worst first last oldest
    newest biggest smallest longest shortest quickest slowest running forecast target
    budget plan goal quota count
    """
)
"""What is computed: said of one thing in a description, it is not said of another."""
LIKE = (
    "revenue sales sale turnover income proceeds takings sell sold",
    "customer client buyer shopper purchaser",
    "product article item",
    "refund reimbursement",
    "employee staff worker personnel",
    "supplier vendor",
    "warehouse depot storehouse",
    "stock inventory",
    "spend spending expenditure expense",
    "signup registration signups registrations",
    "ticket case",
    "open unresolved unclosed outstanding pending",
    "doctor physician",
    "repeat recurring",
    "cancellation cancelled canceled",
    "country nation",
    "low scarce",
    "average mean avg typical",
    "churn attrition",
    "invoice bill",
    "subscriber subscription",
    "percent percentage rate share ratio proportion quote taux tasa anteil prozent",
    "region area",
    "hour hourly hours",
    "kind type sort",
    "delay lateness",
    "under below",
    "top most popular",
)
"""Words that mean the same in any question; the thesaurus's likenesses are too far-fetched."""
ABROAD = {
    word: meant
    for meant, words in {
        "new": "neu neue neuer neues neuen nouveau nouveaux nouvelle nouvelles nuevo nuevos nueva "
        "nuevas",
        "open": "offen offene offener offenen offenes ouvert ouverts ouverte ouvertes abierto "
        "abiertos abierta abiertas",
        "closed": "geschlossen geschlossene ferme fermes cerrado cerrados",
        "top": "beste besten bester bestes meilleur meilleurs meilleure meilleures mejor mejores "
        "meistverkauft meistverkaufte meistverkauften",
        "low": "niedrig niedriger niedrige knapp knapper knappe faible faibles bajo baja bajos bas",
        "high": "hohe hoher hohes eleve eleves alto alta altos",
        "average": "durchschnittlich durchschnittliche durchschnittlicher durchschnittlichen "
        "durchschnittliches durchschnitt mittlere mittlerer moyen moyenne moyens moyennes promedio "
        "medio media",
        "value": "wert valeur valor",
        "rate": "quote rate taux tasa anteil prozent",
        "category": "kategorie kategorien categorie categories categoria categorias "
        "warengruppe warengruppen",
        "priority": "prioritat priorite prioridad prioridades dringlichkeit",
        "customer": "neukunden kundschaft",
        "repeat": "wiederkauf wiederholt recurrent recurrents recurrente",
        "purchase": "kauf kaufs kaufe achat achats compra compras",
        "region": "regionen regions regiones",
        "country": "land lander laender pays pais paises",
        "product": "produkte produit produits producto productos artikeln",
        "order": "bestell bestellungen auftrage commandes pedidos",
        "segment": "segmente segmentos",
        "channel": "kanal kanale canal canaux canales",
        "monthly": "monatlicher monatliche monatlichen monatliches mensuelle mensuelles mensuels "
        "mensuales",
        "weekly": "wochentlich wochentliche wochentlicher hebdomadaire semanal",
        "daily": "taglich tagliche taglicher quotidien diario diaria",
        "yearly": "jahrlich jahrliche jahrlicher annuelle anual",
    }.items()
    for word in words.split()
}
"""Adjectives and plurals that the thesaurus of nouns has not."""
WHOLE = {
    "neukunden": "new customer",
    "wiederkaufsrate": "repeat purchase rate",
    "wiederkaufrate": "repeat purchase rate",
    "bestellwert": "order value",
    "bestseller": "best seller",
    "bestsellers": "best sellers",
}
MERGED = {
    ("sign", "ups"): "signups",
    ("sign", "up"): "signup",
    ("signed", "up"): "signup",
    ("signing", "up"): "signup",
    ("sign", "ins"): "logins",
}
OWN = {"opened": "opened", "openings": "opening", "opening": "opening", "media": "media"}
"""Words whose stem would be another's: what was opened on a day is not what was open."""


class Token(NamedTuple):
    """A word of a message, folded and in lower case, and where it stands."""

    text: str
    start: int
    end: int


def tokens(plain: str) -> tuple[Token, ...]:
    """Return the words of *plain*, which is folded and in lower case."""
    found: list[Token] = []
    for match in TOKEN.finditer(plain):
        token = Token(match[0], match.start(), match.end())
        if found and (found[-1].text, token.text) in MERGED:
            before = found.pop()
            token = Token(MERGED[before.text, token.text], before.start, token.end)
        found.append(token)
    return tuple(found)


def root(word: str) -> str:
    """Return what is compared of a word: its stem, or that of the word that says the same."""
    own = OWN.get(word)
    return own if own is not None else stem(SAME.get(word, word))


def roots(plain: str) -> tuple[str, ...]:
    """Return what is compared of every word of a text; of an ideographic run its pairs too."""
    found: list[str] = []
    for token in tokens(plain):
        if not token.text.isascii() and re.match(rf"[{IDEOGRAPHS}]", token.text):
            found += pairs(token.text)
        found.append(root(token.text))
    return tuple(found)


@cache
def _alike() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in LIKE:
        group = frozenset(root(word) for word in line.split())
        for word in group:
            found[word] = found.get(word, frozenset()) | group
    return found


@lru_cache(maxsize=16_384)
def meant(word: str) -> frozenset[str]:
    """Return the stems that a word may surely stand for, its own among them."""
    own = root(word)
    found = {own} | _alike().get(own, frozenset())
    if word in ABROAD:
        other = root(ABROAD[word])
        found |= {other} | _alike().get(other, frozenset())
    for sense in wider((own,)):
        if len(sense.stems) == 1 and sense.weight >= TRANSLATION:
            found.add(sense.stems[0])
            if sense.plain:
                found |= _alike().get(sense.stems[0], frozenset())
    return frozenset(found)


@lru_cache(maxsize=16_384)
def together(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the stems that neighbouring words mean together: chiffre d'affaires, money back."""
    for sense in wider(tuple(stem(word) for word in words)):
        if sense.weight >= TRANSLATION:
            return sense.stems
    return ()


@cache
def _parts() -> frozenset[str]:
    return known() | ABROAD.keys() | SAME.keys()


@lru_cache(maxsize=16_384)
def apart(word: str) -> tuple[str, ...]:
    """Return the words that a compound is made of: Erstattungsquote; nothing if it is none."""
    if word in WHOLE:
        return tuple(WHOLE[word].split())
    if not word.isascii() or stem(word) in known():
        return ()
    return segments(word, _parts()) or segments(stem(word), _parts())


@lru_cache(maxsize=16_384)
def is_word(word: str) -> bool:
    """Return whether *word* is one that we know, so that it is hardly a slip of the keyboard."""
    return (
        word in FILLER
        or word in GENERAL
        or word in ABROAD
        or word in SAME
        or word in NEGATIONS
        or word in COUNTED
        or stem(word) in known()
        or stem(word) in _alike()
        or bool(wider((stem(word),)))
    )


def slip(word: str, words: frozenset[str]) -> str | None:
    """Return the one of *words* that *word* is a slip of the keyboard for, if it is just one."""
    if len(word) < 5 or not word.isalpha() or is_word(word):  # noqa: PLR2004 - else any is near
        return None
    most = 1 if len(word) < 7 else 2  # noqa: PLR2004
    near = {}
    for each in words:
        if each[:1] == word[:1] and abs(len(each) - len(word)) <= most:
            differ = edits(word, each, most)
            if differ <= most:
                near[each] = differ
    if not near:
        return None
    least = min(near.values())
    best = sorted(each for each, differ in near.items() if differ == least)
    return best[0] if len({root(each) for each in best}) == 1 else None
