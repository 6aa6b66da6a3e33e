"""What a pack consists of: a core that proves itself, and views of it for people, made from the core alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import reportlab

from bizoverbiz import __version__
from bizoverbiz.errors import BizoverbizError
from bizoverbiz.evidence.readme import README
from bizoverbiz.notices import Payload, keyid_of, read_notice
from bizoverbiz.notices.canonical import canonical
from bizoverbiz.notices.rendering import document, render_pdf, render_text

FORMAT = "bizoverbiz-evidence/1"
#: Which release made the renderings: another one may word or draw them otherwise.
RELEASE = f"bizoverbiz {__version__}, reportlab {reportlab.__version__}"
LANGUAGES = ("fr", "en")


class EvidenceError(BizoverbizError):
    """A pack that proves nothing, or not what it says."""


@dataclass(frozen=True, slots=True)
class Core:
    """What is signed, chained or named by its digest; everything else in a pack is made from this."""

    #: The engine's published keys, a JWK set.
    keys: Mapping[str, Any]
    #: The round's whole chain, `{"seq", "entry", "hash"}`; with `at`, `kind`, `body`, `salt` where the member may read.
    log: list[dict[str, Any]]
    #: By currency, the statement as it was proposed: JSON lines, whose SHA-256 stands in the log.
    snapshots: Mapping[str, str]
    #: By number, the compact JWS of each notice of the member in this round.
    notices: Mapping[int, str]


def core_files(core: Core) -> dict[str, bytes]:
    return {
        "keys.json": _document(core.keys),
        "log.jsonl": b"".join(canonical(entry) + b"\n" for entry in core.log),
        **{f"statements/{currency}/snapshot.jsonl": text.encode() for currency, text in core.snapshots.items()},
        **{f"notices/{number}/notice.jws": token.encode("ascii") for number, token in core.notices.items()},
    }


def views(core: Core) -> dict[str, bytes]:
    """What can be read without a tool, and does not change from release to release."""
    said = [(entry["kind"], json.loads(entry["body"])) for entry in core.log if "body" in entry]
    payloads = [read_notice(token) for token in core.notices.values()]
    files: dict[str, bytes] = {}
    for kind, body in said:
        if kind == "stated":
            files[f"statements/{body['currency']}/agreement.json"] = _document(body["agreement"])
    for currency, text in core.snapshots.items():
        answers = [body for kind, body in said if kind == "answered" and body["currency"] == currency]
        notice = next((payload for payload in payloads if payload.currency == currency), None)
        files[f"statements/{currency}/statement.json"] = _document(_statement(currency, text, answers, notice))
    for payload in payloads:
        files[f"notices/{payload.number}/inclusion.jsonl"] = b"".join(_inclusion(payload))
        files["round.json"] = _document(
            {name: getattr(payload, name) for name in ("network", "round", "member", "name", "decided_at")}
            | {"round_root": payload.round_root, "audit_head": payload.audit_head}
        )
    return files


def renderings(core: Core) -> dict[str, bytes]:
    """The notices as people read them, and what to do with the pack; these belong to a release."""
    files = {"README.txt": README.encode()}
    for number, token in core.notices.items():
        for language in LANGUAGES:
            words = document(read_notice(token), token, keyid_of(token), language)
            files[f"notices/{number}/notice.{language}.pdf"] = render_pdf(words)
            files[f"notices/{number}/notice.{language}.txt"] = render_text(words).encode()
    return files


def manifest(files: Mapping[str, bytes], release: str = RELEASE) -> bytes:
    """Each file's SHA-256, and which release made the pack."""
    digests = {name: sha256(files[name]).hexdigest() for name in sorted(files)}
    return _document({"format": FORMAT, "release": release, "files": digests})


def _statement(
    currency: str, snapshot: str, answers: Sequence[Mapping[str, Any]], notice: Payload | None
) -> dict[str, Any]:
    """What was proposed line by line, what was answered, by whom and when, and what was decided."""
    said = [
        {"at": body["at"]} | {name: body["answer"].get(name) for name in ("answer", "answered_by", "reason")}
        for body in answers
    ]
    approved: Mapping[str, int] = {}
    for body in answers:
        approved = body["answer"].get("lines", {}) if body["answer"]["answer"] == "approve" else {}
    set_off = {line.id: line.set_off for line in notice.lines} if notice else {}
    return {
        "currency": currency,
        "notice": notice.number if notice else None,
        "answers": said,
        "lines": [
            line | {"approved": approved.get(line["line"], 0), "set_off": set_off.get(line["line"], 0)}
            for line in map(json.loads, snapshot.splitlines())
        ],
    }


def _inclusion(payload: Payload) -> Iterable[bytes]:
    for line in payload.lines:
        leaf = payload.leaf(line).canonical().decode()
        yield canonical({"leaf": leaf, "proof": line.proof, "round_root": payload.round_root}) + b"\n"


def _document(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
