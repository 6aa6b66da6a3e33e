"""Electronic invoices as declarations, for firms whose books send no lines."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from bizoverbiz.api.calls import SignedCall, SignedRoute
from bizoverbiz.api.lines import DeclarationLine
from bizoverbiz.api.models import Amount, Body, text
from bizoverbiz.api.problems import Problem, problem
from bizoverbiz.einvoices import MAX_DOCUMENT, EInvoice, EInvoiceError, declared_fields, read_documents
from bizoverbiz.einvoices.declaring import TERMS
from bizoverbiz.matching import number_key
from bizoverbiz.rounds.collection import declare as keep_declaration
from bizoverbiz.store.database import Transaction

router = APIRouter(tags=["declarations"], route_class=SignedRoute)
_AT_ONCE = 100
_KEY = ("side", "counterpart", "number", "currency")
#: What the answer repeats of an accepted line, so that its owner sees what was read.
_READ = (*_KEY, "amount_total", "amount_open", "issue_date", "due_date")


class InvoiceDocument(Body):
    """One document, and what the books say beside it."""

    content: str = Field(
        max_length=MAX_DOCUMENT * 2,
        description="The file in base64: UBL 2.1 or CII in UTF-8, or a Factur-X PDF; 5 MiB at most.",
        examples=["PD94bWwgdmVyc2lvbj0iMS4wIj8+…"],
    )
    amount_open: Amount | None = Field(
        None, description="What is open in the books now, minor units; null: the amount due, BT-115."
    )
    amount_disputed: Amount = Field(0, description="The part never set off, minor units; 0 to what is open.")
    dispute_reason: text(500, 0) | None = None  # type: ignore[valid-type]
    reference: text(200, 0) | None = Field(  # type: ignore[valid-type]
        None, description="The member's own mark, handed back to it only.", examples=["F-2026-001.pdf"]
    )


class InvoiceDeclaration(Body):
    """A batch of documents; each is judged by itself, and nothing is ever withdrawn."""

    last_notice: int = Field(ge=0, le=2**31 - 1, description="Number of the last notice the books contain; 0: none.")
    documents: list[Any] = Field(
        min_length=1,
        max_length=_AT_ONCE,
        description=f"At most {_AT_ONCE}.",
        json_schema_extra={"items": InvoiceDocument.model_json_schema()},
    )


class InvoiceReport(BaseModel):
    """What became of one document."""

    index: int = Field(description="The document's place in `documents`, from 0.")
    status: Literal["accepted", "refused"]
    reference: str | None = Field(None, description="The member's own mark.")
    field: str | None = Field(
        None, description="Of a refused document: the business term of EN 16931, or the field.", examples=["BT-115"]
    )
    reason: str | None = Field(None, description="Of a refused document: why, and the way out.")
    side: str | None = Field(None, description="receivable or payable, from who sells and who buys.")
    counterpart: str | None = Field(None, examples=["552100554"])
    number: str | None = Field(None, examples=["F-2026-001"])
    currency: str | None = Field(None, examples=["EUR"])
    amount_total: int | None = Field(None, description="Minor units.", examples=[12000])
    amount_open: int | None = Field(None, description="Minor units.", examples=[10000])
    issue_date: str | None = Field(None, examples=["2026-09-01"])
    due_date: str | None = Field(None, examples=["2026-10-31"])


class InvoicesReport(BaseModel):
    """What became of a batch of documents."""

    accepted: int = Field(description="Documents whose claim is declared.")
    refused: int = Field(description="Documents refused.")
    withdrawn: int = Field(description="Always 0: documents only add to what is declared, or change it.")
    lines: list[InvoiceReport] = Field(description="One entry a document.")


class RefusedDocuments(Problem, InvoicesReport):
    """The problem `lines-refused`: the other documents are kept."""


class _RefusedError(Exception):
    """Why one document is no line."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


