"""An Odoo environment on one database, in this process and without HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


def configure(rc: str, databases: str, logfile: str) -> None:
    config.parse_config(["-c", rc, "-d", databases, "--no-http", f"--logfile={logfile}", "--max-cron-threads=0"])
    odoo.modules.module.initialize_sys_path()


@contextmanager
def environment(database: str) -> Iterator[api.Environment]:
    """Commits at the end, or rolls back if the block raises."""
    with Registry(database).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {"lang": "fr_FR", "tz": "Europe/Paris"})
