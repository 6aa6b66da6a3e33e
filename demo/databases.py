"""The firms' databases: templates built once from the sources they depend on, and fresh copies of them."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor

from demo.firms import FIRMS, Firm

ROOT = Path(__file__).resolve().parent.parent
#: What the names of our templates begin with; only such databases are ever dropped for being out of date.
TEMPLATES = "bizoverbiz_template_"
#: With sales and purchases, whose orders are set off too.
ADDONS = ("sale", "purchase", "bizoverbiz_network", "bizoverbiz_compensation", "bizoverbiz_prospection")


class BooksError(Exception):
    """A step of the books failed under Odoo; the message has its last words."""


#: The comment on every database made here: on a server of somebody else's, nothing without it is ever dropped.
MARK = f"made by BizOverBiz in {ROOT}"


class Cluster:
    """PostgreSQL, and what is needed to run Odoo and the engine on it.

    The server is the private one of `folder`, with a login for each who works there; or the one that POSTGRES_URL
    names, with one login for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.logs = folder, folder / "log"
        output = self._script("env.sh", str(folder / "postgres"))
        exports = dict(shlex.split(line)[1].split("=", 1) for line in output.splitlines())
        self.private = "PGUSER" not in exports
        variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
        self._server = {name: exports[variable] for name, variable in variables.items() if exports.get(variable)}
        self.engine_url = exports["DATABASE_URL"]
        self.odoo_bin, self.odoo_rc, self.odoo_python = (exports[f"ODOO_{part}"] for part in ("BIN", "RC", "PYTHON"))

    @staticmethod
    def stop(folder: Path) -> None:
        if (folder / "postgres").exists():
            Cluster._script("postgres.sh", "stop", str(folder / "postgres"))

    @staticmethod
    def _script(name: str, *arguments: str) -> str:
        done = subprocess.run([str(ROOT / "scripts" / name), *arguments], capture_output=True, text=True, timeout=180)  # noqa: S603
        if done.returncode:
            raise BooksError(f"scripts/{name} failed: {done.stderr.strip()}")
        return done.stdout

    @contextmanager
    def cursor(self, database: str = "postgres", user: str = "odoo") -> Iterator[cursor]:
        """A cursor that commits by itself; also for CREATE DATABASE, which no transaction may hold."""
        with closing(psycopg2.connect(**{"user": user, **self._server}, dbname=database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cr:
                yield cr

    def exists(self, database: str) -> bool:
        with self.cursor() as cr:
            cr.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            return cr.fetchone() is not None

    def create(self, database: str, template: str = "template0", user: str = "odoo") -> None:
        """Anew: what was there is dropped, whoever is connected to it."""
        with self.cursor(user=user) as cr:
            self._drop(cr, database)
            name, source = sql.Identifier(database), sql.Identifier(template)
            cr.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(name, source))
            cr.execute(sql.SQL("COMMENT ON DATABASE {} IS %s").format(name), [MARK])

    def rename(self, database: str, name: str) -> None:
        """In place of what had that name before."""
        with self.cursor() as cr:
            self._drop(cr, name)
            cr.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name)))

    def drop_others(self, prefix: str, keep: str) -> None:
        """Templates of former sources or days."""
        with self.cursor() as cr:
            cr.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
            for (name,) in cr.fetchall():
                if not name.startswith(keep) and self._ours(cr, name):
                    self._drop(cr, name)

    def _ours(self, cr: cursor, database: str) -> bool:
        """Whether the database may be dropped; one that does not exist may."""
        cr.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database])
        found = cr.fetchone()
        return self.private or found is None or found[0] == MARK

    def _drop(self, cr: cursor, database: str) -> None:
        if not self._ours(cr, database):
            raise BooksError(
                f"the server that POSTGRES_URL names has a database {database} that was not made from this folder; "
                "it is left alone: rename it, or use another server"
            )
        cr.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def digest(paths: Iterable[Path], *more: str) -> str:
    """Ten hexadecimal digits over the files' names and contents."""
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return total.hexdigest()[:10]


def _addon_sources() -> list[Path]:
    kinds = {".py", ".xml", ".csv", ".sql", ".po", ".js", ".scss"}
    return [path for path in (ROOT / "addons").rglob("*") if path.suffix in kinds and "tests" not in path.parts]


def plain_template(cluster: Cluster, show: Callable[[str], None] = print) -> str:
    """The name of the empty French database without our addons; builds it if what it is made from has changed."""
    sources = [ROOT / "demo/books/template.py", ROOT / "demo/books/session.py"]
    name = f"{TEMPLATES}plain_{digest(sources, (ROOT / '.odoo/.stamp').read_text())}"
    return _template(cluster, name, "template0", ["template"], show)


