"""The demonstration's checks find what is wrong: one made-up round that holds, and ways to break it."""

import base64
import json
from dataclasses import replace

import pytest

from demo.checks import INVARIANTS, Evidence, InvariantError, check
from demo.firms import FIRMS
from demo.ledger import Entry, Key, Ledger, Notice, RoundLine

A, B, C = FIRMS[:3]
LOOP = {Key(A.siren, B.siren, "A1"): 900, Key(B.siren, C.siren, "B1"): 700, Key(C.siren, A.siren, "C1"): 500}
SET_OFF = 500


def _ledger(firm, taken, entries=()):
    def owed(side):
        return {key: amount - taken for key, amount in LOOP.items() if getattr(key, side) == firm.siren}

    return Ledger(firm, owed("creditor"), owed("debtor"), frozenset(), entries)


def _notice(firm, lines=({"side": "receivable", "set_off": SET_OFF}, {"side": "payable", "set_off": SET_OFF})):
    payload = json.dumps({"total": SET_OFF, "lines": lines}).encode()
    jws = f"head.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.signature"
    return Notice(firm, 1, jws, True, [{"entry": f"BOB/{firm.key}"}])


@pytest.fixture
def round_that_holds():
    after = {
        firm.siren: _ledger(firm, SET_OFF, (Entry(f"BOB/{firm.key}", "notice 1", SET_OFF, SET_OFF, 0),))
        for firm in (A, B, C)
    }
    after |= {firm.siren: _ledger(firm, 0) for firm in FIRMS[3:]}
    return Evidence(
        number=1,
        before={firm.siren: _ledger(firm, 0) for firm in FIRMS},
        after=after,
        lines=[RoundLine(key, amount, SET_OFF, amount, SET_OFF, amount, amount) for key, amount in LOOP.items()],
        notices=[_notice(firm) for firm in (A, B, C)],
        twice_live=0,
        verification={"holds": True},
    )


def _line(evidence, **changes):
    return replace(evidence, lines=[evidence.lines[0]._replace(**changes), *evidence.lines[1:]])


def _after(evidence, **changes):
    return replace(evidence, after=evidence.after | {A.siren: replace(evidence.after[A.siren], **changes)})


def _entry(evidence, **changes):
    return _after(evidence, entries=(replace(evidence.after[A.siren].entries[0], **changes),))


def _first_notice(evidence, notice):
    return replace(evidence, notices=[notice, *evidence.notices[1:]])


BREAKS = {
    "a set-off on one side only": ("1 each member", lambda e: _line(e, set_off=400)),
    "a notice that says something else": (
        "1 each member",
        lambda e: _first_notice(e, _notice(A, lines=[{"side": "receivable", "set_off": SET_OFF}])),
    ),
    "an entry with a clearing account": ("1 each member", lambda e: _entry(e, elsewhere=500)),
    "an entry of another amount": ("1 each member", lambda e: _entry(e, payable_debited=400)),
    "a receivable cleared for nothing": ("1 no member", lambda e: _after(e, receivables=dict.fromkeys(LOOP, 0))),
    "a set-off above its ceiling": ("2 no set-off", lambda e: _line(e, ceiling=499)),
    "a ceiling above the books": ("2 no set-off", lambda e: _line(e, ceiling=901)),
    "an invoice that did not shrink": ("2 both sides", lambda e: _after(e, receivables=e.before[A.siren].receivables)),
    "a set-off somebody did not approve": ("3 only", lambda e: _line(e, debtor_approved=499)),
    "an obligation in two live rounds": ("4 an obligation", lambda e: replace(e, twice_live=1)),
    "a notice booked twice": ("4 each notice", lambda e: _after(
        e, entries=(*e.after[A.siren].entries, Entry("BOB/again", "notice 1", 0, 0, 0)))),
    "a notice not acknowledged": ("4 each notice", lambda e: _first_notice(e, _notice(A)._replace(acknowledged=False))),
    "a notice that was never issued": ("4 each notice", lambda e: replace(e, notices=e.notices[1:])),
    "a certificate that does not verify": ("5 the cert", lambda e: replace(e, verification={"holds": False})),
    "a proposal below the optimum": ("5 another", lambda e: _line(e, proposed=499)),
}  # fmt: skip


def test_a_round_that_holds_passes_every_check(round_that_holds):
    assert check(round_that_holds) == dict.fromkeys(INVARIANTS, True)


@pytest.mark.parametrize(("invariant", "break_it"), BREAKS.values(), ids=BREAKS)
def test_a_broken_round_is_reported_under_its_invariant(round_that_holds, invariant, break_it):
    (name,) = [name for name in INVARIANTS if name.startswith(invariant)]
    with pytest.raises(InvariantError) as report:
        check(break_it(round_that_holds))
    assert any(line.startswith(name) for line in str(report.value).splitlines())
