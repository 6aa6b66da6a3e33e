"""Numbers, money and dates as they are written in English and in French."""

from dataclasses import dataclass
from datetime import date

from bizoverbiz.report.wording import Wording

#: Narrow no-break space: between thousands, and before % in French.
NARROW = "\u202f"
#: No-break space: between an amount and its currency.
SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Format:
    """How one page writes its numbers."""

    wording: Wording
    #: Digits behind the decimal mark: amounts are integers of 10**-decimals currency units.
    decimals: int

    @property
    def _french(self) -> bool:
        return self.wording.language == "fr"

    def number(self, number: int) -> str:
        """Write an integer: `1,234,567`, or `1 234 567` with narrow no-break spaces."""
        text = f"{abs(number):,}"
        return ("\u2212" if number < 0 else "") + (text.replace(",", NARROW) if self._french else text)

    def count(self, key: str, count: int) -> str:
        """Write how many of something there are, in the singular or plural that goes with it."""
        return self.wording(key, count, n=self.number(count))

    def amount(self, minor: int) -> str:
        """Write minor units exactly, without the currency."""
        whole, rest = divmod(abs(minor), 10**self.decimals)
        mark = "," if self._french else "."
        fraction = f"{mark}{rest:0{self.decimals}}" if self.decimals else ""
        return ("\u2212" if minor < 0 else "") + self.number(whole) + fraction

    def money(self, minor: int, currency: str) -> str:
        """Write minor units exactly, with the currency on the side where the language has it."""
        if self._french:
            return f"{self.amount(minor)}{SPACE}{'€' if currency == 'EUR' else currency}"
        return f"€{self.amount(minor)}" if currency == "EUR" else f"{currency}{SPACE}{self.amount(minor)}"

    def percent(self, part: int, whole: int) -> str:
        """Write part / whole to a tenth; only nothing reads 0.0 and only the whole reads 100.0."""
        if whole == 0:
            return "\u2013"
        tenths, sign = (2000 * part + whole) // (2 * whole), ""
        if tenths == 0 and part:
            tenths, sign = 1, "<"
        elif tenths == 1000 and part < whole:
            tenths, sign = 999, ">"
        text = f"{self.number(tenths // 10)}{',' if self._french else '.'}{tenths % 10}"
        return (f"{sign}{NARROW}" if sign else "") + self.of_hundred(text)

    def of_hundred(self, text: str) -> str:
        """Put the percent sign behind a number."""
        return f"{text}{NARROW if self._french else ''}%"

    def day(self, iso: str) -> str:
        """Write a date of ISO 8601 in words."""
        day = date.fromisoformat(iso)
        month = self.wording("months").split()[day.month - 1]
        first = f"1{'er' if self._french else ''}" if day.day == 1 else f"{day.day}"
        return f"{first}{SPACE}{month}{SPACE}{day.year}"
