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
    """Obligations as they stand in the file: row by row, parallel ones side by side; amounts in minor units."""

    firms: int
    debtor: npt.NDArray[np.int32]
    creditor: npt.NDArray[np.int32]
    amount: npt.NDArray[np.int64]

    @classmethod
    def read(cls, path: str) -> Network:
        frame = pl.read_csv(path, columns=["debtor", "creditor", "amount"])
        names = pl.concat([frame["debtor"], frame["creditor"].alias("debtor")]).cast(pl.Categorical).to_physical()
        number = names.to_numpy().astype(np.int32)
        amount = frame["amount"].to_numpy()
        if amount.astype(np.float64).sum() >= _LARGEST:
            raise SystemExit(f"{path}: the amounts add up to {_LARGEST} or more: 64 bits are too few for the solvers")
        return cls(int(number.max()) + 1, number[: len(frame)], number[len(frame) :], amount)

    def leaving(self, amount: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Give what each firm owes less what it is owed."""
        balance = np.zeros(self.firms, np.int64)
        np.add.at(balance, self.debtor, amount)
        np.subtract.at(balance, self.creditor, amount)
        return balance


def run(set_off: Callable[[Network], npt.NDArray[np.int64]]) -> None:
    """Read the file named on the command line, have it netted, check the set-offs, print total and seconds as JSON.

    What exact solvers must leave at 0 and those that compute in floats may not: `imbalance`, by how much payables and
    receivables set off differ, all firms together, and `excess`, what is set off below 0 or above the obligations.
    """
    began = time.perf_counter()
    network = Network.read(sys.argv[1])
    read = time.perf_counter()
    amount = set_off(network)
    solved = time.perf_counter()
    answer = {
        "total": int(amount.sum()),
        "imbalance": int(np.abs(network.leaving(amount)).sum()),
        "excess": int(np.abs(amount - np.clip(amount, 0, network.amount)).sum()),
    }
    checked = time.perf_counter()
    seconds = {"read": read - began, "solve": solved - read, "check": checked - solved}
    print(json.dumps(answer | {"seconds": {step: round(spent, 3) for step, spent in seconds.items()}}))
