"""Odoo's own tests, with our addons and without: the lists of results must be the same."""
