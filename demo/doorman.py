"""Hands out invitations to the demonstration's network, so that an Odoo on the same machine can join it by a button.

    POST /invitations {"identifier": "552100554"}  →  200 {"invitation": "bob1.…"}

An operator thinks before inviting; this process does not, and so it exists in the demonstration only. It listens on
127.0.0.1, and asks for JSON and for its own address as `Host`: a web page open in somebody's browser can send neither.
"""

import argparse
import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bizoverbiz.cli.context import now, operator
from bizoverbiz.errors import BizoverbizError
from bizoverbiz.matching import canonical_identifier
from bizoverbiz.members import joining
from bizoverbiz.settings import load_settings
from demo.firms import BY_SIREN

#: Where the addon's button looks first.
PORT = 8071
LONGEST_BODY = 1000
VALID = timedelta(days=14)


class RefusedError(Exception):
    """What was asked for cannot be; `status` and the message are the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def invite(identifier: str) -> dict[str, str]:
    """An invitation for one firm. A database that is thrown away leaves a member behind: its successor renews it.

    What `bizoverbiz invitation create` does, without starting a process: somebody waits before a button.
    """
    if identifier in BY_SIREN:
        raise RefusedError(409, f"{BY_SIREN[identifier].name} takes part in the demonstration: use its own database")
    try:
        firm = canonical_identifier(identifier)
        with operator() as tx:
            named = {"renews" if tx.one("member_id", identifier=firm) else "identifier": firm}
            url = load_settings().base_url
            return {"invitation": joining.invite(tx, url=url, valid=VALID, now=now(), **named).to_string()}
    except BizoverbizError as error:
        raise RefusedError(422, str(error)) from error


class Doorman(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        try:
            answer = invite(self._identifier())
        except RefusedError as error:
            self._answer(error.status, {"title": "No invitation", "status": error.status, "detail": str(error)})
        else:
            self._answer(200, answer)

    def _identifier(self) -> str:
        if self.path != "/invitations":
            raise RefusedError(404, "there is nothing here but /invitations")
        if self.headers.get("Host") != f"127.0.0.1:{self.server.server_port}":
            raise RefusedError(403, "ask at 127.0.0.1")
        if self.headers.get("Content-Type") != "application/json":
            raise RefusedError(415, "the body has to be application/json")
        try:
            body = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LONGEST_BODY)))
            identifier = body["identifier"]
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError(400, 'the body has to be {"identifier": SIREN or VAT number}') from error
        if not isinstance(identifier, str) or not identifier.isalnum():
            raise RefusedError(422, "an identifier is a SIREN or a VAT number, without blanks")
        return identifier

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.doorman")
    parser.add_argument("--port", type=int, required=True)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Doorman).serve_forever()


if __name__ == "__main__":
    main()
