"""Firms are found by what they say they sell and buy, by where they are, and by nobody they do not want to be."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from bizoverbiz.directory import contacts, loading
from bizoverbiz.members import standing
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network
from .operating import acknowledge, decide, propose


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["type"]).rsplit("/", 1)[-1]


def publish(member: Member, **said: Any) -> dict[str, Any]:
    body = {"published": True, "sells": "Visserie et boulonnerie inox", "edited_by": "claire@morin.example"} | said
    answer = member.call("PUT", "/v1/profile", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def search(member: Member, **asked: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = member.get("/v1/directory", **{"direction": "suppliers"} | asked)["hits"]
    return hits


def names(member: Member, **asked: Any) -> list[str]:
    return [hit["identifier"] for hit in search(member, **asked)]


def test_a_profile_is_found_by_its_words_once_it_is_published(two: tuple[Member, Member]) -> None:
    a, b = two
    assert a.call("GET", "/v1/profile").status_code == 404
    publish(b, published=False, commune="35238", naf="4674a", sells_keywords=["vis"])
    assert names(a, keywords="boulon") == []
    publish(b, commune="35238", naf="4674a", sells_keywords=["vis"])
    (hit,) = search(a, keywords="vis")
    assert (hit["identifier"], hit["member"], hit["naf"]) == (b.identifier, True, "46.74A")
    assert hit["reasons"] == [{"code": "keyword", "text": "sells “vis”", "value": "vis"}]
    assert hit["commune"] == {"code": "35238", "name": "Rennes", "department": "35", "region": "53"}
    assert names(a, keywords="vis", direction="customers") == []
    assert names(b, keywords="vis") == [], "nobody finds itself"
    assert a.call("GET", "/v1/profile").status_code == 404


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("visserie", "keyword"),
        ("VISSERIES", "keyword"),
        ("vîsserie", "keyword"),
        ("viserie", "similar"),
        ("fixations", "synonym"),
    ],
)
def test_accents_plurals_slips_of_the_pen_and_synonyms_do_not_matter(
    network: Network, two: tuple[Member, Member], asked: str, code: str
) -> None:
    a, b = two
    publish(b)
    assert network.work()
    (hit,) = search(a, keywords=asked)
    assert [reason["code"] for reason in hit["reasons"]] == [code]


def test_a_product_category_is_a_reason_of_its_own_unless_the_words_say_it_too(
    network: Network, two: tuple[Member, Member]
) -> None:
    a, b = two
    publish(b, categories=["Outillage à main", "Boulonnerie"], sells_keywords=["étagères"])
    assert network.work()
    found = {
        asked: [(reason["code"], reason["value"]) for reason in search(a, keywords=asked)[0]["reasons"]]
        for asked in ("outillage", "boulonnerie", "étagère", "etageres", "ettagere")
    }
    assert found == {
        "outillage": [("category", "Outillage à main")],
        "boulonnerie": [("keyword", "boulonnerie")],
        "étagère": [("keyword", "étagère")],
        "etageres": [("keyword", "étagères")],
        "ettagere": [("similar", "étagères")],
    }


def test_what_an_activity_is_called_counts_little_and_is_a_reason_of_its_own(network: Network) -> None:
    asker, silent, sawmill, speaks = (network.member(siren) for siren in SIRENS[:4])
    publish(silent, sells="", naf="16.10A")
    publish(sawmill, sells="Planches de bois", naf="16.10A")
    publish(speaks, sells="Imprégnation de clôtures")
    assert network.work()
    label = {"code": "naf", "text": "16.10A Sciage et rabotage du bois, hors imprégnation", "value": "16.10A"}
    first, *others = search(asker, keywords="imprégnation")
    assert first["identifier"] == speaks.identifier
    assert [(hit["reasons"], hit["score"] < first["score"] / 2) for hit in others] == [([label], True)] * 2
    assert names(asker, keywords="impregnasion") == [speaks.identifier], "a slip is sought in the firm's own words"
    assert names(asker, keywords="bois") == [sawmill.identifier, silent.identifier]
    assert search(asker, keywords="bois sciage", naf="16.10A")[-1]["reasons"] == [label]


def test_territories_find_who_sits_there_or_serves_it(network: Network) -> None:
    asker, rennes, vannes, far = (network.member(siren) for siren in SIRENS[:4])
    publish(rennes, commune="35238")
    publish(vannes, commune="56260", serves=[{"kind": "commune", "code": "56260", "radius_km": 120}])
    publish(far, commune="13055", serves=[{"kind": "region", "code": "53"}])
    assert set(names(asker, commune="35238", radius_km=20)) == {rennes.identifier, vannes.identifier, far.identifier}
    assert names(asker, commune="44109", radius_km=10) == [vannes.identifier]
    assert set(names(asker, department="56")) == {vannes.identifier, far.identifier}
    assert set(names(asker, region="53")) == {rennes.identifier, vannes.identifier, far.identifier}
    assert names(asker, region="93") == [far.identifier]
    near, other, last = search(asker, commune="35238", radius_km=20, keywords="visserie")
    assert (near["distance_km"], near["reasons"][-1]["text"]) == (0, "0 km from Rennes")
    assert 85 <= other["distance_km"] <= 100
    assert last["identifier"] == far.identifier


def test_the_naf_finds_all_below_a_code_and_the_other_version_by_division(network: Network) -> None:
    asker, one, other, third = (network.member(siren) for siren in SIRENS[:4])
    publish(one, naf="46.74A")
    publish(other, naf="46.7", naf_version="2025")
    publish(third, naf="25.94Z")
    assert names(asker, naf="46.7") == [one.identifier, other.identifier]
    assert names(asker, naf="46", naf_version="2025") == [other.identifier, one.identifier]
    assert names(asker, naf="25.9") == [third.identifier]


def test_who_withdraws_is_found_by_nobody_at_once(network: Network, two: tuple[Member, Member]) -> None:
    a, b = two
    publish(b)
    assert names(a, keywords="visserie") == [b.identifier]
    both = {"identifier": ["404833048", f"{b.identifier[:3]} {b.identifier[3:]}"]}
    assert a.get("/v1/directory/listed?" + urlencode(both, doseq=True))["listed"] == both["identifier"][1:]
    assert b.call("DELETE", "/v1/profile?edited_by=claire").json() == {"withdrawn": True}
    assert names(a, keywords="visserie") == []
    assert a.get("/v1/directory/listed?" + urlencode(both, doseq=True)) == {"listed": []}
    refused = a.call("GET", "/v1/directory/listed?identifier=12")
    assert slug(refused) == (422, "malformed")
    assert b.call("GET", "/v1/profile").status_code == 404
    with network.store.transaction(WORKER) as tx:
        assert "isserie" not in str(tx.all("listings_spoken_for"))


def test_partners_who_left_and_who_is_suspended_are_not_found(network: Network) -> None:
    asker, partner, leaver, suspended = (network.member(siren) for siren in SIRENS[:4])
    for member in (partner, leaver, suspended):
        publish(member)
    assert len(names(asker, keywords="visserie")) == 3
    asker.declare(asker.line("payable", partner, "P-1", 100))
    leaver.call("POST", "/v1/member/leaving", {"answered_by": "claire@example.com"})
    with network.store.transaction(WORKER) as tx:
        standing.set_standing(tx, suspended.identifier, status="suspended", now=network.clock())
    assert names(asker, keywords="visserie") == []
    assert names(asker, identifier=partner.identifier) == [partner.identifier], "a partner's profile can be looked up"
    assert names(asker, identifier=leaver.identifier) == []
    said = {"siren": suspended.identifier, "name": "X", "sells": "Visserie", "published": True}
    with network.store.transaction(WORKER) as tx:
        assert loading.load(tx, [json.dumps(said)]).left_alone == 1, "nor does a file put it back"
        standing.set_standing(tx, suspended.identifier, status="active", now=network.clock())
    assert names(asker, keywords="visserie") == [suspended.identifier]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commune", "99999"),
        ("naf", "46.99X"),
        ("serves.0.code", "000"),
        ("sells", "x" * 2001),
        ("sells", "\x07"),
        ("languages.0", "français"),
        ("contact.email", "claire at morin"),
        ("show_contact", "friends"),
    ],
)
def test_what_a_profile_cannot_say_names_its_field(two: tuple[Member, Member], field: str, value: str) -> None:
    body: dict[str, Any] = {"published": True, "sells": "vis", "edited_by": "claire"}
    name = field.split(".")[0]
    body[name] = {
        "serves": [{"kind": "department", "code": value}],
        "languages": [value],
        "contact": {"name": "Claire", "email": value},
    }.get(name, value)
    answer = two[0].call("PUT", "/v1/profile", body)
    assert (*slug(answer), answer.json()["field"]) == (422, "malformed", field)
    assert two[0].call("GET", "/v1/profile").status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"keywords": "l'"},
        {"keywords": "🔩🔩"},
        {"keywords": "x" * 201},
        {"commune": "99999"},
        {"commune": "35238", "department": "35"},
        {"radius_km": 10, "keywords": "vis"},
        {"naf": "99.99Z"},
        {"region": "99"},
        {"identifier": "12"},
        {"department": "' OR 1=1"},
        {"keywords": "vis", "after": "xyz"},
    ],
)
def test_what_cannot_be_searched_is_told(two: tuple[Member, Member], asked: dict[str, Any]) -> None:
    answer = two[0].call("GET", "/v1/directory?" + urlencode({"direction": "suppliers"} | asked))
    assert slug(answer) == (422, "malformed")


def test_two_people_who_edit_a_profile_do_not_overwrite_each_other(two: tuple[Member, Member]) -> None:
    a, _ = two
    publish(a)
    tag = a.call("GET", "/v1/profile").headers["ETag"]
    publish(a, sells="Clous")
    body = {"published": True, "sells": "Rivets", "edited_by": "x"}
    answer = a.call("PUT", "/v1/profile", body, headers={"If-Match": tag})
    assert slug(answer) == (412, "changed-meanwhile")
    assert a.get("/v1/profile")["sells"] == "Clous"


def test_a_firm_that_says_its_new_name_is_found_and_addressed_by_it(two: tuple[Member, Member]) -> None:
    a, b = two
    publish(b)
    (hit,) = search(a, keywords="visserie")
    assert publish(b, name="Boulonnerie Armor et Filles")["name"] == "Boulonnerie Armor et Filles"
    (renamed,) = search(a, keywords="visserie")
    assert (renamed["identifier"], renamed["name"]) == (hit["identifier"], "Boulonnerie Armor et Filles")
    assert b.get("/v1/member")["name"] == "Boulonnerie Armor et Filles"
    publish(b)
    assert b.get("/v1/profile")["name"] == "Boulonnerie Armor et Filles", "what says no name changes none"


def test_hits_come_in_pages_of_one_ranking(network: Network) -> None:
    asker, *others = (network.member(siren) for siren in SIRENS)
    for member in others:
        publish(member)
    first = asker.get("/v1/directory", direction="suppliers", keywords="visserie", limit=3)
    rest = asker.get("/v1/directory", direction="suppliers", keywords="visserie", limit=3, after=first["next"])
    found = [hit["identifier"] for page in (first, rest) for hit in page["hits"]]
    assert (sorted(found), rest["next"]) == (sorted(one.identifier for one in others), None)


def test_a_contact_is_given_by_consent_and_taken_back(two: tuple[Member, Member]) -> None:
    a, b = two
    contact = {"name": "Claire", "email": "claire@morin.example", "phone": None}
    publish(b, contact=contact)
    assert search(a, keywords="visserie")[0]["contact"] is None
    asked = {"identifier": b.identifier, "message": "Bonjour", "asked_by": "ines@lys.example"}
    first = a.call("POST", "/v1/contact-requests", asked)
    assert (first.status_code, first.json()["state"]) == (201, "open")
    again = a.call("POST", "/v1/contact-requests", asked | {"message": "Bonjour,\nencore"})
    assert (again.json()["id"], again.json()["message"]) == (first.json()["id"], "Bonjour,\nencore")
    (received,) = b.get("/v1/contact-requests", side="received")["contact_requests"]
    assert received["counterpart"] == a.identifier
    path = f"/v1/contact-requests/{received['id']}/answer"
    assert a.call("PUT", path, {"answer": "accept", "answered_by": "me"}).status_code == 404
    assert b.call("PUT", path, {"answer": "accept", "answered_by": "claire"}).json()["contact"] == contact
    (sent,) = a.get("/v1/contact-requests", side="sent")["contact_requests"]
    assert (sent["state"], sent["contact"]) == ("accepted", contact)
    b.call("DELETE", "/v1/profile?edited_by=claire")
    (sent,) = a.get("/v1/contact-requests", side="sent")["contact_requests"]
    assert sent["contact"] is None
    assert slug(a.call("POST", "/v1/contact-requests", asked)) == (404, "not-found")


def test_who_declined_is_left_in_peace_and_open_requests_are_bounded(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = (network.member(siren) for siren in SIRENS[:3])
    publish(b)
    publish(c)
    asked = {"message": "Bonjour", "asked_by": "ines@lys.example"}
    key = a.call("POST", "/v1/contact-requests", asked | {"identifier": b.identifier}).json()["id"]
    b.call("PUT", f"/v1/contact-requests/{key}/answer", {"answer": "decline", "answered_by": "claire"})
    assert slug(a.call("POST", "/v1/contact-requests", asked | {"identifier": b.identifier})) == (409, "too-late")
    monkeypatch.setattr(contacts, "MOST_OPEN", 0)
    answer = a.call("POST", "/v1/contact-requests", asked | {"identifier": c.identifier})
    assert slug(answer) == (409, "too-many-contact-requests")
    network.clock.advance(days=400)
    assert network.work()
    assert a.get("/v1/contact-requests", side="sent")["contact_requests"] == []


def test_a_member_learns_how_often_it_was_found_not_by_whom(network: Network) -> None:
    found, *finders = (network.member(siren) for siren in SIRENS[:4])
    publish(found)
    assert found.get("/v1/profile/appearances") == {"since": None, "found": 0, "keywords": []}
    for finder in finders[:2]:
        search(finder, keywords="visserie")
        search(finder, keywords="visserie")
    assert network.work()
    assert found.get("/v1/profile/appearances") == {"since": "2026-11-22", "found": 2, "keywords": []}
    search(finders[2], keywords="visserie inox")
    assert network.work()
    told = found.get("/v1/profile/appearances")
    assert (told["found"], told["keywords"]) == (3, [{"keyword": "visserie", "found": 3}])


def test_communes_are_found_by_what_people_type(two: tuple[Member, Member]) -> None:
    a, _ = two

    def first(text: str) -> str:
        return str(a.get("/v1/communes", q=text)["communes"][0]["name"])

    assert [first(text) for text in ("renn", "35000", "35238", "st denis", "l'haÿ", "97120")] == [
        "Rennes", "Rennes", "Rennes", "Saint-Denis", "L'Haÿ-les-Roses", "Pointe-à-Pitre",
    ]  # fmt: skip
    assert a.get("/v1/communes", q="zzzz")["communes"] == []
    territories = a.get("/v1/territories")
    assert {"code": "35", "name": "Ille-et-Vilaine", "region": "53"} in territories["departments"]
    assert len(territories["regions"]) == 18


def test_bands_tell_members_how_much_could_be_set_off_as_the_last_closed_round_left_it(network: Network) -> None:
    a, b, c, d, e = (network.member(siren) for siren in SIRENS)
    # b owes c, c owes d, d owes a: that leads from b to a, and no loop closes it. c and e owe each other.
    chain = [(b, c, 3_000_000), (c, d, 2_500_000), (d, a, 2_000_000), (e, c, 30_000), (c, e, 10_000)]
    lines: dict[str, list[dict[str, Any]]] = {member.identifier: [] for member in (a, b, c, d, e)}
    for debtor, creditor, amount in chain:
        number = f"{creditor.identifier}-{debtor.identifier}"
        lines[debtor.identifier].append(debtor.line("payable", creditor, number, amount))
        lines[creditor.identifier].append(creditor.line("receivable", debtor, number, amount))
    for member in (a, b, c, d, e):
        assert member.declare(*lines[member.identifier]).status_code == 200
    assert network.work()
    publish(b)
    number = propose(network)
    for member in (c, e):
        member.approve(member.statement())
    decide(network, number)
    for member in (c, e):
        acknowledge(network, member)
    assert network.work()
    assert search(a, keywords="visserie")[0]["potential"] is None, "who does not show itself sees nothing"
    publish(a, buys="Visserie")
    search(a, keywords="visserie")
    assert network.work()
    (hit,) = search(a, keywords="visserie")
    assert (hit["potential"], hit["potential_round"]) == ("medium", number)
    assert hit["reasons"][-1]["code"] == "potential"
    (own,) = search(b, keywords="visserie", direction="customers")
    assert own["identifier"] == a.identifier
    assert names(a, potential="high") == []
    assert names(a, potential="low") == [b.identifier]
