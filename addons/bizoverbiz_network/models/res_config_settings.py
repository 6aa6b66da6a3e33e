from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    """The membership where an administrator looks for it: every button is the membership's own, rights included."""

    _inherit = "res.config.settings"

    bizoverbiz_membership_id = fields.Many2one(related="company_id.bizoverbiz_membership_id")
    bizoverbiz_state = fields.Selection(related="bizoverbiz_membership_id.state")
    bizoverbiz_network_name = fields.Char("Network", related="bizoverbiz_membership_id.network_name")
    bizoverbiz_identifier = fields.Char("Known As", related="bizoverbiz_membership_id.identifier")
    bizoverbiz_member_status = fields.Selection(related="bizoverbiz_membership_id.member_status")
    bizoverbiz_last_exchange = fields.Datetime(related="bizoverbiz_membership_id.last_exchange")
    bizoverbiz_last_error = fields.Text(related="bizoverbiz_membership_id.last_error")
    bizoverbiz_is_copy = fields.Boolean(related="bizoverbiz_membership_id.is_copy")
    bizoverbiz_in_doubt_since = fields.Datetime(related="bizoverbiz_membership_id.in_doubt_since")
    bizoverbiz_keyid = fields.Char(related="bizoverbiz_membership_id.keyid")
    bizoverbiz_next_keyid = fields.Char(related="bizoverbiz_membership_id.next_keyid")
    bizoverbiz_key_changed_at = fields.Datetime(related="bizoverbiz_membership_id.key_changed_at")

    def action_bizoverbiz_join(self):
        return self.env["bizoverbiz.join"]._open(self.company_id.root_id)

    def action_bizoverbiz_join_demonstration(self):
        return self.env["bizoverbiz.join"]._open_demonstration(self.company_id.root_id)

    def action_bizoverbiz_exchange(self):
        return self._stay(self.bizoverbiz_membership_id.action_exchange())

    def action_bizoverbiz_test(self):
        return self._stay(self.bizoverbiz_membership_id.action_test())

    def action_bizoverbiz_rotate_key(self):
        return self._stay(self.bizoverbiz_membership_id.action_rotate_key())

    def action_bizoverbiz_confirm_copy(self):
        return self._stay(self.bizoverbiz_membership_id.action_confirm_copy())

    def action_bizoverbiz_reconnect(self):
        return self.bizoverbiz_membership_id.action_reconnect()

    @staticmethod
    def _stay(notification):
        """The settings are long: their form reads itself anew where it is scrolled to."""
        params = {**notification["params"], "next": {"type": "ir.actions.act_window_close"}}
        return {**notification, "params": params}

    def action_bizoverbiz_open_membership(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Network Membership"),
            "res_model": "bizoverbiz.membership",
            "res_id": self.bizoverbiz_membership_id.id,
            "view_mode": "form",
        }
