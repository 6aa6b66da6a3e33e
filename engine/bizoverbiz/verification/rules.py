"""The rules of a run, applied anew: which ceilings they leave, and what they ask of set-offs.

The summary's `options` name the rules that were asked for; nothing else may lower a ceiling, cap or floor anybody.
Only the horizon needs the due dates, which stand in the file of obligations: see `source`.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from bizoverbiz.verification.errors import VerificationError
from bizoverbiz.verification.forms import Form
from bizoverbiz.verification.reading import CERTIFICATE, LARGEST, SETOFFS, SUMMARY, Certificate, Summary
from bizoverbiz.verification.rows import Int64s, Network, first


def check_rules(network: Network, summary: Summary, certificate: Certificate) -> None:
    """Check that ceilings, caps and floors are what the options make of the amounts, and set-offs keep to them.

    Raises:
        VerificationError: names the first row or member for whom a rule does not hold.
    """
    options = Form(SUMMARY, "options.", dict(summary.options))
    _check_ceilings(network, options)
    _check_set_offs(network, options)
    _check_caps(network, options, certificate)


def _number(options: Form, name: str, otherwise: int) -> int:
    return options.count(name) if name in options.values else otherwise


def _check_ceilings(network: Network, options: Form) -> None:
    amount, rule = network.column("amount"), network.setoffs["rule"]
    least = _number(options, "smallest_set_off", 0)
    beyond = (rule == "horizon").to_numpy() & (_number(options, "horizon", -1) >= 0)
    small = (amount < _number(options, "smallest_obligation", 0)) & (amount > 0)
    tiny = (amount < least) & (amount > 0)
    open_ = np.where(small | beyond | tiny, 0, amount)
    ceiling = _poured(network, open_, _number(options, "pair_cap", LARGEST))
    wanted = open_ if options.values.get("whole") is True else np.minimum(open_, least)
    ceiling = np.where(ceiling < wanted, 0, ceiling)
    named = np.select([small, beyond, tiny, ceiling < open_], [1, 2, 3, 4], 0)
    right = pl.Series(["", "smallest-obligation", "horizon", "smallest-set-off", "pair-cap"]).gather(named)
    row = first((ceiling != network.column("ceiling")) | (right != rule).to_numpy())
    if row is not None:
        here, said = network.setoffs.row(row, named=True), right[row] or "no rule"
        raise VerificationError(
            SETOFFS,
            f"obligation {here['id']!r}: ceiling {here['ceiling']} by {here['rule'] or 'no rule'}, "
            f"the options of {SUMMARY} give {ceiling[row]} by {said}",
            line=network.line + row,
        )


def _poured(network: Network, amounts: Int64s, cap: int) -> Int64s:
    """Give each pair's amounts, from its first row on, until together they reach the cap."""
    debtor, creditor = network.debtor, network.creditor
    starts = np.ones(len(amounts), np.bool_)
    starts[1:] = (debtor[1:] != debtor[:-1]) | (creditor[1:] != creditor[:-1])
    before = np.cumsum(amounts) - amounts
    before -= np.repeat(before[starts], np.diff(np.flatnonzero(starts), append=len(amounts)))
    poured: Int64s = np.clip(cap - before, 0, amounts)
    return poured


def _check_set_offs(network: Network, options: Form) -> None:
    set_off, ceiling = network.column("set_off"), network.column("ceiling")
    least = _number(options, "smallest_set_off", 0)
    row = first((set_off > 0) & (set_off < least))
    if row is not None:
        raise VerificationError(
            SETOFFS,
            f"obligation {network.setoffs['id'][row]!r}: set off {set_off[row]}, smallest_set_off is {least}",
            line=network.line + row,
        )
    row = first((set_off > 0) & (set_off < ceiling)) if options.values.get("whole") is True else None
    if row is not None:
        raise VerificationError(
            SETOFFS,
            f"obligation {network.setoffs['id'][row]!r}: set off {set_off[row]} of {ceiling[row]}, not as a whole",
            line=network.line + row,
        )


def _check_caps(network: Network, options: Form, certificate: Certificate) -> None:
    """Check caps as far as the options tell them: one for all; those of single members are only counted there."""
    where = f"currency.{network.currency}."
    caps = certificate.caps
    if "member_caps" not in options.values:
        if "member_cap" in options.values:
            total = int(network.column("amount").sum())
            right = dict.fromkeys(network.members["member"], min(options.count("member_cap"), total))
        else:
            right = {}
        if caps != right:
            member = min(name for name in {*caps, *right} if caps.get(name) != right.get(name))
            raise VerificationError(
                CERTIFICATE,
                f"{where}caps.{member} is {caps.get(member)}, the options of {SUMMARY} give {right.get(member)}",
            )
    if certificate.floors and "fairness" not in options.values:
        raise VerificationError(
            CERTIFICATE, f"{where}floors has {min(certificate.floors)!r}, but {SUMMARY} names no fairness"
        )
