"""A firm acting through its own Odoo: its administrator joins, its accountant exchanges and answers."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from demo.firms import Firm
from demo.odoo_client import Odoo, OdooError

T = TypeVar("T")

#: Seconds a running exchange, the cron's for instance, may keep another one waiting.
PATIENCE = 60


class ExchangeError(Exception):
    """Odoo told its user that the exchange did not go through; the message is the one shown."""


@dataclass
class Member:
    firm: Firm
    admin: Odoo
    accountant: Odoo
    membership: int = 0
    invitation: str = field(default="", repr=False)

    def join(self, invitation: str) -> None:
        self.invitation = invitation
        self.membership = self.admin.call(
            "bizoverbiz.membership", "join", invitation=invitation, agreement_accepted=True
        )
        (state,) = self.admin.call("bizoverbiz.membership", "read", [self.membership], fields=["state", "last_error"])
        if state["state"] != "joined":
            raise ExchangeError(f"{self.firm.name} could not join: {state['last_error']}")

    def try_exchange(self) -> dict[str, Any]:
        """What the user is shown: {"type": "success" | "warning", "message": …}."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                shown = self.accountant.call("bizoverbiz.membership", "action_exchange", [self.membership])
                return shown["params"]
            except OdooError as error:
                if not error.kind.endswith("LockError") or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def exchange(self) -> None:
        shown = self.try_exchange()
        if shown["type"] != "success":
            raise ExchangeError(f"{self.firm.name}: {shown['message']}")

    def discrepancies(self) -> list[dict[str, Any]]:
        fields = ["uuid", "kind", "side", "counterpart", "number", "our_amount", "their_amount"]
        return self.accountant.search_read("bizoverbiz.discrepancy", [], fields)

    def statement(self, round_number: int) -> dict[str, Any] | None:
        found = self.accountant.search_read(
            "bizoverbiz.statement",
            [("round", "=", round_number)],
            ["round", "state", "answer", "receivable", "payable", "answered_by"],
        )
        return found[0] if found else None

    def statement_lines(self, statement: int) -> list[dict[str, Any]]:
        fields = ["side", "counterpart", "number", "proposed", "approved", "set_off"]
        return self.accountant.search_read("bizoverbiz.statement.line", [("statement_id", "=", statement)], fields)

    def strike(self, line: int) -> None:
        self.accountant.call("bizoverbiz.statement.line", "action_strike", [line])

    def approve(self, statement: int) -> None:
        """Raises ExchangeError if the approval is kept but could not be sent."""
        self._sent(self.accountant.call("bizoverbiz.statement", "action_approve", [statement]))

    def give_mandate(self, per_round: int) -> None:
        """A standing mandate to approve up to so many euros a round."""
        mandates = "bizoverbiz.mandate"
        (mandate,) = self.accountant.call(
            mandates, "create", vals_list=[{"limit_ids": [(0, 0, {"per_round": per_round})]}]
        )
        self._sent(self.accountant.call(mandates, "action_give", [mandate]))

    def refuse(self, statement: int, reason: str) -> None:
        self._sent(self.accountant.call("bizoverbiz.statement", "action_refuse", [statement], reason=reason))

    def _sent(self, answer: Any) -> None:
        if answer is not True:
            raise ExchangeError(f"{self.firm.name}: {answer['params']['message']}")


def everybody(members: Iterable[Member], does: Callable[[Member], T]) -> list[T]:
    """All at the same time, as firms do; the first failure is raised."""
    members = list(members)
    with ThreadPoolExecutor(len(members)) as pool:
        return list(pool.map(does, members))
