"""An Odoo and a PostgreSQL one has already: named in the environment, checked, and treated as somebody else's."""

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

from demo.databases import ROOT, BooksError, Cluster


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL that stands for one's own: its socket's folder. It has a database whose name is one of ours."""
    with tempfile.TemporaryDirectory(prefix="bizoverbiz-own-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        script, server = str(ROOT / "scripts/postgres.sh"), str(folder / "postgres")
        socket = subprocess.run([script, "start", server], capture_output=True, text=True, check=True).stdout.strip()
        connection = psycopg2.connect(host=socket, user="odoo", dbname="postgres")
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE addons_test")
        connection.close()
        yield socket
        subprocess.run([script, "stop", server], check=True)


def url(server, login="odoo"):
    return f"postgresql://{login}@/postgres?host={quote(server, safe='')}"


@pytest.fixture
def cluster(server, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", url(server))
    return Cluster(tmp_path)


def test_a_database_of_somebody_elses_is_never_dropped_whatever_its_name(cluster):
    for spoil in (cluster.create, lambda name: cluster.rename("postgres", name)):
        with pytest.raises(BooksError, match="addons_test that was not made from this folder; it is left alone"):
            spoil("addons_test")
    cluster.drop_others("addons_", keep="nothing")
    assert cluster.exists("addons_test")


def test_what_was_made_from_this_folder_is_made_anew_and_cleared_away(cluster):
    for _again in range(2):
        cluster.create("bizoverbiz_template_old")
    cluster.rename("bizoverbiz_template_old", "bizoverbiz_template_new")
    cluster.drop_others("bizoverbiz_template_", keep="bizoverbiz_template_newer")
    assert not cluster.exists("bizoverbiz_template_new")


def test_odoo_and_engine_are_told_the_server_with_one_login(cluster, server, tmp_path):
    assert not cluster.private
    settings = (tmp_path / "odoo.conf").read_text()
    assert f"db_host = {server}\n" in settings
    assert "db_user = odoo\n" in settings
    assert "db_password" not in settings
    assert cluster.engine_url == f"postgresql://odoo@/bizoverbiz?host={quote(server, safe='')}"
    with cluster.cursor(user="postgres") as cr:
        cr.execute("SELECT current_user")
        assert cr.fetchone() == ("odoo",)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql:///postgres", "has to name a login and a host"),
        ("postgresql://postgres@127.0.0.1/postgres", "Odoo refuses to work as postgres"),
        ("postgresql://nobody@127.0.0.1:1/postgres", "does not let nobody in"),
    ],
)
def test_a_server_that_cannot_serve_is_told_with_the_way_out(address, words, tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_URL", address)
    with pytest.raises(BooksError, match=words):
        Cluster(tmp_path)


def test_an_odoo_that_is_none_or_another_one_is_refused_and_nothing_is_changed(tmp_path):
    other = tmp_path / "18"
    (other / "odoo").mkdir(parents=True)
    (other / "odoo/release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    stamp = (ROOT / ".odoo/.stamp").read_bytes()
    for home, words in (
        (tmp_path / "nowhere", "is no folder"),
        (tmp_path, "has no odoo/release.py"),
        (other, "is not Odoo 19: version_info = (18,"),
    ):
        done = subprocess.run(
            [str(ROOT / "scripts/setup.sh"), "odoo"],
            env={**os.environ, "ODOO_HOME": str(home)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 1
        assert words in done.stderr
    assert (ROOT / ".odoo/.stamp").read_bytes() == stamp
