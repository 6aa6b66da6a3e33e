import json
import re
import uuid

import responses
from odoo.addons.bizoverbiz_network.tests.common import URL, problem

from .common import SetOffCase

PAPER = "383474814"


class Candidates:
    """What a third party's engine does with firms that are put forward."""

    def __init__(self, engine):
        self.engine = engine
        self.known = {}
        #: what the next one is refused with: (status, slug, detail)
        self.refusal = None
        for method, handler in ((responses.POST, self._put_forward), (responses.GET, self._list)):
            engine.mock.add_callback(
                method,
                re.compile(rf"{re.escape(URL)}/v1/candidates(\?.*)?$"),
                lambda request, handler=handler: engine._answer(
                    request, lambda request: self._refuse(request) or engine._guarded(request, "candidates", handler)
                ),
            )

    def _refuse(self, request):
        """A refusal is not kept for its key: what is refused now may be taken later."""
        return problem(*self.refusal) if self.refusal and request.method == "POST" else None

    def _put_forward(self, request):
        payload = json.loads(request.body)
        candidate = self.known.setdefault(payload["identifier"], {"id": str(uuid.uuid4()), "state": "pending"})
        candidate.update(payload, reason=None)
        return 201, self._told(candidate)

    def _list(self, request):
        """One a page, as small as pages get."""
        after = request.params.get("after", "")
        rest = sorted(identifier for identifier in self.known if identifier > after)
        page = [self._told(self.known[identifier]) for identifier in rest[:1]]
        return 200, {"candidates": page, "next": rest[0] if len(rest) > 1 else None}

    @staticmethod
    def _told(candidate):
        told = {name: candidate[name] for name in ("id", "identifier", "name", "state", "reason")}
        return {**told, "asked_at": "2026-11-22T11:00:00Z", "settled_at": None}

    def answer(self, identifier, state, reason=None):
        self.known[identifier].update(state=state, reason=reason)


class InvitingCase(SetOffCase):
    """Atelier Morin and a stationer that is no member yet: it owes 1,200.00 and is owed 500.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.paper = cls._new_partner("Papeterie Lys", PAPER)
        cls.paper.write({"email": "ines@lys.example", "lang": "fr_FR"})

    def setUp(self):
        super().setUp()
        self.candidates = Candidates(self.engine)
        self._invoice(1200, partner=self.paper)
        self._bill(500, partner=self.paper, ref="LYS-7")

    def _draft(self, partner=None):
        return self.env["bizoverbiz.invitation"].with_user(self.approver)._invite(partner or self.paper)

    def _invited(self, partner=None):
        invitation = self._draft(partner)
        invitation.action_send()
        return invitation

    def _asked(self, **typed):
        """An invited partner that has asked to join, as its page lets it."""
        invitation = self._invited()
        invitation.sudo()._ask_to_join(self._typed(**typed))
        return invitation

    @staticmethod
    def _typed(**changes):
        return {
            "name": "Papeterie Lys SARL",
            "identifier": "383 474 814",
            "contact_name": "Inès Lys",
            "contact_email": "Ines.Lys@lys.example",
            **changes,
        }

    def _mails(self, invitation):
        """What was written to the partner; notes to the inviter are none of it."""
        own = [("model", "=", invitation._name), ("res_id", "=", invitation.id), ("is_notification", "=", False)]
        return self.env["mail.mail"].sudo().search(own, order="id")
