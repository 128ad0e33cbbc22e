"""What business and database words mean the same, and how they are shortened in names.

A line: the word, `=` its abbreviations, `|` words of like meaning, `|` the word in other languages
(German, French, Spanish, Chinese, Japanese). A word of several parts has underscores.
"""

from collections import defaultdict
from functools import cache, lru_cache
from typing import NamedTuple

from core.connections.words import stem

ABBREVIATION = 0.9
"""How far a name's abbreviation counts as the word itself."""
TRANSLATION = 0.85
LIKENESS = 0.65
DISTANT = 0.5
"""Two words of like meaning to a third, or an abbreviation of one."""

GROUPS = """
customer = cust cus cst cstmr clt | client buyer shopper patron consumer purchaser clientele | kunde kunden kundin cliente acheteur 客户 顧客 取引先
order = ord ordr so po | purchase sale booking ordering | bestellung auftrag commande pedido 订单 注文 受注
purchase = purch pur | buy bought procurement acquisition | einkauf kauf achat compra 采购 購入
product = prod prd | article item goods merchandise sku material part | produkt artikel produit producto 产品 商品 製品
item = itm | product article line position | artikel posten articulo 品目
line = ln | item position detail | position zeile ligne linea 明細
header = hdr hd | head master | kopf
detail = dtl det | line item | einzelheit 明细 明細
quantity = qty qnty qt | count units volume pieces number | menge anzahl stueck quantite cantidad 数量
amount = amt am | sum value total money | betrag summe montant importe monto 金额 金額
price = prc pric | cost rate charge tariff fee | preis prix tarif precio 价格 価格 単価
cost = cst | expense spending spend expenditure price charge | kosten cout costo gasto 成本 費用 原価
revenue = rev | sales turnover income proceeds earnings invoice order billing | umsatz erloes chiffre_affaires recettes ingresos ventas 收入 売上 销售额
sale = sls | revenue turnover sell sold order selling | verkauf umsatz vente venta 销售 販売 売上
profit = prft | margin gain earnings | gewinn benefice ganancia 利润 利益
margin = mrgn | profit markup | marge margen
discount = disc dscnt | rebate reduction markdown percent_off | rabatt remise descuento 折扣 割引
coupon = cpn | voucher promo promotion discount_code code | gutschein bon cupon クーポン
refund = rfnd | reimbursement return chargeback money_back give_back gave_back | erstattung rueckerstattung remboursement reembolso 退款 返金
return = rtn ret rma | refund sent_back | retoure ruecksendung retour devolucion 退货 返品
invoice = inv invc | bill billing | rechnung facture factura 发票 請求書 請求
bill = bll | invoice billing billed charge | rechnung facture 账单
payment = pmt pymt pay pmnt | paid settlement remittance receipt | zahlung bezahlung paiement pago 付款 支払 入金
pay = | salary wage compensation paid payment remuneration | lohn gehalt paie
paid = pd | pay payment settled | bezahlt paye pagado
receipt = rcpt | voucher slip payment | beleg quittung recu recibo 领収書
account = acct acc accnt ac | ledger_account subscriber membership | konto compte cuenta 账户 口座
balance = bal | saldo | kontostand solde 余额 残高
transaction = txn trans trx tran tx | posting booking transfer movement | buchung transaktion transaccion 交易 取引
currency = curr ccy cur crncy | money | waehrung devise monnaie moneda 货币 通貨
tax = tx | vat duty levy | steuer mwst taxe impot impuesto 税
budget = bdgt bud | plan planned forecast target | etat presupuesto 预算 予算
forecast = fcst | prediction projection plan budget outlook | prognose prevision 预测 予測
ledger = ldgr gl | journal general_ledger books | hauptbuch grand_livre
posting = | entry journal_entry booking transaction | buchung ecriture
journal = jrnl jnl | ledger entry posting | tagebuch
cost_center = cc cctr cost_ctr | cost_centre | kostenstelle centre_couts
general_ledger = gl | ledger | hauptbuch
accounts_receivable = ar | debtors receivables | forderungen creances
accounts_payable = ap | creditors payables | verbindlichkeiten dettes
receivable = recv | debtor outstanding owed | forderung
debtor = dbtr | customer receivable | schuldner debiteur
creditor = crdtr | vendor supplier payable | glaeubiger kreditor
overdue = | late due delinquent unpaid past_due dunning | ueberfaellig
late = | overdue delayed delay due | verspaetet spaet retard
delay = dly | late delayed | verspaetung retard retraso
dunning = dun | reminder overdue collection | mahnung mahnstufe relance
owe = | payable due debt outstanding | schulden
debt = dbt | owe liability loan outstanding | schuld dette deuda
supplier = supp spplr sup | vendor provider manufacturer | lieferant fournisseur proveedor 供应商 仕入先
vendor = vend vndr vnd | supplier provider seller | lieferant fournisseur vendedor
employee = emp empl ee | staff worker personnel people person member workforce headcount colleague | mitarbeiter angestellter arbeitnehmer employe salarie empleado 员工 社員 従業員
staff = stf | employee personnel worker team workforce | personal belegschaft personnel
people = | person employee staff individual | leute personen personnes
person = pers prsn | people individual contact party | mensch personne persona 人
manager = mgr mngr | supervisor boss lead head superior | vorgesetzter leiter chef gerente 经理 上司
department = dept dep dpt | division unit section team | abteilung departement service departamento 部门 部署
team = tm | group squad crew department | mannschaft equipe equipo
organization = org orgn | company institution body | organisation organizacion 组织
company = co comp cmpny cpny | firm business enterprise corporation organization legal_entity client_company | firma unternehmen gesellschaft entreprise societe empresa 公司 会社
legal_entity = le | company corporation entity | gesellschaft
branch = brn br | office outlet location subsidiary | filiale zweigstelle agence succursale sucursal 支店
office = ofc off | branch location bureau site | buero bureau oficina
salary = sal slry | wage pay compensation earnings remuneration | gehalt lohn salaire salario sueldo 工资 給与 給料
wage = wg | salary pay | lohn
payroll = payrl pyrl prl | salary wage pay_run | lohnabrechnung gehaltsabrechnung paie nomina
job = jb | position role occupation title profession | stelle beruf emploi poste trabajo
position = pos | job role post | stelle poste puesto
hire = hr | recruit join employ onboard start_date entry | einstellung embauche
left = | terminated termination leaver resigned quit attrition departed | ausgetreten
turnover = | revenue sales attrition leaver termination | umsatz fluktuation
attrition = | churn turnover termination leaver
terminate = term | end cancel leave dismiss fire left | kuendigung
leave = lv | absence vacation holiday time_off pto | urlaub abwesenheit conge ausencia 休暇
vacation = vac | holiday leave absence time_off | urlaub ferien vacances vacaciones 休暇
absence = abs absn | leave sick_leave vacation | abwesenheit absence
overtime = ot ovrtm | extra_hours | ueberstunden 残業
timesheet = ts | time_sheet hours_worked working_hours attendance | arbeitszeit stundenzettel
hours = hrs hr | time duration | stunden heures horas 時間
training = trng | course learning education class seminar | schulung ausbildung formation capacitacion 研修
course = crs crse | class training lesson subject | kurs cours curso コース
review = rvw rev | rating feedback evaluation appraisal assessment opinion | bewertung avis evaluation resena レビュー
rating = rtg | score stars review grade | bewertung note calificacion 評価
feedback = fdbk | review survey comment response | rueckmeldung
survey = srvy | questionnaire poll feedback satisfaction csat nps | umfrage sondage encuesta
score = scr | rating points grade result | punktzahl
satisfaction = sat csat | happiness feedback survey | zufriedenheit
net_promoter_score = nps | satisfaction survey promoter
address = addr adr | location street place residence | adresse anschrift direccion 地址 住所
city = cty | town municipality place | stadt ort ville ciudad 城市 市
country = ctry cntry cnt | nation land nationality | land pays pais 国家 国
region = reg rgn | area territory zone district state province | gebiet region 地区 地域
postal_code = zip plz pstcd pst_cd postcode | postcode zip_code zipcode | postleitzahl code_postal 郵便番号
street = str | road address | strasse rue calle
phone = tel ph telno msisdn | telephone mobile cell number | telefon telephone telefono 电话 電話
email = eml mail | e_mail mail | correo courriel メール
name = nm nam | title label designation caption | bezeichnung nom nombre 名称 名前
description = desc dscr descr txt tx | text label title | beschreibung bezeichnung libelle descripcion 说明 説明
title = ttl titl | name heading caption headline | titel titre titulo
code = cd | key id identifier | kennung schluessel
number = no nbr num nr | count id code | nummer numero 番号
type = typ tp ty | kind category class sort | art typ genre tipo 类型 種類
category = cat catg ctgry | class type group genre family segment | kategorie categorie categoria 类别 分类 カテゴリ
class = cls | category type grade | klasse classe clase
group = grp | class category cluster | gruppe groupe grupo
status = stat sts st stts | state condition phase | zustand etat statut estado 状态 状態
state = st | status condition province | zustand etat
flag = flg fl | indicator boolean yes_no | kennzeichen
date = dt dat | day | datum date fecha 日期 日付
year = yr | annual fiscal_year | jahr annee ano 年
month = mth mo mon | monthly period | monat mois mes 月
period = prd per perio | interval month timeframe | zeitraum periode periodo 期間
start = strt st beg | begin from opened since | beginn anfang debut inicio
end = en | finish until close stop expire | ende fin
begin = beg | start | beginn
effective = eff | valid | gueltig
expire = exp expy | expiry expiration end valid_until lapse due | ablauf gueltig_bis expiration
valid = vld | effective | gueltig
due = | payable deadline owed outstanding maturity | faellig
create = crt cre | created add opened | angelegt erstellt
update = upd updt | change modify edit | geaendert
approve = appr aprv | authorise authorize accept confirm approval | genehmigt approuve
request = req rqst | application demand ticket inquiry | anfrage antrag demande solicitud
application = app appl | request program software | antrag anwendung
warehouse = whse wh whs | storage depot stockroom distribution_center | lager lagerort entrepot almacen 仓库 倉庫
stock = stk | inventory on_hand availability | lagerbestand bestand lager vorrat stock existencias 库存 在庫
inventory = inv invt invty | stock on_hand holdings | bestand lagerbestand inventaire inventario 库存 在庫
shipment = shpmnt shp shpmt ship | delivery consignment dispatch freight parcel shipping shipped | sendung lieferung versand expedition envio 发货 出荷
ship = shp | deliver send dispatch shipment | versenden
delivery = dlvry dlv deliv delv | shipment arrival drop_off | lieferung livraison entrega 交货 配送 納品
freight = frt frght | shipping cargo transport haulage | fracht fret flete
carrier = carr crr | haulier forwarder shipping_company transporter courier | spediteur transporteur
vehicle = veh vhcl vhc | car truck van lorry automobile fleet | fahrzeug auto kfz vehicule vehiculo 车辆 車両
driver = drvr drv | chauffeur operator | fahrer conducteur chauffeur
route = rte rt | itinerary path trip connection | strecke route ruta
trip = trp | journey tour ride travel route | fahrt reise voyage viaje
fuel = | petrol gas diesel gasoline | kraftstoff benzin carburant combustible
distance = dist km | length kilometre mileage miles | entfernung strecke
kilometre = km | kilometer distance
weight = wgt wt | mass heaviness | gewicht poids peso 重量
track = trk | tracking trace follow event | sendungsverfolgung
event = evt ev evnt | occurrence incident happening | ereignis veranstaltung evenement evento イベント
movement = mvmnt mvt mov | transfer change transaction flow | bewegung mouvement
damage = dmg | breakage harm defect loss | schaden dommage
claim = clm | complaint demand damage | anspruch schaden reclamation
complaint = cmplnt | claim ticket grievance issue | beschwerde reklamation reclamation queja
ticket = tkt tckt | case issue request incident support_ticket | fahrschein billet
case = cs | ticket issue matter file | fall dossier caso
issue = iss | problem ticket bug edition incident | problem probleme
support = supp | help helpdesk service assistance | unterstuetzung
agent = agt agnt | representative rep adviser operator assignee | vertreter agente
message = msg | reply mail note post text conversation comment | nachricht message mensaje
reply = rply | response answer message | antwort reponse respuesta
response = resp rsp | reply answer | antwort
comment = cmt cmnt rem | remark note message feedback | kommentar bemerkung commentaire
note = nt | remark comment memo | notiz
priority = prio pri | urgency importance | prioritaet priorite
open = opn | unresolved pending active unsolved outstanding | offen ouvert abierto
close = cls cls_d | resolve solved finish shut | geschlossen
solve = slv | resolve close fix | geloest
pending = pend | open waiting awaiting unapproved outstanding | ausstehend en_attente pendiente
cancel = cncl canc | void abort terminate annul | storniert annule cancelado
complete = cmpl cmplt compl | finish done fulfil | abgeschlossen fertig termine
active = actv act | live current enabled running open | aktiv actif activo
article = art artcl | item product post story | artikel article articulo
subscription = subs sub subscr | membership plan contract abo recurring | abonnement abo suscripcion
recurring_revenue = mrr arr | subscription
plan = pln | tariff package subscription scheme tier budget | tarif plan forfait
contract = cntrct contr ctr | agreement deal | vertrag contrat contrato 合同 契約
campaign = cmpgn camp cpgn | promotion advertising action | kampagne campagne campana
channel = chnl chan ch | medium source | kanal canal
lead = ld | prospect opportunity | interessent
churn = | cancel lost attrition leave downgrade deactivate | abwanderung kuendigung
convert = conv cvr | conversion goal win | umwandlung
visit = vst | encounter appointment session trip | besuch visite visita
visitor = vis | user guest audience session | besucher visiteur
user = usr | member login person account | benutzer nutzer utilisateur usuario 用户 ユーザー 利用者
member = mbr memb | user participant subscriber | mitglied membre miembro 会员 会員
usage = usg | use activity consumption adoption | nutzung utilisation
use = | usage consumption adoption
feature = feat ftr | function capability module | funktion
session = sess ses | visit login stay | sitzung
patient = pat pt ptnt | person sick inpatient outpatient | patient paciente 患者
doctor = dr doc | physician practitioner provider surgeon clinician medic gp | arzt medecin medico 医生 医師
physician = phys | doctor practitioner | arzt
nurse = nrs | caregiver | pfleger infirmier
diagnosis = diag dx | icd condition disease illness finding | diagnose diagnostic
medication = med meds rx | drug medicine prescription pharmaceutical | medikament arzneimittel medicament
drug = drg | medication medicine | medikament
prescription = presc rx | medication prescribe | rezept ordonnance
laboratory = lab | test analysis | labor
appointment = appt apt | booking visit schedule meeting | termin rendez_vous cita 予約
hospital = hosp | clinic medical inpatient | krankenhaus hopital
insurer = ins insr | insurance payer health_insurer | versicherer krankenkasse assureur
insurance = ins insur | cover policy coverage | versicherung assurance seguro 保险 保険
surgery = surg | operation procedure | operation chirurgie
admission = adm | admit stay intake encounter | aufnahme
stay = | admission occupancy visit length_of_stay bed_stay
student = stud stdnt | pupil learner | schueler student etudiant eleve 学生
teacher = tchr | instructor lecturer professor | lehrer enseignant professeur
school = sch | college university | schule ecole
book = bk | title publication volume | buch livre libro 书 本
author = auth | writer creator | autor auteur 作者
loan = ln | borrowing credit lending mortgage advance | darlehen kredit ausleihe pret emprunt prestamo 贷款 融資
interest = int | rate yield | zins interet
credit = crd cr | loan lending limit | kredit credit
limit = lim lmt | ceiling cap maximum | grenze
card = crd | creditcard debit_card | karte carte tarjeta
bank = bnk bk | financial_institution | bank banque banco 银行 銀行
statement = stmt stm | extract summary | auszug releve
asset = ast ass | equipment property investment machine | anlage vermoegen actif activo 资产 資産
depreciation = depr dep | amortisation amortization write_down | abschreibung amortissement
exchange_rate = fx xrate fxrate | conversion_rate currency_rate | wechselkurs taux_change
rate = rt | price percentage ratio tariff | satz taux
risk = rsk | exposure hazard | risiko risque
fiscal_year = fy fyear gjahr | financial_year year | geschaeftsjahr
machine = mach mchn | equipment device asset | maschine machine maquina 机器 機械
device = dev dvc | equipment appliance machine hardware | geraet appareil dispositivo
equipment = eqp equip | machine device asset tool | ausruestung
maintenance = maint mnt | repair service upkeep | wartung instandhaltung
repair = rep rpr | fix maintenance | reparatur
defect = dfct | fault failure flaw damage scrap | fehler mangel defaut
failure = fail flr | fault defect breakdown outage | ausfall panne
downtime = dwntm | outage stoppage standstill failure | stillstand ausfall
production = prdn | manufacturing output make | produktion fertigung
work_order = wo | production_order job | fertigungsauftrag
bill_of_materials = bom | components parts_list | stueckliste
purchase_order = po | procurement order | bestellung
component = cmpnt | part ingredient piece | komponente bauteil
inspection = insp | check audit examination test quality | pruefung kontrolle
quality = qual qa qc | inspection defect | qualitaet
energy = engy | electricity power consumption | energie strom
electricity = elec | power energy current | strom electricite
consumption = cons csmp | usage use | verbrauch consommation
meter = mtr | gauge counter | zaehler compteur
reading = rdg rd | measurement value | ablesung messwert
measurement = meas | reading value metric | messung
outage = otg | blackout failure downtime interruption | ausfall stoerung
network = ntwk net nw | grid | netz netzwerk
page = pg | site view url | seite
view = vw | visit impression read | ansicht
click = clk | press hit | klick
advertisement = ad ads adv | advertising campaign promotion creative | anzeige werbung
room = rm | space hall | raum zimmer salle
seat = st | place chair licence | sitz platz
reservation = rsv resv res | booking hold | reservierung 予約
booking = bkg bkng | reservation order | buchung
flight = flt | plane departure | flug vol
passenger = pax psgr | traveller flyer guest | fahrgast passagier
guest = gst | visitor customer | gast
airport = apt arpt | terminal | flughafen
hotel = htl | accommodation lodging
location = loc locn | place site address position | standort ort lieu
site = | location place plant facility | standort
store = str | shop outlet branch | laden geschaeft magasin tienda 店舗 店
shop = shp | store outlet | laden geschaeft
brand = brnd | make label manufacturer | marke marque marca
manufacturer = mfr mfg mnfctr | maker producer brand | hersteller fabricant
model = mdl | version make | modell modele
birth = brth dob | born birthday age | geburt naissance
age = | birth_date birthday old born | alter
older = | birth_date age delivered_on built | alter
gender = gndr sex | sex male female | geschlecht
contact = cntct cont | person party | kontakt
capacity = cap capa | size volume limit places | kapazitaet
occupancy = occ | utilization utilisation load stay | auslastung belegung
utilization = util | load usage occupancy | auslastung
tag = | label keyword marker
escalate = esc | escalation hand_over
knowledge = kb kn | article faq help
service_level_agreement = sla | service_level
history = hist hst | log past | historie verlauf
policy = pol plc | contract insurance rule | police
premium = prem | contribution insurance_payment | praemie
beneficiary = benef bnf | payee recipient
recipient = rcpt | payee beneficiary receiver | empfaenger
commission = comm cmsn | brokerage fee bonus | provision
expense = exps | cost spending outlay | ausgabe depense gasto
donation = don dntn | gift contribution pledge | spende don
stage = stg | phase step
opportunity = opp oppty | deal lead prospect
segment = seg | group class tier
unit = un uom | piece measure | einheit unite
language = lang lng | tongue locale | sprache langue
log = | history trail journal
error = err | fault failure bug
reason = rsn rea | cause why | grund motif
result = rslt res | outcome value score | ergebnis
technician = tech | engineer mechanic fitter | techniker
officer = off ofcr | agent clerk official
shift = shft | rota turn | schicht
wish = | wishlist desired favourite favorite saved
"""


