"""What every row of setoffs.csv must hold by itself, and all of them together: ids, order, the names of members."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.reading import LARGEST, MEMBERS, SETOFFS, Result

Int64s: TypeAlias = npt.NDArray[np.int64]

#: Rules that leave an obligation out, and the one that lowers its ceiling.
_EXCLUDING = ("smallest-obligation", "horizon", "smallest-set-off")
RULES = (*_EXCLUDING, "pair-cap")

_ID, _DEBTOR, _CREDITOR = pl.col("id"), pl.col("debtor"), pl.col("creditor")
_AMOUNT, _CEILING, _SET_OFF = pl.col("amount"), pl.col("ceiling"), pl.col("set_off")
_REMAINING, _RULE = pl.col("remaining"), pl.col("rule")
#: Each with what to say of a row where it is true, in the order in which they are told.
_WRONG = (
    (_DEBTOR == _CREDITOR, "obligation {id!r}: {debtor!r} cannot owe itself"),
    (_SET_OFF < 0, "obligation {id!r}: set off {set_off} is below 0"),
    (_SET_OFF > _CEILING, "obligation {id!r}: set off {set_off} is above the ceiling {ceiling}"),
    (_CEILING > _AMOUNT, "obligation {id!r}: ceiling {ceiling} is above the amount {amount}"),
    (
        # compared without adding or subtracting, which could overflow
        (_REMAINING < 0) | (_REMAINING > _AMOUNT) | (_AMOUNT - _REMAINING != _SET_OFF),
        "obligation {id!r}: remaining {remaining} is not the amount {amount} minus {set_off} set off",
    ),
    (
        (_RULE == "") & (_CEILING < _AMOUNT),
        "obligation {id!r}: ceiling {ceiling} is below the amount {amount}, but no rule is named",
    ),
    (
        (_RULE != "") & (_CEILING == _AMOUNT),
        "obligation {id!r}: rule {rule!r} is named, but the ceiling is the whole amount {amount}",
    ),
    (
        _RULE.is_in(_EXCLUDING) & (_CEILING != 0),
        "obligation {id!r}: rule {rule!r} leaves it out, but its ceiling is {ceiling}",
    ),
    ((_RULE != "") & ~_RULE.is_in(RULES), "obligation {id!r}: {rule!r} is no rule; known are " + ", ".join(RULES)),
)


@dataclass(frozen=True, slots=True)
class Network:
    """One currency: its rows, its members, and who of them stands in which row."""

    currency: str
    #: Rows of setoffs.csv, and the line of the first of them.
    setoffs: pl.DataFrame
    line: int
    #: Rows of members.csv, and the line of the first of them.
    members: pl.DataFrame
    members_line: int
    #: Position in `members` of each row's debtor and creditor.
    debtor: Int64s
    creditor: Int64s

    def column(self, name: str) -> Int64s:
        """Give a column of amounts of the rows."""
        return self.setoffs[name].to_numpy()

    def by_debtor(self, name: str) -> Int64s:
        """Add up a column by debtor; no sum overflows, the whole currency's does not."""
        return _sums(self.debtor, self.column(name), self.members.height)

    def by_creditor(self, name: str) -> Int64s:
        """Add up a column by creditor."""
        return _sums(self.creditor, self.column(name), self.members.height)


def check_rows(setoffs: pl.DataFrame) -> None:
    """Check each row by itself.

    Raises:
        VerificationError: names the first row of the first rule that is broken.
    """
    wrong = setoffs.lazy().select(
        pl.when(is_wrong.any()).then(is_wrong.arg_max()).alias(str(i)) for i, (is_wrong, _) in enumerate(_WRONG)
    )
    for row, (_, words) in zip(wrong.collect().row(0), _WRONG, strict=True):
        if row is not None:
            raise VerificationError(SETOFFS, words.format(**setoffs.row(row, named=True)), line=row + 2)


def networks(result: Result) -> Iterator[Network]:
    """Part the rows by currency.

    Raises:
        VerificationError: the files are out of order, differ in their currencies or members, an id stands twice, or
            a currency adds up to more than `LARGEST`.
    """
    rows, lists = _parts(result.setoffs, SETOFFS), _parts(result.members, MEMBERS)
    for file, currencies in (
        (MEMBERS, set(lists)),
        ("certificate.json", set(result.certificate)),
        ("summary.json", set(result.summary.currency)),
    ):
        if currencies != set(rows):
            raise VerificationError(file, f"has the currencies {sorted(currencies)}, {SETOFFS} has {sorted(rows)}")
    for currency, (start, setoffs) in rows.items():
        members_start, members = lists[currency]
        _check_members(members, members_start + 2)
        _check_ids(setoffs["id"], currency, start + 2)
        total = setoffs["amount"].cast(pl.Int128).sum()
        if total > LARGEST:
            raise VerificationError(SETOFFS, f"the amounts in {currency} add up to {total}, above {LARGEST}")
        places = [_positions(setoffs[side], members["member"], start + 2) for side in ("debtor", "creditor")]
        network = Network(currency, setoffs, start + 2, members, members_start + 2, *places)
        _check_order(network)
        yield network


