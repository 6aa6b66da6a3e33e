"""Verifying a pack offline, with nothing but the engine's published keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bizoverbiz.evidence.contents import FORMAT, RELEASE, Core, EvidenceError, core_files, manifest, renderings, views
from bizoverbiz.evidence.pack import MANIFEST, unpack
from bizoverbiz.notices import NoticeError, Payload, public_jwk, verify_notice
from bizoverbiz.rounds.audit import ORIGIN, PUBLIC, link, seal

_SNAPSHOT = re.compile("statements/([A-Z]{3})/snapshot.jsonl")
_NOTICE = re.compile("notices/([1-9][0-9]{0,9})/notice.jws")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pack that holds shows."""

    network: str
    round: int
    member: str
    name: str
    #: What was checked, one sentence each.
    checked: list[str]
    #: What could not be, and why.
    unchecked: list[str]


def verify_pack(path: Path, keys: Mapping[str, Any] | None = None) -> Verdict:
    """Verify every file of a pack; `keys` is the key set to be believed, the pack's own if None.

    Raises `EvidenceError` with the first thing that does not hold.
    """
    try:
        with path.open("rb") as file:
            files = unpack(file)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}") from None
    try:
        return _verify(files, keys)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EvidenceError(f"the pack holds something of another form than an engine writes: {error!r}") from None


def _verify(files: dict[str, bytes], keys: Mapping[str, Any] | None) -> Verdict:
    told = files.pop(MANIFEST, None)
    if told is None:
        raise EvidenceError(f"{MANIFEST} is missing: this is not an evidence pack")
    head = json.loads(told)
    if head["format"] != FORMAT:
        raise EvidenceError(f"this pack is of the form {head['format']}, not {FORMAT}: use the release that made it")
    _manifest(files, told, head)
    core = _core(files)
    _keys(core.keys)
    for name, content in core_files(core).items():
        _same(name, files.get(name), content, "it is not written as the engine writes it")
    notices = _notices(core if keys is None else replace(core, keys=keys))
    first = notices[0]
    said = _log(core, notices)
    _statements(core, said, first.member)
    expected = core_files(core) | views(core)
    for name, content in expected.items():
        _same(name, files.get(name), content, "it does not say what the signed notice and the log say")
    unchecked = _renderings(core, files, expected, head["release"])
    if keys is not None and any(key not in keys["keys"] for key in core.keys["keys"]):
        unchecked.append("keys.json: it names a key that is not among those given; no notice here is signed with it")
    if keys is None:
        unchecked.append("keys.json: compare it with the engine's /v1/keys, or give the keys you trust with --keys")
    return Verdict(
        *(first.network, first.round, first.member, first.name),
        checked=[
            f"manifest: {len(files)} files, each as named",
            f"notices: {_named(core.notices)}: signature, balance, and inclusion of each line",
            f"audit log: {len(core.log)} entries, {len(said)} of them to be read; the head is the notice's",
            f"statements: {_named(core.snapshots)}: agreement, frozen lines and answers are those in the log",
            "what is there to be read: statements, agreement and proofs say what notice and log say",
        ],
        unchecked=unchecked,
    )


def _manifest(files: Mapping[str, bytes], told: bytes, head: Mapping[str, Any]) -> None:
    for name in sorted(files.keys() | head["files"].keys()):
        if name not in files:
            raise EvidenceError(f"{name} is missing from the pack")
        if name not in head["files"]:
            raise EvidenceError(f"{name} does not belong to the pack: it is not in {MANIFEST}")
        if sha256(files[name]).hexdigest() != head["files"][name]:
            raise EvidenceError(f"{name} was changed: its SHA-256 is not that in {MANIFEST}")
    _same(MANIFEST, told, manifest(files, head["release"]), "it is not written as the engine writes it")


def _core(files: Mapping[str, bytes]) -> Core:
    for name in ("keys.json", "log.jsonl"):
        if name not in files:
            raise EvidenceError(f"{name} is missing from the pack")
    return Core(
        keys=json.loads(files["keys.json"]),
        log=[json.loads(line) for line in files["log.jsonl"].splitlines()],
        snapshots={found[1]: files[name].decode() for name in files if (found := _SNAPSHOT.fullmatch(name))},
        notices={
            int(found[1]): files[name].decode("ascii")
            for name in sorted(files, key=lambda name: (len(name), name))
            if (found := _NOTICE.fullmatch(name))
        },
    )


