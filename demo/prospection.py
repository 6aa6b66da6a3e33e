"""The directory of the demonstration: six members' profiles, two hundred firms besides, and one firm looking around."""

import json
from collections.abc import Sequence
from typing import Any

from demo.member import Member
from demo.odoo_client import Odoo
from demo.progress import wait_for
from demo.stack import Stack

#: Firms in the directory that have yet to join, and the seed that draws them.
OTHERS, SEED = 200, 2026
#: Who looks around, and for what. Comptoir Élan sells and buys nothing in the network, so that no round clears what it
#: is owed: a purchase from a firm whose debts lead to it would close a loop, and the directory says of whom.
SEEKER, KEYWORDS = "elan", "pièces usinées, prises de vue"
#: Seconds the engine may take to tell the potential, which it computes after the first search that follows a round.
PATIENCE = 60
#: Hits that become leads.
LEADS = 3
#: What each firm adds to the draft from its books: its NAF code, and what it looks for.
ADDED: dict[str, dict[str, str]] = {
    "morin": {"naf": "16.24Z", "buys": "Visserie et quincaillerie, transport de palettes, impression de notices"},
    "kerbrat": {"naf": "25.62B", "buys": "Aciers inoxydables, caisses en bois, photographies de produits"},
    "valombre": {"naf": "49.41A", "buys": "Maintenance mécanique de véhicules, palettes, carburant"},
    "duvigny": {"naf": "18.12Z", "buys": "Papier, encres, maintenance de machines"},
    "garance": {"naf": "74.20Z", "buys": "Impression de brochures, mobilier d'atelier"},
    "elan": {"naf": "46.69B", "buys": "Pièces usinées, roulements, photographies du catalogue"},
}


def publish(member: Member) -> None:
    """The firm's administrator opens the draft made from its books, completes it and publishes it."""
    odoo = member.admin
    profile = odoo.call("bizoverbiz.profile", "action_open")["res_id"]
    odoo.call("bizoverbiz.profile", "write", [profile], vals=ADDED[member.firm.key])
    odoo.call("bizoverbiz.profile", "action_publish", [profile])


def load_others(stack: Stack) -> int:
    """Generated firms that agreed to be found, loaded by the network's operator; how many."""
    profiles = stack.folder / "profiles.jsonl"
    stack.engine("generate", "--profiles", "--firms", str(OTHERS), "--seed", str(SEED), "--out", str(profiles))
    loaded: int = stack.engine("directory", "load", str(profiles), "--json")["published"]
    return loaded


def look_around(member: Member) -> dict[str, Any]:
    """One search, watched from then on, and leads of its first hits; what result.json says."""
    odoo = member.admin
    (search,) = odoo.call("bizoverbiz.search", "create", vals_list=[{"direction": "suppliers", "keywords": KEYWORDS}])

    def told() -> bool:
        odoo.call("bizoverbiz.search", "action_search", [search])
        return bool(
            odoo.search_read("bizoverbiz.hit", [("search_id", "=", search), ("potential", "!=", False)], ["id"])
        )

    wait_for("the set-off potential of members found", told, PATIENCE, every=2)
    odoo.call("bizoverbiz.search", "action_watch", [search])
    fields = ["name", "identifier", "reason_text", "potential"]
    hits = odoo.search_read("bizoverbiz.hit", [("search_id", "=", search)], fields)
    leads = make_leads(odoo, [hit["id"] for hit in hits[:LEADS]], include_contacts=True)
    return {
        "firm": member.firm.name,
        "keywords": KEYWORDS,
        "found": [
            {
                "siren": hit["identifier"],
                "name": hit["name"],
                "reasons": hit["reason_text"],
                "potential": hit["potential"] or None,
            }
            for hit in hits
        ],
        "leads": leads,
    }


def make_leads(odoo: Odoo, hits: Sequence[int], **choices: Any) -> list[str]:
    """Leads of these hits as the dialog makes them; their names."""
    wizard = odoo.call("bizoverbiz.hit", "action_create_leads", hits)["res_id"]
    if choices:
        odoo.call("bizoverbiz.lead.creation", "write", [wizard], vals=choices)
    made = odoo.call("bizoverbiz.lead.creation", "action_create", [wizard])
    domain = made["domain"] if isinstance(made["domain"], list) else json.loads(made["domain"])
    return [lead["name"] for lead in odoo.search_read("crm.lead", domain, ["name"], order="id")]
