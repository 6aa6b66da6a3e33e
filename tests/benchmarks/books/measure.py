"""Runs under Odoo's Python: `… measure RC DATABASE`, the task as JSON on standard input; prints the figures."""

import json
import sys

from demo.books import session


def main() -> int:
    rc, database = sys.argv[1:]
    task = json.load(sys.stdin)
    session.configure(rc, database, f"{rc}.bench.log")
    from . import booking, declaring  # from here on Odoo knows where the addons are

    figures = {}
    with session.environment(database) as env:
        for part in (declaring, booking):
            figures[part.NAME] = part.measured(env, task)
            env.cr.commit()
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
