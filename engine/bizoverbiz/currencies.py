"""ISO 4217 currencies and how many digits their minor unit has."""

from __future__ import annotations

import re
from types import MappingProxyType

_NO_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_HUNDREDTHS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE
CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR
KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB
PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY
TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""

#: Active ISO 4217 codes of money, each with the number of digits of its minor unit.
CURRENCIES = MappingProxyType(
    dict.fromkeys(_HUNDREDTHS.split(), 2)
    | dict.fromkeys(_NO_MINOR_UNIT.split(), 0)
    | dict.fromkeys(_THOUSANDTHS.split(), 3)
)

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:[.,]([0-9]*))?")
#: Digits before the mark, beyond which no amount is one.
_LONGEST = 18


def digits_of(currency: str, decimals: int = 0) -> int:
    """How many digits an amount has behind its mark: as many as a file had, or else the currency's own."""
    return decimals or CURRENCIES[currency]


def format_amount(amount: int, currency: str, decimals: int = 0) -> str:
    """Minor units as people read them: `format_amount(123456789, "EUR")` is `"1,234,567.89 EUR"`."""
    digits = digits_of(currency, decimals)
    sign = "-" if amount < 0 else ""
    whole, minor = divmod(abs(amount), 10**digits)
    return f"{sign}{whole:,}{f'.{minor:0{digits}}' if digits else ''} {currency}"


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a number written in the currency's major unit: `parse_amount("1234.5", "EUR")` is 123450.

    Digits, a sign and one decimal point or comma; nothing is rounded. Raises `ValueError`, saying what is wrong.
    """
    digits = CURRENCIES[currency]
    number = _NUMBER.fullmatch(text.strip())
    if number is None or not number[2] + (number[3] or ""):
        raise ValueError(f"{text[:40]!a} is not a number such as {'1234.50' if digits else '1234'}")
    sign, whole, fraction = number[1], number[2] or "0", (number[3] or "").rstrip("0")
    if len(fraction) > digits:
        raise ValueError(f"{text[:40]!a} has more decimals than {currency} has ({digits})")
    if len(whole.lstrip("0")) > _LONGEST:
        raise ValueError(f"{text[:40]!a} is too large")
    return int(sign + whole + fraction.ljust(digits, "0"))
