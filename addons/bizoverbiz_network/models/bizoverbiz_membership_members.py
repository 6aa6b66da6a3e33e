from datetime import timedelta

from odoo import fields, models
from odoo.tools import split_every

#: Identifiers asked about in one call: the engine takes 500, but many reverse proxies cut a request line at 8 KiB.
MEMBERS_PER_CALL = 250
#: How often the engine is asked about all customers and suppliers.
ASK_AFTER = timedelta(hours=24)


# pylint: disable=consider-merging-classes-inherited; a file for each thing a membership does
class BizoverbizMembership(models.Model):
    """Which of the firm's partners are members of its network."""

    _inherit = "bizoverbiz.membership"

    known_members = fields.Json(
        readonly=True,
        copy=False,
        prefetch=False,
        help="Identifiers of the partners that the engine said are members.",
    )
    known_members_at = fields.Datetime(readonly=True, copy=False)

    def _exchange(self):
        result = super()._exchange()
        self._ask_about_partners()
        return result

    def _ask_about_partners(self):
        """Once a day, ask which customers and suppliers are members, so that their badges are right."""
        if self.known_members_at and self.known_members_at > fields.Datetime.now() - ASK_AFTER:
            return
        groups = self.env["res.partner"]._read_group(
            [
                ("bizoverbiz_identifier", "!=", False),
                "|",
                ("company_id", "=", False),
                ("company_id", "child_of", self.company_id.id),
                "|",
                ("customer_rank", ">", 0),
                ("supplier_rank", ">", 0),
            ],
            ["bizoverbiz_identifier"],
        )
        self._members_among(identifier for (identifier,) in groups)
        self.known_members_at = fields.Datetime.now()

    def _members_among(self, identifiers):
        """Which of these firms are members of the network; the answer is kept.

        :param identifiers: iterable of SIRENs and VAT numbers; empty ones are passed over
        :rtype: set[str]
        """
        wanted = {identifier for identifier in identifiers if identifier}
        members = set()
        for chunk in split_every(MEMBERS_PER_CALL, sorted(wanted)):
            answer = self._request("GET", "/v1/members", params=[("identifier", identifier) for identifier in chunk])
            members.update(answer.get("members", ()))
        members &= wanted
        known = sorted((self._known_members() - wanted) | members)
        if known != self.sudo().known_members:
            self.sudo().known_members = known
            self.env["res.partner"].invalidate_model(["is_bizoverbiz_member"])
        return members

    def _known_members(self):
        """Identifiers of the members among the firm's partners, as the engine said last; no request is made.

        :rtype: set[str]
        """
        return set(self.sudo().known_members or ())
