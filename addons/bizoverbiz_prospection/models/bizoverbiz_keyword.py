from odoo import fields, models


class BizoverbizKeyword(models.Model):
    """A word for something sold or bought, offered again wherever keywords are typed."""

    _name = "bizoverbiz.keyword"
    _description = "Directory Keyword"
    _order = "name"

    name = fields.Char("Keyword", required=True, size=80)

    _name_uniq = models.Constraint("unique (name)", "This keyword exists already.")
