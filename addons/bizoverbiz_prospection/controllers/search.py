from odoo.http import Controller, request, route
from odoo.tools import consteq
from werkzeug.exceptions import NotFound

#: The address proves who reads: it goes to no search engine, no cache and no other site.
HEADERS = [
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Robots-Tag", "noindex, nofollow"),
]


class SearchPage(Controller):
    """Ends the e-mails about a search; the token in the address stands for a login."""

    # The mail program's own button brings no session, and so no CSRF token (RFC 8058); a link alone changes nothing.
    @route(
        "/bizoverbiz/search/<int:search_id>/<string:token>/stop",
        type="http",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET", "POST"],
        csrf=False,
    )
    def stop(self, search_id, token, **_query):
        search = request.env["bizoverbiz.search"].sudo().browse(search_id).exists()
        if not search or not consteq(search._page_token(), token):
            raise NotFound()
        if request.httprequest.method == "POST":
            search._stop_watching()
        lang = search.user_id.lang or request.env.lang
        request.update_context(lang=lang)
        response = request.render(
            "bizoverbiz_prospection.search_stop_page",
            {
                "search": search.with_context(lang=lang),
                "html_data": {"lang": lang.replace("_", "-")},
                "no_header": True,
                "no_footer": True,
            },
        )
        response.headers.extend(HEADERS)
        return response
