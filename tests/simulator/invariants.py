"""What DESIGN.md says must always hold, from the raw rows of the store; shares nothing with the engine's own checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import networkx

Rows = dict[str, list[dict[str, Any]]]

#: Tables looked at after each commit.
TABLES = {
    "member", "declaration", "commitment", "obligation", "round", "round_line", "statement", "statement_line",
    "set_off", "notice",
}  # fmt: skip
_ENDED = ("closed", "abandoned")


class ViolationError(AssertionError):
    """An invariant does not hold."""


def require(holds: bool, told: str) -> None:
    if not holds:
        raise ViolationError(told)


def check(before: Rows, now: Rows) -> None:
    """Everything that one state, and the step that led to it, tell."""
    check_balance(now)
    check_amounts(now)
    check_commitments(before, now)
    check_live_rounds(now)
    check_notices(before, now)
    check_history(before, now)
    check_decisions(before, now)


def check_balance(now: Rows) -> None:
    """1: per member, currency and round, receivables set off = payables set off."""
    lines = {line["id"]: line for line in now["round_line"]}
    balance: Counter[tuple[Any, ...]] = Counter()
    for one in now["set_off"]:
        line = lines[one["line_id"]]
        balance[line["round"], line["currency"], one["creditor_id"]] += one["amount"]
        balance[line["round"], line["currency"], one["debtor_id"]] -= one["amount"]
    for who, rest in balance.items():
        require(rest == 0, f"1: round, currency, member {who} is off balance by {rest}")


def check_amounts(now: Rows) -> None:
    """2: 0 <= set-off <= ceiling of the decision <= ceiling of the proposal."""
    decided = {one["line_id"]: one["amount"] for one in now["set_off"]}
    for line in now["round_line"]:
        # What a reversal opens again counts as negative wherever set-offs are added up.
        amount = decided.get(line["id"], 0) * (1 if line["reverses"] is None else -1)
        require(amount == (line["set_off"] or 0), f"3: line {line['key']}: {amount} is decided, {line['set_off']} told")
        require(line["ceiling"] > 0, f"2: line {line['key']} has no ceiling")
        require(0 <= (line["proposed"] or 0) <= line["ceiling"], f"2: line {line['key']} is proposed above its ceiling")
        if amount:
            require(0 < amount <= line["final_ceiling"] <= line["ceiling"], f"2: {line['key']}: {amount} is too much")


def check_commitments(before: Rows, now: Rows) -> None:
    """2: what a round freezes of a commitment is within what both have registered, less all that is decided of it."""
    if len(before["round_line"]) == len(now["round_line"]):
        return
    known = {line["id"] for line in before["round_line"]}
    for line in now["round_line"]:
        if line["commitment"] is not None and line["reverses"] is None and line["id"] not in known:
            decided = sum(one["amount"] for one in now["set_off"] if one["obligation_id"] == line["obligation_id"])
            for party in ("creditor_id", "debtor_id"):
                left = _registered(now, line["commitment"], line, line[party]) - decided
                require(line["ceiling"] <= left, f"2: {line['key']} is frozen with {line['ceiling']}, {left} is left")


def _registered(rows: Rows, reference: str, parties: dict[str, Any], member: Any) -> int:
    """The amount for which the member lets the commitment be set off."""
    pair = parties["creditor_id"], parties["debtor_id"]
    for row in rows["commitment"]:
        if (row["reference"], row["member_id"], row["creditor_id"], row["debtor_id"]) == (reference, member, *pair):
            return int(row["amount"]) if row["nettable"] and row["fulfilled_at"] is None else 0
    return 0


def check_live_rounds(now: Rows) -> None:
    """4: an obligation is in at most one live round; rounds that have ended hold none."""
    states = {one["number"]: one["state"] for one in now["round"]}
    held: Counter[Any] = Counter()
    for line in now["round_line"]:
        if states[line["round"]] in ("frozen", "proposed") and line["live"]:
            held[line["obligation_id"]] += 1
        require(not (line["live"] and states[line["round"]] in (*_ENDED, "decided")), f"4: {line['key']} is held on")
    require(max(held.values(), default=0) <= 1, "4: an obligation is in two live rounds")
    collecting = [number for number, state in states.items() if state == "collection"]
    require(len(collecting) <= 1, f"rounds {collecting} collect at once")


def check_notices(before: Rows, now: Rows) -> None:
    """3 and 4: numbered without gaps; one a member, round and currency; their totals are the set-offs'."""
    numbers: dict[Any, list[int]] = defaultdict(list)
    lines = {line["id"]: line for line in now["round_line"]}
    told: Counter[tuple[Any, int, str]] = Counter()
    for one in now["set_off"]:
        told[one["creditor_id"], one["creditor_notice"], "receivable"] += one["amount"]
        told[one["debtor_id"], one["debtor_notice"], "payable"] += one["amount"]
    last = {one["id"]: one["last_notice"] for one in now["member"]}
    rounds = {(lines[one["line_id"]]["round"]) for one in now["set_off"]}
    reversals = {one["number"] for one in now["round"] if one["kind"] == "reversal"}
    for notice in now["notice"]:
        member, number = notice["member_id"], notice["number"]
        numbers[member].append(number)
        for side in ("receivable", "payable"):
            own = told.pop((member, number, side), 0) * (-1 if notice["round"] in reversals else 1)
            require(own == notice["total"], f"1: notice {number} of {member}: {side} {own}, total {notice['total']}")
        require(notice["round"] in rounds, f"3: notice {number} of {member} belongs to no decision")
    require(not told, f"3: set-offs without a notice: {sorted(map(str, told))}")
    for member, own_numbers in numbers.items():
        gapless = sorted(own_numbers) == list(range(1, len(own_numbers) + 1))
        require(gapless and last[member] == len(own_numbers), f"notices of {member} are numbered {own_numbers}")
    ended = {one["number"]: one["state"] for one in before["round"]}
    for one in now["round"]:
        if one["state"] not in ("decided", "closed"):
            require(one["number"] not in rounds, f"3: round {one['number']} is {one['state']} and has set-offs")
        if one["state"] == "closed" and ended.get(one["number"]) != "closed":
            waiting = [n for n in now["notice"] if n["round"] == one["number"] and n["acknowledged_at"] is None]
            require(not waiting, f"round {one['number']} is closed with {len(waiting)} notices not acknowledged")


