"""The invariants of a decided round, checked against what the databases hold before and after it.

Each check yields one sentence for everything that does not hold: the firm, the invoice, the numbers.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from demo.databases import Cluster
from demo.firms import FIRMS, Firm
from demo.ledger import ENGINE_DATABASE, Ledger, Notice, RoundLine, agreed, read_ledgers, read_notices, read_round
from demo.optimum import largest_total


class InvariantError(Exception):
    """Names each invariant that does not hold, and where."""


@dataclass(frozen=True)
class Evidence:
    """A decided round as the engine's and the firms' databases have it, with the books before and after."""

    number: int
    before: Mapping[str, Ledger]
    after: Mapping[str, Ledger]
    lines: list[RoundLine]
    notices: list[Notice]
    #: How many live rounds each obligation of the engine's is in, by the engine's own tables; only those above one.
    twice_live: int
    verification: Mapping[str, Any]

    def set_off(self, firm: Firm, side: str) -> int:
        """What the engine decided for one firm as `creditor` or as `debtor`."""
        return sum(line.set_off or 0 for line in self.lines if getattr(line.key, side) == firm.siren)


def collect(cluster: Cluster, number: int, before: Mapping[str, Ledger], verification: Mapping[str, Any]) -> Evidence:
    with cluster.cursor(ENGINE_DATABASE, user="postgres") as cr:
        cr.execute(
            "SELECT count(*) FROM (SELECT 1 FROM round_line JOIN round ON round.number = round_line.round"
            " WHERE state IN ('frozen', 'proposed') GROUP BY obligation_id HAVING count(*) > 1) AS twice"
        )
        (twice_live,) = cr.fetchone()
    return Evidence(
        number,
        before,
        read_ledgers(cluster),
        read_round(cluster, number),
        read_notices(cluster, number),
        twice_live,
        verification,
    )


def members_balance(found: Evidence) -> Iterator[str]:
    """Invariant 1, in the engine, in the notices and in the books: receivables set off = payables set off."""
    for firm in FIRMS:
        receivable, payable = found.set_off(firm, "creditor"), found.set_off(firm, "debtor")
        if receivable != payable:
            yield f"{firm.name}: the engine sets off {receivable} of its receivables but {payable} of its payables"
        told = {"receivable": 0, "payable": 0}
        for notice in (notice for notice in found.notices if notice.firm is firm):
            content = _payload(notice)
            for line in content["lines"]:
                told[line["side"]] += line["set_off"]
            if told != {"receivable": content["total"], "payable": content["total"]}:
                yield f"{firm.name}: notice {notice.number} of {content['total']} has lines of {told}"
        booked = new_entries(found, firm)
        debited = sum(entry.payable_debited for entry in booked)
        credited = sum(entry.receivable_credited for entry in booked)
        if not receivable == told["receivable"] == debited == credited:
            yield (
                f"{firm.name}: decided {receivable}, notified {told['receivable']}, "
                f"booked {debited} on 401 and {credited} on 411"
            )
        for entry in booked:
            if entry.elsewhere or entry.payable_debited != entry.receivable_credited:
                yield f"{firm.name}: entry {entry.name} is not debit 401, credit 411 alone: {entry}"


def net_positions_unmoved(found: Evidence) -> Iterator[str]:
    """Invariant 1: what a firm is owed less what it owes is the same after as before."""
    for siren, ledger in found.before.items():
        if ledger.net_position != found.after[siren].net_position:
            yield f"{ledger.firm.name}: net position {ledger.net_position} became {found.after[siren].net_position}"


def within_ceilings(found: Evidence) -> Iterator[str]:
    """Invariant 2: 0 <= set-off <= ceiling <= the smaller open amount in the two firms' books before the round."""
    open_before = agreed(found.before)
    for line in found.lines:
        chain = (0, line.set_off or 0, line.final_ceiling or 0, line.ceiling, open_before.get(line.key, 0))
        if list(chain) != sorted(chain):
            yield f"{line.key}: 0 <= set-off <= final ceiling <= ceiling <= open is {' <= '.join(map(str, chain))}"


