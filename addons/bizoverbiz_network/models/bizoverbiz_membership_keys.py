import hashlib

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import keys


# pylint: disable=consider-merging-classes-inherited; joining, exchanging and keys are long enough for a file each
class BizoverbizMembership(models.Model):
    """Replacing the member's key, in two transactions like joining.

    The new key is stored first and registered by the next exchange, which signs with the old one. Should the answer be
    lost, the same request is sent again; the engine takes the old key for some days more, so nothing can be locked out.
    """

    _inherit = "bizoverbiz.membership"

    next_private_key = fields.Text(readonly=True, copy=False, groups="base.group_system", exportable=False)
    next_keyid = fields.Char(
        "Next Key Thumbprint",
        readonly=True,
        copy=False,
        help="A new key that the next exchange registers with the network; until then the member signs with the old "
        "one.",
    )
    key_changed_at = fields.Datetime("Key Changed", readonly=True, copy=False)

    def action_rotate_key(self):
        """Store a new key for the next exchange to register.

        :raises AccessError: if the user is no BizOverBiz administrator
        :raises UserError: if the firm is not joined
        """
        self._check_group("bizoverbiz_network.group_administrator")
        self.check_access("write")
        for membership in self.sudo():
            if membership.state != "joined" or not membership._is_live():
                raise UserError(self.env._("%s takes part in no network: join one first.", membership.company_id.name))
            if not membership.next_private_key:
                private_key = keys.new_private_key()
                membership.write(
                    {
                        "next_private_key": private_key,
                        "next_keyid": keys.thumbprint(keys.public_jwk(private_key)),
                    }
                )
        self._trigger_exchange()
        return self._notify(
            "info",
            self.env._(
                "A new key is ready. The next exchange registers it with the network and signs with it from then on."
            ),
        )

    def _exchange(self):
        self._register_next_key()
        return super()._exchange()

    def _register_next_key(self):
        """Make the next key the member's own.

        :raises EngineUnavailable, EngineRefused: both keys stay as they are, and the next exchange tries again
        """
        self.ensure_one()
        if not self.next_private_key:
            return
        self._request(
            "POST",
            "/v1/member/keys",
            payload=self._prepare_key(),
            idempotency_key=f"key-{hashlib.sha256(self.next_keyid.encode()).hexdigest()}",
        )
        self.write(
            {
                "private_key": self.next_private_key,
                "keyid": self.next_keyid,
                "next_private_key": False,
                "next_keyid": False,
                "key_changed_at": fields.Datetime.now(),
            }
        )
        self.message_post(body=self.env._("The member signs with a new key: %(key)s.", key=self.keyid))

    def _prepare_key(self):
        """The next key, with the proof that this database holds its private half."""
        proof = "\n".join(("bizoverbiz member key", self.member_uuid, self.next_keyid))
        signature = keys.load_private_key(self.next_private_key).sign(proof.encode())
        return {"public_key": keys.public_jwk(self.next_private_key), "proof": keys.base64url(signature)}