def _keys(published: Mapping[str, Any]) -> None:
    for key in published["keys"]:
        if key != public_jwk(key["x"]):
            raise EvidenceError(f"keys.json was changed: {str(key['kid'])[:60]} is not the thumbprint of its key")


def _named(things: Iterable[object]) -> str:
    return ", ".join(str(thing) for thing in things)


def _notices(core: Core) -> list[Payload]:
    if not core.notices:
        raise EvidenceError("there is no notice in the pack: it proves nothing")
    payloads = []
    for number, token in core.notices.items():
        try:
            notice = verify_notice(token, core.keys)
        except NoticeError as error:
            raise EvidenceError(f"notices/{number}/notice.jws: {error}") from None
        if notice.number != number:
            raise EvidenceError(f"notices/{number}/notice.jws is notice {notice.number}")
        payloads.append(notice)
    one = payloads[0]
    for other in payloads[1:]:
        for name in ("network", "round", "member", "round_root", "audit_head"):
            if getattr(other, name) != getattr(one, name):
                raise EvidenceError(f"notices {one.number} and {other.number} are of different rounds or members")
    return payloads


def _log(core: Core, notices: list[Payload]) -> list[tuple[str, dict[str, Any]]]:
    """Kind and body of the entries that may be read."""
    member, number, head = notices[0].member, notices[0].round, notices[0].audit_head
    previous, decided, said = ORIGIN, False, []
    for place, entry in enumerate(core.log, start=1):
        where = f"log.jsonl: entry {place}"
        if entry["seq"] != place:
            raise EvidenceError(f"{where} is missing")
        if "body" in entry:
            sealed = seal(at=entry["at"], kind=entry["kind"], body=entry["body"], salt=entry["salt"])
            if sealed != entry["entry"]:
                raise EvidenceError(f"{where} ({entry['kind']}) was changed: its seal does not hold")
            body = json.loads(entry["body"])
            if body.get("member") != member and entry["kind"] not in PUBLIC:
                raise EvidenceError(f"{where} ({entry['kind']}) is not the member's")
            said.append((entry["kind"], body))
        if entry["hash"] != link(previous, round_number=number, seq=place, entry=entry["entry"]):
            raise EvidenceError(f"{where} was changed: the chain does not hold")
        previous = entry["hash"]
        decided |= previous == head
    if not decided:
        raise EvidenceError("log.jsonl: the log is not the one the notice names: its audit head is not in it")
    (listed,) = [body["sha256"] for kind, body in said if kind == "notices"] or [[]]
    for payload in notices:
        if sha256(core.notices[payload.number].encode("ascii")).hexdigest() not in listed:
            raise EvidenceError(f"notices/{payload.number}/notice.jws is not among the notices the log names")
    return said


def _statements(core: Core, said: list[tuple[str, dict[str, Any]]], member: str) -> None:
    stated = {body["currency"]: body["snapshot"] for kind, body in said if kind == "stated"}
    if stated.keys() != core.snapshots.keys():
        raise EvidenceError(f"the statements of {member} in the log and in the pack are not the same")
    for currency, text in core.snapshots.items():
        if sha256(text.encode()).hexdigest() != stated[currency]:
            raise EvidenceError(f"statements/{currency}/snapshot.jsonl is not what the log says was proposed")


def _renderings(core: Core, files: Mapping[str, bytes], checked: Mapping[str, bytes], release: str) -> list[str]:
    """What another release rendered; raises `EvidenceError` for what this one renders otherwise."""
    made = renderings(core)
    for name in files:
        if name not in made and name not in checked:
            raise EvidenceError(f"{name} does not belong into an evidence pack")
    unchecked = []
    for name, content in made.items():
        if files.get(name) == content:
            continue
        if release == RELEASE or name not in files:
            raise EvidenceError(f"{name} was changed: it does not render the signed notice")
        unchecked.append(f"{name}: made by {str(release)[:60]}; render notice.jws again to compare")
    return unchecked


def _same(name: str, found: bytes | None, expected: bytes, otherwise: str) -> None:
    if found is None:
        raise EvidenceError(f"{name} is missing from the pack")
    if found != expected:
        raise EvidenceError(f"{name} was changed: {otherwise}")
