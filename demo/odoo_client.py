"""One firm's Odoo, called from outside as any integration would: the /json/2 API with a user's own key."""

from collections.abc import Sequence
from typing import Any

import httpx


class OdooError(Exception):
    """Odoo answered with an error; the message is the one its user would read."""

    def __init__(self, call: str, status: int, kind: str, message: str) -> None:
        super().__init__(f"{call}: {message} ({kind}, HTTP {status})")
        self.status, self.kind, self.message = status, kind, message


class Odoo:
    """`Odoo(url, database, key).call("res.partner", "search_count", domain=[])`.

    The key acts as the user it belongs to, with that user's rights and no others.
    """

    def __init__(self, url: str, database: str, key: str, timeout: float = 120) -> None:
        self.database = database
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"bearer {key}", "X-Odoo-Database": database},
            timeout=timeout,
            trust_env=False,
        )

    def call(self, model: str, method: str, ids: Sequence[int] = (), /, **arguments: Any) -> Any:
        """Calls a public method; `ids` is the recordset it runs on.

        Raises OdooError with Odoo's own message, and httpx.TransportError if there is no Odoo to answer.
        """
        body = {**arguments, "ids": list(ids)} if ids else arguments
        body.setdefault("context", {"lang": "fr_FR", "tz": "Europe/Paris"})
        answer = self._http.post(f"/json/2/{model}/{method}", json=body)
        if answer.is_success:
            return answer.json()
        try:
            error = answer.json()
            kind, message = str(error["name"]), str(error["message"])
        except (ValueError, KeyError, TypeError):
            kind, message = "not JSON", answer.text[:500]
        raise OdooError(f"{self.database}: {model}.{method}", answer.status_code, kind, message)

    def search_read(self, model: str, domain: list[Any], fields: list[str], **options: Any) -> list[dict[str, Any]]:
        return self.call(model, "search_read", domain=domain, fields=fields, **options)
