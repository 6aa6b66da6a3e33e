"""Files of open invoices sent to the engine in batches it takes, and what it said of each part of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from bizoverbiz.client.errors import RefusedByEngineError
from bizoverbiz.client.lines import read_lines
from bizoverbiz.client.member import Client
from bizoverbiz.errors import WrongInputError

_LINES_AT_ONCE = 10_000
_DOCUMENTS_AT_ONCE = 100
#: Bytes of documents in one request: a third more in base64 has to stay below what the engine reads.
_BYTES_AT_ONCE = 7_000_000
_LARGEST_DOCUMENT = 5 * 1024 * 1024
_DOCUMENTS = (".xml", ".pdf")


@dataclass(frozen=True, slots=True)
class Told:
    """What the engine said of one line or document."""

    #: The file, with the line if it has several.
    place: str
    accepted: bool
    field: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    accepted: int
    refused: int
    withdrawn: int
    told: tuple[Told, ...]


def declare(
    client: Client, files: Sequence[Path], *, full: bool, last_notice: int | None = None, still_open: int | None = None
) -> Outcome:
    """Declare CSV files of lines, then documents.

    Args:
        client: who declares.
        files: .csv, .xml and .pdf.
        full: what was declared before and is not in the CSV files is withdrawn.
        last_notice: number of the last notice the books contain; by default what was acknowledged from here.
        still_open: what is open of the one document, minor units; by default what it says is due.

    Raises:
        WrongInputError: before anything is sent.
        NoAnswerError: what was sent is kept and sent again.
        RefusedByEngineError: all of it is refused.
    """
    known = client.membership.last_booked if last_notice is None else last_notice
    documents = [path for path in files if path.suffix.lower() in _DOCUMENTS]
    tables = [path for path in files if path not in documents]
    if full and documents:
        raise WrongInputError("--full goes with CSV files: an invoice alone does not say that others are closed")
    if still_open is not None and (tables or len(documents) != 1):
        raise WrongInputError("--open goes with one document: name one .xml or .pdf file")
    lines = [(f"{path}, line {number}", line) for path in tables for number, line in read_lines(path)]
    contents = [(path, _document(path)) for path in documents]
    answers = _send_lines(client, lines, full=full, last_notice=known)
    for part in _parts(contents):
        batch = [_described(path, content, still_open) for path, content in part]
        body = {"last_notice": known, "documents": batch}
        answers.append(_send(client, "/v1/declarations/invoices", body, [str(path) for path, _ in part]))
    return Outcome(
        sum(answer.accepted for answer in answers),
        sum(answer.refused for answer in answers),
        sum(answer.withdrawn for answer in answers),
        tuple(told for answer in answers for told in answer.told),
    )


def _send_lines(
    client: Client, lines: list[tuple[str, dict[str, Any]]], *, full: bool, last_notice: int
) -> list[Outcome]:
    """In as many requests as it takes; a full declaration in several is one in parts (docs/protocol.md)."""
    batches = list(_batches(lines))
    answers, name = [], token_urlsafe(16)
    for part, (places, batch) in enumerate(batches, 1):
        body: dict[str, Any] = {"full": full, "last_notice": last_notice, "lines": batch}
        if full and len(batches) > 1:
            body |= {"declaration": name, "part": part, "parts": len(batches)}
        answers.append(_send(client, "/v1/declarations", body, places))
    return answers


def _batches(lines: list[tuple[str, dict[str, Any]]]) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    for start in range(0, len(lines), _LINES_AT_ONCE):
        part = lines[start : start + _LINES_AT_ONCE]
        yield [place for place, _ in part], [line for _, line in part]


def _parts(contents: list[tuple[Path, bytes]]) -> Iterator[list[tuple[Path, bytes]]]:
    part: list[tuple[Path, bytes]] = []
    size = 0
    for path, content in contents:
        if part and (len(part) == _DOCUMENTS_AT_ONCE or size + len(content) > _BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append((path, content))
        size += len(content)
    if part:
        yield part


def _document(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_DOCUMENT:
            raise WrongInputError(f"{path}: it is larger than 5 MiB; declare it as a line of a CSV file")
        return path.read_bytes()
    except OSError as error:
        raise WrongInputError(f"{path}: it cannot be read ({error.strerror}); check its name and folder") from None


def _described(path: Path, content: bytes, still_open: int | None) -> dict[str, Any]:
    described = {"content": b64encode(content).decode("ascii"), "reference": path.name[:200]}
    return described | ({} if still_open is None else {"amount_open": still_open})


def _send(client: Client, path: str, body: dict[str, Any], places: list[str]) -> Outcome:
    try:
        answer = client.write(f"declaring {len(places)} invoices", "POST", path, body)
    except RefusedByEngineError as error:
        if error.slug != "lines-refused":
            raise
        answer = error.problem
    told = tuple(
        Told(places[line["index"]], line["status"] == "accepted", line.get("field"), line.get("reason"))
        for line in answer["lines"]
    )
    return Outcome(answer["accepted"], answer["refused"], answer["withdrawn"], told)
