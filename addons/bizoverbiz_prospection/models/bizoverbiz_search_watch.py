from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError
from odoo.tools import hmac

TEMPLATE = "bizoverbiz_prospection.mail_template_new_firms"


# pylint: disable=consider-merging-classes-inherited; searching and watching are long enough for a file each
class BizoverbizSearch(models.Model):
    """A search that is made again by itself, and whoever saved it told of the firms that are new."""

    _inherit = "bizoverbiz.search"

    frequency = fields.Selection(
        [("daily", "Every day"), ("weekly", "Every week"), ("monthly", "Every month")], default="weekly", required=True
    )
    next_run = fields.Date("Next Search", readonly=True, copy=False)
    seen_identifiers = fields.Json(readonly=True, copy=False, help="Firms that have been shown or announced already.")
    announced_count = fields.Integer("Announced", readonly=True, copy=False, help="New firms announced by e-mail.")
    page_url = fields.Char(compute="_compute_page_url")

    def action_watch(self):
        """Save the search: from now on new firms are announced by e-mail."""
        self.ensure_one()
        self._check_may_search()
        if not self.user_id.email:
            raise UserError(
                self.env._("%s has no e-mail address: enter one in the user's preferences first.", self.user_id.name)
            )
        if not self.last_run:
            self._run()
        self.sudo().write(
            {
                "is_watched": True,
                "next_run": self._next_day(),
                "seen_identifiers": sorted(set(self.hit_ids.mapped("identifier"))),
            }
        )

    def action_unwatch(self):
        self.check_access("write")
        self.sudo()._stop_watching()

    def _stop_watching(self):
        self.write({"is_watched": False, "next_run": False})

    def _next_day(self):
        steps = {"daily": {"days": 1}, "weekly": {"weeks": 1}, "monthly": {"months": 1}}
        return fields.Date.context_today(self) + relativedelta(**steps[self.frequency])

    def write(self, vals):
        result = super().write(vals)
        if "frequency" in vals:
            for search in self.sudo().filtered("is_watched"):
                search.next_run = search._next_day()
        return result

    @api.model
    def _cron_watch(self):
        """Make the searches that are due again; whatever happens to one, the others have their turn."""
        due = self.sudo().search([("is_watched", "=", True), ("next_run", "<=", fields.Date.today())])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for search in due.try_lock_for_update(allow_referencing=True):
            search.with_context(lang=search.user_id.lang).with_company(search.company_id)._announce_new()
            if not cron._commit_progress(1):
                break

    def _announce_new(self):
        """Search, and write to whoever saved the search if firms were found that were never shown before."""
        self.ensure_one()
        self.next_run = self._next_day()
        membership = self.company_id.bizoverbiz_membership_id
        if not self.user_id.active or not membership._is_live():
            return
        try:
            with self.env.cr.savepoint():
                hits = self._run()
        except (EngineUnavailable, EngineRefused, UserError) as error:
            self.write({"last_error": str(error), "next_run": fields.Date.today() + relativedelta(days=1)})
            return
        seen = set(self.seen_identifiers or ())
        # Who is a partner or a lead already is no news.
        new = hits.filtered(lambda hit: hit.identifier not in seen and hit.known_as == "new")
        self.seen_identifiers = sorted(seen | set(hits.mapped("identifier")))
        if new:
            self._send_message(new)

    def _send_message(self, new):
        new.is_new = True
        (self.hit_ids - new).filtered("is_new").is_new = False
        self.announced_count += len(new)
        self.env.ref(TEMPLATE).sudo().send_mail(
            self.id,
            email_values={
                "headers": repr(
                    {
                        "List-Unsubscribe": f"<{self.page_url}/stop>",
                        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    }
                )
            },
        )

    def _compute_page_url(self):
        for search in self:
            search.page_url = (
                search.id and f"{search.get_base_url()}/bizoverbiz/search/{search.id}/{search._page_token()}"
            )

    def _page_token(self):
        """What proves that somebody has the e-mail; made from the database's secret, kept nowhere."""
        self.ensure_one()
        return hmac(self.env(su=True), "bizoverbiz-search", (self.id, self.user_id.id))
