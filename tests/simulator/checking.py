"""What a simulated firm knows of itself, and holds against what the engine tells it."""

from __future__ import annotations

from typing import Any

from .books import Notice
from .mandates import allow
from .sender import Sender


class Checking(Sender):
    """Its books say what a line means, and how much of it is still owed."""

    def means(self, line: dict[str, Any]) -> tuple[str, str]:
        """The invoice or sale a line means, by the creditor's own number or by the one its debtor has typed."""
        creditor = self.identifier if line["side"] == "receivable" else line["counterpart"]
        key = (creditor, line["number"])
        return key if key in self.paper.invoices else self.paper.meant.get(key, key)

    def _supported(self, line: dict[str, Any], opened: dict[tuple[str, str], int]) -> int:
        key = self.means(line)
        return opened.get(key, 0) - self.books.disputed.get(key, 0)

    def _verified(self, entry: dict[str, Any]) -> Notice:
        """What a firm checks before it books: the engine's own library, then what the firm alone knows."""
        from bizoverbiz.notices import verify_notice

        payload = verify_notice(entry["jws"], self.engine_keys)
        assert payload.member == self.identifier, f"{self.identifier} is given a notice of {payload.member}"
        assert payload.number == entry["number"], f"notice {payload.number} comes as {entry['number']}"
        lines, by_mandate = [], []
        for line in payload.lines:
            key = self.means({"side": line.side, "counterpart": line.counterpart, "number": line.number})
            most = min(self.approved_most.get(line.id, 0), self.approved_least.get(line.id, line.ceiling))
            unseen = line.id not in self.answered and line.id not in self.approved_most
            unheard = line.set_off > most and bool(self.mandates) and line.id not in self.approved_least
            if unseen or unheard:
                # Nobody here has seen the statement, or no answer is known to have arrived: a mandate has approved it.
                by_mandate.append(line.model_dump())
                most = line.ceiling
            assert line.set_off <= most, f"{self.identifier}: {line.set_off} of {key} is set off, {most} was approved"
            assert line.commitment == self._agreed(line.number), f"{self.identifier} is told {line.commitment} of {key}"
            lines.append((*key, line.set_off if payload.kind is None else -line.set_off))
        self._check_mandated(payload.currency, by_mandate, "set_off")
        return Notice(payload.number, payload.round, payload.currency, payload.total, tuple(lines), entry["jws"])

    def _agreed(self, number: str) -> str | None:
        return number if number in self.paper.sales else None

    @staticmethod
    def _check_confirmed(statement: dict[str, Any], meant: dict[str, int] | None) -> None:
        assert statement["state"] == ("refused" if meant is None else "approved"), statement
        for line in statement["lines"] if meant is not None else ():
            assert line["approved"] == (meant or {}).get(line["id"], 0), f"{line} was not approved as said"

    def _check_mandated(self, currency: str, lines: list[dict[str, Any]], name: str) -> None:
        fits = not lines or any(allow(rules, currency, lines, name) for rules in self.mandates)
        assert fits, f"{self.identifier} has given no mandate for this: {lines}"

    def _check_own(self, statement: dict[str, Any]) -> None:
        for line in statement["lines"]:
            assert line["commitment"] == self._agreed(line["number"]), f"{self.identifier} is shown {line}"
            if line["commitment"] is not None:
                sale = self.paper.sales[line["commitment"]]
                assert self.identifier in (sale.seller, sale.buyer), f"{self.identifier} is shown {line}"
                continue
            invoice = self.paper.invoices.get(self.means(line))
            assert invoice is not None, f"{self.identifier} is shown an invoice nobody has made: {line}"
            assert self.identifier in (invoice.creditor, invoice.debtor), f"{self.identifier} is shown {line}"
