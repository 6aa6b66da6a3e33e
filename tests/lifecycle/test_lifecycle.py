"""One firm's books through an update from the first release, an uninstallation and a new installation."""

import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

from demo.databases import ROOT, Cluster, plain_template

#: The last commit of the first release, 19.0.1.0.0.
FIRST_RELEASE = "81760e51a6b44bb7c7d56b422950d30d384547d8"
SET_OFF = [["401100", "Quincaillerie Roux", 300.0, True], ["411100", "Bois du Forez", -300.0, False]]


@pytest.fixture(scope="module")
def folder():
    # `make test` has one folder for all parts: the template is built once.
    if kept := os.environ.get("BIZOVERBIZ_E2E_FOLDER"):
        yield Path(kept).resolve()
        return
    # Not pytest's tmp_path: PostgreSQL started by root may run as somebody who cannot enter that.
    with tempfile.TemporaryDirectory(prefix="bizoverbiz-lifecycle-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            Cluster.stop(folder)


@pytest.fixture(scope="module")
def seen(folder):
    """What the books say after each stage; the stages build on one another."""
    cluster = Cluster(folder)
    cluster.create("lifecycle", plain_template(cluster))
    first = _first_release(folder / "first-release")
    memory = folder / "lifecycle-memory.json"
    memory.unlink(missing_ok=True)

    def go(addons, *steps):
        command = [cluster.odoo_python, "-m", "tests.lifecycle.steps", f"--rc={cluster.odoo_rc}", "--db=lifecycle"]
        command += [f"--addons={addons}", f"--memory={memory}", *steps, "look"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])

    new = ROOT / "addons"
    return {
        "first": go(first, "install", "book"),
        "updated": go(new, "update", "exchange"),
        "extended": go(new, "extend"),
        "committed": go(new, "commit"),
        "uninstalled": go(new, "uninstall"),
        "installed again": go(new, "install", "extend", "rejoin"),
    }


def _first_release(folder):
    asked = ["git", "archive", FIRST_RELEASE, "addons"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"the first release cannot be had from this copy of the repository: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "addons"


def _books(stage):
    entries = [{name: value for name, value in entry.items() if name != "vouchers"} for entry in stage["entries"]]
    about_addons = ("notices", "writes to partners", "addons", "collected")
    return {**stage, "entries": entries, **dict.fromkeys(about_addons)}


def test_the_first_release_booked_the_notice(seen):
    [entry] = seen["first"]["entries"]
    assert [entry["state"], entry["lines"]] == ["posted", SET_OFF]
    assert seen["first"]["open"] == {"Bois du Forez": 200.0, "Quincaillerie Roux": 0.0}


def test_an_update_keeps_the_books_and_ties_each_line_of_the_notice_to_its_journal_item(seen):
    assert _books(seen["updated"]) == _books(seen["first"])
    entry = seen["updated"]["entries"][0]
    assert entry["vouchers"] == 1
    assert seen["updated"]["notices"] == [{"state": "acknowledged", "entry": entry["name"], "tied": 2}]


def test_an_update_writes_to_nobodys_customers_before_somebody_says_so(seen):
    assert seen["updated"]["writes to partners"] == [False]
    assert seen["installed again"]["writes to partners"] == [True]


def test_addons_of_later_releases_are_added_to_the_books_and_count_what_was_set_off_before(seen):
    assert _books(seen["extended"]) == _books(seen["first"])
    assert len(seen["extended"]["addons"]) == 5
    assert seen["extended"]["collected"] == [["Bois du Forez", 300.0]]


def test_what_is_set_off_of_orders_is_booked_as_deposits(seen):
    first, second = seen["committed"]["entries"]
    assert first == seen["updated"]["entries"][0]
    assert second["lines"] == [
        ["409100", "Quincaillerie Roux", 3000.0, False],
        ["411100", "Bois du Forez", -3000.0, True],
    ]
    assert seen["committed"]["collected"] == [["Bois du Forez", 300.0], ["Bois du Forez", 3000.0]]


def test_uninstalling_all_addons_leaves_the_books_and_the_vouchers(seen):
    assert seen["uninstalled"]["addons"] == seen["uninstalled"]["left behind"] == []
    assert seen["uninstalled"]["entries"] == seen["committed"]["entries"]
    assert _books(seen["uninstalled"]) == _books(seen["committed"])


def test_installed_again_the_notices_are_recognised_and_not_booked_twice(seen):
    assert _books(seen["installed again"]) == _books(seen["committed"])
    entries = [entry["name"] for entry in seen["installed again"]["entries"]]
    assert seen["installed again"]["notices"] == [{"state": "booked", "entry": name, "tied": 2} for name in entries]
    assert seen["installed again"]["collected"] == seen["committed"]["collected"]
