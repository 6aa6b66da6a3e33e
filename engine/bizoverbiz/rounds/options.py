"""What the operator of a network may set; a round keeps the options it was opened with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bizoverbiz.currencies import CURRENCIES
from bizoverbiz.errors import MisconfiguredError, WrongInputError
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.netting import Rules
from bizoverbiz.netting.obligations import LARGEST
from bizoverbiz.rounds.calendar import ByHand, Calendar
from bizoverbiz.store.database import Transaction


class OptionError(WrongInputError):
    """An option that does not exist, or a value it cannot have."""


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code} is no current ISO 4217 currency")
    return code


_Amount = Annotated[int, Field(ge=0, le=LARGEST)]
_Currency = Annotated[str, AfterValidator(_currency)]
_Identifier = Annotated[str, AfterValidator(canonical_identifier)]
_Hours = Annotated[int, Field(ge=1, le=24 * 60)]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Options):
    """Of one currency; amounts in its minor units."""

    #: Obligations below this are not frozen.
    smallest_obligation: _Amount = 0
    #: An obligation is set off by at least so much, or not at all.
    smallest_set_off: _Amount = 0
    #: The most set off of what one member owes another.
    pair_cap: _Amount | None = None
    #: The most each member sets off; `member_caps` for single members, by identifier.
    member_cap: _Amount | None = None
    member_caps: dict[_Identifier, _Amount] = {}


class PreviewOptions(_Options):
    #: Hours from one computation to the next.
    every_hours: int = Field(default=24, ge=24, le=24 * 31)
    #: In a currency with fewer members than these nothing is previewed.
    members: int = Field(default=5, ge=3)


class NetworkOptions(_Options):
    """NOTE: stored with the network and with every round, and read again years later: it may only grow."""

    calendar: Calendar = Field(ByHand(), discriminator="kind")
    #: Hours to answer a statement, and before the deadline at which who has not answered is reminded.
    approval_hours: _Hours = 72
    reminder_hours: tuple[_Hours, ...] = Field((24,), max_length=10)
    #: Whether agreed sales that are not invoiced yet take part.
    commitments: bool = True
    #: Obligations due more than so many days after the cut-off are not frozen.
    horizon: int | None = Field(None, ge=0, le=36_500)
    #: Obligations are set off wholly or not at all; among equal totals, the fewest are touched.
    whole: bool = False
    fewest: bool = False
    #: Each member sets off at least this share of what it could set off if it were alone in choosing.
    fairness: Decimal = Field(Decimal(0), ge=0, le=1, decimal_places=6)
    #: Of the mixed integer programme: the largest gap left, and the most nodes searched.
    gap: Decimal = Field(Decimal(0), ge=0, lt=1)
    nodes: int = Field(1_000, ge=1, le=10_000_000)
    #: By ISO 4217 code.
    limits: dict[_Currency, Limits] = {}
    preview: PreviewOptions = Field(default_factory=PreviewOptions)

    def rules(self, currency: str, members: Iterable[str]) -> Rules:
        """What netting of `currency` is to keep to; what was not frozen needs no rule any more.

        `members` are those with an obligation in it: a cap on anybody else binds nobody.
        """
        limits = self.limits.get(currency, Limits())
        present = frozenset(members) if limits.member_caps else frozenset()
        return Rules(
            pair_cap=limits.pair_cap,
            member_cap=limits.member_cap,
            member_caps={name: cap for name, cap in sorted(limits.member_caps.items()) if name in present},
            fairness=Fraction(self.fairness),
            smallest_set_off=limits.smallest_set_off,
            whole=self.whole,
            fewest=self.fewest,
            gap=float(self.gap),
            nodes=self.nodes,
        )

    def smallest_obligations(self) -> list[dict[str, Any]]:
        """What is too small to be frozen, by currency."""
        return [
            {"currency": code, "smallest": limits.smallest_obligation}
            for code, limits in sorted(self.limits.items())
            if limits.smallest_obligation
        ]

    def changed(self, settings: Iterable[str]) -> NetworkOptions:
        """With each `name=value` set: names as in JSON with dots (limits.EUR.pair_cap), values as JSON or as text.

        Raises `OptionError`.
        """
        document = self.model_dump(mode="json")
        for setting in settings:
            name, equals, text = setting.partition("=")
            if not equals:
                raise OptionError(f"{setting!r} is not of the form name=value, such as approval_hours=48")
            _put(document, name.strip().split("."), _value(text.strip()))
        return read_options(document)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _put(document: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            raise OptionError(f"{'.'.join(path)}: {part} has no parts of its own")
        document = inner
    if isinstance(value, dict) and path == ["calendar"]:
        document[path[-1]] = value
    elif isinstance(value, dict) and isinstance(document.get(path[-1]), dict):
        document[path[-1]] |= value
    else:
        document[path[-1]] = value


def read_options(document: Mapping[str, Any]) -> NetworkOptions:
    """Raises `OptionError`, naming the first option that is wrong."""
    try:
        return NetworkOptions.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "options"
        raise OptionError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def network_options(tx: Transaction) -> NetworkOptions:
    """Raises `MisconfiguredError` while no network is founded."""
    row = tx.one("network_options")
    if row is None:
        raise MisconfiguredError("no network is founded yet: run `bizoverbiz network init`")
    return read_options(row.options)


def set_network_options(tx: Transaction, settings: Iterable[str]) -> NetworkOptions:
    """Change the network's options; rounds opened before keep theirs. Raises `OptionError`, `MisconfiguredError`."""
    tx.one("network_options_lock")
    options = network_options(tx).changed(settings)
    tx.run("network_options_update", options=options.model_dump_json())
    return options
