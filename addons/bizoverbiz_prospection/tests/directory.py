"""A third party's directory, answering the protocol from memory."""

import json
import re

import responses
from odoo.addons.bizoverbiz_network.tests.common import URL, problem

RENNES = {
    "code": "35238",
    "name": "Rennes",
    "postcodes": ["35000", "35200", "35700"],
    "department": {"code": "35", "name": "Ille-et-Vilaine"},
    "region": {"code": "53", "name": "Bretagne"},
}
CESSON = {**RENNES, "code": "35051", "name": "Cesson-Sévigné", "postcodes": ["35510"]}


def firm(identifier, name, **values):
    """A hit as the protocol has it."""
    return {
        "id": f"00000000-0000-4000-9000-000{identifier}",
        "identifier": identifier,
        "name": name,
        "member": True,
        "score": 0.83,
        "reasons": [
            {"code": "keyword", "text": "sells “vis”", "value": "vis"},
            {"code": "territory", "text": "12 km from Rennes", "value": "12"},
        ],
        "distance_km": 12,
        "potential": "medium",
        "potential_round": 7,
        "sells": "Visserie et boulonnerie inox",
        "buys": "Emballages carton",
        "naf": "46.74A",
        "naf_version": "rev2",
        "commune": {"code": "35051", "name": "Cesson-Sévigné", "department": "35", "region": "53"},
        "languages": ["fr"],
        "contact": None,
        **values,
    }


class Directory:
    """Adds the directory to a FakeEngine. ``firms`` is what every search finds, two a page."""

    def __init__(self, engine):
        self.engine = engine
        self.profile = None
        self.firms = []
        self.listed = None  # None: whoever is in firms
        self.queries = []
        self.requests = {}
        self.appearances = {"since": "2026-11-01", "found": 12, "keywords": [{"keyword": "vis", "found": 7}]}
        #: what the next request is refused with: (path, status, slug, detail)
        self.refusal = None
        for method, path, handler in (
            (responses.GET, "profile", self._get_profile),
            (responses.PUT, "profile", self._put_profile),
            (responses.DELETE, "profile", self._delete_profile),
            (responses.GET, "profile/appearances", lambda _request: (200, self.appearances)),
            (responses.GET, "directory", self._search),
            (responses.GET, "directory/listed", self._listed),
            (responses.GET, "communes", self._communes),
            (responses.GET, "territories", self._territories),
            (responses.POST, "contact-requests", self._ask),
            (responses.GET, "contact-requests", self._list_requests),
            (responses.PUT, "contact-requests/[^/]+/answer", self._answer_request),
        ):
            engine.mock.add_callback(
                method,
                re.compile(rf"{re.escape(URL)}/v1/{path}(\?.*)?$"),
                lambda request, path=path, handler=handler: engine._answer(
                    request, lambda request: self._checked(request, path, handler)
                ),
            )

    def _checked(self, request, path, handler):
        if not self.engine._authenticate(request):
            return problem(401, "signature-invalid")
        if request.method != "GET":
            assert request.headers["Idempotency-Key"], "a write needs a key"
        if self.refusal and self.refusal[0] == path:
            return problem(*self.refusal[1:])
        return handler(request)

    def _etag(self):
        return f'"{len(json.dumps(self.profile))}-{(self.profile or {}).get("edited_by")}"'

    def _get_profile(self, _request):
        return (200, self.profile, {"ETag": self._etag()}) if self.profile else problem(404, "not-found")

    def _put_profile(self, request):
        if request.headers.get("If-Match", self._etag()) != self._etag():
            return problem(412, "changed-meanwhile")
        self.profile = json.loads(request.body)
        return 200, {**self.profile, "identifier": "552100554"}, {"ETag": self._etag()}

    def _delete_profile(self, request):
        assert request.params["edited_by"], "who withdraws has to be said"
        self.profile = None
        return 200, {"withdrawn": True}

    def _search(self, request):
        self.queries.append(dict(request.params))
        start = int(request.params.get("after", 0))
        end = start + 2
        one = request.params.get("identifier")
        firms = [firm for firm in self.firms if one in (None, firm["identifier"])]
        return 200, {"hits": firms[start:end], "next": str(end) if end < len(firms) else None}

    def _listed(self, request):
        asked = request.params["identifier"]
        asked = [asked] if isinstance(asked, str) else asked
        listed = {one["identifier"] for one in self.firms} if self.listed is None else self.listed
        return 200, {"listed": [identifier for identifier in asked if identifier in listed]}

    @staticmethod
    def _communes(request):
        text = request.params["q"].casefold()
        found = [
            commune
            for commune in (RENNES, CESSON)
            if commune["name"].casefold().replace("é", "e").startswith(text.replace("é", "e"))
            or any(postcode.startswith(text) for postcode in commune["postcodes"])
        ]
        return 200, {"communes": found}

    @staticmethod
    def _territories(_request):
        return 200, {
            "departments": [
                {"code": "22", "name": "Côtes-d'Armor", "region": "53"},
                {"code": "35", "name": "Ille-et-Vilaine", "region": "53"},
            ],
            "regions": [{"code": "53", "name": "Bretagne"}],
        }

    def _ask(self, request):
        payload = json.loads(request.body)
        number = f"00000000-0000-4000-a000-{len(self.requests):012}"
        self.requests[number] = self.request(number, "sent", payload["identifier"], **payload)
        return 201, self.requests[number]

    def request(self, number, side, counterpart, **values):
        return {
            "id": number,
            "side": side,
            "counterpart": counterpart,
            "counterpart_name": "Mécanique Kerbrat",
            "message": values.get("message", "Bonjour"),
            "asked_by": values.get("asked_by", "mathieu@kerbrat.example"),
            "asked_at": "2026-11-22T10:00:00Z",
            "state": "open",
            "answered_at": None,
            "contact": None,
        }

    def receive(self, counterpart="433455678"):
        """Somebody else asks this member."""
        number = f"00000000-0000-4000-b000-{len(self.requests):012}"
        self.requests[number] = self.request(number, "received", counterpart)
        return self.requests[number]

    def _list_requests(self, request):
        found = [one for one in self.requests.values() if one["side"] == request.params["side"]]
        return 200, {"contact_requests": found, "next": None}

    def _answer_request(self, request):
        number = request.url.split("/")[-2]
        self.answer(number, **json.loads(request.body))
        return 200, self.requests[number]

    def answer(self, number, answer, contact=None, **_values):
        self.requests[number].update(
            state={"accept": "accepted", "decline": "declined"}[answer],
            contact=contact,
            answered_at="2026-11-22T11:00:00Z",
        )