def check_history(before: Rows, now: Rows) -> None:
    """3: after a decision nothing of it changes, but that its notices are acknowledged."""
    for table, key, may in (
        ("set_off", ("line_id",), ()),
        ("notice", ("member_id", "number"), ("acknowledged_at", "booked")),
    ):
        current = {tuple(row[name] for name in key): row for row in now[table]}
        for row in before[table]:
            kept = current.get(tuple(row[name] for name in key))
            require(kept is not None, f"3: a row of {table} has gone")
            assert kept is not None
            if kept == row:
                continue
            for name, value in row.items():
                # What a lost copy had acknowledged is open again for the live one.
                same = kept[name] == value or (name in may and None in (value, kept[name]))
                require(same, f"3: {table}.{name} has changed from {value} to {kept[name]}")
    states = {one["number"]: one["state"] for one in now["round"]}
    for one in before["round"]:
        if one["state"] in ("decided", "closed", "abandoned"):
            allowed = (one["state"], "closed") if one["state"] == "decided" else (one["state"],)
            require(states.get(one["number"]) in allowed, f"round {one['number']} went from {one['state']} to {states}")
    answered = {one["id"]: one["state"] for one in before["statement"]}
    approved = {(one["statement_id"], one["line_id"]): one["approved"] for one in before["statement_line"]}
    for one in now["statement"]:
        if answered.get(one["id"]) == "decided":
            require(one["state"] == "decided", f"3: a decided statement has become {one['state']}")
        if answered.get(one["id"]) == "refused":
            require(one["state"] in ("refused", "abandoned"), f"3: a refused statement has become {one['state']}")
    for one in now["statement_line"]:
        earlier = approved.get((one["statement_id"], one["line_id"]))
        require(earlier is None or (one["approved"] or 0) <= earlier, f"an approval was raised from {earlier}: {one}")


