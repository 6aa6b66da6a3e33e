"""The round's published hash, and the proof that one line is in it.

A binary Merkle tree over the round's set-offs, with the domain separation of RFC 6962, section 2.1 (0x00 before a
leaf, 0x01 before an inner node) and an odd last node moving up unchanged. The salt keeps a third party from guessing
a leaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bizoverbiz.notices.canonical import canonical

#: One step of a proof: on which side the sibling stands, and its hash in hexadecimal.
Step = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One set-off as it is hashed. NOTE: its fields are the format; a new one needs a new protocol version."""

    creditor: str
    debtor: str
    id: str
    #: As the creditor declared it.
    number: str
    round: int
    currency: str
    set_off: int
    #: Hexadecimal, known to the two parties only.
    salt: str

    def canonical(self) -> bytes:
        return canonical({name: getattr(self, name) for name in self.__slots__})

    def digest(self) -> bytes:
        return sha256(b"\x00" + self.canonical()).digest()


def _inner(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _levels(digests: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(digests)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [_inner(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(above) * 2 :])
    return levels


def merkle_root(leaves: Sequence[Leaf]) -> bytes | None:
    """The root over `leaves` in their order; None without leaves."""
    return _levels([leaf.digest() for leaf in leaves])[-1][0] if leaves else None


def proofs(leaves: Sequence[Leaf]) -> list[list[Step]]:
    """The proof of every leaf, in the order of `leaves`."""
    levels = _levels([leaf.digest() for leaf in leaves])
    return [_proof(levels, index) for index in range(len(leaves))]


class ProofTexts:
    """The same by the leaf's id, as canonical JSON: each step is put in words once, each proof when it is asked for."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        levels = _levels([leaf.digest() for leaf in leaves])[:-1]
        self._place = {leaf.id: place for place, leaf in enumerate(leaves)}
        self._steps = [
            [f'["{"right" if place % 2 else "left"}","{digest.hex()}"]' for place, digest in enumerate(level)]
            for level in levels
        ]

    def __getitem__(self, leaf: str) -> str:
        place, steps = self._place[leaf], []
        for level in self._steps:
            if (sibling := place ^ 1) < len(level):
                steps.append(level[sibling])
            place //= 2
        return f"[{','.join(steps)}]"


def _proof(levels: list[list[bytes]], index: int) -> list[Step]:
    steps: list[Step] = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            steps.append(("left" if sibling < index else "right", level[sibling].hex()))
        index //= 2
    return steps


def verify_inclusion(leaf: Leaf, proof: Iterable[Sequence[str]], root: str) -> bool:
    """Tell whether folding `proof` over the leaf gives the hexadecimal `root`."""
    digest = leaf.digest()
    try:
        for side, sibling in proof:
            if side not in ("left", "right"):
                return False
            other = bytes.fromhex(sibling)
            digest = _inner(other, digest) if side == "left" else _inner(digest, other)
    except (ValueError, TypeError):
        return False
    return digest.hex() == root
