"""The communes of France and its overseas departments, in memory."""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Commune:
    #: INSEE code.
    code: str
    name: str
    #: Codes of the INSEE, too.
    department: str
    region: str
    postcodes: tuple[str, ...]
    population: int
    #: Degrees, WGS 84.
    latitude: float
    longitude: float
    #: Whose middle the coordinates are: its `own`, or the mean of its `postcode`, `intercommunality` or `department`.
    precision: str


@dataclass(frozen=True, slots=True)
class Territory:
    """A department or a region."""

    code: str
    name: str
    #: A department's region; of a region its own code.
    region: str


class Territories:
    """Every commune, department and region, by its code; communes also by what people type."""

    def __init__(self) -> None:
        self.communes = {one.code: one for one in _communes()}
        rows = list(_rows("territories.csv.gz"))
        self.departments = {
            row["code"]: Territory(row["code"], row["name"], row["region"])
            for row in rows
            if row["kind"] == "department"
        }
        self.regions = {
            row["code"]: Territory(row["code"], row["name"], row["code"]) for row in rows if row["kind"] == "region"
        }

    @cached_property
    def _keys(self) -> list[tuple[str, str]]:
        """What people type, sorted, and the code of the commune that is meant."""
        keys = [(plain(one.name), one.code) for one in self.communes.values()]
        keys += [(postcode, one.code) for one in self.communes.values() for postcode in one.postcodes]
        return sorted(keys + [(code.lower(), code) for code in self.communes])

    def starting_with(self, text: str, limit: int) -> list[Commune]:
        """Communes whose name, postcode or code begins like `text`: the very name first, then the largest."""
        key = plain(text)
        if not key:
            return []
        found: dict[str, bool] = {}
        for index in range(bisect_left(self._keys, (key, "")), len(self._keys)):
            name, code = self._keys[index]
            if not name.startswith(key):
                break
            found[code] = found.get(code, False) or name == key
        ranked = sorted(found, key=lambda code: (not found[code], -self.communes[code].population, code))
        return [self.communes[code] for code in ranked[:limit]]


@cache
def territories() -> Territories:
    """Loaded at the first call, in about 0.3 seconds."""
    return Territories()


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """As the crow flies between two points of latitude and longitude, in degrees."""
    (north, east), (other_north, other_east) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((north - other_north) / 2) ** 2 + cos(north) * cos(other_north) * sin((east - other_east) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))


def plain(text: str) -> str:
    """Without accents, capitals, apostrophes and hyphens: `L'Haÿ-les-Roses` is `l hay les roses`."""
    base = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    words = re.findall(r"[a-z0-9]+", base.encode("ascii", "ignore").decode().lower())
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def _communes() -> Iterator[Commune]:
    for row in _rows("communes.csv.gz"):
        yield Commune(
            row["code"],
            row["name"],
            row["department"],
            row["region"],
            tuple(row["postcodes"].split()),
            int(row["population"]),
            float(row["latitude"]),
            float(row["longitude"]),
            row["precision"],
        )


def _rows(name: str) -> Iterator[dict[str, str]]:
    packed = files("bizoverbiz.nomenclatures").joinpath(name).read_bytes()
    yield from csv.DictReader(gzip.decompress(packed).decode("utf-8").splitlines())
