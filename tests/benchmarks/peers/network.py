"""What every peer begins and ends with: the file as arrays, and the check of what was set off."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

#: Beyond this sum of amounts the peers' 64-bit arithmetic is not safe.
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Network:
    """Who owes whom: parallel obligations added up, pairs sorted by debtor and creditor; amounts in minor units."""

    firms: int
    debtor: npt.NDArray[np.int32]
    creditor: npt.NDArray[np.int32]
    amount: npt.NDArray[np.int64]

    def leaving(self, amount: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give what each firm owes less what it is owed."""
        balance = np.zeros(self.firms, np.int64)
        np.add.at(balance, self.debtor, amount)
        np.subtract.at(balance, self.creditor, amount)
        return balance


@dataclass(frozen=True, slots=True)
class Obligations:
    """The rows of a file in the order of their pairs."""

    amount: npt.NDArray[np.int64]
    #: The first row of each pair.
    first: npt.NDArray[np.int64]
    network: Network

    @classmethod
    def read(cls, path: str, *, apart: bool = False) -> Obligations:
        """Read a file; `apart` leaves parallel obligations apart, each a pair of its own."""
        frame = pl.read_csv(path, columns=["debtor", "creditor", "amount"])
        names = pl.concat([frame["debtor"], frame["creditor"].alias("debtor")]).cast(pl.Categorical).to_physical()
        number = names.to_numpy().astype(np.int64)
        firms = int(number.max()) + 1
        pair = number[: len(frame)] * firms + number[len(frame) :]
        order = np.argsort(pair)
        pair, amount = pair[order], frame["amount"].to_numpy()[order]
        if amount.astype(np.float64).sum() >= _LARGEST:
            raise SystemExit(f"{path}: the amounts add up to {_LARGEST} or more: 64 bits are too few for the solvers")
        first = np.arange(len(pair)) if apart else np.flatnonzero(np.insert(pair[1:] != pair[:-1], 0, True))
        debtor, creditor = (ends.astype(np.int32) for ends in np.divmod(pair[first], firms))
        return cls(amount, first, Network(firms, debtor, creditor, np.add.reduceat(amount, first)))

    def fill(self, set_off: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give each row its part of what is set off of its pair, one row full before the next."""
        before = np.cumsum(self.amount) - self.amount
        count = np.diff(self.first, append=len(self.amount))
        return np.clip(np.repeat(set_off + before[self.first], count) - before, 0, self.amount)


def run(set_off: Callable[[Network], npt.NDArray[np.int64]], *, apart: bool = False) -> None:
    """Read the file named on the command line, have it netted, check the set-offs, print total and seconds as JSON.

    What exact solvers must leave at 0 and those that compute in floats may not: `imbalance`, by how much payables and
    receivables set off differ, all firms together, and `excess`, what is set off below 0 or above the obligations.
    """
    began = time.perf_counter()
    obligations = Obligations.read(sys.argv[1], apart=apart)
    read = time.perf_counter()
    network = obligations.network
    pairs = set_off(network)
    rows = obligations.fill(pairs)
    solved = time.perf_counter()
    answer = {
        "total": int(pairs.sum()),
        "imbalance": int(np.abs(network.leaving(np.add.reduceat(rows, obligations.first))).sum()),
        "excess": int(np.abs(pairs - np.add.reduceat(rows, obligations.first)).sum()),
    }
    checked = time.perf_counter()
    seconds = {"read": read - began, "solve": solved - read, "check": checked - solved}
    print(json.dumps(answer | {"seconds": {step: round(spent, 3) for step, spent in seconds.items()}}))
