"""Builds one template, or the books of some of the firms; a failure ends with status 1 and its reason."""

import argparse
import sys
from datetime import date
from pathlib import Path

from demo.books import company, purchases, sales, session, template
from demo.firms import BY_KEY


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.books", description=__doc__)
    parser.add_argument("--rc", required=True, help="Odoo's configuration file")
    parser.add_argument("--log", required=True, help="where Odoo's log goes")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("template")
    build.add_argument("--db", required=True)
    install = commands.add_parser("install")
    install.add_argument("--db", required=True)
    install.add_argument("modules", nargs="+", help="our addons, or Odoo's modules beside those of the template")
    keep = commands.add_parser("keep", help="one process may keep several firms' books; all firms' must run together")
    keep.add_argument("--prefix", required=True, help="a firm's database is this and its key")
    keep.add_argument("--today", type=date.fromisoformat, required=True)
    keep.add_argument("--folder", type=Path, required=True, help="for the invoices sent and the users' keys")
    keep.add_argument("firms", nargs="+", choices=sorted(BY_KEY))
    options = parser.parse_args()
    if options.command == "template":
        session.configure(options.rc, options.db, options.log)
        template.build(options.db)
    elif options.command == "install":
        session.configure(options.rc, options.db, options.log)
        template.install(options.db, options.modules)
    else:
        databases = {BY_KEY[key]: f"{options.prefix}{key}" for key in options.firms}
        session.configure(options.rc, ",".join(databases.values()), options.log)
        keep_books(databases, options.today, options.folder)
    return 0


def keep_books(databases, today: date, folder: Path) -> None:
    """First all sales, then all purchases, which wait for the other firms' sales; says what is done, line by line."""
    for firm, database in databases.items():
        with session.environment(database) as env:
            company.set_up(env, firm, folder)
            count = sales.post(env, firm, today, folder)
        print(f"{firm.name}: {count} invoices posted and sent", flush=True)
    for firm, database in databases.items():
        with session.environment(database) as env:
            count = purchases.record(env, firm, today, folder)
        print(f"{firm.name}: {count} bills imported and posted", flush=True)


if __name__ == "__main__":
    sys.exit(main())
