"""XML from a stranger: one pass, no document type, no entities, no network, a bound on everything."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from bizoverbiz.einvoices.errors import EInvoiceError, quoted

#: Bytes of a document: an invoice of thousands of lines has less, and a Factur-X with its page images, too.
MAX_DOCUMENT = 5 * 1024 * 1024
#: Elements in all, and deepest nesting: an invoice of 5,000 lines has about 200,000, and none is deeper than 12.
MAX_ELEMENTS = 300_000
MAX_DEPTH = 40
#: Attributes of one element: building it takes a time that grows with their square.
MAX_ATTRIBUTES = 100
#: Elements and characters outside the parts that are left aside.
_MAX_KEPT = 5_000
_MAX_TEXT = 500_000
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([^"']{1,40})""")
#: What may be large and says nothing about the claim as a whole: left aside while reading.
_ASIDE = frozenset(
    (
        "InvoiceLine",
        "CreditNoteLine",
        "AdditionalDocumentReference",
        "UBLExtensions",
        "Signature",
        "IncludedSupplyChainTradeLineItem",
        "AdditionalReferencedDocument",
    )
)


class _Careful:
    """Builds a tree of the header only, and refuses while reading: memory does not grow with what is left aside."""

    def __init__(self) -> None:
        self._tree = etree.TreeBuilder()
        self._depth = self._elements = self._kept = self._text = 0
        #: Depth of the element whose content is left aside; 0: none.
        self._aside = 0
        #: What stopped the parser, which reports something else then.
        self.refused: EInvoiceError | None = None

    def doctype(self, name: str | None, public: str | None, system: str | None) -> None:
        self._refuse("it has a document type (DOCTYPE), which no invoice needs: leave it out")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"its elements are nested more than {MAX_DEPTH} deep: no invoice is")
        if self._elements > MAX_ELEMENTS:
            self._refuse(f"it has more than {MAX_ELEMENTS:,} elements: declare it as a line")
        if len(attributes) > MAX_ATTRIBUTES:
            self._refuse(f"an element has more than {MAX_ATTRIBUTES} attributes: no invoice's has")
        if self._aside:
            return
        if tag.rpartition("}")[2] in _ASIDE:
            self._aside = self._depth
            return
        self._kept += 1
        self._count_text(sum(map(len, attributes.values())))
        if self._kept > _MAX_KEPT:
            self._refuse(f"it has more than {_MAX_KEPT:,} elements that are not lines")
        self._tree.start(tag, dict(attributes))

    def end(self, tag: str) -> None:
        if not self._aside:
            self._tree.end(tag)
        elif self._aside == self._depth:
            self._aside = 0
        self._depth -= 1

    def data(self, text: str) -> None:
        if not self._aside and self._depth:
            self._count_text(len(text))
            self._tree.data(text)

    def close(self) -> etree._Element:
        return self._tree.close()

    def _count_text(self, characters: int) -> None:
        self._text += characters
        if self._text > _MAX_TEXT:
            self._refuse(f"it has more than {_MAX_TEXT:,} characters that are not in lines")

    def _refuse(self, reason: str) -> None:
        self.refused = self.refused or EInvoiceError("document", reason)
        raise self.refused


def parse(data: bytes) -> etree._Element:
    """Give the root of an invoice, without its lines and attachments.

    Raises:
        EInvoiceError: too large, not UTF-8, a document type, too deep, not well-formed.
    """
    if len(data) > MAX_DOCUMENT:
        raise EInvoiceError("document", f"it is larger than {MAX_DOCUMENT // 1024**2} MiB: declare it as a line")
    _check_encoding(data)
    # the encoding is given, so that no declaration in the text can choose another one
    target = _Careful()
    parser = etree.XMLParser(
        target=target, encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root: etree._Element = etree.fromstring(data, parser)
    except (EInvoiceError, etree.LxmlError, ValueError) as error:
        if target.refused:
            raise target.refused from None
        first = next(iter(parser.error_log), None)
        reason = f"line {first.line}: {quoted(first.message.strip(), 160)}" if first else quoted(str(error), 160)
        raise EInvoiceError("document", f"it is not well-formed XML ({reason}): ask for it again") from None
    if target.refused:
        raise target.refused
    return root


def _check_encoding(data: bytes) -> None:
    way_out = "save it as UTF-8"
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise EInvoiceError("document", f"its encoding is {quoted(declared[1].decode('latin-1'))}: {way_out}")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EInvoiceError("document", f"the byte {data[error.start]:#04x} is not UTF-8: {way_out}") from None
    if b"\0" in data:
        raise EInvoiceError("document", f"a NUL byte: this is no XML in UTF-8; {way_out}")
