"""Every sentence of the page, in English and in French."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bizoverbiz.errors import BizoverbizError

LANGUAGES = ("en", "fr")


class UnknownLanguageError(BizoverbizError):
    """A language the page is not written in."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language."""

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise UnknownLanguageError(f"no report in language {self.language!r}: choose one of {', '.join(LANGUAGES)}")

    def __call__(self, key: str, count: int | None = None, **values: str) -> str:
        """Give a sentence with its values; of `one|many` the form that goes with the count."""
        text = TEXTS[key][LANGUAGES.index(self.language)]
        if count is not None:
            one, many = text.split("|")
            text = one if count == 1 or (count == 0 and self.language == "fr") else many
        return text.format(**values)

    def knows(self, key: str) -> bool:
        """Is there a sentence for the key?"""
        return key in TEXTS


# U+00A0 stands before : ; ? and inside « », as French typography asks.
TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "months": (
            "January February March April May June July August September October November December",
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        ),
        "title": ("Multilateral set-off of {day}", "Compensation multilatérale du {day}"),
        "scope": ("{obligations} between {members}", "{obligations} entre {members}"),
        "members": ("{n} member|{n} members", "{n} adhérent|{n} adhérents"),
        "obligations": ("{n} obligation|{n} obligations", "{n} créance|{n} créances"),
        "nothing": ("No obligations: there is nothing to set off.", "Aucune créance\u00a0: il n’y a rien à compenser."),
        "in_currency": ("In {currency}", "En {currency}"),
        "overview": ("All currencies", "Toutes les devises"),
        "currency": ("Currency", "Devise"),
        "hero": (
            "of what the members owe each other is set off, without any money moving: {set_off} of {total}.",
            "des dettes entre adhérents sont compensées, sans aucun mouvement d’argent\u00a0: {set_off} sur {total}.",
        ),
        "total": ("Owed before", "Dettes avant"),
        "set_off": ("Set off", "Compensé"),
        "remaining": ("Remaining", "Reste dû"),
        "net_internal_debt": ("Net internal debt", "Dette interne nette"),
        "passed_on": ("Remaining beyond it", "Reste dû au-delà"),
        "floor": (
            "The net internal debt is the least liquidity that would settle all that remains, were every payment "
            "passed on at once. Every member’s net position is unchanged, so no set-off can lower it.",
            "La dette interne nette est le minimum de liquidités qui réglerait tout le reste dû, si chaque paiement "
            "reçu était aussitôt reversé. La position nette de chaque adhérent étant inchangée, aucune compensation ne "
            "peut la réduire.",
        ),
        "parts_of_total": ("What becomes of the debts", "Ce que deviennent les dettes"),
        "by_outcome": ("Obligations cleared", "Créances soldées"),
        "wholly": ("Wholly", "En totalité"),
        "partly": ("Partly", "En partie"),
        "not": ("Not", "Non compensées"),
        "outcome": ("Cleared", "Compensées"),
        "count": ("Number", "Nombre"),
        "amount": ("Amount", "Montant"),
        "share": ("Share set off", "Part compensée"),
        "proof": ("Is it the most possible?", "Est-ce le maximum\u00a0?"),
        "proven": (
            "Yes, proven: the total set off equals its upper bound.",
            "Oui, c’est démontré\u00a0: le total compensé est égal à sa borne supérieure.",
        ),
        "proven_with_rules": (
            "Yes, under the rules asked for: the solver proved that no more is possible. Without those of the rules "
            "that need whole numbers, at most {gap} more could be set off.",
            "Oui, sous les règles demandées\u00a0: le solveur a démontré qu’on ne peut compenser davantage. Sans celles "
            "des règles qui exigent des nombres entiers, {gap} de plus au maximum pourraient être compensés.",
        ),
        "not_proven": (
            "Not proven: up to {gap} more might be possible.",
            "Ce n’est pas démontré\u00a0: jusqu’à {gap} de plus pourraient être possibles.",
        ),
        "upper_bound": ("Upper bound", "Borne supérieure"),
        "certificate": (
            "The certificate gives each member a number; these numbers and the ceilings alone yield a bound that no "
            "set-off can exceed, and anyone can add it up without trusting the solver.",
            "Le certificat attribue un nombre à chaque adhérent\u00a0; ces nombres et les plafonds suffisent à établir "
            "une borne qu’aucune compensation ne peut dépasser, et chacun peut la recalculer sans se fier au solveur.",
        ),
        "rules": ("Rules used", "Règles appliquées"),
        "rule": ("Rule", "Règle"),
        "value": ("Value", "Valeur"),
        "lowered": ("Obligations limited", "Créances limitées"),
        "excluded": ("Kept out", "Écarté"),
        "no_rules": (
            "No rule limited what may be set off.",
            "Aucune règle n’a limité ce qui peut être compensé.",
        ),
        "rule_smallest-obligation": ("Smallest obligation", "Créance minimale"),
        "rule_horizon": ("Horizon before the due date", "Horizon avant l’échéance"),
        "rule_pair-cap": ("Cap per pair", "Plafond par couple débiteur-créancier"),
        "rule_member-cap": ("Cap per member", "Plafond par adhérent"),
        "rule_smallest-set-off": ("Smallest set-off", "Compensation minimale"),
        "rule_whole-obligations": ("Whole obligations only", "Créances entières seulement"),
        "rule_fairness-floor": ("Fairness floor", "Plancher d’équité"),
        "rule_fewest-obligations": ("Fewest obligations", "Le moins de créances possible"),
        "days": ("{n} day|{n} days", "{n} jour|{n} jours"),
        "entries": ("{n} entry|{n} entries", "{n} entrée|{n} entrées"),
        "yes": ("yes", "oui"),
        "by_member": ("By member", "Par adhérent"),
        "by_share": (
            "Members by the share of their debts set off",
            "Adhérents selon la part compensée de leurs dettes",
        ),
        "nothing_cleared": ("Nothing", "Rien"),
        "all_cleared": ("Everything", "Tout"),
        "up_to": ("{low} to {high}", "de {low} à {high}"),
        "debts": ("Debts", "Dettes"),
        "number_of_members": ("Members", "Adhérents"),
        "without_debts": (
            "{n} further member owes nothing.|{n} further members owe nothing.",
            "{n} autre adhérent n’a pas de dette.|{n} autres adhérents n’ont pas de dette.",
        ),
        "largest": ("The largest members", "Les principaux adhérents"),
        "largest_note": (
            "By receivables and payables together.",
            "Selon le total de leurs créances et de leurs dettes.",
        ),
        "member": ("Member", "Adhérent"),
        "receivable": ("Receivables", "Créances"),
        "payable": ("Debts", "Dettes"),
        "left_to_receive": ("Left to receive", "Reste à recevoir"),
        "left_to_pay": ("Left to pay", "Reste à payer"),
        "concentration": ("Concentration", "Concentration"),
        "concentration_of": ("The largest", "Les plus importants"),
        "of_debts": ("of all debts", "des dettes"),
        "of_set_off": ("of all set off", "du montant compensé"),
        "by_age": ("By age of the debt", "Par ancienneté de la dette"),
        "age": ("Age", "Ancienneté"),
        "over_90_days": ("More than 90 days late", "Échue depuis plus de 90 jours"),
        "days_61_to_90": ("61 to 90 days late", "Échue depuis 61 à 90 jours"),
        "days_31_to_60": ("31 to 60 days late", "Échue depuis 31 à 60 jours"),
        "days_1_to_30": ("1 to 30 days late", "Échue depuis 1 à 30 jours"),
        "not_yet_due": ("Not yet due", "Non échue"),
        "by_size": ("By size of the obligation", "Par montant de la créance"),
        "size": ("Size", "Taille"),
        "below": ("Below {high}", "Moins de {high}"),
        "between": ("{low} to below {high}", "De {low} à moins de {high}"),
        "from": ("{low} and more", "{low} et plus"),
        "bar": ("{part} of {whole}", "{part} sur {whole}"),
        "bars": (
            "Full length: the amount; dark part: what of it was set off.",
            "Longueur totale\u00a0: le montant\u00a0; partie foncée\u00a0: ce qui en a été compensé.",
        ),
        "network": ("The network before and after", "Le réseau avant et après"),
        "before": ("Before", "Avant"),
        "after": ("After", "Après"),
        "drawn_members": (
            "The largest connected part of the network: {members}. Each circle is a member.",
            "La plus grande partie connexe du réseau\u00a0: {members}. Chaque cercle est un adhérent.",
        ),
        "drawn_groups": (
            "The largest connected part of the network: {members}. The {hubs} largest stand alone; each pale circle is "
            "a group, the members that deal most with the one beside it.",
            "La plus grande partie connexe du réseau\u00a0: {members}. Les {hubs} plus importants figurent seuls\u00a0; "
            "chaque cercle clair est un groupe, celui des adhérents qui traitent surtout avec l’adhérent voisin.",
        ),
        "arrows": (
            "An arrow runs from who owes to who is owed; its thickness grows with the square root of the amount, a "
            "circle’s area with receivables and payables.",
            "Une flèche va du débiteur au créancier\u00a0; son épaisseur croît comme la racine carrée du montant, "
            "l’aire d’un cercle comme le total des créances et des dettes.",
        ),
        "arrows_shown": (
            "The arrows show {shown} of what is owed in this part.",
            "Les flèches représentent {shown} des dettes de cette partie.",
        ),
        "arrows_within": (
            "A further {within} is owed within the groups.",
            "À l’intérieur des groupes\u00a0: {within} de plus.",
        ),
        "legend_set_off": ("to be set off", "à compenser"),
        "legend_remaining": ("remaining", "reste dû"),
        "before_of": ("Debts before the set-off", "Dettes avant compensation"),
        "after_of": ("Debts after the set-off", "Dettes après compensation"),
        "group_of": ("{members} around {name}", "{members} autour de {name}"),
        "group_others": (
            "{members} that deal with none of the largest",
            "{members} sans lien avec les plus importants",
        ),
        "owes": (
            "{debtor} owes {creditor} {amount}; set off: {set_off}",
            "{debtor} doit à {creditor} {amount}\u00a0; compensé\u00a0: {set_off}",
        ),
        "node": (
            "{name}: receivables and debts {volume}, set off {set_off}",
            "{name}\u00a0: créances et dettes {volume}, compensé {set_off}",
        ),
        "verification": ("Check it yourself", "Vérifier soi-même"),
        "verify": (
            "Run in the directory of this page: every balance, every ceiling and the certificate are checked, without "
            "the solver.",
            "À lancer dans le répertoire de cette page\u00a0: chaque solde, chaque plafond et le certificat sont "
            "vérifiés, sans le solveur.",
        ),
        "input": ("Input", "Données d’entrée"),
        "rows": ("{n} line|{n} lines", "{n} ligne|{n} lignes"),
        "footer": (
            "Amounts are exact. Every obligation is in setoffs.csv, every member in members.csv, the proof in "
            "certificate.json.",
            "Les montants sont exacts. Chaque créance figure dans setoffs.csv, chaque adhérent dans members.csv, la "
            "preuve dans certificate.json.",
        ),
    }
)
