"""The images and the compose file fit the commands and the set-up there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from bizoverbiz.cli.application import app

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
IMAGES = ("engine", "odoo", "postgresql")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return found


def dockerfile(name: str) -> list[str]:
    """Its instructions, one a line."""
    text = (DOCKER / f"{name}.Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()


def test_the_compose_file_has_the_engine_its_worker_a_database_and_odoo(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgresql", "upgrade", "engine", "worker", "odoo"}


def test_every_image_is_built_from_our_dockerfiles(compose: dict[str, Any]) -> None:
    built = {service["build"]["dockerfile"] for service in compose["services"].values()}
    assert built == {f"docker/{name}.Dockerfile" for name in IMAGES}
    for service in compose["services"].values():
        assert (DOCKER / service["build"]["context"]).resolve() == ROOT
        assert (ROOT / service["build"]["dockerfile"]).exists()


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_debian_with_a_health_check_and_a_user_of_its_own(name: str) -> None:
    lines = dockerfile(name)
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"debian:12-slim"}
    assert any(line.startswith("HEALTHCHECK ") for line in lines)
    (user,) = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert int(user.split(":")[0]) >= 10000
    after = lines[lines.index(f"USER {user}") :]
    assert not any(line.startswith("RUN ") for line in after)


@pytest.mark.parametrize(("name", "part"), [("engine", "service"), ("odoo", "odoo")])
def test_an_image_is_set_up_by_the_script_that_sets_up_a_checkout(name: str, part: str) -> None:
    assert any(line.startswith("RUN ") and f"scripts/setup.sh {part}" in line for line in dockerfile(name))
    assert re.search(rf"^    {part}\) setup_{part} ;;$", (ROOT / "scripts/setup.sh").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", IMAGES)
def test_what_an_image_copies_is_there_and_let_through(name: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in dockerfile(name):
        if line.startswith("COPY ") and "--from=" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists()
                assert f"!{source}" in ignored or (source.endswith(".sh") and "!docker/*.sh" in ignored)


@pytest.mark.parametrize("name", ["upgrade", "engine", "worker"])
def test_the_commands_in_the_compose_file_are_commands_of_the_engine(compose: dict[str, Any], name: str) -> None:
    assert 'ENTRYPOINT ["bizoverbiz"]' in dockerfile("engine")
    command: Any = typer.main.get_command(app)
    words = list(compose["services"][name]["command"])
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    context = command.make_context(command.name, words)
    assert context.args == []


def test_secrets_come_as_files_and_stand_in_no_environment(compose: dict[str, Any]) -> None:
    assert all(set(secret) == {"file"} for secret in compose["secrets"].values())
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert not any(re.search("PASSWORD$|SECRET$|DATABASE_URL", name) for name in service.get("environment", ()))


def test_only_the_worker_can_read_the_signing_key(compose: dict[str, Any]) -> None:
    holding = {name for name, service in compose["services"].items() if "signing-key" in str(service.get("volumes"))}
    assert holding == {"worker"}


def test_nothing_is_published_beyond_loopback(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert sorted(published) == ["127.0.0.1:8069:8069", "127.0.0.1:8070:8070"]
