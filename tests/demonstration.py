"""The demonstration as tests run it, and an Odoo on the same machine that is none of its six firms."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stdnum import luhn

from demo.firms import BY_KEY
from demo.odoo_client import Odoo
from demo.run import Demo, run
from demo.stack import Stack

#: The SIREN of a firm that is none of the six; like theirs, it belongs to nobody.
NEWCOMER = f"00029015{luhn.calc_check_digit('00029015')}"


@contextmanager
def running() -> Iterator[Demo]:
    """One run of the whole demonstration, in a folder of its own; what its logs end with, if it fails."""
    # A developer's own folder keeps the templates, which take half of the time.
    kept = os.environ.get("BIZOVERBIZ_E2E_FOLDER")
    # Not pytest's tmp_path: PostgreSQL started by root may run as somebody who cannot enter that.
    folder = Path(kept or tempfile.mkdtemp(prefix="bizoverbiz-e2e-")).resolve()
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    try:
        yield run(folder)
    except BaseException:
        for log in sorted(folder.glob("log/*.log")):
            print(f"--- the end of {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-30:]))
        raise
    finally:
        Stack.stop(folder)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def stranger(demo: Demo, database: str) -> Odoo:
    """A copy of a firm's database, taken before it joined: the administrator of a seventh Odoo."""
    demo.stack.cluster.create(database, f"{demo.books.name}_elan")
    with demo.stack.cluster.cursor(database) as cr:
        cr.execute("UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid'")
    return Odoo(demo.stack.odoo_url, database, demo.books.keys(BY_KEY["elan"])["admin"])


def become_newcomer(demo: Demo, odoo: Odoo) -> Odoo:
    """Somebody's own Odoo on this machine, with a firm that is none of the six."""
    (company,) = odoo.search_read("res.company", [], ["name"])
    own = {"name": "Verrerie du Layon", "company_registry": NEWCOMER, "vat": False}
    odoo.call("res.company", "write", [company["id"]], vals=own)
    address = f"http://127.0.0.1:{demo.stack.doorman_port}"
    odoo.call("ir.config_parameter", "set_param", key="bizoverbiz_network.demonstration_url", value=address)
    return odoo
