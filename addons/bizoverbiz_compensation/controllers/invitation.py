from odoo.exceptions import UserError
from odoo.http import Controller, request, route
from odoo.tools import consteq
from werkzeug.exceptions import NotFound

#: The address proves who reads: it goes to no search engine, no cache and no other site.
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow"),
]
PAGE = "/bizoverbiz/invitation/<int:invitation_id>/<string:token>"


class InvitationPage(Controller):
    """What an invited partner reads and answers; the token in the address stands for a login."""

    @route(PAGE, type="http", auth="public", website=True, multilang=False, sitemap=False, methods=["GET"])
    def page(self, invitation_id, token, **_query):
        invitation = self._invitation(invitation_id, token)
        # Mail systems that only look whether the link is good ask for its head.
        if request.httprequest.method == "GET":
            invitation._open_page()
        return self._render("invitation_page", invitation, values=self._prefilled(invitation))

    @route(f"{PAGE}/join", type="http", auth="public", website=True, multilang=False, sitemap=False, methods=["POST"])
    def join(self, invitation_id, token, **typed):
        invitation = self._invitation(invitation_id, token)
        try:
            invitation._ask_to_join(typed)
        except UserError as error:
            return self._render("invitation_page", invitation, values=typed, error=str(error))
        return request.redirect(invitation.page_url)

    # The mail program's own button brings no session, and so no CSRF token (RFC 8058); a link alone changes nothing.
    @route(
        f"{PAGE}/stop",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET", "POST"],
        csrf=False,
    )
    def stop(self, invitation_id, token, **_query):
        invitation = self._invitation(invitation_id, token)
        if request.httprequest.method == "POST":
            invitation._opt_out()
        return self._render("invitation_stop_page", invitation)

    def _invitation(self, invitation_id, token):
        """The invitation, with sudo, in the partner's language.

        :raises NotFound: also where only the token is wrong
        """
        invitation = request.env["bizoverbiz.invitation"].sudo().browse(invitation_id).exists()
        if not invitation.invited_at or not consteq(invitation._page_token(), token):
            raise NotFound()
        lang = invitation.contact_id.lang or invitation.partner_id.lang or invitation.company_id.partner_id.lang
        request.update_context(lang=lang or request.env.lang)
        return invitation.with_context(lang=lang or request.env.lang)

    def _prefilled(self, invitation):
        contact = invitation.contact_id
        return {
            "name": invitation.partner_id.name,
            "identifier": invitation.identifier or "",
            "contact_name": contact.name,
            "contact_email": contact.email or "",
        }

    def _render(self, template, invitation, **values):
        response = request.render(
            f"bizoverbiz_compensation.{template}",
            {
                "invitation": invitation,
                "html_data": {"lang": request.env.lang.replace("_", "-")},
                "no_header": True,
                "no_footer": True,
                "values": {},
                "error": "",
                **values,
            },
        )
        response.headers.extend(HEADERS)
        return response
