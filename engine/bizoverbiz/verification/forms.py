"""JSON objects, read key by key; a value of another kind than agreed is an error that names it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bizoverbiz.verification.errors import VerificationError

#: The version of both JSON files that this release reads.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Form:
    """A JSON object in a file; keys it has beyond those asked for are left alone, so that the form may grow."""

    file: str
    #: Where in the file, for messages: `currency.EUR.`.
    where: str
    values: Any

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise VerificationError(self.file, f"{self.where.rstrip('.') or 'the whole'} is not a JSON object")

    def _refuse(self, key: str, what: str) -> VerificationError:
        return VerificationError(self.file, f"{self.where}{key} is {self.values[key]!r}, not {what}")

    def _take(self, key: str) -> Any:
        if key not in self.values:
            raise VerificationError(self.file, f"{self.where}{key} is missing")
        return self.values[key]

    def format(self, version: int) -> None:
        """Check the version of the form."""
        if self.count("format") != version:
            raise self._refuse("format", f"{version}, the one this release reads")

    def form(self, key: str) -> "Form":
        """Give a nested object."""
        return Form(self.file, f"{self.where}{key}.", self._take(key))

    def forms(self) -> Iterator[tuple[str, "Form"]]:
        """Give every value, all being nested objects."""
        return ((key, self.form(key)) for key in self.values)

    def count(self, key: str) -> int:
        """Give an integer >= 0."""
        if type(value := self._take(key)) is not int or value < 0:
            raise self._refuse(key, "an integer >= 0")
        return value

    def number(self, key: str) -> Decimal:
        """Give a number >= 0 as it is written."""
        value = self._take(key)
        if type(value) not in (int, Decimal) or value < 0:
            raise self._refuse(key, "a number >= 0")
        return Decimal(value)

    def text(self, key: str) -> str:
        """Give a string."""
        if not isinstance(value := self._take(key), str):
            raise self._refuse(key, "a text")
        return value

    def truth(self, key: str) -> bool:
        """Give true or false."""
        if not isinstance(value := self._take(key), bool):
            raise self._refuse(key, "true or false")
        return value

    def day(self, key: str) -> date:
        """Give a date."""
        try:
            return date.fromisoformat(self.text(key))
        except ValueError:
            raise self._refuse(key, "a date YYYY-MM-DD") from None

    def integers(self, low: int, high: int) -> Mapping[str, int]:
        """Give every value, all being integers within bounds; there may be millions."""
        numbers = self.values.values()
        if not set(map(type, numbers)) <= {int} or min(numbers, default=low) < low or max(numbers, default=low) > high:
            key = next(key for key, n in self.values.items() if type(n) is not int or not low <= n <= high)
            raise self._refuse(key, f"an integer from {low} to {high}")
        try:
            "".join(self.values).encode()
        except UnicodeEncodeError as error:
            raise VerificationError(
                self.file, f"{self.where.rstrip('.')} names a member in no valid Unicode: {error}"
            ) from None
        return dict(self.values)
