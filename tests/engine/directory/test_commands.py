"""The operator's commands of the directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.client import Member
from engine.conftest import SIRENS, Network
from engine.test_cli import Operator, operator
from engine.test_directory import publish

__all__ = ["operator"]


def test_what_is_generated_can_be_loaded_and_searched(operator: Operator, network: Network, tmp_path: Path) -> None:
    own: Member = network.member(SIRENS[0])
    publish(own, sells="Poteries")
    file = tmp_path / "profiles.jsonl"
    operator.ok("generate", "--profiles", "--firms", "300", "--seed", "7", "--out", str(file))
    lines = file.read_text(encoding="utf-8").splitlines()
    published = sum(json.loads(line)["published"] for line in lines)
    assert (len(lines), len({json.loads(line)["siren"] for line in lines})) == (300, 300)
    told = json.loads(operator.ok("directory", "load", str(file), "--json"))
    assert (told["published"], told["removed"], told["refused"]) == (published, 300 - published, 0)

    def search(*options: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(operator.ok("directory", "search", "--json", *options))
        return found

    hits = search("--direction", "suppliers", "--keywords", "transport", "--limit", "200")
    assert hits
    assert set(hits[0]) == {"siren", "name", "score", "reasons", "distance_km", "potential"}
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    near = search("--direction", "suppliers", "--commune", "75056", "--radius", "20")
    assert near
    assert all(hit["distance_km"] is not None for hit in near[:3])
    assert search("--direction", "suppliers", "--naf", "49") != search("--direction", "suppliers", "--region", "53")
    assert [hit["siren"] for hit in search("--direction", "suppliers", "--keywords", "poterie")] == [own.identifier]
    assert search("--direction", "suppliers", "--keywords", "poterie", "--member", own.identifier) == []
    assert "poterie" in operator.ok("directory", "search", "--direction", "suppliers", "--keywords", "poterie")


def test_a_member_that_speaks_for_itself_is_left_as_it_wants_to_be(
    operator: Operator, network: Network, tmp_path: Path
) -> None:
    a, b = network.member(SIRENS[0]), network.member(SIRENS[1])
    publish(a, sells="Poteries")
    publish(b, sells="Poteries")
    b.call("DELETE", "/v1/profile?edited_by=claire")
    file = tmp_path / "profiles.jsonl"
    said = {"sells": "Céramiques", "published": True}
    firms = [{"siren": siren, "name": "X"} | said for siren in (a.identifier, b.identifier, SIRENS[2])]
    file.write_text("".join(json.dumps(firm) + "\n" for firm in firms) + "{\n", encoding="utf-8")
    done = operator.run("directory", "load", str(file))
    assert (done.returncode, "line 4" in done.stdout) == (2, True)
    asker = network.member(SIRENS[3])
    hits = asker.get("/v1/directory", direction="suppliers", keywords="ceramique")["hits"]
    assert [(hit["identifier"], hit["member"]) for hit in hits] == [(SIRENS[2], False), (a.identifier, True)]
    # A firm that the operator has put there speaks for itself once it has joined.
    publish(network.member(SIRENS[2]), sells="Tuiles")
    assert asker.get("/v1/directory", direction="suppliers", keywords="tuile")["hits"][0]["member"] is True


def test_wrong_usage_and_wrong_input_end_with_status_2(operator: Operator, tmp_path: Path) -> None:
    search = ("directory", "search", "--direction", "suppliers")
    for arguments, reason in (
        ((*search,), "nothing is looked for"),
        ((*search, "--commune", "99999"), "no commune"),
        ((*search, "--radius", "5", "--keywords", "x"), "counted from a commune"),
        ((*search, "--naf", "99.99Z"), "no 99.99Z"),
        ((*search, "--keywords", "x", "--naf-version", "rev3"), "no version"),
        (("directory", "load", str(tmp_path / "nowhere")), "cannot be read"),
        (("generate", "--profiles", "--firms", "5", "--seed", "1", "--obligations", "5"), "no obligations"),
        (("generate", "--firms", "5", "--seed", "1"), "how many --obligations"),
    ):
        done = operator.run(*arguments)
        assert (done.returncode, reason in " ".join(done.stderr.split())) == (2, True), done.stderr
