"""French words of one family: who follows a trade, and what the trade is called."""

from __future__ import annotations

#: How who follows a trade ends, after at least so many letters, and how the trade itself does.
_ENDINGS: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (4, "ier", ("erie",)),  # serrurier, serrurerie
    (6, "er", ("erie",)),  # boulanger, boulangerie
    (4, "eur", ("age", "ement", "erie", "ure")),  # soudeur, soudage, soudure; déménageur, déménagement
    (4, "ueur", ("age",)),  # élagueur, élagage
    (4, "ateur", ("ation",)),  # installateur, installation
    (4, "cteur", ("ction",)),  # traducteur, traduction
    (5, "icien", ("icite",)),  # électricien, électricité
    (5, "ticien", ("tique",)),  # informaticien, informatique
    (4, "ien", ("iennage",)),  # gardien, gardiennage
    (3, "on", ("onnerie",)),  # maçon, maçonnerie
    (4, "tre", ("ture",)),  # peintre, peinture
)
#: A driver heats nothing, and a postman writes no invoices.
_STRANGERS = frozenset({"chauffeur", "chauffage", "facteur", "facture"})


def family(word: str) -> list[str]:
    """Words of the same family as a plain, lower-case one, as far as their endings tell; some of them do not exist.

    A word that nobody says finds nothing, so that no dictionary is needed.
    """
    singular = word.rstrip("s")
    found: dict[str, None] = {}
    for least, person, trades in _ENDINGS:
        for own, others in ((person, trades), *((trade, (person,)) for trade in trades)):
            base = singular.removesuffix(own)
            if base != singular and len(base) >= least:
                found |= dict.fromkeys(base + other for other in others)
    return [] if singular in _STRANGERS else list(found)