@router.post(
    "/declarations/invoices",
    summary="Declare electronic invoices",
    response_model=InvoicesReport,
    responses={422: {"model": RefusedDocuments | Problem, "description": "Some documents, or all of it, refused"}},
)
def declare_invoices(call: SignedCall, body: InvoiceDeclaration) -> JSONResponse:
    # read before the transaction, which is not to wait for documents
    documents = [_validated(raw) for raw in body.documents]
    contents = [_content(document) for document in documents]
    found = iter(read_documents(content for content in contents if isinstance(content, bytes)))
    invoices = [next(found) if isinstance(content, bytes) else content for content in contents]
    return call.write(lambda tx: _declare(tx, call, body, documents, invoices))


def _validated(raw: Any) -> InvoiceDocument | _RefusedError:
    try:
        return InvoiceDocument.model_validate(raw)
    except ValidationError as error:
        return _first_error(error)


def _content(document: InvoiceDocument | _RefusedError) -> bytes | _RefusedError:
    if isinstance(document, _RefusedError):
        return document
    try:
        return b64decode(document.content, validate=True)
    except (binascii.Error, ValueError):
        return _RefusedError("content", "this is not base64: encode the whole file, without line breaks")


def _declare(
    tx: Transaction,
    call: SignedCall,
    body: InvoiceDeclaration,
    documents: list[InvoiceDocument | _RefusedError],
    invoices: list[EInvoice | EInvoiceError | _RefusedError],
) -> tuple[int, dict[str, Any]]:
    assert call.member is not None
    own = tx.one("member_get", member=call.member).identifier
    accepted: dict[tuple[str, ...], dict[str, Any]] = {}
    report: list[dict[str, Any]] = []
    for index, (document, invoice) in enumerate(zip(documents, invoices, strict=True)):
        reference = document.reference if isinstance(document, InvoiceDocument) else None
        try:
            line = _line(document, invoice, own)
            key = tuple(line[name] for name in _KEY)
            if key in accepted:
                raise _RefusedError("BT-1", "the same invoice stands before it in this batch")
            accepted[key] = line | {"number_key": number_key(line["number"])}
            told = {"status": "accepted"} | {name: line[name] for name in _READ}
        except _RefusedError as error:
            told = {"status": "refused", "field": error.field, "reason": error.reason}
        report.append({"index": index, "reference": reference} | told)
    keep_declaration(
        tx,
        member=call.member,
        lines=list(accepted.values()),
        keep=[],
        full=False,
        last_notice=body.last_notice,
        now=call.now,
    )
    refused = len(report) - len(accepted)
    result = {"accepted": len(accepted), "refused": refused, "withdrawn": 0, "lines": report}
    if not refused:
        return 200, result
    detail = f"{refused} of {len(report)} documents were refused, the others are kept: each reason says what to do"
    return 422, problem("lines-refused", detail) | result


def _line(
    document: InvoiceDocument | _RefusedError, invoice: EInvoice | EInvoiceError | _RefusedError, own: str
) -> dict[str, Any]:
    """The line a document declares. Raises `_RefusedError`."""
    if isinstance(invoice, EInvoiceError):
        raise _RefusedError(invoice.term, invoice.reason)
    if isinstance(document, _RefusedError):
        raise document
    if isinstance(invoice, _RefusedError):
        raise invoice
    given = document.model_dump(exclude={"content"}, exclude_unset=True, exclude_none=True)
    try:
        return DeclarationLine.model_validate(declared_fields(invoice, own) | given).model_dump(mode="json")
    except EInvoiceError as error:
        raise _RefusedError(error.term, error.reason) from None
    except ValidationError as error:
        refused = _first_error(error)
        if refused.field not in given:
            refused.field = TERMS.get(refused.field, refused.field)
        raise refused from None


def _first_error(error: ValidationError) -> _RefusedError:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"])) or "document"
    return _RefusedError(field, str(first["msg"]).removeprefix("Value error, "))
