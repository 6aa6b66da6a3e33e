"""Why a document is not taken for an invoice."""

from __future__ import annotations

from bizoverbiz.errors import BizoverbizError


class EInvoiceError(BizoverbizError):
    """A document that is refused: which business term of EN 16931 is meant, what is wrong, and the way out.

    `term` is `BT-…` or `BG-…`, or `document` where no term is meant.
    """

    def __init__(self, term: str, reason: str) -> None:
        super().__init__(f"{term}: {reason}")
        self.term = term
        self.reason = reason


def quoted(text: str, longest: int = 40) -> str:
    """Text from a document as a message may show it: short, and without characters that move a cursor."""
    return ascii(text if len(text) <= longest else text[: longest - 1] + "…")
