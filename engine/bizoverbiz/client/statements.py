"""What a member is proposed, and its answer, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bizoverbiz.client.member import Client
from bizoverbiz.currencies import parse_amount
from bizoverbiz.errors import WrongInputError

#: Characters of an id that are enough to name it.
_ENOUGH = 4


def statements(client: Client) -> list[dict[str, Any]]:
    """Newest first."""
    return list(client.pages("/v1/statements", "statements"))


def statement(client: Client, name: str) -> dict[str, Any]:
    """The one whose id begins so, or that of the round of that number. Raises `WrongInputError`."""
    found = statements(client)
    return _named(name, found, "statement", lambda one: str(one["round"]), "run `member statements`")


def approved(
    shown: dict[str, Any], amounts: Mapping[str, str], struck: Sequence[str], *, whole: bool
) -> list[dict[str, Any]]:
    """The most that may be set off of each line: what is proposed, or what is said instead.

    Args:
        shown: the statement.
        amounts: by a line's id or invoice number, in the currency's major unit.
        struck: ids or numbers of lines that are not to be set off.
        whole: approve up to each line's ceiling, so that others' refusals may be made up for.

    Raises:
        WrongInputError: no such line, or no such amount.
    """
    lines = {line["id"]: line["ceiling" if whole else "proposed"] for line in shown["lines"]}
    for name, text in (*amounts.items(), *((name, "0") for name in struck)):
        line = _named(name, shown["lines"], "line", lambda one: str(one["number"]), "run `member show`")
        try:
            lines[line["id"]] = parse_amount(text, shown["currency"])
        except ValueError as error:
            raise WrongInputError(f"line {name}: {error}") from None
    return [{"id": key, "approved": amount} for key, amount in lines.items()]


def answer(client: Client, shown: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    what = f"the answer to the statement of round {shown['round']}"
    return client.write(what, "PUT", f"/v1/statements/{shown['id']}/answer", body)


def _named(name: str, rows: list[dict[str, Any]], kind: str, number: Any, way_out: str) -> dict[str, Any]:
    found = [row for row in rows if number(row) == name] or [
        row for row in rows if len(name) >= _ENOUGH and row["id"].startswith(name)
    ]
    if len(found) == 1:
        return found[0]
    reason = f"{len(found)} {kind}s have the name" if found else f"no {kind} has the name"
    raise WrongInputError(f"{reason} {name}: {way_out}, and give as much of the id as names one")