class Sense(NamedTuple):
    """What a word may also be called: one or several stems that stand together, and how surely."""

    stems: tuple[str, ...]
    weight: float


def parts(word: str) -> tuple[str, ...]:
    """Return the stems of a word of one or several parts: `cost_center`."""
    return tuple(stem(part) for part in word.split("_"))


@cache
def senses() -> dict[tuple[str, ...], tuple[Sense, ...]]:
    """Return what each word of the book may also be called, the surest first."""
    found: dict[tuple[str, ...], dict[tuple[str, ...], float]] = defaultdict(dict)
    for line in GROUPS.strip().splitlines():
        head, _, rest = line.partition(" = ")
        shorts, likes, foreign = (part.split() for part in f"{rest}||".split("|")[:3])
        word = head.strip()
        _link(found, word, shorts, ABBREVIATION)
        _link(found, word, likes, LIKENESS)
        _link(found, word, foreign, TRANSLATION)
        for like in likes:
            _link(found, like, shorts, DISTANT)
            _link(found, like, [*likes, *foreign], DISTANT)
        for abroad in foreign:
            _link(found, abroad, foreign, TRANSLATION)
            _link(found, abroad, [*shorts, *likes], DISTANT)
    return {
        word: tuple(sorted((Sense(other, weight) for other, weight in others.items()), key=_surest))
        for word, others in found.items()
    }


