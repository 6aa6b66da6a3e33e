import json
import re
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

#: Written by publishing, withdrawing and exchanging only.
GUARDED_FIELDS = frozenset(
    {
        "company_id",
        "state",
        "published_content",
        "published_etag",
        "published_at",
        "published_by",
        "withdrawal_pending",
        "found_count",
    }
    | {"found_since", "appearance_ids", "appearances_at", "last_error"}
)
MANAGER = "sales_team.group_sale_manager"
MAX_TEXT, MAX_KEYWORDS = 2000, 50
NAF_PATTERN = re.compile(r"\d{2}(\.\d{1,2}[A-Z]?)?")


class BizoverbizProfile(models.Model):
    """What a firm tells other members it sells and buys. Nothing of it leaves the database before it is published."""

    _name = "bizoverbiz.profile"
    _description = "Directory Profile"
    _inherit = ["mail.thread"]
    _mail_post_access = "read"
    _rec_name = "company_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(
        [("draft", "Not published"), ("published", "Published"), ("withdrawn", "Withdrawn")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    sells = fields.Text("What You Sell", help="In your own words; found word by word.")
    buys = fields.Text("What You Buy", help="In your own words; found word by word.")
    sells_keyword_ids = fields.Many2many(
        "bizoverbiz.keyword", "bizoverbiz_profile_sells_keyword_rel", string="Sold: Keywords"
    )
    buys_keyword_ids = fields.Many2many(
        "bizoverbiz.keyword", "bizoverbiz_profile_buys_keyword_rel", string="Bought: Keywords"
    )
    category_ids = fields.Many2many("product.category", string="Product Categories")
    naf = fields.Char("NAF Code", help="Activity code of the INSEE, such as 46.74A.")
    naf_version = fields.Selection([("rev2", "NAF rev. 2"), ("2025", "NAF 2025")], default="rev2", required=True)
    commune_id = fields.Many2one(
        "bizoverbiz.territory", domain=[("kind", "=", "commune")], help="Where the firm sits.", ondelete="restrict"
    )
    area_ids = fields.One2many(
        "bizoverbiz.profile.area", "profile_id", string="Areas Served", help="None: you serve everywhere."
    )
    language_ids = fields.Many2many("res.lang", string="Languages", context={"active_test": False})
    contact_id = fields.Many2one("res.partner", help="Whose name, e-mail and telephone are given to those you allow.")
    show_contact = fields.Selection(
        [
            ("nobody", "Nobody"),
            ("on-request", "Members whose request you accept"),
            ("everybody", "Every member that finds you"),
        ],
        string="Contact Shown To",
        default="on-request",
        required=True,
    )
    published_content = fields.Json(readonly=True, copy=False)
    published_etag = fields.Char(readonly=True, copy=False, help="The version that the engine has of it.")
    published_at = fields.Datetime(readonly=True, copy=False)
    published_by = fields.Many2one("res.users", readonly=True, copy=False)
    has_changes = fields.Boolean("Changed Since", compute="_compute_has_changes")
    content_version = fields.Char(
        compute="_compute_has_changes", help="Tells whether what is published is what was read before."
    )
    withdrawal_pending = fields.Boolean(readonly=True, copy=False)
    found_count = fields.Integer("Times Found", readonly=True, copy=False)
    found_since = fields.Date(readonly=True, copy=False)
    appearance_ids = fields.One2many("bizoverbiz.profile.appearance", "profile_id", readonly=True)
    appearances_at = fields.Datetime(readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)

    _company_uniq = models.Constraint("unique (company_id)", "A firm has one profile only.")

    @api.depends(
        *("state", "published_content", "sells", "buys", "sells_keyword_ids.name", "buys_keyword_ids.name"),
        *("category_ids.name", "naf", "naf_version", "commune_id", "area_ids.territory_id", "area_ids.radius_km"),
        *("language_ids", "contact_id.name", "contact_id.email", "contact_id.phone", "show_contact"),
        "company_id.name",
    )
    def _compute_has_changes(self):
        for profile in self:
            content = profile._prepare_content()
            # Published by an earlier release, it said no name; the engine has the one the firm joined with.
            published = {"name": content["name"], **(profile.published_content or {})}
            profile.has_changes = profile.state == "published" and content != published
            profile.content_version = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    @api.constrains("sells", "buys", "sells_keyword_ids", "buys_keyword_ids")
    def _check_length(self):
        for profile in self:
            for name in ("sells", "buys"):
                label = profile._fields[name]._description_string(self.env)
                if len(profile[name] or "") > MAX_TEXT:
                    raise ValidationError(self.env._("“%s” is longer than 2,000 characters: shorten it.", label))
                if len(profile[f"{name}_keyword_ids"]) > MAX_KEYWORDS:
                    raise ValidationError(self.env._("“%s” has more than 50 keywords: remove some.", label))

    @api.constrains("naf")
    def _check_naf(self):
        for profile in self:
            if profile.naf and not NAF_PATTERN.fullmatch(profile.naf):
                raise ValidationError(
                    self.env._("%s is no NAF code: it is written like 46.74A, or the beginning of one.", profile.naf)
                )

    @api.onchange("naf")
    def _onchange_naf(self):
        """4674A, as registers print it, is 46.74A."""
        if self.naf:
            compact = self.naf.replace(".", "").replace(" ", "").upper()
            self.naf = compact[:2] + ("." + compact[2:] if compact[2:] else "")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_guarded(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_guarded(vals)
        return super().write(vals)

    def _check_guarded(self, vals):
        if not self.env.su and (names := sorted(GUARDED_FIELDS & vals.keys())):
            raise AccessError(
                self.env._("%s cannot be written by hand: publishing and withdrawing does.", ", ".join(names))
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_published(self):
        if any(profile.state == "published" or profile.withdrawal_pending for profile in self):
            raise UserError(self.env._("The profile is published: withdraw it before it is deleted."))

    @api.model
    def action_open(self):
        """The firm's profile, made and filled at the first look; nothing of it is published by that."""
        self.env["bizoverbiz.membership"]._check_group(MANAGER)
        company = self.env.company.root_id
        profile = self.sudo().search([("company_id", "=", company.id)])
        if not profile:
            profile = self.sudo().create({"company_id": company.id})
            profile._prefill()
        action = self.env["ir.actions.act_window"]._for_xml_id("bizoverbiz_prospection.bizoverbiz_profile_action")
        return {**action, "res_id": profile.id}

    def _membership(self):
        self.ensure_one()
        return self.env["bizoverbiz.membership"]._of_company(self.company_id)

    def _managers(self):
        """Who may speak for the firm in the directory: sales administrators that work for it."""
        users = self.env.ref(MANAGER).sudo().all_user_ids
        return users.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids.root_id
        )
