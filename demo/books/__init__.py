"""The firms' books, written through Odoo's own models; runs under Odoo's Python.

`python -m demo.books COMMAND …` is started by `demo.databases`, one process a database.
"""
