"""What a notice proves to whoever holds it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

from bizoverbiz.errors import MisconfiguredError
from bizoverbiz.notices import (
    Leaf,
    NoticeError,
    NoticeLine,
    Payload,
    SigningKey,
    create_key_file,
    load_signing_key,
    merkle_root,
    proofs,
    verify_inclusion,
    verify_notice,
)
from bizoverbiz.notices.merkle import ProofTexts
from bizoverbiz.notices.writing import Head, line_text, notice_text


def leaf(index: int, set_off: int = 100) -> Leaf:
    return Leaf("100000009", "200000008", f"id-{index}", f"INV/{index}", 7, "EUR", set_off, f"{index:064x}")


@given(st.integers(1, 40))
def test_every_line_is_proved_to_be_in_the_rounds_hash(size: int) -> None:
    leaves = [leaf(index) for index in range(size)]
    root = merkle_root(leaves)
    assert root is not None
    for one, proof in zip(leaves, proofs(leaves), strict=True):
        assert verify_inclusion(one, proof, root.hex())


@given(st.integers(1, 40), st.data())
def test_a_line_with_another_amount_is_not_in_the_rounds_hash(size: int, data: st.DataObject) -> None:
    leaves = [leaf(index) for index in range(size)]
    root = merkle_root(leaves)
    assert root is not None
    index = data.draw(st.integers(0, size - 1))
    assert not verify_inclusion(leaf(index, set_off=101), proofs(leaves)[index], root.hex())


def test_the_published_hash_is_the_documented_one() -> None:
    """Computed by hand with sha256sum, so that the format cannot drift."""
    from hashlib import sha256

    text = (
        '{"creditor":"100000009","currency":"EUR","debtor":"200000008","id":"id-%d","number":"INV/%d","round":7,'
        '"salt":"%064x","set_off":100}'
    )
    one, two, three = (sha256(b"\x00" + (text % (i, i, i)).encode()).digest() for i in range(3))
    expected = sha256(b"\x01" + sha256(b"\x01" + one + two).digest() + three).digest()
    assert merkle_root([leaf(index) for index in range(3)]) == expected
    assert proofs([leaf(index) for index in range(3)])[2] == [("left", sha256(b"\x01" + one + two).hexdigest())]


def payload(**changes: Any) -> Payload:
    lines = [leaf(0), Leaf("200000008", "100000009", "id-1", "F-1", 7, "EUR", 100, "00" * 32)]
    root = merkle_root(lines)
    assert root is not None
    told = [
        NoticeLine(
            id=one.id,
            side="receivable" if one.creditor == "100000009" else "payable",
            counterpart="200000008",
            counterpart_name="Firm B",
            number=one.number,
            reference=None,
            due_date=None,
            amount_open=150,
            ceiling=120,
            set_off=100,
            remaining=50,
            salt=one.salt,
            proof=[list(step) for step in proof],
        )
        for one, proof in zip(lines, proofs(lines), strict=True)
    ]
    values = {
        "network": "Réseau",
        "round": 7,
        "member": "100000009",
        "name": "Firm A",
        "number": 1,
        "decided_at": "2026-11-22T10:00:00Z",
        "currency": "EUR",
        "total": 100,
        "lines": told,
        "round_root": root.hex(),
        "audit_head": "00" * 32,
    }
    return Payload(**values | changes)


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return create_key_file(tmp_path / "key.pem")


def keys(*signing: SigningKey) -> dict[str, Any]:
    return {"keys": [key.public_jwk() for key in signing]}


def test_a_notice_is_verified_with_the_public_key_alone(key: SigningKey) -> None:
    assert verify_notice(key.sign(payload()), keys(key)) == payload()


def test_a_notice_of_thousands_of_lines_is_verified_too(key: SigningKey) -> None:
    count = 2000
    leaves = [leaf(index) for index in range(count)]
    leaves += [Leaf("200000008", "100000009", f"p-{i}", f"F-{i}", 7, "EUR", 100, "00" * 32) for i in range(count)]
    root = merkle_root(leaves)
    assert root is not None
    shape = payload().lines[0].model_dump()
    lines = [
        NoticeLine(
            **shape
            | {
                "id": one.id,
                "side": "receivable" if one.creditor == "100000009" else "payable",
                "number": one.number,
                "salt": one.salt,
                "proof": [list(step) for step in proof],
            }
        )
        for one, proof in zip(leaves, proofs(leaves), strict=True)
    ]
    token = key.sign(payload(lines=lines, total=100 * count, round_root=root.hex()))
    assert len(token) > 4_000_000
    assert len(verify_notice(token, keys(key)).lines) == 2 * count


def test_a_notice_changed_by_one_character_is_refused(key: SigningKey) -> None:
    header, body, signature = key.sign(payload()).split(".")
    changed = body[:-5] + ("A" if body[-5] != "A" else "B") + body[-4:]
    with pytest.raises(NoticeError, match="does not hold"):
        verify_notice(".".join((header, changed, signature)), keys(key))


def test_a_notice_of_another_engine_is_refused(key: SigningKey, tmp_path: Path) -> None:
    stranger = create_key_file(tmp_path / "stranger.pem")
    with pytest.raises(NoticeError, match="not in the key set"):
        verify_notice(stranger.sign(payload()), keys(key))


def test_a_notice_signed_with_the_public_key_as_a_shared_secret_is_refused(key: SigningKey) -> None:
    secret = OctKey.import_key(key.x)
    header = {"alg": "HS256", "kid": key.keyid, "typ": "bizoverbiz-notice+jws"}
    with pytest.raises(NoticeError):
        verify_notice(jws.serialize_compact(header, payload().canonical(), secret), keys(key))


@pytest.mark.parametrize("text", ["", "a.b", "é.é.é", "e30.e30.e30", "x" * 1000])
def test_what_is_no_notice_is_refused(key: SigningKey, text: str) -> None:
    with pytest.raises(NoticeError):
        verify_notice(text, keys(key))


def test_a_signed_notice_that_does_not_balance_is_refused_all_the_same(key: SigningKey) -> None:
    with pytest.raises(NoticeError, match="sum to 100, its total is 99"):
        verify_notice(key.sign(payload(total=99)), keys(key))


def test_a_signed_notice_outside_the_published_hash_is_refused_all_the_same(key: SigningKey) -> None:
    with pytest.raises(NoticeError, match="published hash"):
        verify_notice(key.sign(payload(round_root="00" * 32)), keys(key))


def test_the_key_file_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    key = create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signing_key(path).keyid == key.keyid
    with pytest.raises(MisconfiguredError):
        create_key_file(path)


def test_a_file_that_holds_no_key_is_named_in_the_error(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("not a key")
    with pytest.raises(MisconfiguredError, match="holds no Ed25519 private key"):
        load_signing_key(path)


_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


_commitments = st.none() | st.tuples(st.just("7K2MW9RB41QXC"), st.none() | _words)


@given(_words, _words, st.none() | _words, st.none() | st.just("2026-10-31"), st.booleans(), _commitments)
def test_what_a_decision_writes_is_the_canonical_notice(
    name: str, number: str, reference: str | None, due: str | None, reversal: bool, agreed: tuple[str, str] | None
) -> None:
    commitment, description = agreed or (None, None)
    notice = payload(
        name=name,
        network=name[::-1],
        number=2,
        kind="reversal" if reversal else None,
        lines=[
            NoticeLine(
                **line.model_dump()
                | {"counterpart_name": name, "number": number, "reference": reference, "due_date": due}
                | {"reverses": 1 if reversal else None, "commitment": commitment, "description": description}
            )
            for line in payload().lines
        ],
    )
    proved = ProofTexts([notice.leaf(line) for line in payload().lines])
    lines = [line_text(**line.model_dump() | {"proof": proved[line.id]}) for line in notice.lines]
    head = Head(**{name: value for name, value in notice.model_dump().items() if name != "lines"})
    proofs_of_new_numbers = [
        NoticeLine(**line.model_dump() | {"proof": [list(step) for step in proof]})
        for line, proof in zip(notice.lines, proofs([notice.leaf(line) for line in payload().lines]), strict=True)
    ]
    assert notice_text(head, lines) == notice.model_copy(update={"lines": proofs_of_new_numbers}).canonical()


@given(st.integers(1, 40))
def test_proofs_in_words_are_the_proofs(size: int) -> None:
    leaves = [leaf(index) for index in range(size)]
    texts = ProofTexts(leaves)
    for one, proof in zip(leaves, proofs(leaves), strict=True):
        assert json.loads(texts[one.id]) == [list(step) for step in proof]
