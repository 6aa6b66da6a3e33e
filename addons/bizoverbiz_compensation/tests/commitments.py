"""The part of a third party's engine that answers for commitments."""

import json
import re

import responses
from odoo.addons.bizoverbiz_network.tests.common import URL, problem

#: References with a right check character (ISO 7064, mod 37,36), computed by another program.
REFERENCES = ("7K2MW9RB41QXC", "B0B000000001T", "B0B000000002R")
#: What both sides have to say alike.
COMPARED = ("currency", "amount", "agreed_on", "due_date")


class Commitments:
    """Registrations of both sides by reference; mixed into the engine that also answers for set-offs."""

    def answer_commitments(self):
        self.commitments = {}
        self.references = iter(REFERENCES)
        for method, path, handler in (
            (responses.GET, "commitments", self._list_commitments),
            (responses.POST, "commitments", self._register),
            (responses.PUT, "commitments/[^/]+/withdrawal", self._withdraw),
        ):
            self.mock.add_callback(
                method,
                re.compile(rf"{re.escape(URL)}/v1/{path}(\?.*)?$"),
                lambda request, path=path, handler=handler: self._answer(
                    request, lambda request: self._guarded(request, path, handler)
                ),
            )

    def register_theirs(self, side, counterpart="732829320", reference=None, **content):
        """The partner registers an agreed sale, by default as this side did; ``side`` is this member's."""
        reference = reference or next(self.references)
        kept = self.commitments.setdefault(
            reference, {"side": side, "counterpart": counterpart, "own": None, "theirs": None, "fulfilled": False}
        )
        kept["theirs"] = {**(kept["own"] or {"registered_at": "2026-11-22T10:00:00Z"}), **content}
        return reference

    def _register(self, request):
        body = json.loads(request.body)
        if body["counterpart"] not in self.also_members:
            return problem(422, "malformed", "a commitment is between two members")
        reference = body.pop("reference") or next(self.references)
        side, counterpart = body.pop("side"), body.pop("counterpart")
        empty = {"side": side, "counterpart": counterpart, "own": None, "theirs": None, "fulfilled": False}
        kept = self.commitments.setdefault(reference, empty)
        if (kept["side"], kept["counterpart"]) != (side, counterpart):
            return problem(422, "malformed", "the reference stands for another sale")
        kept["own"] = {**body, "expires_on": body["expires_on"] or body["due_date"]}
        kept["own"]["registered_at"] = "2026-11-22T11:00:00Z"
        return 201, self.commitment(reference)

    def commitment(self, reference):
        """One as the engine shows it."""
        kept = self.commitments[reference]
        own, theirs = kept["own"], kept["theirs"]
        differences = [name for name in COMPARED if own and theirs and own[name] != theirs[name]]
        state = "one-sided" if not (own and theirs) else "differs" if differences else "matched"
        parties = [self.member, kept["counterpart"]]
        creditor, debtor = parties if kept["side"] == "receivable" else parties[::-1]
        nettable = state == "matched" and own["nettable"] and theirs["nettable"]
        decided = sum(
            (line["set_off"] or 0) * (-1 if statement["kind"] == "reversal" else 1)
            for statement in self.statements
            for line in statement["lines"]
            if line.get("commitment") == reference
        )
        return {
            "reference": reference,
            "creditor": creditor,
            "debtor": debtor,
            "side": kept["side"],
            "counterpart": kept["counterpart"],
            "state": "fulfilled" if kept["fulfilled"] else state,
            "differences": differences,
            "matched_amount": own["amount"] - decided if nettable and not kept["fulfilled"] else 0,
            "own": own,
            "theirs": theirs,
        }

    def _list_commitments(self, request):
        """One a page, so that a client that reads the first page only is found out."""
        known = sorted(one for one, kept in self.commitments.items() if kept["own"] or kept["theirs"])
        start = int(request.params.get("after", 0))
        following = str(start + 1) if start + 1 < len(known) else None
        return 200, {"commitments": [self.commitment(one) for one in known[start : start + 1]], "next": following}

    def _withdraw(self, request):
        reference = request.url.split("/")[-2]
        kept = self.commitments.get(reference)
        if not kept:
            return problem(404, "not-found")
        if kept["fulfilled"]:
            return problem(409, "too-late", "An invoice was declared under it.")
        kept["own"] = None
        return 200, {"reference": reference, "withdrawn": True}

    def commitment_lines(self, currency):
        """What a statement says of the commitments that may be set off."""
        for reference in sorted(self.commitments):
            shown = self.commitment(reference)
            if shown["matched_amount"] and shown["own"]["currency"] == currency:
                yield {
                    "side": shown["side"],
                    "counterpart": shown["counterpart"],
                    "number": reference,
                    "reference": None,
                    "commitment": reference,
                    "description": shown["own"]["description"],
                    "issue_date": shown["own"]["agreed_on"],
                    "due_date": shown["own"]["due_date"],
                    "amount_open": shown["matched_amount"],
                }
