"""The process that reads PDFs: frames in on stdin, frames out on stdout, and limits on itself."""

from __future__ import annotations

import resource
import signal
import sys

from bizoverbiz.einvoices.pdf import DOCUMENT_SECONDS, LENGTH, MEMORY, NONE
from bizoverbiz.einvoices.xml import MAX_DOCUMENT

_NAMES = ["factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"]


def _embedded(data: bytes) -> bytes | None:
    from facturx import get_xml_from_pdf

    try:
        _, found = get_xml_from_pdf(data, check_xsd=False, check_schematron=False, filenames=_NAMES)
    except Exception:
        # a broken PDF makes the library fail in any way: none of them says more than that it is broken
        return None
    return bytes(found) if found and len(found) <= MAX_DOCUMENT else None


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    import facturx  # noqa: F401  # loaded before the clock of the first document runs

    while header := source.read(LENGTH.size):
        (length,) = LENGTH.unpack(header)
        data = source.read(length)
        # processor time, and real time in case it sleeps; their signals end the process
        signal.setitimer(signal.ITIMER_PROF, DOCUMENT_SECONDS)
        signal.alarm(DOCUMENT_SECONDS * 4)
        found = _embedded(data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        sink.write(LENGTH.pack(NONE if found is None else len(found)) + (found or b""))
        sink.flush()


if __name__ == "__main__":
    main()
