"""Documents made to hurt whoever reads them, and a process with little memory that reads them.

Run as a program it reads each of the documents named on the command line and prints what came of it.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterable

from bizoverbiz.einvoices import MAX_DOCUMENT, EInvoiceError, read_documents

from .samples import cii, facturx, ubl

#: Address space of the reading process, libraries included: a tenth of what the larger bombs unfold to.
MEMORY = 1024 * 1024 * 1024


def with_doctype(subset: str, use: str) -> bytes:
    """A valid invoice with a document type in front and an entity in its number."""
    head, _, body = ubl(number=use).decode().partition("?>")
    return f"{head}?><!DOCTYPE Invoice {subset}>{body}".encode()


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{i} "' + f"&l{i - 1};" * 10 + '">' for i in range(1, 10))
    return with_doctype(f'[<!ENTITY l0 "lol">{entities}]', "&l9;")


def quadratic() -> bytes:
    return with_doctype('[<!ENTITY a "' + "a" * 100_000 + '">]', "&a;" * 50_000)


def parameter_entities() -> bytes:
    return with_doctype('[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]', "1")


def within_lines(content: str) -> bytes:
    return ubl(lines=f"<cac:InvoiceLine>{content}</cac:InvoiceLine>")


def pdf(objects: Iterable[bytes], trailer: bytes = b"<< /Root 1 0 R /Size 9 >>") -> bytes:
    """A PDF of these objects, numbered from 1, with a correct table of their places."""
    data, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n%s\nstartxref\n%d\n%%%%EOF\n"
        % (len(places) + 1, table, trailer, start)
    )


def carrying(stream: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """A PDF whose attachment factur-x.xml is this encoded stream."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(factur-x.xml) 4 0 R] >> >> >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 5 0 R >> >>",
            b"<< /Type /EmbeddedFile /Filter %s /Length %d >>\nstream\n%s\nendstream" % (filters, len(stream), stream),
        ]
    )