def check_decisions(before: Rows, now: Rows) -> None:
    """2 and 3, for set-offs that are new: against what stood there before the decision."""
    known = {one["line_id"] for one in before["set_off"]}
    new = [one for one in now["set_off"] if one["line_id"] not in known]
    if not new:
        return
    lines = {line["id"]: line for line in now["round_line"]}
    state = {one["id"]: one["state"] for one in before["statement"]}
    approved = {
        (one["line_id"], one["member_id"]): one["approved"] or 0
        for one in before["statement_line"]
        if state[one["statement_id"]] == "approved"
    }
    members = {one["id"]: one for one in before["member"]}
    check_reversed(now, {lines[one["line_id"]]["round"] for one in new})
    check_stages(now, {lines[one["line_id"]]["round"] for one in new})
    for one in new:
        line = lines[one["line_id"]]
        if line["reverses"] is not None:
            for member in (one["creditor_id"], one["debtor_id"]):
                whole = approved.get((one["line_id"], member), 0) == -one["amount"] == line["ceiling"]
                require(
                    whole, f"3: {line['key']} is opened again, not wholly approved by {members[member]['identifier']}"
                )
            continue
        for member in (one["creditor_id"], one["debtor_id"]):
            most = approved.get((one["line_id"], member), 0)
            told = f"{line['key']}: {one['amount']} is set off"
            require(one["amount"] <= most, f"3: {told}, {members[member]['identifier']} approved {most}")
            open_there = _open_at(before, line, members[member], one)
            require(one["amount"] <= open_there, f"2: {told}, {open_there} is open at {members[member]['identifier']}")
            require(members[member]["status"] == "active", f"{told} with {members[member]['identifier']}")


def check_stages(now: Rows, rounds: set[int]) -> None:
    """Commitments have taken nothing from what is posted: within its set-offs is the most it could set off alone."""
    problems: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for line in now["round_line"]:
        if line["round"] in rounds and line["reverses"] is None:
            problems[line["round"], line["currency"]].append(line)
    for (number, currency), lines in problems.items():
        if any(line["set_off"] for line in lines if line["commitment"] is not None):
            posted = [line for line in lines if line["commitment"] is None]
            alone, kept = (_greatest_circulation(posted, ceiling) for ceiling in ("final_ceiling", "set_off"))
            told = f"round {number}, {currency}: alone what is posted sets off {alone}, with commitments {kept}"
            require(kept == alone, told)


def _greatest_circulation(lines: list[dict[str, Any]], ceiling: str) -> int:
    graph = networkx.DiGraph()
    for line in lines:
        owed = graph.get_edge_data(line["debtor"], line["creditor"], {"capacity": 0})["capacity"]
        graph.add_edge(line["debtor"], line["creditor"], capacity=owed + (line[ceiling] or 0), weight=-1)
    return -int(networkx.network_simplex(graph)[0]) if graph else 0


def check_reversed(now: Rows, rounds: set[int]) -> None:
    """3: a reversal opens again all that it proposes, and nothing beyond what was set off."""
    amounts = {one["line_id"]: one["amount"] for one in now["set_off"]}
    opened: Counter[Any] = Counter()
    for line in now["round_line"]:
        if line["reverses"] is not None:
            opened[line["reverses"]] -= amounts.get(line["id"], 0)
            part = line["round"] in rounds and line["id"] not in amounts
            require(not part, f"3: the reversal {line['round']} has left out {line['key']}")
    for line_id, amount in opened.items():
        require(amount <= amounts.get(line_id, 0), f"3: {amount} is opened again of {amounts.get(line_id, 0)} set off")


def _open_at(before: Rows, line: dict[str, Any], member: dict[str, Any], one: dict[str, Any]) -> int:
    """Declared open and undisputed, less what is decided and not contained in the declaration."""
    creditor = member["id"] == one["creditor_id"]
    obligation = next(row for row in before["obligation"] if row["id"] == one["obligation_id"])
    if line["commitment"] is not None:
        return _left_of_commitment(before, line["commitment"], member, one)
    declared = [
        row
        for row in before["declaration"]
        if row["member_id"] == member["id"]
        and row["side"] == ("receivable" if creditor else "payable")
        and row["counterpart"] == (line["debtor"] if creditor else line["creditor"])
        and row["number_key"] == obligation["number_key"]
        and row["currency"] == line["currency"]
    ]
    if len(declared) != 1:
        return 0
    (row,) = declared
    notice = "creditor_notice" if creditor else "debtor_notice"
    decided = sum(
        other["amount"]
        for other in before["set_off"]
        if other["obligation_id"] == one["obligation_id"] and other[notice] > row["last_notice"]
    )
    return max(0, row["amount_open"] - decided - row["amount_disputed"])


def _left_of_commitment(before: Rows, reference: str, member: dict[str, Any], one: dict[str, Any]) -> int:
    """What the member has registered, less all that is decided of it; nothing once it is invoiced."""
    parties = one["creditor_id"], one["debtor_id"]
    if any(row["commitment"] == reference and row["member_id"] in parties for row in before["declaration"]):
        return 0
    decided = sum(row["amount"] for row in before["set_off"] if row["obligation_id"] == one["obligation_id"])
    return max(0, _registered(before, reference, one, member["id"]) - decided)
