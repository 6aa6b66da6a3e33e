import uuid
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.addons.bizoverbiz_network.exceptions import EngineRefused, EngineUnavailable
from odoo.exceptions import UserError

from .bizoverbiz_profile import MANAGER

#: How often the engine is asked how often the firm was found.
COUNT_AFTER = timedelta(hours=24)


# pylint: disable=consider-merging-classes-inherited; a file for each thing a profile does
class BizoverbizProfile(models.Model):
    """What passes between the profile and the network's directory."""

    _inherit = "bizoverbiz.profile"

    def action_publish(self):
        """Tell the network what stands here, as reviewed by whoever presses the button."""
        self._check_may_speak()
        profile = self.sudo()
        profile._check_read()
        profile._check_complete()
        content = profile._prepare_content()
        try:
            answer = profile._membership()._request(
                "PUT",
                "/v1/profile",
                {**content, "published": True, "edited_by": self._edited_by()},
                idempotency_key=str(uuid.uuid4()),
                if_match=profile.published_etag or None,
            )
        except EngineRefused as error:
            if error.slug != "changed-meanwhile":
                raise
            return profile._show_others_version()
        profile.write(
            {
                "state": "published",
                "published_content": content,
                "published_etag": answer.etag,
                "published_at": fields.Datetime.now(),
                "published_by": self.env.user.id,
                "withdrawal_pending": False,
                "last_error": False,
            }
        )
        return self.env["bizoverbiz.membership"]._notify(
            "success", self.env._("The members of the network can find %s from now on.", self.company_id.name)
        )

    def action_withdraw(self):
        """Out of every result at once; if the engine cannot be told now, every exchange tries again."""
        self._check_may_speak()
        profile = self.sudo()
        if profile.state != "published" and not profile.withdrawal_pending:
            raise UserError(self.env._("The profile is not published: there is nothing to withdraw."))
        profile.write(
            {"state": "withdrawn", "withdrawal_pending": True, "published_content": False, "published_etag": False}
        )
        if profile._withdraw_quietly(self._edited_by()):
            return self.env["bizoverbiz.membership"]._notify(
                "success", self.env._("%s is in nobody's results any more.", self.company_id.name)
            )
        return self.env["bizoverbiz.membership"]._notify(
            "warning",
            self.env._("%s The withdrawal is kept and sent again by every exchange.", profile.last_error),
            sticky=True,
        )

    def _check_read(self):
        """Refuse to publish what whoever presses the button has not seen: two people may edit one profile."""
        read = self.env.context.get("bizoverbiz_read_version")
        if read and read != self.content_version:
            raise UserError(
                self.env._(
                    "Somebody has changed the profile of %s after you opened it. Load the page again, read what stands "
                    "there now, and publish it then.",
                    self.company_id.name,
                )
            )

    def _show_others_version(self):
        """What the engine has comes from elsewhere, another database or another program: told before it is replaced."""
        other, etag = {}, False
        try:
            with self.env.cr.savepoint():
                answer = self._membership()._request("GET", "/v1/profile", expected=("not-found",))
                other, etag = answer, answer.etag
        except EngineRefused as error:
            if error.status != 404:
                raise
        if other:
            told = self.env._(
                "Nothing was published. %(who)s has changed the profile from elsewhere; there it says: “%(sells)s”. "
                "Take over what is missing here; if you then press Publish again, what stands here replaces it.",
                who=other.get("edited_by"),
                sells=", ".join(filter(None, (other.get("sells"), *(other.get("sells_keywords") or ())))),
            )
        else:
            told = self.env._(
                "Nothing was published. The profile was withdrawn from elsewhere. If it is to be found again, press "
                "Publish once more."
            )
        self.write({"published_etag": etag, "last_error": told})
        return self.env["bizoverbiz.membership"]._notify("warning", told, sticky=True)

    def _check_may_speak(self):
        self.env["bizoverbiz.membership"]._check_group(MANAGER)
        self.ensure_one()
        self.check_access("write")

    def _edited_by(self):
        return self.env.user.email or self.env.user.login

    def _check_complete(self):
        if not (self.sells or self.buys or self.sells_keyword_ids or self.buys_keyword_ids or self.naf):
            raise UserError(
                self.env._(
                    "The profile of %s is empty: nobody could find it. Say what you sell or buy, or enter a NAF code.",
                    self.company_id.name,
                )
            )
        if self.show_contact != "nobody" and not (self.contact_id.email or self.contact_id.phone):
            raise UserError(
                self.env._(
                    "%s has neither e-mail nor telephone: complete the contact, choose another one, or show the "
                    "contact to nobody.",
                    self.contact_id.name or self.env._("The contact"),
                )
            )

    def _prepare_content(self):
        """What others are shown or find the firm by: a JSON object of the protocol."""
        self.ensure_one()
        codes = {language.code[:2] for language in self.language_ids}
        return {
            "name": self.company_id.name,
            "sells": self.sells or "",
            "buys": self.buys or "",
            "sells_keywords": self.sells_keyword_ids.mapped("name"),
            "buys_keywords": self.buys_keyword_ids.mapped("name"),
            "categories": sorted(set(self.category_ids.mapped("name")))[:50],
            "naf": self.naf or None,
            "naf_version": self.naf_version,
            "commune": self.commune_id.code or None,
            "serves": self.area_ids._prepare_served(),
            "languages": sorted(codes),
            "contact": self._prepare_contact(self.contact_id) if self.show_contact != "nobody" else None,
            "show_contact": self.show_contact,
        }

    @api.model
    def _prepare_contact(self, partner):
        return (
            {"name": partner.name, "email": partner.email or None, "phone": partner.phone or None} if partner else None
        )

    def _withdraw_quietly(self, edited_by=None):
        """Send the withdrawals that are pending, or all of what is published if records are about to go.

        :return: whether nothing is left to be withdrawn
        """
        done = True
        for profile in self.sudo().filtered(lambda one: one.withdrawal_pending or one.state == "published"):
            params = {"edited_by": edited_by or profile._edited_by()}
            try:
                with self.env.cr.savepoint():
                    profile._membership()._request(
                        "DELETE", "/v1/profile", params=params, idempotency_key=str(uuid.uuid4())
                    )
                profile.write({"withdrawal_pending": False, "last_error": False})
            except (EngineUnavailable, EngineRefused, UserError) as error:
                profile.last_error = str(error)
                done = False
        return done

    def _exchange(self):
        """Whatever of the profile waits for the engine. Runs with sudo."""
        for profile in self:
            if profile.withdrawal_pending:
                profile._withdraw_quietly()
            if profile.state == "published":
                profile._count_appearances()

    def action_count_appearances(self):
        self._check_may_speak()
        if self.state == "published":
            self.sudo()._count_appearances(at_once=True)

    def _count_appearances(self, at_once=False):
        """Once a day, how often the firm was found and by which words.

        :raises EngineUnavailable, EngineRefused: the figures stay as they were
        """
        now = fields.Datetime.now()
        if not at_once and self.appearances_at and self.appearances_at > now - COUNT_AFTER:
            return
        answer = self._membership()._request("GET", "/v1/profile/appearances")
        rows = [{"keyword": row["keyword"], "found": row["found"]} for row in answer.get("keywords") or ()]
        self.write(
            {
                "found_count": answer.get("found") or 0,
                "found_since": answer.get("since") or False,
                "appearance_ids": [Command.clear(), *(Command.create(row) for row in rows)],
                "appearances_at": now,
            }
        )