def residuals_follow(found: Evidence) -> Iterator[str]:
    """Invariant 2: on both sides every invoice is open for what was open before less what was set off, no other."""
    decided = {line.key: line.set_off or 0 for line in found.lines}
    for siren, before in found.before.items():
        after = found.after[siren]
        for name in ("receivables", "payables"):
            was, remains = getattr(before, name), getattr(after, name)
            for key in was.keys() | remains.keys():
                expected = was.get(key, 0) - decided.get(key, 0)
                if remains.get(key) != expected:
                    yield f"{before.firm.name}: {key} is open for {remains.get(key)} instead of {expected}"


def approved_by_both(found: Evidence) -> Iterator[str]:
    """Invariant 3: a set-off takes only what both parties approved."""
    for line in found.lines:
        if (line.set_off or 0) > min(line.creditor_approved, line.debtor_approved):
            yield (
                f"{line.key}: {line.set_off} set off, though the creditor approved {line.creditor_approved} "
                f"and the debtor {line.debtor_approved}"
            )


def one_live_round(found: Evidence) -> Iterator[str]:
    """Invariant 4: no obligation is in two live rounds."""
    if found.twice_live:
        yield f"{found.twice_live} obligations are in more than one live round"


def booked_once(found: Evidence) -> Iterator[str]:
    """Invariant 4: one notice, one entry, one acknowledgement that names it."""
    concerned = {firm.siren for firm in FIRMS if found.set_off(firm, "creditor")}
    notified = Counter(notice.firm.siren for notice in found.notices)
    if notified != Counter(concerned):
        yield f"notices by firm are {dict(notified)}, though the decision concerns {sorted(concerned)}"
    for firm in FIRMS:
        entries = {entry.name for entry in new_entries(found, firm)}
        notices = [notice for notice in found.notices if notice.firm is firm]
        if len(entries) != len(notices):
            yield f"{firm.name}: {len(notices)} notices but {len(entries)} entries"
        for notice in notices:
            named = {booked["entry"] for booked in notice.booked}
            if not notice.acknowledged or named != entries:
                yield f"{firm.name}: notice {notice.number} is acknowledged as {named or None}, booked as {entries}"


def optimum_certified(found: Evidence) -> Iterator[str]:
    """Invariant 5: the certificates of proposal and decision prove their totals, by the engine's own verifier."""
    if found.verification.get("holds") is not True:
        yield f"`bizoverbiz round verify {found.number}` says {json.dumps(found.verification, ensure_ascii=False)}"


def optimum_recomputed(found: Evidence) -> Iterator[str]:
    """Invariant 5: another method, on the same ceilings, finds the same totals."""
    for name, ceiling, amount in (("proposal", "ceiling", "proposed"), ("decision", "final_ceiling", "set_off")):
        total = sum(getattr(line, amount) or 0 for line in found.lines)
        best = largest_total((line.key, getattr(line, ceiling) or 0) for line in found.lines)
        if total != best:
            yield f"the {name} sets off {total}, though {best} is possible"


INVARIANTS: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "1 each member's receivables and payables set off are equal": members_balance,
    "1 no member's net position moves": net_positions_unmoved,
    "2 no set-off exceeds its ceiling, no ceiling the books": within_ceilings,
    "2 both sides' invoices shrink by the set-off exactly": residuals_follow,
    "3 only what both parties approved is set off": approved_by_both,
    "4 an obligation is in one live round at most": one_live_round,
    "4 each notice is booked and acknowledged once": booked_once,
    "5 the certificates prove the optimum": optimum_certified,
    "5 another method finds the same optimum": optimum_recomputed,
}


def check(found: Evidence) -> dict[str, bool]:
    """Every invariant's name → True.

    Raises InvariantError with all that does not hold.
    """
    broken = [f"{name}: {where}" for name, holds in INVARIANTS.items() for where in holds(found)]
    if broken:
        raise InvariantError("\n".join(broken))
    return dict.fromkeys(INVARIANTS, True)


def new_entries(found: Evidence, firm: Firm):
    known = {entry.name for entry in found.before[firm.siren].entries}
    return [entry for entry in found.after[firm.siren].entries if entry.name not in known]


def _payload(notice: Notice) -> dict[str, Any]:
    """What the signed bytes say; the signature itself is the addon's to verify before it books."""
    part = notice.jws.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
