"""Where a firm sits and whom it serves, and where one is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bizoverbiz.errors import MalformedError
from bizoverbiz.nomenclatures import Commune, territories

#: Kilometres a degree of latitude.
_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Area:
    """Where firms are looked for."""

    #: Of the commune asked for; None without one.
    commune: Commune | None = None
    radius_km: int | None = None
    department: str | None = None
    region: str | None = None

    def __bool__(self) -> bool:
        return bool(self.commune or self.department or self.region)

    def parameters(self, origin: Commune | None) -> dict[str, Any]:
        """As the search takes it; distances are counted from `origin` if no commune was asked for."""
        point = self.commune or origin
        span = (self.radius_km or 0) / _DEGREE
        return {
            "by_territory": bool(self),
            "department": self.department,
            "region": self.region,
            "radius_km": float(self.radius_km or 0) if self.commune else None,
            "latitude": point and point.latitude,
            "longitude": point and point.longitude,
            "south": point and point.latitude - span,
            "north": point and point.latitude + span,
            "served": self._served(),
        }

    def _served(self) -> list[str]:
        """The marks of those that serve all of it, or some of it."""
        if self.commune:
            return [f"department:{self.commune.department}", f"region:{self.commune.region}", "country:FR"]
        if self.department:
            region = territories().departments[self.department].region
            return [f"department:{self.department}", f"region:{region}", "country:FR", f"in:{self.department}"]
        if self.region:
            return [f"region:{self.region}", "country:FR", f"within:{self.region}"]
        return []

    def holds(self, department: str | None, region: str | None) -> bool:
        """Whether a firm of this department and region sits in the department or region asked for."""
        if self.department:
            return department == self.department
        return self.region is not None and region == self.region

    def told(self) -> str:
        """In words."""
        known = territories()
        if self.commune:
            return f"{self.radius_km} km around {self.commune.name}"
        if self.department:
            return known.departments[self.department].name
        return known.regions[self.region].name if self.region else ""


def area(
    *,
    commune: str | None = None,
    radius_km: int | None = None,
    department: str | None = None,
    region: str | None = None,
) -> Area:
    """Raises `MalformedError` for what does not exist, or contradicts itself."""
    known = territories()
    if sum(1 for one in (commune, department, region) if one) > 1:
        raise MalformedError("give one of commune, department and region", field="commune")
    if radius_km is not None and commune is None:
        raise MalformedError("a radius is counted from a commune: name one", field="radius_km")
    if department is not None and department not in known.departments:
        raise MalformedError(_unknown("department", department), field="department")
    if region is not None and region not in known.regions:
        raise MalformedError(_unknown("region", region), field="region")
    found = named_commune(commune, field="commune") if commune else None
    return Area(found, (radius_km or 30) if found else None, department, region)


def named_commune(code: str, *, field: str) -> Commune:
    """Raises `MalformedError`."""
    found = territories().communes.get(code)
    if found is None:
        raise MalformedError(f"{_unknown('commune', code)}: see GET /v1/communes", field=field)
    return found


def _unknown(kind: str, code: str) -> str:
    return f"there is no {kind} {code[:10]!a}: give its INSEE code"


def serves(rows: Iterable[Mapping[str, Any]], *, field: str = "serves") -> tuple[set[str], list[tuple[Commune, int]]]:
    """The marks under which who serves these territories is found, and the communes among them with their radius.

    Raises `MalformedError`.
    """
    known = territories()
    marks: set[str] = set()
    reaches: list[tuple[Commune, int]] = []
    for index, row in enumerate(rows):
        kind, code, place = row["kind"], row["code"], f"{field}.{index}.code"
        if kind == "commune":
            found = named_commune(code, field=place)
            reaches.append((found, row.get("radius_km") or 0))
            marks |= {f"in:{found.department}", f"within:{found.region}"}
        elif kind == "department" and code in known.departments:
            marks |= {f"department:{code}", f"within:{known.departments[code].region}"}
        elif (kind == "region" and code in known.regions) or (kind, code) == ("country", "FR"):
            marks.add(f"{kind}:{code}")
        else:
            raise MalformedError(_unknown(kind, code), field=place)
    return marks, reaches
