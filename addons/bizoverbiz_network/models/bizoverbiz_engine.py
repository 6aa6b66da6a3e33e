import logging
from urllib.parse import urlsplit

from odoo import api, models
from odoo.exceptions import UserError

from ..exceptions import EngineRefused, EngineUnavailable
from ..tools import engine_client
from ..tools.invitation import Invitation, InvitationError

_logger = logging.getLogger(__name__)


class BizoverbizEngine(models.AbstractModel):
    """The network's engine as Odoo sees it: calls that fail in two ways only, with words fit for the user."""

    _name = "bizoverbiz.engine"
    _description = "BizOverBiz Engine"

    @api.model
    def _call(
        self,
        method,
        url,
        *,
        auth=None,
        payload=None,
        params=None,
        idempotency_key=None,
        if_match=None,
        timeout=(5, 60),
        expected=(),
    ):
        """Send one request and give back the JSON object it was answered with.

        :param auth: signs the request, a ``requests.auth.AuthBase``; None for the few public resources
        :param if_match: the version that is to be changed: the ``etag`` of the answer that told it
        :param expected: slugs of refusals that are an answer like any other, not worth a line in the log
        :return: the JSON object, with its ``etag``
        :raises EngineUnavailable: if it is unknown whether the engine did what was asked
        :raises EngineRefused: if it refused
        """
        headers = {"Idempotency-Key": idempotency_key, "If-Match": if_match}
        headers = {name: value for name, value in headers.items() if value}
        try:
            return engine_client.call(
                method, url, auth=auth, payload=payload, params=params, headers=headers, timeout=timeout
            )
        except engine_client.NoAnswerError as error:
            _logger.info("BizOverBiz engine: %s %s: no answer: %s", method, url, error.detail)
            raise EngineUnavailable(self._word_no_answer(url, error)) from error
        except engine_client.RefusalError as error:
            level = logging.DEBUG if error.slug in expected else logging.INFO
            _logger.log(level, "BizOverBiz engine: %s %s: refused: %s", method, url, error)
            raise EngineRefused(
                self._word_refusal(error),
                status=error.status,
                slug=error.slug,
                detail=error.detail,
                problem=error.problem,
            ) from error

    def _word_no_answer(self, url, error):
        reasons = {
            "connection": self.env._("no connection"),
            "timeout": self.env._("no answer in time"),
            "content": self.env._("something else answered: %s", error.detail),
        }
        return self.env._(
            "The network's engine at %(host)s cannot be reached (%(reason)s). Try again later; if it lasts, tell the "
            "network's operator.",
            host=urlsplit(url).netloc,
            reason=reasons.get(error.reason, error.detail),
        )

    def _word_refusal(self, error):
        words = {
            "invitation-invalid": self.env._(
                "The network does not accept this invitation: it is unknown or has expired. Ask the network's operator "
                "for a new one."
            ),
            "invitation-used": self.env._(
                "This invitation has been used already. Ask the network's operator for a new one."
            ),
            "already-a-member": self.env._(
                "The firm is a member of this network already, with another key. If it joined from another database, "
                "work there; otherwise ask the network's operator to revoke that key."
            ),
            "signature-invalid": self.env._(
                "The network's engine does not recognise this database's signature. Check that the server's clock is "
                "right (five minutes of difference are tolerated); otherwise the key was revoked: ask the network's "
                "operator for a new invitation."
            ),
            "not-the-live-copy": self.env._(
                "The network's engine takes nothing from this database: another copy of the firm's books has spoken "
                "for the firm. Work in that one, or, if this is the live one, have a BizOverBiz administrator confirm "
                "it on the membership."
            ),
            "suspended": self.env._("The network has suspended the firm. Ask the network's operator why."),
            "insolvent": self.env._(
                "The network knows of insolvency proceedings against the firm: nothing can be set off with it. If this "
                "is wrong, tell the network's operator."
            ),
            "left": self.env._(
                "The firm has left the network. To come back, ask the network's operator for a new invitation."
            ),
            "agreement-not-accepted": self.env._(
                "The network has a new framework agreement that the firm has not accepted. A BizOverBiz administrator "
                "can accept it on the membership."
            ),
        }
        return words.get(error.slug) or self.env._(
            "The network's engine refused: %s", error.detail or f"HTTP {error.status}"
        )

    @api.model
    def _parse_invitation(self, text):
        """Read a pasted invitation, or tell the user what is wrong with it.

        :rtype: odoo.addons.bizoverbiz_network.tools.invitation.Invitation
        :raises UserError: if it is damaged
        """
        try:
            return Invitation.parse(text or "")
        except InvitationError as error:
            words = {
                "prefix": self.env._("This is no invitation: one begins with “bob1.”. Paste the whole of it."),
                "checksum": self.env._(
                    "The invitation is incomplete or mistyped. Copy the whole of it, to its last character, and paste "
                    "it again."
                ),
                "insecure": self.env._(
                    "The invitation names an engine without an encrypted connection (https). Ask the network's "
                    "operator for a new one."
                ),
            }
            raise UserError(
                words.get(error.reason)
                or self.env._("The invitation cannot be understood. Ask the network's operator for a new one.")
            ) from error
