"""The French classification of activities, NAF: rev. 2 (2008) and 2025, which replaces it from 2027 on."""

from __future__ import annotations

import re
from functools import cache

from bizoverbiz.nomenclatures.communes import _rows

VERSIONS = ("rev2", "2025")
#: A division, group, class or subclass, such as 46, 46.7, 46.74, 46.74A.
_FORM = re.compile(r"(\d\d)(?:\.?(\d)(?:(\d)([A-Z])?)?)?")


class UnknownNafError(ValueError):
    """A code that is none."""


class Naf:
    """The codes of rev. 2 with what they mean. Of 2025 the divisions are known, and the form of what is below them."""

    def __init__(self) -> None:
        self.labels = {row["code"]: row["label"] for row in _rows("naf.csv.gz")}
        self._divisions = {"rev2": {code for code in self.labels if len(code) == 2}}
        # Division 45, trade in motor vehicles, went into 46, 47 and 95.
        self._divisions["2025"] = self._divisions["rev2"] - {"45"}

    def code(self, text: str, version: str) -> str:
        """The code as it is written (`4674a` is `46.74A`). Raises `UnknownNafError`."""
        found = _FORM.fullmatch(text.strip().upper())
        if found is None:
            raise UnknownNafError(
                f"{text[:20]!r} is no NAF code: give one such as 46.74A, or its beginning, such as 46.7"
            )
        division, *below = found.groups()
        code = division + ("." if below[0] else "") + "".join(part or "" for part in below)
        if code not in self.labels if version == "rev2" else division not in self._divisions["2025"]:
            raise UnknownNafError(f"there is no {code} in the NAF {'rev. 2' if version == 'rev2' else version}")
        return code

    def label(self, code: str, version: str) -> str | None:
        """What the code means; of 2025 what its division means."""
        return self.labels.get(code if version == "rev2" else code[:2])

    @staticmethod
    def other_divisions(code: str) -> list[str]:
        """The divisions of the other version in which the activities of a code are found."""
        return {"45": ["46", "47", "95"]}.get(code[:2], [code[:2]])


@cache
def naf() -> Naf:
    """Loaded at the first call."""
    return Naf()
