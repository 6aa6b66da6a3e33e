"""One step of the books on one database; a failure ends with status 1 and one line of reason."""

import argparse
import sys
from datetime import date
from pathlib import Path

from demo.books import company, purchases, sales, session, template
from demo.firms import BY_KEY


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.books", description=__doc__)
    parser.add_argument("step", choices=["template", "sell", "buy"])
    parser.add_argument("--rc", required=True, help="Odoo's configuration file")
    parser.add_argument("--log", required=True, help="where Odoo's log goes")
    parser.add_argument("--db", required=True)
    parser.add_argument("--addons", default="", help="template: our addons to install, separated by commas")
    parser.add_argument("--firm", choices=sorted(BY_KEY))
    parser.add_argument("--today", type=date.fromisoformat)
    parser.add_argument("--folder", type=Path, help="where the invoices' XML, the numbers and the keys are kept")
    options = parser.parse_args()
    session.configure(options.rc, options.db, options.log)
    if options.step == "template":
        template.build(options.db, [name for name in options.addons.split(",") if name])
        return 0
    firm = BY_KEY[options.firm]
    with session.environment(options.db) as env:
        if options.step == "sell":
            company.set_up(env, firm, options.folder)
            sales.post(env, firm, options.today, options.folder)
        else:
            purchases.record(env, firm, options.today, options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