def _link(
    found: dict[tuple[str, ...], dict[tuple[str, ...], float]],
    word: str,
    others: list[str],
    weight: float,
) -> None:
    one = parts(word)
    for each in others:
        other = parts(each)
        if other != one:
            found[one][other] = max(weight, found[one].get(other, 0.0))
            found[other][one] = max(weight, found[other].get(one, 0.0))


def _surest(sense: Sense) -> tuple[float, tuple[str, ...]]:
    return (-sense.weight, sense.stems)


@lru_cache(maxsize=4096)
def wider(word: tuple[str, ...]) -> tuple[Sense, ...]:
    """Return what *word* may be called, and how that again is shortened or said elsewhere.

    Umsatz is revenue, which is found in invoices, which are Rechnungen.
    """
    found = {sense.stems: sense.weight for sense in senses().get(word, ())}
    for stems, weight in list(found.items()):
        # From a shortened word the way back is a guess: rev is revenue, and review.
        for sense in () if stems in shortened() else senses().get(stems, ()):
            if sense.weight >= TRANSLATION and sense.stems != word:
                found[sense.stems] = max(weight * sense.weight, found.get(sense.stems, 0.0))
    return tuple(Sense(stems, weight) for stems, weight in found.items())


@cache
def shortened() -> frozenset[tuple[str, ...]]:
    """Return the stems of all abbreviations of the book."""
    lines = (line.partition(" = ")[2] for line in GROUPS.strip().splitlines())
    return frozenset(parts(word) for line in lines for word in line.partition("|")[0].split())


@cache
def known() -> frozenset[str]:
    """Return the stems of all full words of the book: what a name can be taken apart into."""
    words = set[str]()
    for line in GROUPS.strip().splitlines():
        head, _, rest = line.partition(" = ")
        likes = rest.partition("|")[2].replace("|", " ").split()
        for word in (head.strip(), *likes):
            words.update(part for part in parts(word) if len(part) > 2)
    return frozenset(words)
