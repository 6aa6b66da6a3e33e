"""What the people of a simulated firm do, in the ways accountants do it."""

from __future__ import annotations

from typing import Any

from .checking import Checking


class People(Checking):
    """They answer statements, and lower what they have approved."""

    def look_at_statements(self) -> None:
        """An accountant answers what is still open, in one of the ways accountants do."""
        for identifier, statement in self.books.statements.items():
            if statement["state"] != "proposed" or identifier in self.books.meant:
                continue
            mood = self.rng.random()
            if mood < 0.08:
                self.books.meant[identifier] = None
            elif mood > 0.1:
                opened = self.paper.open_in(self.books)
                self.books.meant[identifier] = self._approvals(statement, opened, mood)

    def _approvals(self, statement: Any, opened: dict[tuple[str, str], int], mood: float) -> dict[str, int]:
        if statement["kind"] == "reversal":
            # All of it, or it does not happen.
            return {line["id"]: line["ceiling"] for line in statement["lines"]}
        found = {}
        for line in statement["lines"]:
            most = line["ceiling"] if mood < 0.5 else line["proposed"]
            struck = mood > 0.8 and self.rng.random() < 0.3
            partly = mood > 0.9 and self.rng.random() < 0.3
            amount = 0 if struck else self.rng.randint(0, most) if partly else most
            found[line["id"]] = max(0, min(amount, self._supported(line, opened)))
        return found

    def lower_something(self) -> bool:
        """At the last moment."""
        for identifier, meant in self.books.meant.items():
            statement = self.books.statements.get(identifier)
            if (
                meant
                and statement
                and statement["state"] == "approved"
                and any(meant.get(line["id"]) for line in statement["lines"])
            ):
                line = self.rng.choice([line["id"] for line in statement["lines"] if meant.get(line["id"])])
                meant[line] = self.rng.randint(0, meant[line] - 1)
                return True
        return False

    def _lower(self) -> None:
        """Approvals that the books no longer support."""
        opened = None
        for identifier, meant in self.books.meant.items():
            statement = self.books.statements.get(identifier)
            if meant is None or statement is None or statement["state"] not in ("proposed", "approved"):
                continue
            if statement["kind"] == "reversal":
                continue
            opened = self.paper.open_in(self.books) if opened is None else opened
            for line in statement["lines"]:
                supported = max(0, self._supported(line, opened))
                if meant.get(line["id"], 0) > supported:
                    meant[line["id"]] = supported
