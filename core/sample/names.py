"""The people and places of the sample shop: as they are written at home."""

# ruff: noqa: E501, RUF001 - a line is a country; what is written in Cyrillic is no typing error

from typing import NamedTuple

REGIONS = (
    "EU",
    "Rest of Europe",
    "North America",
    "Latin America",
    "Asia-Pacific",
    "Middle East and Africa",
)


class Country(NamedTuple):
    """A country the shop sells to."""

    code: str
    name: str
    local_name: str
    region: str
    weight: float
    """How many of the customers live there, to the others' weights."""
    people: str
    """Whose names they have."""
    dial: str
    cities: tuple[str, ...]
    streets: tuple[str, ...]


def _country(line: str) -> Country:
    code, name, local, region, weight, people, dial, cities, streets = line.split("|")
    return Country(
        code,
        name,
        local,
        region,
        float(weight),
        people,
        dial,
        tuple(cities.split(",")),
        tuple(streets.split(",")),
    )


COUNTRIES = tuple(
    _country(line)
    for line in """
DE|Germany|Deutschland|EU|24|german|+49|Berlin,Hamburg,München,Köln,Leipzig,Düsseldorf|Lindenstraße,Gartenweg,Hauptstraße,Mühlgasse
AT|Austria|Österreich|EU|6|german|+43|Wien,Graz,Linz,Salzburg|Ringstraße,Feldgasse,Kirchplatz
FR|France|France|EU|11|french|+33|Paris,Lyon,Marseille,Nantes|rue des Lilas,avenue du Port,rue de l'Église
ES|Spain|España|EU|8|spanish|+34|Madrid,Barcelona,Sevilla,A Coruña|Calle Mayor,Calle del Niño,Avenida de España
IT|Italy|Italia|EU|7|italian|+39|Milano,Roma,Torino,Bologna|Via Garibaldi,Via dei Mille,Corso Italia
NL|Netherlands|Nederland|EU|6|dutch|+31|Amsterdam,Rotterdam,Utrecht|Kerkstraat,Dorpsstraat,Singel
PL|Poland|Polska|EU|6|polish|+48|Warszawa,Kraków,Łódź,Gdańsk|ulica Lipowa,ulica Długa,ulica Źródlana
SE|Sweden|Sverige|EU|4|nordic|+46|Stockholm,Göteborg,Malmö|Storgatan,Björkvägen,Ängsvägen
GR|Greece|Ελλάδα|EU|2|greek|+30|Αθήνα,Θεσσαλονίκη,Πάτρα|Οδός Ερμού,Λεωφόρος Αλεξάνδρας
BG|Bulgaria|България|EU|2|bulgarian|+359|София,Пловдив,Варна|улица Роза,булевард Витоша
GB|United Kingdom|United Kingdom|Rest of Europe|12|english|+44|London,Manchester,Bristol,Edinburgh|Station Road,Church Lane,Mill Street
CH|Switzerland|Schweiz|Rest of Europe|4|german|+41|Zürich,Bern,Basel,Genève|Bahnhofstrasse,Seeweg,Oberdorf
UA|Ukraine|Україна|Rest of Europe|2|ukrainian|+380|Київ,Львів,Одеса|вулиця Садова,вулиця Шевченка
US|United States|United States|North America|14|english|+1|New York,Chicago,Austin,Portland,Denver|Oak Avenue,Maple Street,2nd Street,Sunset Drive
CA|Canada|Canada|North America|4|english|+1|Toronto,Montréal,Vancouver|King Street,rue Saint-Denis,Lakeshore Road
MX|Mexico|México|Latin America|4|spanish|+52|Ciudad de México,Guadalajara,Mérida|Calle Hidalgo,Avenida Juárez
BR|Brazil|Brasil|Latin America|5|brazilian|+55|São Paulo,Rio de Janeiro,Curitiba|Rua das Flores,Avenida São João
JP|Japan|日本|Asia-Pacific|6|japanese|+81|東京,大阪,京都,札幌|本町,中央通り,桜木町
KR|South Korea|대한민국|Asia-Pacific|2|korean|+82|서울,부산,대구|세종대로,해운대로
CN|China|中国|Asia-Pacific|2|chinese|+86|上海,北京,深圳|人民路,中山路
AU|Australia|Australia|Asia-Pacific|4|english|+61|Sydney,Melbourne,Perth|Beach Road,Park Street
AE|United Arab Emirates|الإمارات العربية المتحدة|Middle East and Africa|2|arabic|+971|دبي,أبوظبي|شارع الوصل,شارع الكورنيش
EG|Egypt|مصر|Middle East and Africa|2|arabic|+20|القاهرة,الإسكندرية|شارع التحرير,شارع النيل
ZA|South Africa|South Africa|Middle East and Africa|2|english|+27|Cape Town,Johannesburg,Durban|Long Street,Protea Avenue
""".strip().splitlines()
)

