"""The addons on large books, against a real engine; `make bench-odoo` runs it.

`__main__` prepares PostgreSQL, the engine and a database, and writes the page; `measure` runs under Odoo's Python.
"""
