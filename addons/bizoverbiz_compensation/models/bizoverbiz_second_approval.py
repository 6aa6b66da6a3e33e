from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

APPROVER = "bizoverbiz_network.group_approver"


class BizoverbizSecondApproval(models.AbstractModel):
    """What binds the firm takes a second approver once it is above an amount that the firm has set.

    Whoever inherits it has a ``membership_id`` and says how much is at stake.
    """

    _name = "bizoverbiz.second.approval"
    _description = "Second Approval"

    first_approver_id = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    first_approved_at = fields.Datetime("First Approval", readonly=True, copy=False)
    second_approval_needed = fields.Boolean(compute="_compute_second_approval_needed")

    def _compute_second_approval_needed(self):
        """Inheriting models depend on more than this one can name."""
        for record in self:
            record.second_approval_needed = record._exceeds_one_approver()

    def _amount_at_stake(self):
        """What the approval binds the firm for, in its own currency; None if there is no limit to it."""
        raise NotImplementedError

    def _exceeds_one_approver(self):
        company = self.membership_id.sudo().company_id
        limit, amount = company.bizoverbiz_second_approval_above, self._amount_at_stake()
        return bool(limit) and (amount is None or company.currency_id.compare_amounts(amount, limit) > 0)

    def _approve_once_more(self):
        """Count the user's approval.

        :return: whether the record has all the approvals it needs
        :rtype: bool
        :raises UserError: if the user approved first already, or if nobody else could approve
        """
        self.ensure_one()
        if not self._exceeds_one_approver():
            return True
        if not self.first_approver_id:
            self._check_somebody_else_approves()
            self.sudo().write({"first_approver_id": self.env.uid, "first_approved_at": fields.Datetime.now()})
            return False
        if self.first_approver_id == self.env.user:
            raise UserError(
                self.env._(
                    "You have approved %(record)s already. Above %(amount)s it takes another approver too.",
                    record=self.display_name,
                    amount=self._format_second_approval_above(),
                )
            )
        return True

    def _check_somebody_else_approves(self):
        if not self._approvers() - self.env.user:
            raise UserError(
                self.env._(
                    "Above %(amount)s it takes a second approver, and nobody but you is one in %(company)s. Ask an "
                    "administrator to give somebody else the right, or to raise the amount on the membership.",
                    amount=self._format_second_approval_above(),
                    company=self.membership_id.sudo().company_id.name,
                )
            )

    def _format_second_approval_above(self):
        company = self.membership_id.sudo().company_id
        return format_amount(self.env, company.bizoverbiz_second_approval_above, company.currency_id)

    def _approvers(self):
        """Who may approve for this company, but whoever did already."""
        return self.membership_id._users_with(APPROVER) - self.sudo().first_approver_id

    def _check_approver(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(APPROVER):
            raise AccessError(
                self.env._("Only a BizOverBiz approver binds the firm; ask your administrator for this right.")
            )

    def action_withdraw_first_approval(self):
        """Take back the first of two approvals, so that amounts can be raised again."""
        self._check_approver()
        self.sudo().write({"first_approver_id": False, "first_approved_at": False})
        return True

    @api.model
    def _answered_by(self):
        return self.env.user.email or self.env.user.login

    def _signed_by(self):
        """Both approvers where it took two."""
        first = self.sudo().first_approver_id
        others = [first.email or first.login] if first and first != self.env.user else []
        return ", ".join([*others, self._answered_by()])
