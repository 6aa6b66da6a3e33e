"""A member is told its own obligations and nothing of anyone else's (invariant 7)."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings

from bizoverbiz.explanation import Help, explain_member, explain_obligation
from bizoverbiz.explanation.telling import member_document, obligation_document, tell_member, tell_obligation

from ..verification.writing import Line, write_result
from .networks import FIRMS, random_networks


@given(random_networks())
@settings(deadline=None, max_examples=40)
def test_names_of_third_parties_never_appear_in_what_a_member_is_told(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = write_result(Path(folder), lines)
        for member in {o.debtor for o in lines} | {o.creditor for o in lines}:
            own = [o for o in lines if member in (o.debtor, o.creditor)]
            partners = {o.debtor for o in own} | {o.creditor for o in own}
            view = explain_member(result, member)
            told = [
                json.dumps(member_document(view)),
                *(line.text for lang in ("en", "fr") for line in tell_member(view, lang)),
            ]
            _check(told, partners)
            one = explain_obligation(result, own[0].id, asker=member)
            parties = {own[0].debtor, own[0].creditor}
            told = [json.dumps(obligation_document(one) | {"bottleneck": []})]
            told += [line.text for lang in ("en", "fr") for line in tell_obligation(one, lang) if line.depth < 2]
            _check(told, parties)
            assert all(member in (pair.debtor, pair.creditor) for pair in one.bottleneck)
            assert set(one.capped) <= {member}


@given(random_networks())
@settings(deadline=None, max_examples=40)
def test_amounts_a_member_is_told_of_remedies_follow_from_its_own_obligations(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = write_result(Path(folder), lines)
        for member in {o.debtor for o in lines} | {o.creditor for o in lines}:
            for remedy in explain_member(result, member).currencies[0].remedies:
                assert remedy.total is None
                if remedy.help is Help.LIFT_RULE:
                    (line,) = [o for o in lines if o.id == remedy.obligation]
                    assert remedy.amount in (None, line.amount - line.ceiling)
                elif remedy.help not in (Help.BUY, Help.SELL):
                    assert remedy.amount is None


def _check(told: list[str], known: set[str]) -> None:
    for text in told:
        for name in set(FIRMS) - known:
            assert name not in text, f"{name} appears in {text!r}"