def base_template(cluster: Cluster, show: Callable[[str], None] = print) -> str:
    """The name of the empty French database with all addons installed; builds it if the sources have changed."""
    plain = plain_template(cluster, show)
    name = f"{TEMPLATES}base_{digest(_addon_sources(), plain)}"
    return _template(cluster, name, plain, ["install", *ADDONS], show)


def _template(cluster: Cluster, name: str, source: str, command: list[str], show: Callable[[str], None]) -> str:
    if not cluster.exists(name):
        building = f"building_{name}"
        cluster.create(building, source)
        run_books(cluster, [[*command, f"--db={building}"]], show)
        cluster.rename(building, name)
        cluster.drop_others(name.rpartition("_")[0] + "_", keep=name)
    return name


class Books:
    """The six firms' books as of `today`, kept as templates; `folder` holds the sent invoices and the users' keys."""

    def __init__(self, cluster: Cluster, base: str, today: date) -> None:
        sources = [*(ROOT / "demo/books").glob("*.py"), ROOT / "demo/firms.py", ROOT / "demo/scenario.py"]
        self.cluster, self.base, self.today = cluster, base, today
        self.name = f"{TEMPLATES}books_{digest(sources, base, today.isoformat())}"
        self.folder = cluster.folder / "books" / self.name

    def ready(self) -> bool:
        return all(self.cluster.exists(f"{self.name}_{firm.key}") for firm in FIRMS) and self.folder.exists()

    def build(self, show: Callable[[str], None]) -> None:
        """As many processes as there are processors; each keeps some firms' books and sends to the others."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for firm in FIRMS:
            self.cluster.create(f"building_{firm.key}", self.base)
        workers = min(3, os.cpu_count() or 1)
        shares = [[firm.key for firm in FIRMS[start::workers]] for start in range(workers)]
        arguments = ["keep", "--prefix=building_", f"--today={self.today}", f"--folder={self.folder}"]
        run_books(self.cluster, [[*arguments, *share] for share in shares], show)
        for firm in FIRMS:
            self.cluster.rename(f"building_{firm.key}", f"{self.name}_{firm.key}")
        self.cluster.drop_others(f"{TEMPLATES}books_", keep=self.name)

    def keys(self, firm: Firm) -> dict[str, str]:
        """The API keys of the firm's `admin` and `accountant`."""
        return json.loads((self.folder / f"keys-{firm.key}.json").read_text())

    def copy(self, odoo_url: str) -> None:
        """A fresh database for each firm, each with an identity of its own."""
        for firm in FIRMS:
            self.cluster.create(firm.database, f"{self.name}_{firm.key}")
            with self.cluster.cursor(firm.database) as cr:
                for key, value in (
                    ("database.uuid", str(uuid.uuid4())),
                    ("database.secret", str(uuid.uuid4())),
                    ("web.base.url", odoo_url),
                ):
                    cr.execute("UPDATE ir_config_parameter SET value = %s WHERE key = %s", [value, key])


def run_books(cluster: Cluster, commands: list[list[str]], show: Callable[[str], None]) -> None:
    """Runs `demo.books` under Odoo's Python, once a command and all at the same time; one failing ends them all.

    Raises BooksError with the failed one's last words.
    """
    cluster.logs.mkdir(parents=True, exist_ok=True)
    running = []
    for index, command in enumerate(commands):
        log, errors = cluster.logs / f"books-{index}.log", cluster.logs / f"books-{index}.err"
        with errors.open("w") as stderr:
            python = [cluster.odoo_python, "-m", "demo.books", f"--rc={cluster.odoo_rc}", f"--log={log}"]
            process = subprocess.Popen([*python, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, text=True)  # noqa: S603
        running.append((process, errors))
    try:
        with ThreadPoolExecutor(len(running)) as pool:
            for done in as_completed([pool.submit(_follow, process, errors, show) for process, errors in running]):
                if failure := done.exception():
                    for process, _ in running:
                        process.kill()
                    raise failure
    finally:
        for process, _ in running:
            process.kill()
            process.wait()


def _follow(process: subprocess.Popen[str], errors: Path, show: Callable[[str], None]) -> None:
    with process:
        for line in process.stdout or ():
            show(line.strip())
    if process.returncode:
        step, reason = " ".join(process.args[5:]), errors.read_text().strip()[-2000:]
        raise BooksError(f"{step} failed: {reason}\nsee {errors.parent}")
