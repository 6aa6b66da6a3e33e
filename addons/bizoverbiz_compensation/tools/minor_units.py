"""Amounts on the wire are integers of minor units (cents); Odoo keeps decimals in floats."""

from decimal import ROUND_HALF_UP, Decimal


def to_minor(amount: float, digits: int) -> int:
    """Whole minor units of an amount that is exact at ``digits`` decimals up to float noise (12.34, 2 -> 1234)."""
    return int(Decimal(repr(amount)).scaleb(digits).to_integral_value(ROUND_HALF_UP))


def from_minor(units: int, digits: int) -> float:
    """The float nearest to a number of minor units (1234, 2 -> 12.34), as Monetary fields hold it."""
    return float(Decimal(units).scaleb(-digits))