def first(wrong: npt.NDArray[np.bool_]) -> int | None:
    """Give the first position where something is wrong, None if it is nowhere."""
    at = int(wrong.argmax()) if wrong.size else 0
    return at if wrong.size and wrong[at] else None


def find(names: pl.Series, among: pl.Series) -> Int64s:
    """Give the position of each name among unique names, -1 for one that is not there.

    Sought by 64-bit hash, several times faster than by name: the hashes, in order, are cut into buckets by their
    first bits, and a search begins where its bucket does. Then every name found is compared, and the rest, if any
    (unknown names, two names of one hash), is sought by name.
    """
    hashes, sought = among.hash().to_numpy(), names.hash().to_numpy()
    order = np.argsort(hashes)
    ranked = np.append(hashes[order], np.uint64(2**64 - 1))
    bits = len(among).bit_length() + 1
    begins = np.searchsorted(ranked, np.arange(2**bits, dtype=np.uint64) << np.uint64(64 - bits))
    at = begins[(sought >> np.uint64(64 - bits)).astype(np.int64)]
    late = np.flatnonzero(ranked[at] < sought)
    while late.size:
        at[late] += 1
        late = late[ranked[at[late]] < sought[late]]
    found = np.append(order, -1)[at]
    missed = found < 0
    if len(among):
        missed |= (among.gather(np.maximum(found, 0)) != names).to_numpy()
    if missed.any():
        exact = pl.DataFrame({"name": among, "at": np.arange(len(among))})
        rest = (
            names.filter(pl.Series(missed)).to_frame("name").join(exact, on="name", how="left", maintain_order="left")
        )
        found[missed] = rest["at"].fill_null(-1).to_numpy()
    return found


def _sums(at: Int64s, amounts: Int64s, size: int) -> Int64s:
    sums = np.zeros(size, np.int64)
    np.add.at(sums, at, amounts)
    return sums


def _parts(frame: pl.DataFrame, file: str) -> dict[str, tuple[int, pl.DataFrame]]:
    """Give, by currency, the first row and the rows, which stand together."""
    currency = frame["currency"]
    starts = (currency != currency.shift()).fill_null(True).arg_true().to_list()
    parts: dict[str, tuple[int, pl.DataFrame]] = {}
    for start, end in pairwise([*starts, frame.height]):
        if parts and currency[start] <= max(parts):
            raise VerificationError(file, f"currency {currency[start]!r} is out of order", line=start + 2)
        parts[currency[start]] = (start, frame[start:end])
    return parts


def _check_members(members: pl.DataFrame, line: int) -> None:
    names = members["member"]
    wrong = (names <= names.shift()).arg_true()
    if len(wrong):
        name, before = names[wrong[0]], names[wrong[0] - 1]
        reason = f"member {name!r} stands twice" if name == before else f"member {name!r} is out of order"
        raise VerificationError(MEMBERS, reason, line=line + wrong[0])


def _check_ids(ids: pl.Series, currency: str, line: int) -> None:
    """Check that ids are unique within a currency; where no two hashes are equal, no two ids are."""
    if ids.hash().n_unique() < len(ids):
        twice = ids.is_duplicated() & ~ids.is_first_distinct()
        if twice.any():
            row = twice.arg_max() or 0
            raise VerificationError(SETOFFS, f"obligation {ids[row]!r} stands twice in {currency}", line=line + row)


def _positions(names: pl.Series, members: pl.Series, line: int) -> Int64s:
    """Find each row's member; rows of the same one stand together where the file is in order, so it is sought once."""
    starts = (names != names.shift()).fill_null(True).arg_true().to_numpy()
    found = find(names.gather(starts), members)
    unknown = first(found < 0)
    if unknown is not None:
        row = int(starts[unknown])
        raise VerificationError(SETOFFS, f"{names.name} {names[row]!r} is not in {MEMBERS}", line=line + row)
    return np.repeat(found, np.diff(starts, append=len(names)))


def _check_order(network: Network) -> None:
    debtor, creditor = network.debtor, network.creditor
    back = (debtor[1:] < debtor[:-1]) | ((debtor[1:] == debtor[:-1]) & (creditor[1:] < creditor[:-1]))
    row = first(back)
    if row is not None:
        raise VerificationError(
            SETOFFS,
            f"obligation {network.setoffs['id'][row + 1]!r} is out of order: rows go by currency, debtor, creditor",
            line=network.line + row + 1,
        )