def deflated(size: int, *, times: int = 1) -> bytes:
    """Blanks: one block is folded and repeated, since folding gigabytes takes long."""
    packer, block, checksum = zlib.compressobj(9), b" " * 2**20, 1
    first, again = (packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    for _ in range(size // len(block)):
        checksum = zlib.adler32(block, checksum)
    data = first + again * (size // len(block) - 1) + packer.flush()[:-4] + checksum.to_bytes(4)
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def looping_names() -> bytes:
    """A tree of names that is its own child."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 4 0 R >> >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            b"<< /Kids [4 0 R 4 0 R] >>",
        ]
    )


def looping_xref() -> bytes:
    """A table of places that names itself as the one before."""
    data = pdf([b"<< /Type /Catalog >>"])
    return data.replace(b"/Size 9", b"/Size 9 /Prev %d" % data.index(b"xref"))


XML: dict[str, Callable[[], bytes]] = {
    "an external entity of a file": lambda: with_doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"),
    "an external entity of the network": lambda: with_doctype('[<!ENTITY x SYSTEM "http://127.0.0.1:9/">]', "&x;"),
    "an external document type": lambda: with_doctype('SYSTEM "http://127.0.0.1:9/x.dtd"', "1"),
    "a parameter entity": parameter_entities,
    "a billion laughs": laughs,
    "a quadratic blow-up": quadratic,
    "an entity that nobody declares": lambda: ubl(number="&x;"),
    "an entity in a line that is left aside": lambda: within_lines("&x;"),
    "an inclusion of a file": lambda: ubl(
        number='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/>'
    ),
    "a style sheet": lambda: (
        b'<?xml version="1.0"?><?xml-stylesheet href="file:///etc/passwd"?>' + ubl(number="").partition(b"?>")[2]
    ),
    "100 MB": lambda: ubl() + b" " * 100_000_000,
    "100 MB of elements": lambda: b"<a>" + b"<b/>" * 25_000_000,
    "as many elements as the size lets": lambda: b"<a>" + b"<b/>" * (MAX_DOCUMENT // 4 - 10) + b"</a>",
    "as many elements in a line": lambda: within_lines("<b/>" * 1_200_000),
    "deep nesting": lambda: b"<a>" * 1_000_000,
    "deep nesting in a line": lambda: within_lines("<a>" * 500_000 + "</a>" * 500_000),
    "400,000 attributes": lambda: b"<a " + b" ".join(b'a%d=""' % i for i in range(400_000)) + b"/>",
    "400,000 attributes in a line": lambda: within_lines("<a " + " ".join(f'a{i:x}=""' for i in range(400_000)) + "/>"),
    "200,000 namespaces": lambda: b"<a " + b" ".join(b'xmlns:a%d="u"' % i for i in range(200_000)) + b"/>",
    "a name of 4 MB": lambda: b"<" + b"a" * 4_000_000 + b"/>",
    "an attribute of 4 MB": lambda: b'<a b="' + b"c" * 4_000_000 + b'"/>',
    "a number of 4 MB": lambda: ubl(number="9" * 4_000_000),
    "an amount of 400,000 digits": lambda: ubl(total="9" * 400_000),
    "UTF-16": lambda: ubl(number="").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 that calls itself UTF-8": lambda: ubl().decode().encode("utf-16-le"),
    "UTF-32": lambda: ubl().decode().replace("UTF-8", "UTF-32").encode("utf-32"),
    "UTF-7 that hides a document type": lambda: (
        laughs().replace(b"UTF-8", b"UTF-7").replace(b"<!DOCTYPE", b"+ADw-+ACE-DOCTYPE")
    ),
    "EBCDIC": lambda: ubl().decode().replace("UTF-8", "cp037").encode("cp037"),
    "Latin-1": lambda: ubl(number="é").decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "Latin-1 that calls itself UTF-8": lambda: ubl(number="é").decode().encode("latin-1"),
    "overlong UTF-8": lambda: ubl().replace(b"<cbc:ID>", b"\xc0\xbccbc:ID>"),
    "a NUL byte": lambda: ubl(number="F\0-1"),
    "a control character": lambda: ubl(number="F&#1;"),
    "a surrogate": lambda: ubl(number="F&#xD800;"),
    "a truncated file": lambda: ubl()[:-200],
    "two documents": lambda: ubl() + ubl().partition(b"?>")[2],
    "a compressed file": lambda: gzip.compress(ubl()),
}
PDFS: dict[str, Callable[[], bytes]] = {
    "a PDF that unfolds to 2 GB": lambda: carrying(deflated(2 * 2**30)),
    "a PDF folded twice": lambda: carrying(deflated(2 * 2**30, times=2), b"[/FlateDecode /FlateDecode]"),
    "a PDF with a hundred filters": lambda: carrying(zlib.compress(b"x"), b"[" + b"/FlateDecode " * 100 + b"]"),
    "a PDF in run lengths": lambda: carrying(b"\x81 " * 2_000_000, b"/RunLengthDecode"),
    "a PDF in LZW": lambda: carrying(b"\x80\x0b\x60\x50" * 1_000_000, b"/LZWDecode"),
    "a PDF carrying a billion laughs": lambda: carrying(zlib.compress(laughs())),
    "a PDF carrying an external entity": lambda: carrying(
        zlib.compress(cii(number="&x;").replace(b"?>", b'?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1))
    ),
    "a PDF whose names are a loop": looping_names,
    "a PDF whose tables are a loop": looping_xref,
    "a PDF of brackets": lambda: pdf([b"[" * 2_000_000]),
    "a PDF of nothing but objects": lambda: b"%PDF-1.7\n" + b"1 0 obj<</Type/ObjStm/N 9/First 9>>endobj\n" * 100_000,
    "a PDF larger than is read": lambda: facturx(cii()) + b" " * MAX_DOCUMENT,
    "a truncated PDF": lambda: facturx(cii())[:3000],
}
ALL = XML | PDFS


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in sys.argv[1:]:
        data = ALL[name]()
        began = time.perf_counter()
        (found,) = read_documents([data])
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        term, reason = (found.term, found.reason) if isinstance(found, EInvoiceError) else (None, None)
        told = {"name": name, "term": term, "reason": reason, "seconds": seconds, "size": len(data), "peak": peak}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
