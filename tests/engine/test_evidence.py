"""A pack shows what one member needs of a round, tells nothing of others, and any change in it is found."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bizoverbiz.errors import NotFoundError
from bizoverbiz.evidence import EvidenceError, collect, verify_pack, write
from bizoverbiz.evidence.contents import FORMAT, RELEASE, manifest
from bizoverbiz.evidence.pack import MANIFEST, archive
from bizoverbiz.store.database import WORKER

from .client import Member
from .conftest import SIRENS, Network, Ring
from .operating import acknowledge, decide, propose
from .test_cli import Operator, one_line, operator

__all__ = ["operator"]


@pytest.fixture
def member(network: Network, ring: Ring) -> Member:
    """One that has approved, lowered and booked; the round is closed."""
    number = propose(network)
    for one in ring:
        one.approve(one.statement())
    statement = ring[0].statement()
    ring[0].approve(statement, [min(line["proposed"], 900) for line in statement["lines"]])
    decide(network, number)
    for one in ring:
        acknowledge(network, one)
    network.work()
    return ring[0]


@pytest.fixture
def packed(member: Member) -> bytes:
    answer = member.call("GET", "/v1/notices/1/evidence")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return answer.content


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture
def files(packed: bytes) -> dict[str, bytes]:
    return unpacked(packed)


def verify(tmp_path: Path, content: bytes, keys: Mapping[str, Any] | None = None) -> Any:
    file = tmp_path / "pack.zip"
    file.write_bytes(content)
    return verify_pack(file, keys)


def resealed(files: Mapping[str, bytes], release: str = RELEASE) -> bytes:
    """As somebody would who changes a file and the manifest with it."""
    rest = {name: content for name, content in files.items() if name != MANIFEST}
    return archive(rest | {MANIFEST: manifest(rest, release)})


def refused(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(EvidenceError) as caught:
        verify(tmp_path, content)
    return str(caught.value)


def test_a_pack_holds_agreement_snapshot_answers_notice_proofs_and_log(member: Member, files: dict[str, bytes]) -> None:
    assert sorted(files) == [
        *("README.txt", "keys.json", "log.jsonl", MANIFEST, "notices/1/inclusion.jsonl", "notices/1/notice.en.pdf"),
        *("notices/1/notice.en.txt", "notices/1/notice.fr.pdf", "notices/1/notice.fr.txt", "notices/1/notice.jws"),
        *("round.json", "statements/EUR/agreement.json", "statements/EUR/snapshot.jsonl"),
        "statements/EUR/statement.json",
    ]
    agreement = json.loads(files["statements/EUR/agreement.json"])
    assert (agreement["version"], agreement["accepted_at"]) == ("2026-11", "2026-11-22T09:00:00Z")
    assert agreement["keyid"] == member.keyid
    statement = json.loads(files["statements/EUR/statement.json"])
    assert [answer["answer"] for answer in statement["answers"]] == ["approve", "approve"]
    assert statement["answers"][1]["answered_by"] == "claire@example.com"
    assert statement["answers"][1]["at"] == "2026-11-22T09:00:00Z"
    assert {line["approved"] for line in statement["lines"]} == {300, 900}
    assert sum(line["set_off"] for line in statement["lines"] if line["side"] == "payable") == 1200
    assert json.loads(files["round.json"])["member"] == member.identifier


def test_a_pack_holds_and_the_key_set_to_trust_can_be_given(network: Network, packed: bytes, tmp_path: Path) -> None:
    verdict = verify(tmp_path, packed)
    assert (verdict.round, verdict.member, len(verdict.checked)) == (1, SIRENS[0], 5)
    assert verdict.unchecked == [
        "keys.json: compare it with the engine's /v1/keys, or give the keys you trust with --keys"
    ]
    keys = network.http.get("/v1/keys").json()
    assert verify(tmp_path, packed, keys).unchecked == []
    with pytest.raises(EvidenceError, match="not in the key set"):
        verify(tmp_path, packed, {"keys": []})


def test_the_same_state_gives_the_same_bytes_to_member_and_operator(
    network: Network, member: Member, packed: bytes
) -> None:
    assert member.call("GET", "/v1/notices/1/evidence").content == packed
    with network.store.transaction(WORKER) as tx:
        own = tx.one("member_id", identifier=member.identifier).id
        assert write(collect(tx, 1, own)) == packed


def test_a_pack_says_nothing_of_third_parties(ring: Ring, files: dict[str, bytes]) -> None:
    """B's obligations with C are no business of A's; nor is what B and C answered."""
    whole = b"".join(files.values())
    assert b"C-1" not in whole
    said = [json.loads(line) for line in files["log.jsonl"].splitlines()]
    bodies = [json.loads(entry["body"]) for entry in said if "body" in entry]
    assert {body["member"] for body in bodies if "member" in body} == {ring[0].identifier}
    closed = [entry for entry in said if "body" not in entry]
    assert closed
    assert all(set(entry) == {"seq", "entry", "hash"} for entry in closed)


def test_a_round_in_which_nothing_was_set_off_gives_no_pack(network: Network, ring: Ring) -> None:
    number = propose(network)
    decide(network, number)
    with network.store.transaction(WORKER) as tx, pytest.raises(NotFoundError, match="nothing of it was set off"):
        collect(tx, number, tx.one("member_id", identifier=ring[0].identifier).id)


def test_another_members_pack_does_not_exist(network: Network, member: Member) -> None:
    stranger = network.member(SIRENS[3])
    assert stranger.call("GET", "/v1/notices/1/evidence").json()["type"].endswith("not-found")
    assert member.call("GET", "/v1/notices/2/evidence").status_code == 404


def test_any_file_that_is_changed_is_named(files: dict[str, bytes], tmp_path: Path) -> None:
    for name, content in files.items():
        place = len(content) // 2
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        told = refused(tmp_path, archive(files | {name: changed}))
        assert name in told or name == MANIFEST, told


def test_any_file_that_is_changed_is_found_even_if_the_manifest_is_made_anew(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in files.items():
        for place in (0, len(content) // 3, len(content) // 2, len(content) - 2):
            changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            if name != MANIFEST:
                assert refused(tmp_path, resealed(files | {name: changed}))


def test_any_file_that_is_missing_or_added_is_found(files: dict[str, bytes], tmp_path: Path) -> None:
    for name in files:
        rest = {other: content for other, content in files.items() if other != name}
        assert name in refused(tmp_path, archive(rest)) or name == "keys.json"
        if name != MANIFEST:
            refused(tmp_path, resealed(rest))
    assert "more.txt" in refused(tmp_path, archive(files | {"more.txt": b""}))
    assert "more.txt does not belong" in refused(tmp_path, resealed(files | {"more.txt": b""}))


def entries(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["log.jsonl"].splitlines()]


def with_log(files: dict[str, bytes], log: list[dict[str, Any]]) -> bytes:
    text = "".join(json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for entry in log)
    return resealed(files | {"log.jsonl": text.encode()})


def test_a_log_that_was_written_anew_is_found(files: dict[str, bytes], tmp_path: Path) -> None:
    log = entries(files)
    at = next(place for place, entry in enumerate(log) if entry.get("kind") == "answered")
    lower = log[at] | {"body": log[at]["body"].replace("claire", "someone")}
    assert "seal does not hold" in refused(tmp_path, with_log(files, [*log[:at], lower, *log[at + 1 :]]))
    assert f"entry {at + 1} is missing" in refused(tmp_path, with_log(files, log[:at] + log[at + 1 :]))
    sealed = log[at] | {"entry": "0" * 64}
    del sealed["body"], sealed["at"], sealed["kind"], sealed["salt"]
    assert "chain does not hold" in refused(tmp_path, with_log(files, [*log[:at], sealed, *log[at + 1 :]]))
    assert "audit head is not in it" in refused(tmp_path, with_log(files, log[:4]))
    silent = {name: log[at][name] for name in ("seq", "entry", "hash")}
    assert "statement.json was changed" in refused(tmp_path, with_log(files, [*log[:at], silent, *log[at + 1 :]]))


def test_the_notice_of_another_round_or_member_does_not_fit(
    network: Network, ring: Ring, member: Member, files: dict[str, bytes], tmp_path: Path
) -> None:
    other = unpacked(ring[1].call("GET", "/v1/notices/1/evidence").content)
    swapped = files | {"notices/1/notice.jws": other["notices/1/notice.jws"]}
    assert "is not the member's" in refused(tmp_path, resealed(swapped))
    both = files | {"notices/2/notice.jws": files["notices/1/notice.jws"]}
    assert "notices/2/notice.jws is notice 1" in refused(tmp_path, resealed(both))
    none = {name: content for name, content in files.items() if not name.startswith("notices/")}
    assert "it proves nothing" in refused(tmp_path, resealed(none))


def test_a_snapshot_with_another_ceiling_is_found(files: dict[str, bytes], tmp_path: Path) -> None:
    name = "statements/EUR/snapshot.jsonl"
    changed = files | {name: files[name].replace(b'"ceiling":1000', b'"ceiling":2000')}
    assert f"{name} is not what the log says" in refused(tmp_path, resealed(changed))
    assert sha256(files[name]).hexdigest() in files["log.jsonl"].decode()


def test_the_renderings_of_another_release_are_reported_as_not_checked(
    network: Network, files: dict[str, bytes], tmp_path: Path
) -> None:
    keys = network.http.get("/v1/keys").json()
    changed = files | {"notices/1/notice.fr.pdf": b"%PDF"}
    assert "does not render the signed notice" in refused(tmp_path, resealed(changed))
    verdict = verify(tmp_path, resealed(changed, "bizoverbiz 0.0.1"), keys)
    assert verdict.unchecked == [
        "notices/1/notice.fr.pdf: made by bizoverbiz 0.0.1; render notice.jws again to compare"
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not a whole zip"),
        (b"PK\\x03\\x04 nonsense", "not a whole zip"),
        (archive({"a": b""}), "manifest.json is missing"),
        (archive({MANIFEST: b"{}"}), "another form than an engine writes"),
        (archive({MANIFEST: b"[" * 100_000}), "another form than an engine writes"),
        (archive({MANIFEST: b'{"format": "bizoverbiz-evidence/9"}'}), "use the release that made it"),
        (resealed({}), "keys.json is missing"),
        (resealed({"keys.json": b'{"keys": [1]}', "log.jsonl": b""}), "another form than an engine writes"),
        (resealed({"keys.json": b'{"keys": []}', "log.jsonl": b""}), "not written as the engine writes it"),
        (resealed({"keys.json": b'{\n  "keys": []\n}\n', "log.jsonl": b""}), "proves nothing"),
        (archive({str(number): b"" for number in range(1001)}), "larger than any evidence pack"),
    ],
)
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refused(tmp_path, content)


def test_an_archive_with_two_files_of_one_name_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    out = BytesIO(archive(files))
    with zipfile.ZipFile(out, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("keys.json", b"{}")
    assert "two files of one name" in refused(tmp_path, out.getvalue())


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(9):
            with bomb.open(str(number), "w", force_zip64=True) as part:
                for _ in range(128):
                    part.write(bytes(2**20))
    with pytest.raises(EvidenceError, match="larger than any"):
        verify_pack(file)


def test_packs_are_made_and_verified_by_command(
    network: Network, member: Member, packed: bytes, operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "pack.zip"
    operator.ok("evidence", "pack", "1", member.identifier, "--out", str(file))
    assert file.read_bytes() == packed
    assert "no member" in one_line(operator.run("evidence", "pack", "1", SIRENS[4], "--out", str(file)))
    assert operator.run("evidence", "pack", "1", SIRENS[0], "--out", str(tmp_path / "no" / "where")).returncode == 2
    keys = tmp_path / "keys.json"
    keys.write_text(network.http.get("/v1/keys").text)
    del operator.environment["DATABASE_URL"]
    assert "not checked" in operator.ok("evidence", "verify", str(file))
    said = json.loads(operator.ok("evidence", "verify", str(file), "--keys", str(keys), "--json"))
    assert (said["holds"], said["member"], said["unchecked"]) == (True, member.identifier, [])
    file.write_bytes(packed[:-1])
    assert "not a whole zip" in one_line(operator.run("evidence", "verify", str(file)))
    broken = operator.run("evidence", "verify", str(file), "--json")
    assert (broken.returncode, json.loads(broken.stdout)["holds"]) == (1, False)
    assert "cannot be read" in one_line(operator.run("evidence", "verify", str(tmp_path / "none.zip")))


def test_the_readme_says_in_two_languages_how_to_verify(files: dict[str, bytes]) -> None:
    readme = files["README.txt"].decode()
    assert all(len(line) <= 120 for line in readme.splitlines())
    assert "DOSSIER DE PREUVE" in readme
    assert "EVIDENCE PACK" in readme
    assert FORMAT in files[MANIFEST].decode()
