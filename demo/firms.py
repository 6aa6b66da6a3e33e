"""The six firms of the demonstration: who they are and what they sell."""

from dataclasses import dataclass

from stdnum import luhn
from stdnum.fr import siren as siren_number


@dataclass(frozen=True)
class Product:
    """Something a firm sells; `cents` is its unit price without VAT, `account` what its buyers book it to (PCG)."""

    name: str
    cents: int
    service: bool
    account: str


@dataclass(frozen=True)
class Person:
    name: str
    login: str


@dataclass(frozen=True)
class Firm:
    """A fictitious French firm.

    `stem` is the first eight digits of its SIREN. The numbers lie below the lowest one in the public Sirene register,
    so that they belong to nobody, while every check digit is right.
    """

    key: str
    name: str
    stem: str
    street: str
    zip: str
    city: str
    phone: str
    accountant: Person
    products: tuple[Product, ...]

    @property
    def siren(self) -> str:
        return self.stem + luhn.calc_check_digit(self.stem)

    @property
    def siret(self) -> str:
        establishment = f"{self.siren}0001"
        return establishment + luhn.calc_check_digit(establishment)

    @property
    def vat(self) -> str:
        return "FR" + siren_number.to_tva(self.siren)

    @property
    def email(self) -> str:
        return f"compta@{self.key}.example"

    @property
    def database(self) -> str:
        return f"demo_{self.key}"


#: Everybody's password in the demonstration, administrators (login `admin`) included.
PASSWORD = "bizoverbiz"  # noqa: S105

_GOODS, _SERVICE = False, True

FIRMS: tuple[Firm, ...] = (
    Firm(
        "morin", "Atelier Morin", "00021408", "14 rue des Charpentiers", "44000", "Nantes", "02 40 00 10 14",
        Person("Claire Aubin", "claire@morin.example"),
        (
            Product("Caisse maritime en contreplaqué, traitée NIMP 15", 18645, _GOODS, "606800"),
            Product("Établi d'atelier en hêtre massif, 2 m", 62390, _GOODS, "606300"),
            Product("Modèle de fonderie en bois, par heure d'atelier", 5735, _SERVICE, "604000"),
            Product("Agencement des bureaux, pose comprise (jour)", 61280, _SERVICE, "615500"),
        ),
    ),
    Firm(
        "kerbrat", "Mécanique Kerbrat", "00018733", "3 quai de la Douane", "29200", "Brest", "02 98 00 10 29",
        Person("Mathieu Le Gall", "mathieu@kerbrat.example"),
        (
            Product("Pièce usinée sur plan, inox 316L", 14217, _GOODS, "606300"),
            Product("Jeu de roulements et joints d'étanchéité", 23968, _GOODS, "606300"),
            Product("Maintenance préventive, par heure", 7140, _SERVICE, "615500"),
            Product("Rectification de cylindre", 48355, _SERVICE, "615500"),
        ),
    ),
    Firm(
        "valombre", "Transports Valombre", "00020957", "27 rue du Fret", "49000", "Angers", "02 41 00 10 49",
        Person("Inès Robin", "ines@valombre.example"),
        (
            Product("Transport de lots, Angers-Nantes, aller-retour", 41830, _SERVICE, "624100"),
            Product("Messagerie palettes, tarif Ouest (palette)", 6475, _SERVICE, "624200"),
            Product("Entreposage, par palette et par mois", 1289, _SERVICE, "613500"),
        ),
    ),
    Firm(
        "duvigny", "Imprimerie Duvigny", "00023516", "8 place des Typographes", "72000", "Le Mans", "02 43 00 10 72",
        Person("Paul Chartier", "paul@duvigny.example"),
        (
            Product("Notices techniques, 24 pages, le mille", 39264, _GOODS, "606400"),
            Product("Étiquettes adhésives, rouleau de 2 000", 8743, _GOODS, "606800"),
            Product("Brochure quadri, façonnage compris, le mille", 58917, _SERVICE, "623600"),
        ),
    ),
    Firm(
        "garance", "Studio Garance", "00026142", "51 rue Saint-Melaine", "35000", "Rennes", "02 99 00 10 35",
        Person("Léa Fontaine", "lea@garance.example"),
        (
            Product("Prises de vue de produits, demi-journée", 43675, _SERVICE, "623100"),
            Product("Maquette du catalogue, par page", 9128, _SERVICE, "623600"),
            Product("Mise à jour du site, par heure", 6854, _SERVICE, "622800"),
        ),
    ),
    Firm(
        "elan", "Comptoir Élan", "00028374", "19 avenue du Négoce", "56100", "Lorient", "02 97 00 10 56",
        Person("Hugo Marchal", "hugo@elan.example"),
        (
            Product("Équipements de protection, lot de 10", 15736, _GOODS, "606300"),
            Product("Film étirable et adhésifs, carton", 4982, _GOODS, "606800"),
            Product("Fournitures de bureau, réassort mensuel", 12653, _GOODS, "606400"),
        ),
    ),
)  # fmt: skip

BY_KEY = {firm.key: firm for firm in FIRMS}
BY_SIREN = {firm.siren: firm for firm in FIRMS}