# A line: whose names, given names, family names; behind a colon what stands in an e-mail address.
NAMES = """
german|Anna,Lukas,Mia,Jonas:jonas,Lea,Felix,Jürgen:juergen,Käthe:kaethe,Sophie,Paul,Emma,Max|Müller,Schmidt,Schneider,Fischer,Weber,Wagner,Becker,Schäfer,Groß,Köhler
french|Camille,Louis,Chloé:chloe,Hugo,Élodie:elodie,Jules,Inès:ines,Benoît:benoit,Margaux,Théo:theo|Martin,Bernard,Dubois,Lefèvre,Moreau,Girard,Fontaine,Garçon
spanish|Lucía:lucia,Mateo,Sofía:sofia,Íñigo:inigo,Begoña:begona,Javier,Ximena,Andrés:andres|Muñoz,Núñez,García,Fernández,Ibáñez,Peña,Castañeda,López
italian|Giulia,Marco,Chiara,Luca,Niccolò:niccolo,Francesca,Elena,Matteo|Rossi,Russo,Ferrari,Esposito,Bianchi,Colombo,D'Angelo
dutch|Sanne,Daan,Lotte,Bram,Noor,Thijs,Femke,Sven|de Vries,Jansen,van den Berg,Bakker,Visser,'t Hart
polish|Zofia,Jakub,Łukasz:lukasz,Małgorzata:malgorzata,Paweł:pawel,Agnieszka,Wojciech|Nowak,Kowalska,Wiśniewski,Wójcik,Żukowska,Zieliński
nordic|Elsa,Nils,Åsa:asa,Björn:bjorn,Freja,Søren:soren,Linnéa:linnea,Gustav|Andersson,Johansson,Lindström,Ångström,Sjöberg,Nygård
greek|Μαρία:maria,Γιώργος:giorgos,Ελένη:eleni,Νίκος:nikos,Κατερίνα:katerina|Παπαδόπουλος,Νικολάου,Γεωργίου,Ιωάννου
bulgarian|Иван:ivan,Мария:maria,Георги:georgi,Елена:elena,Димитър:dimitar|Иванов,Петрова,Димитров,Георгиева
ukrainian|Олена:olena,Андрій:andriy,Ірина:iryna,Тарас:taras,Юлія:yuliia,Оксана:oksana|Шевченко,Коваленко,Бондаренко,Мельник
english|Olivia,Jack,Amelia,Harry,Grace,Noah,Ava,Liam,Zoë:zoe,Aoife,Ethan,Ruby|Smith,Jones,Taylor,Brown,O'Neill,Walker,MacDonald,Clarke,Nguyen,Patel
brazilian|João:joao,Ana,Beatriz,Thiago,Conceição:conceicao,Rafael,Letícia:leticia|Silva,Souza,Gonçalves,Araújo,Conceição
japanese|太郎:taro,花子:hanako,さくら:sakura,健太:kenta,美咲:misaki,翔:sho,陽菜:hina|山田,佐藤,鈴木,高橋,田中,渡辺
korean|민준:minjun,서연:seoyeon,지훈:jihun,하은:haeun|김,이,박,최
chinese|伟:wei,芳:fang,娜:na,磊:lei,静:jing|王,李,张,刘,陈
arabic|محمد:mohamed,فاطمة:fatima,أحمد:ahmed,عائشة:aisha,يوسف:youssef,ليلى:layla|حسن,عبد الله,الهاشمي,النجار
"""


class People(NamedTuple):
    """The names of one people."""

    given: tuple[tuple[str, str], ...]
    """Each with how it is written in an e-mail address."""
    family: tuple[str, ...]
    family_first: bool


def _people(line: str) -> tuple[str, People]:
    people, given, family = line.split("|")
    pairs = (name.partition(":") for name in given.split(","))
    return people, People(
        tuple((name, latin or name.lower()) for name, _, latin in pairs),
        tuple(family.split(",")),
        people in {"japanese", "korean", "chinese"},
    )


PEOPLE = dict(_people(line) for line in NAMES.strip().splitlines())


def full_name(people: People, given: str, family: str) -> str:
    """Return the name in the order in which it is said at home."""
    return f"{family} {given}" if people.family_first else f"{given} {family}"
