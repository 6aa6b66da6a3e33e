"""Factur-X: the XML within a PDF, taken out by a process of its own that may fail.

Reading a PDF means running over cross-references, filters and trees that its author chose. The library does that in
Python, and no limit it has holds for all of them; so it works in a process with a bound on memory and time, without
this one's environment, and whatever ends that process is a reason to refuse the document.
"""

from __future__ import annotations

import struct
import subprocess  # nosec B404
import sys
import threading
import time
from types import TracebackType

from bizoverbiz.einvoices.errors import EInvoiceError
from bizoverbiz.einvoices.xml import MAX_DOCUMENT
from bizoverbiz.errors import EngineUnavailableError

#: Processor seconds one document may take, and seconds all those of one request.
DOCUMENT_SECONDS = 3
REQUEST_SECONDS = 30
#: Bytes of memory the process may have.
MEMORY = 768 * 1024 * 1024
#: Requests whose PDFs are read at the same time.
_SLOTS = threading.BoundedSemaphore(2)
#: A frame: the length of what follows, or `NONE` where there is nothing.
LENGTH = struct.Struct(">I")
NONE = 2**32 - 1


def is_pdf(data: bytes) -> bool:
    """Readers of PDF allow some bytes before the mark."""
    return b"%PDF-" in data[:1024]


class PdfReading:
    """The PDFs of one request, read one after the other by one process, which is started when the first one comes."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._until: float | None = None

    def __enter__(self) -> PdfReading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        if self._until is not None:
            _SLOTS.release()

    def embedded_xml(self, data: bytes) -> bytes:
        """Give the invoice a Factur-X carries. Raises `EInvoiceError`, or `EngineUnavailableError` under a crowd."""
        if len(data) > MAX_DOCUMENT:
            raise EInvoiceError("document", f"it is larger than {MAX_DOCUMENT // 1024**2} MiB: declare it as a line")
        if self._until is None:
            self._until = self._take_slot()
        if time.monotonic() > self._until:
            raise EInvoiceError(
                "document", "it was not read, for the PDFs before it took too long: declare it in a request of its own"
            )
        try:
            found = self._ask(data)
        except (OSError, struct.error):
            self._end()
            raise EInvoiceError(
                "document", "this PDF takes too long or too much memory to read: send the XML it carries, or a line"
            ) from None
        if found is None:
            raise EInvoiceError(
                "document", "no invoice in XML (factur-x.xml) could be found in this PDF: declare it as a line"
            )
        return found

    @staticmethod
    def _take_slot() -> float:
        if not _SLOTS.acquire(timeout=REQUEST_SECONDS):
            raise EngineUnavailableError("too many PDFs are being read")
        return time.monotonic() + REQUEST_SECONDS

    def _ask(self, data: bytes) -> bytes | None:
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(LENGTH.pack(len(data)) + data)
        process.stdin.flush()
        (length,) = LENGTH.unpack(process.stdout.read(LENGTH.size))
        if length == NONE:
            return None
        found = process.stdout.read(length)
        if len(found) < length:
            raise OSError("the process ended while it answered")
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        # No shell, a fixed command, an empty environment: what was sent to us is only ever read from the pipe.
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-I", "-m", "bizoverbiz.einvoices.pdf_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
        )
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what the dead process did not take
                    continue
